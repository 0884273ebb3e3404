import { timingSafeEqual, createHash } from 'node:crypto';
import { z } from 'zod';
import type { ParsedAlert } from '../../domain/alert/alert.js';
import { instant } from '../../domain/clock.js';
import type { ErrorDetail } from '../../domain/errors.js';
import type { SenderProof, Source, SourceModule } from '../../domain/source.js';
import { changeAlert, isNoCommit, oneEvent, refLabels, shortName } from '../change-event.js';
import type { Change, ChangeOutcome } from '../change-event.js';
import type { Foreign } from '../foreign.js';
import { came, complain, isForeign } from '../foreign.js';
import { parseInstant } from '../instant.js';
import { readId, readObject, readScalar } from '../scalar.js';
import { createSubject, subjectSettings } from '../subject.js';
import type { Subject } from '../subject.js';

const GitlabConfig = z
  .strictObject({
    secret: z.string().min(1).optional().describe("The webhook's secret token: X-Gitlab-Token is compared with it"),
    ...subjectSettings({ services: ['service', 'app', 'repository_name'] }),
  })
  .prefault({});
type GitlabConfig = z.infer<typeof GitlabConfig>;

const KINDS = ['push', 'tag_push', 'pipeline', 'build', 'deployment', 'release'];

/** GitLab's webhooks as change events: push, tag push, pipeline, job, deployment, release. */
export const gitlab: SourceModule<GitlabConfig> = {
  name: 'gitlab',
  config: GitlabConfig,
  recognizes: (payload) =>
    isForeign(payload) &&
    typeof payload['object_kind'] === 'string' &&
    ('project' in payload || 'project_id' in payload),
  create: createGitlab,
  senderProof: ({ secret }) => (secret === undefined ? null : tokenProof(secret)),
};

/** GitLab sends the secret itself. */
function tokenProof(secret: string): SenderProof {
  const expected = sha256(secret);
  return {
    header: 'x-gitlab-token',
    proves({ headers }) {
      const given = headers['x-gitlab-token'];
      // Hashes, because texts of different length could not be compared in the same time.
      return typeof given === 'string' && timingSafeEqual(sha256(given), expected);
    },
  };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function createGitlab(config: GitlabConfig): Source {
  const subject = createSubject(config);
  return {
    parse(payload, now) {
      if (!isForeign(payload))
        return { unusable: [{ path: '', message: `expected a GitLab webhook (an object), came ${came(payload)}` }] };
      const details: ErrorDetail[] = [];
      const kind = readScalar(payload, 'object_kind', '', details);
      if (kind === null && details.length === 0)
        complain(details, 'object_kind', 'expected the kind of a GitLab event, came nothing');
      return oneEvent(readEvent(kind ?? '', payload, details, subject, instant(now)), details);
    },
  };
}

function readEvent(
  kind: string,
  body: Foreign,
  details: ErrorDetail[],
  subject: Subject,
  now: string,
): ParsedAlert | string {
  if (!KINDS.includes(kind)) return `the event ${kind.slice(0, 60)} tells of no change that is followed`;
  const change = readChange(kind, body, details);
  return typeof change === 'string' ? change : changeAlert(change, subject, now);
}

function readChange(kind: string, body: Foreign, details: ErrorDetail[]): Change | string {
  switch (kind) {
    case 'pipeline':
      return readPipeline(body, details);
    case 'build':
      return readJob(body, details);
    case 'deployment':
      return readDeployment(body, details);
    case 'release':
      return readRelease(body, details);
    default:
      return readPush(body, details);
  }
}

/** What every event says. */
function common(body: Foreign, details: ErrorDetail[]) {
  const project = readObject(body, 'project', '', details) ?? {};
  const user = isForeign(body['user']) ? body['user'] : {};
  const repository = readScalar(project, 'path_with_namespace', 'project', details) ?? pathOfHomepage(body);
  return {
    repository,
    default_branch: readScalar(project, 'default_branch', 'project', details),
    labels: {
      repository,
      repository_name: shortName(repository),
      actor: readScalar(user, 'username', 'user', details) ?? readScalar(body, 'user_username', '', details),
    } as Record<string, string | null>, // each kind of event adds labels of its own
    links: { repository: readScalar(project, 'web_url', 'project', details) },
  };
}

/** Jobs of older versions tell no `project`, but where it is: `https://gitlab.example.com/acme/shop`. */
function pathOfHomepage({ repository }: Foreign): string | null {
  const homepage = isForeign(repository) ? repository['homepage'] : null;
  return typeof homepage === 'string' ? (/^https?:\/\/[^/]+\/([^?#]{1,500})/.exec(homepage)?.[1] ?? null) : null;
}

function readPush(body: Foreign, details: ErrorDetail[]): Change | string {
  const { repository, default_branch, labels, links } = common(body, details);
  const [ref, commit] = [readId(body, 'ref', '', details), readScalar(body, 'after', '', details)];
  if (isNoCommit(commit)) return 'a branch or tag was deleted';
  const commits: unknown = body['commits'];
  const last: unknown = Array.isArray(commits) ? commits.at(-1) : null;
  const title = isForeign(last) && typeof last['title'] === 'string' ? last['title'] : null;
  const named = refLabels(ref);
  return {
    source: 'gitlab',
    kind: 'push',
    outcome: 'succeeded',
    id: `push:${repository ?? ''}:${ref}:${commit ?? ''}`,
    about: [repository, ref],
    description: `${labels['actor'] ?? 'somebody'} pushed to ${named.branch ?? named.tag ?? ''} of ${repository ?? ''}: ${title ?? commit ?? ''}`,
    at: isForeign(last) ? timeOf(last, 'timestamp') : null,
    is_default_branch: named.branch !== null && named.branch === default_branch,
    labels: { ...labels, ...named, commit },
    annotations: { message: title },
    links: { ...links, generator: isForeign(last) && typeof last['url'] === 'string' ? last['url'] : null },
  };
}

const ENDS: ReadonlyMap<string, ChangeOutcome> = new Map([
  ['success', 'succeeded'],
  ['failed', 'failed'],
  ['canceled', 'cancelled'],
]);

/** Pipelines and jobs name a ref without saying which it is, and say beside it whether it is a tag. */
function refOf(ref: string | null, isTag: unknown): ReturnType<typeof refLabels> {
  return isTag === true && ref !== null ? { branch: null, tag: ref } : refLabels(ref);
}

function readPipeline(body: Foreign, details: ErrorDetail[]): Change | string {
  const { repository, default_branch, labels, links } = common(body, details);
  const here = 'object_attributes';
  const pipeline = readObject(body, here, '', details) ?? {};
  const read = (key: string): string | null => readScalar(pipeline, key, here, details);
  const status = read('status');
  const outcome = ENDS.get(status ?? '');
  if (outcome === undefined && details.length === 0)
    return `a pipeline that is ${status?.slice(0, 40) ?? 'in no state'}`;
  const [id, ref, finished] = [readId(pipeline, 'id', here, details), read('ref'), read('finished_at')];
  const named = refOf(ref, pipeline['tag']);
  return {
    source: 'gitlab',
    kind: 'build',
    outcome: outcome ?? 'failed',
    // A pipeline that was retried ends again, at another time.
    id: `pipeline:${id}:${finished ?? status ?? ''}`,
    about: [repository, 'pipeline', ref],
    description: `pipeline ${id} of ${repository ?? ''} ended on ${ref ?? ''}: ${status ?? ''}`,
    at: timeOf(pipeline, 'finished_at'),
    is_default_branch: named.branch !== null && named.branch === default_branch,
    labels: { ...labels, ...named, commit: read('sha'), pipeline_id: id, trigger: read('source') },
    links: { ...links, generator: read('url') },
  };
}

function readJob(body: Foreign, details: ErrorDetail[]): Change | string {
  const { repository, default_branch, labels, links } = common(body, details);
  const read = (key: string): string | null => readScalar(body, key, '', details);
  const status = read('build_status');
  const outcome = ENDS.get(status ?? '');
  if (outcome === undefined && details.length === 0) return `a job that is ${status?.slice(0, 40) ?? 'in no state'}`;
  const [id, name, ref] = [readId(body, 'build_id', '', details), read('build_name'), read('ref')];
  const named = refOf(ref, body['tag']);
  return {
    source: 'gitlab',
    kind: 'build',
    outcome: outcome ?? 'failed',
    id: `job:${id}`,
    about: [repository, name, ref],
    description: `job ${name ?? id} of ${repository ?? ''} ended on ${ref ?? ''}: ${read('build_failure_reason') ?? status ?? ''}`,
    at: timeOf(body, 'build_finished_at'),
    is_default_branch: body['build_allow_failure'] !== true && named.branch !== null && named.branch === default_branch,
    labels: { ...labels, ...named, commit: read('sha'), ci_job: name, ci_stage: read('build_stage') },
    links,
  };
}

function readDeployment(body: Foreign, details: ErrorDetail[]): Change | string {
  const { repository, labels, links } = common(body, details);
  const read = (key: string): string | null => readScalar(body, key, '', details);
  const status = read('status');
  const outcome = status === 'running' ? 'started' : ENDS.get(status ?? '');
  if (outcome === undefined && details.length === 0)
    return `a deployment that is ${status?.slice(0, 40) ?? 'in no state'}`;
  const [id, environment] = [readId(body, 'deployment_id', '', details), read('environment')];
  return {
    source: 'gitlab',
    kind: 'deployment',
    outcome: outcome ?? 'failed',
    id: `deployment:${id}:${status ?? ''}:${read('status_changed_at') ?? ''}`,
    about: [repository, environment],
    description: `deployment of ${repository ?? ''} to ${environment ?? ''}: ${status ?? ''}, ${read('commit_title') ?? ''}`,
    at: timeOf(body, 'status_changed_at'),
    is_default_branch: false,
    labels: {
      ...labels,
      environment,
      environment_tier: read('environment_tier'),
      branch: read('ref'),
      commit: read('short_sha'),
      deployment_id: id,
    },
    links: { ...links, generator: read('deployable_url'), environment: read('environment_external_url') },
  };
}

function readRelease(body: Foreign, details: ErrorDetail[]): Change | string {
  if (body['action'] !== 'create') return 'a release that is not new';
  const { repository, labels, links } = common(body, details);
  const tag = readScalar(body, 'tag', '', details);
  return {
    source: 'gitlab',
    kind: 'release',
    outcome: 'succeeded',
    id: `release:${repository ?? ''}:${readId(body, 'id', '', details)}`,
    about: [repository],
    description: `${repository ?? ''} released ${readScalar(body, 'name', '', details) ?? tag ?? ''}`,
    at: timeOf(body, 'released_at'),
    is_default_branch: false,
    labels: { ...labels, tag },
    links: { ...links, generator: readScalar(body, 'url', '', details) },
  };
}

/** `2021-04-28 21:50:00 +0200`, `2019-01-14 16:15:30 UTC`, or RFC 3339. A strange time is no reason to lose the event: it came now. */
function timeOf(from: Foreign, key: string): string | null {
  const text = from[key];
  if (typeof text !== 'string') return null;
  const [, day, clock, zone] = /^(\S{10}) (\S{8}) (UTC|[+-]\d{4})$/.exec(text) ?? [];
  if (zone === undefined) return parseInstant(text) ?? null;
  return (
    parseInstant(`${day ?? ''}T${clock ?? ''}${zone === 'UTC' ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(3)}`}`) ?? null
  );
}
