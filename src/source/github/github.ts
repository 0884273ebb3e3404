import { z } from 'zod';
import type { ParsedAlert } from '../../domain/alert/alert.js';
import { instant } from '../../domain/clock.js';
import type { ErrorDetail } from '../../domain/errors.js';
import type { Source, SourceModule } from '../../domain/source.js';
import { changeAlert, isNoCommit, oneEvent, refLabels, refName, shortName } from '../change-event.js';
import type { Change, ChangeOutcome } from '../change-event.js';
import type { Foreign } from '../foreign.js';
import { came, complain, isForeign, place } from '../foreign.js';
import { hmacProof } from '../hmac-proof.js';
import { parseInstant } from '../instant.js';
import { readId, readObject, readScalar } from '../scalar.js';
import { createSubject, subjectSettings } from '../subject.js';
import type { Subject } from '../subject.js';
import { githubEnvelope, inEnvelope } from './envelope.js';

const GithubConfig = z
  .strictObject({
    secret: z.string().min(1).optional().describe("The webhook's secret: X-Hub-Signature-256 is checked with it"),
    ...subjectSettings({ services: ['service', 'app', 'repository_name'] }),
  })
  .prefault({});
type GithubConfig = z.infer<typeof GithubConfig>;

/** GitHub's webhooks as change events: push, workflow_run, deployment, deployment_status, release. */
export const github: SourceModule<GithubConfig> = {
  name: 'github',
  config: GithubConfig,
  recognizes: (payload) => isForeign(payload) && (inEnvelope(payload) !== null || eventOf(payload) !== null),
  create: createGithub,
  envelope: githubEnvelope,
  senderProof: ({ secret }) =>
    secret === undefined ? null : hmacProof({ header: 'x-hub-signature-256', prefix: 'sha256=', secret }),
};

function createGithub(config: GithubConfig): Source {
  const subject = createSubject(config);
  return {
    parse(payload, now) {
      const wrapped = isForeign(payload) ? inEnvelope(payload) : null;
      const body = wrapped === null ? payload : wrapped.payload;
      const at = wrapped === null ? '' : 'payload';
      const details: ErrorDetail[] = [];
      if (!isForeign(body))
        return { unusable: [{ path: at, message: `expected a GitHub webhook (an object), came ${came(body)}` }] };
      const event = wrapped?.event ?? eventOf(body);
      if (event === null)
        return { unusable: [{ path: at, message: 'expected a GitHub webhook; the header X-GitHub-Event is missing' }] };
      return oneEvent(readEvent({ event, body, at, details }, subject, instant(now)), details);
    },
  };
}

/** Whatever came without GitHub's header: by what only this event has. */
function eventOf(body: Foreign): string | null {
  const { repository } = body;
  if (!isForeign(repository) || typeof repository['full_name'] !== 'string') return null;
  if (isForeign(body['deployment_status'])) return 'deployment_status';
  if (isForeign(body['deployment'])) return 'deployment';
  if (isForeign(body['workflow_run'])) return 'workflow_run';
  if (isForeign(body['release'])) return 'release';
  return typeof body['after'] === 'string' && typeof body['ref'] === 'string' ? 'push' : null;
}

/** One event and where it stands. */
interface Event {
  readonly event: string;
  readonly body: Foreign;
  readonly at: string;
  readonly details: ErrorDetail[];
}

const READERS: Readonly<Record<string, (event: Event) => Change | string>> = {
  push: readPush,
  workflow_run: readRun,
  deployment: readDeployment,
  deployment_status: readDeploymentStatus,
  release: readRelease,
};

function readEvent(event: Event, subject: Subject, now: string): ParsedAlert | string {
  const reader = Object.hasOwn(READERS, event.event) ? READERS[event.event] : undefined;
  if (reader === undefined) return `the event ${event.event.slice(0, 60)} tells of no change that is followed`;
  const change = reader(event);
  return typeof change === 'string' ? change : changeAlert(change, subject, now);
}

/** What every event says. */
function common({ body, at, details }: Event): {
  repository: string | null;
  default_branch: string | null;
  labels: Record<string, string | null>;
  links: Record<string, string | null>;
} {
  const repository = readObject(body, 'repository', at, details) ?? {};
  const sender = readObject(body, 'sender', at, details) ?? {};
  const full = readScalar(repository, 'full_name', place(at, 'repository'), details);
  if (full === null && details.length === 0)
    complain(details, place(place(at, 'repository'), 'full_name'), "expected the repository's name, came nothing");
  return {
    repository: full,
    default_branch: readScalar(repository, 'default_branch', place(at, 'repository'), details),
    labels: {
      repository: full,
      repository_name: shortName(full),
      actor: readScalar(sender, 'login', place(at, 'sender'), details),
    },
    links: { repository: readScalar(repository, 'html_url', place(at, 'repository'), details) },
  };
}

function readPush(event: Event): Change | string {
  const { body, at, details } = event;
  const { repository, default_branch, labels, links } = common(event);
  const [ref, commit] = [readScalar(body, 'ref', at, details), readScalar(body, 'after', at, details)];
  if (isNoCommit(commit)) return 'a branch or tag was deleted';
  if ((ref === null || commit === null) && details.length === 0)
    complain(details, place(at, ref === null ? 'ref' : 'after'), 'expected a text, came nothing');
  const head = readObject(body, 'head_commit', at, details) ?? {};
  const message = readScalar(head, 'message', place(at, 'head_commit'), details)?.split('\n', 1)[0] ?? null;
  const named = refLabels(ref);
  return {
    source: 'github',
    kind: 'push',
    outcome: 'succeeded',
    id: `push:${repository ?? ''}:${ref ?? ''}:${commit ?? ''}`,
    about: [repository, ref],
    description: `${labels['actor'] ?? 'somebody'} pushed to ${named.branch ?? named.tag ?? ''} of ${repository ?? ''}: ${message ?? commit ?? ''}`,
    at: timeOf(head, 'timestamp'),
    is_default_branch: named.branch !== null && named.branch === default_branch,
    labels: { ...labels, ...named, commit },
    annotations: { message },
    links: { ...links, generator: readScalar(body, 'compare', at, details) },
  };
}

const RUN_ENDS: ReadonlyMap<string, ChangeOutcome> = new Map([
  ['success', 'succeeded'],
  ['neutral', 'succeeded'],
  ['failure', 'failed'],
  ['timed_out', 'failed'],
  ['startup_failure', 'failed'],
  ['cancelled', 'cancelled'],
]);

function readRun(event: Event): Change | string {
  const { body, at, details } = event;
  if (body['action'] !== 'completed') return 'a workflow run that has not ended';
  const { repository, default_branch, labels, links } = common(event);
  const here = place(at, 'workflow_run');
  const run = readObject(body, 'workflow_run', at, details) ?? {};
  const read = (key: string): string | null => readScalar(run, key, here, details);
  const [id, attempt, conclusion] = [readId(run, 'id', here, details), read('run_attempt') ?? '1', read('conclusion')];
  const outcome = RUN_ENDS.get(conclusion ?? '');
  if (outcome === undefined) return `a workflow run that ended as ${conclusion?.slice(0, 40) ?? 'nothing'}`;
  const [workflow, branch] = [read('name'), read('head_branch')];
  return {
    source: 'github',
    kind: 'build',
    outcome,
    id: `workflow_run:${id}:${attempt}`,
    about: [repository, workflow, branch],
    description: `${workflow ?? 'workflow'} of ${repository ?? ''} ended on ${branch ?? ''}: ${conclusion ?? ''}`,
    at: timeOf(run, 'updated_at'),
    is_default_branch: branch !== null && branch === default_branch,
    labels: { ...labels, workflow, branch, commit: read('head_sha'), attempt, trigger: read('event') },
    links: { ...links, generator: read('html_url') },
  };
}

/** What a deployment is, and what it is called in both events. */
function deploymentOf(event: Event): Omit<Change, 'outcome' | 'description' | 'id' | 'at'> & { readonly id: string } {
  const { body, at, details } = event;
  const { repository, labels, links } = common(event);
  const here = place(at, 'deployment');
  const deployment = readObject(body, 'deployment', at, details) ?? {};
  const read = (key: string): string | null => readScalar(deployment, key, here, details);
  const [environment, task] = [read('environment'), read('task')];
  return {
    source: 'github',
    kind: task !== null && /\broll.?back\b/i.test(task) ? 'rollback' : 'deployment',
    id: readId(deployment, 'id', here, details),
    about: [repository, environment],
    is_default_branch: false,
    labels: { ...labels, environment, branch: refName(read('ref')), commit: read('sha'), task },
    annotations: { description: read('description') },
    links,
  };
}

function readDeployment(event: Event): Change | string {
  if (event.body['action'] !== undefined && event.body['action'] !== 'created') return 'no new deployment';
  const { deployment } = event.body;
  const change = deploymentOf(event);
  const what = `${change.kind} of ${change.labels['repository'] ?? ''} to ${change.labels['environment'] ?? ''}`;
  return {
    ...change,
    id: `deployment:${change.id}`,
    outcome: 'started',
    description: `${what} was requested`,
    at: isForeign(deployment) ? timeOf(deployment, 'created_at') : null,
  };
}

const DEPLOYMENT_ENDS: ReadonlyMap<string, ChangeOutcome> = new Map([
  ['success', 'succeeded'],
  ['failure', 'failed'],
  ['error', 'failed'],
]);

function readDeploymentStatus(event: Event): Change | string {
  const { body, at, details } = event;
  const here = place(at, 'deployment_status');
  const status = readObject(body, 'deployment_status', at, details) ?? {};
  const read = (key: string): string | null => readScalar(status, key, here, details);
  const state = read('state');
  const outcome = DEPLOYMENT_ENDS.get(state ?? '');
  if (outcome === undefined && details.length === 0)
    return `a deployment that is ${state?.slice(0, 40) ?? 'in no state'}`;
  const change = deploymentOf(event);
  const told = read('description');
  return {
    ...change,
    id: `deployment:${change.id}:${readId(status, 'id', here, details)}`,
    outcome: outcome ?? 'failed',
    description: `${change.kind} of ${change.labels['repository'] ?? ''} to ${change.labels['environment'] ?? ''}: ${state ?? ''}${told === null ? '' : `, ${told}`}`,
    at: timeOf(status, 'created_at'),
    labels: { ...change.labels, deployment_id: change.id },
    links: {
      ...change.links,
      generator: read('log_url') ?? read('target_url'),
      environment: read('environment_url'),
    },
  };
}

function readRelease(event: Event): Change | string {
  const { body, at, details } = event;
  if (body['action'] !== 'published') return 'a release that is not published';
  const { repository, labels, links } = common(event);
  const here = place(at, 'release');
  const release = readObject(body, 'release', at, details) ?? {};
  const read = (key: string): string | null => readScalar(release, key, here, details);
  const tag = read('tag_name');
  return {
    source: 'github',
    kind: 'release',
    outcome: 'succeeded',
    id: `release:${readId(release, 'id', here, details)}`,
    about: [repository],
    description: `${repository ?? ''} released ${read('name') ?? tag ?? ''}`,
    at: timeOf(release, 'published_at'),
    is_default_branch: false,
    labels: { ...labels, tag, prerelease: release['prerelease'] === true ? 'true' : null },
    links: { ...links, generator: read('html_url') },
  };
}

/** A strange time is no reason to lose the event: it came now. */
function timeOf(from: Foreign, key: string): string | null {
  const text = from[key];
  return typeof text === 'string' ? (parseInstant(text) ?? null) : null;
}
