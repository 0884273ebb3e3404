import { z } from 'zod';
import { instant } from '../../domain/clock.js';
import type { ErrorDetail } from '../../domain/errors.js';
import type { Source, SourceModule } from '../../domain/source.js';
import { changeAlert, oneEvent } from '../change-event.js';
import type { Change, ChangeOutcome } from '../change-event.js';
import type { Foreign } from '../foreign.js';
import { came, complain, isForeign } from '../foreign.js';
import { parseInstant } from '../instant.js';
import { readScalar } from '../scalar.js';
import { createSubject, subjectSettings } from '../subject.js';
import { isApplication, withoutTheWhole } from './application.js';

const ArgocdConfig = z
  .strictObject({ secret: z.string().min(1).optional(), ...subjectSettings({ services: ['service', 'app'] }) })
  .prefault({});
type ArgocdConfig = z.infer<typeof ArgocdConfig>;

/** Argo CD's notifications, with the body of docs/changes.md, or with the whole application (`{{toJson .app}}`). */
export const argocd: SourceModule<ArgocdConfig> = {
  name: 'argocd',
  config: ArgocdConfig,
  recognizes: (payload) =>
    isForeign(payload) &&
    ((payload['sender'] === 'argocd' && 'app' in payload) || isApplication(payload) || isApplication(payload['app'])),
  create: createArgocd,
};

function createArgocd(config: ArgocdConfig): Source {
  const subject = createSubject(config);
  return {
    parse(payload, now) {
      if (!isForeign(payload))
        return {
          unusable: [{ path: '', message: `expected an Argo CD notification (an object), came ${came(payload)}` }],
        };
      const details: ErrorDetail[] = [];
      const change = readChange(withoutTheWhole(payload, details), details);
      return oneEvent(typeof change === 'string' ? change : changeAlert(change, subject, instant(now)), details);
    },
  };
}

const PHASES: ReadonlyMap<string, ChangeOutcome> = new Map([
  ['Succeeded', 'succeeded'],
  ['Failed', 'failed'],
  ['Error', 'failed'],
  ['Running', 'started'],
]);

/** What a Go template prints where there is nothing. */
const NOTHING = new Set(['<no value>', '<nil>', 'null', '']);

function readChange(body: Foreign, details: ErrorDetail[]): Change | string {
  const read = (key: string): string | null => {
    const text = readScalar(body, key, '', details);
    return text === null || NOTHING.has(text.trim()) ? null : text;
  };
  const [app, phase, health, revision] = [read('app'), read('phase'), read('health'), read('revision')];
  if (app === null && details.length === 0)
    complain(details, 'app', `expected the application's name, came ${came(body['app'])}`);
  const trigger = read('trigger');
  const is_degraded = trigger === 'on-health-degraded' || (phase === 'Succeeded' && health === 'Degraded');
  const outcome = is_degraded ? 'degraded' : PHASES.get(phase ?? '');
  if (outcome === undefined && details.length === 0)
    return `an application whose operation is ${phase?.slice(0, 40) ?? 'none'}`;
  const [environment, destination] = [read('environment'), read('destination')];
  const kind = read('rollback') === 'true' ? 'rollback' : 'deployment';
  const what = `${kind} of ${app ?? ''} to ${environment ?? read('namespace') ?? destination ?? 'its cluster'}`;
  const message = read('message');
  return {
    source: 'argocd',
    kind,
    outcome: outcome ?? 'failed',
    id: [app, read('uid'), revision, read('started_at'), phase, is_degraded ? health : '']
      .map((part) => part ?? '')
      .join(':'),
    about: [app, destination, read('namespace')],
    description: `${what}: ${is_degraded ? 'Degraded' : (phase ?? '')}${message === null ? '' : `, ${message}`}`,
    at: timeOf(read('finished_at')) ?? timeOf(read('started_at')),
    is_default_branch: false,
    labels: {
      app,
      project: read('project'),
      namespace: read('namespace'),
      environment,
      destination,
      commit: revision,
      repository: read('repository'),
      sync_status: read('sync'),
      health_status: health,
      actor: read('initiated_by'),
    },
    annotations: { message },
    links: { generator: read('url'), repository: read('repository') },
  };
}

/** A strange time is no reason to lose the event: it came now. */
function timeOf(text: string | null): string | null {
  return text === null ? null : (parseInstant(text) ?? null);
}
