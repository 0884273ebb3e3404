import { counted } from '../../domain/counted.js';
import { z } from 'zod';
import { messageOf } from '../../domain/errors.js';
import type { Intent, Outcome } from '../../domain/run/outcome.js';
import type { Cluster, PatchOperation, Workload, WorkloadRef } from './cluster.js';
import { ObjectName, WorkloadKind } from './config.js';
import { KubernetesFailure } from './failure.js';

/** Says on the object which of our writes was the last one: so a write whose answer was lost is found again. */
const ANNOTATION = 'fixpoint.io/last-change';
const ANNOTATION_PATH = `/metadata/annotations/${ANNOTATION.replaceAll('/', '~1')}`;
/** When the step's own time is over, this long is spent on finding out whether a write took place. */
const LOOK_MS = 2_000;
/** How often a patch is tried whose tests failed though nothing that matters had changed. */
const MAX_ROUNDS = 5;

const Mark = z.object({ key: z.string().max(500), from: z.int(), to: z.int() });
/** What the annotation holds. */
export type Mark = z.infer<typeof Mark>;

/** What a recorded intent holds besides from and to: exactly this object is written, and found again. */
const Details = z.object({
  namespace: ObjectName,
  kind: WorkloadKind,
  name: ObjectName,
  uid: z.string().min(1),
  resource_version: z.string(),
  /** The key of the mark that stood on the object before. */
  last_change: z.string().nullable(),
  notes: z.array(z.string()).optional(),
});
export type Details = z.infer<typeof Details>;

/** One change of one object's replicas, decided. */
export interface ReplicaChange {
  readonly ref: WorkloadRef;
  readonly target: string;
  readonly details: Details;
  readonly from: number;
  readonly to: number;
}

/** The change that a recorded intent stands for. A record that is no such intent is a bug of ours, and throws. */
export function changeOf(intent: Omit<Intent, 'idempotency_key'>): ReplicaChange {
  const details = Details.parse(intent.details);
  const { namespace, kind, name } = details;
  return {
    ref: { namespace, kind, name },
    target: intent.target,
    details,
    from: z.int().parse(intent.from),
    to: z.int().parse(intent.to),
  };
}

/** What an intent about this object, as it is now, has to remember. */
export function detailsOf(workload: Workload, notes: readonly string[] = []): Details {
  const { namespace, kind, name, uid, resource_version } = workload;
  const last_change = markOn(workload)?.key ?? null;
  return {
    namespace,
    kind,
    name,
    uid,
    resource_version,
    last_change,
    ...(notes.length === 0 ? {} : { notes: [...notes] }),
  };
}

/** The mark of our last write on the object; null when there is none, or none that we wrote. */
export function markOn(workload: Workload): Mark | null {
  const text = workload.annotations?.[ANNOTATION];
  if (text === undefined) return null;
  try {
    return Mark.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** How a write ended: `written`, or the outcome of an attempt that did not (or perhaps did not) write. */
export type Written =
  | { readonly type: 'written'; readonly workload: Workload }
  | { readonly type: 'not_written'; readonly outcome: Outcome };

export interface Writer {
  readonly cluster: Cluster;
  readonly idempotency_key: string;
  readonly dry_run: boolean;
  readonly signal: AbortSignal;
}

/**
 * Compare-and-set: replicas and mark change in one patch, if the object is still the one that was planned for and has the replicas that
 * were read then. An object that bears this key's mark was written by an earlier attempt, and is not written again.
 */
export async function writeReplicas(writer: Writer, change: ReplicaChange): Promise<Written> {
  for (let round = 1; ; round++) {
    const written = await writeOnce(writer, change);
    if (written.type !== 'outdated') return written;
    // Nothing that matters changed, only the version that was read (a controller wrote its status).
    if (round === MAX_ROUNDS) return notWritten({ type: 'failed', reason: written.reason, retryable: true });
  }
}

type OnceWritten = Written | { readonly type: 'outdated'; readonly reason: string };

async function writeOnce(writer: Writer, change: ReplicaChange): Promise<OnceWritten> {
  const { cluster, signal, idempotency_key, dry_run } = writer;
  let before: Workload;
  try {
    before = await cluster.read(change.ref, signal);
  } catch (error) {
    return notWritten(failedOutcome(error));
  }
  if (before.uid === change.details.uid && markOn(before)?.key === idempotency_key)
    return { type: 'written', workload: before };
  const conflict = conflictWith(before, change);
  if (conflict !== null) return notWritten({ type: 'failed', reason: conflict, retryable: true });
  if (signal.aborted)
    return notWritten({ type: 'failed', reason: 'the step ended before anything was written', retryable: true });
  try {
    const operations = patchFor(change, before, idempotency_key);
    return { type: 'written', workload: await cluster.patch(change.ref, operations, dry_run, signal) };
  } catch (error) {
    return afterFailure(writer, change, before, error);
  }
}

/** The outcome of a request that failed before anything was written. Anything but the API server's failure is our own bug, and is thrown on. */
export function failedOutcome(error: unknown): Outcome & { type: 'failed' } {
  const { message, retryable, retry_after_ms } = asFailure(error);
  return { type: 'failed', reason: message, retryable, ...(retry_after_ms === null ? {} : { retry_after_ms }) };
}

/** What the API server did wrong; what is no such failure is a bug of ours, and is thrown on. */
export function asFailure(error: unknown): KubernetesFailure {
  if (error instanceof KubernetesFailure) return error;
  throw error;
}

function notWritten(outcome: Outcome): Written {
  return { type: 'not_written', outcome };
}

function conflictWith(now: Workload, change: ReplicaChange): string | null {
  if (now.uid !== change.details.uid) return `${change.target} was deleted and made anew since it was planned`;
  if (now.replicas !== change.from)
    return `${change.target} has ${counted(now.replicas, 'replica')} now, not ${change.from}: somebody else changed it since it was planned`;
  return null;
}

function patchFor(change: ReplicaChange, before: Workload, key: string): PatchOperation[] {
  const mark = JSON.stringify({ key, from: change.from, to: change.to } satisfies Mark);
  const tests: PatchOperation[] = [
    { op: 'test', path: '/metadata/uid', value: change.details.uid },
    { op: 'test', path: '/spec/replicas', value: change.from },
  ];
  const annotate: PatchOperation[] =
    before.annotations === null
      ? // Adding the whole map would wipe one that came meanwhile, so here the object must be the very version that was read.
        [
          { op: 'test', path: '/metadata/resourceVersion', value: before.resource_version },
          { op: 'add', path: '/metadata/annotations', value: { [ANNOTATION]: mark } },
        ]
      : [{ op: 'add', path: ANNOTATION_PATH, value: mark }];
  return [...tests, ...annotate, { op: 'replace', path: '/spec/replicas', value: change.to }];
}

async function afterFailure(
  writer: Writer,
  change: ReplicaChange,
  before: Workload,
  error: unknown,
): Promise<OnceWritten> {
  const failure = asFailure(error);
  // 409 and 422 are how the API server says that the object is no longer the one of the tests (or that it refuses the new one).
  if (failure.status === 409 || failure.status === 422) {
    const now = await look(writer.cluster, change);
    const conflict = now instanceof Error ? null : conflictWith(now, change);
    if (conflict !== null) return notWritten({ type: 'failed', reason: conflict, retryable: true });
    const moved = !(now instanceof Error) && now.resource_version !== before.resource_version;
    if (moved || failure.status === 409) return { type: 'outdated', reason: failure.message };
    return notWritten(failedOutcome(failure));
  }
  if (failure.reached === 'refused' || writer.dry_run) return notWritten(failedOutcome(failure));
  const now = await look(writer.cluster, change);
  if (!(now instanceof Error) && now.uid === change.details.uid && markOn(now)?.key === writer.idempotency_key)
    return { type: 'written', workload: now };
  // Seeing the old state proves nothing: the request may still be on its way.
  const seen = now instanceof Error ? now.message : `it has ${counted(now.replicas, 'replica')} at present`;
  return notWritten({
    type: 'in_doubt',
    reason: `${change.target}: nobody can tell whether replicas were set from ${change.from} to ${change.to}: ${failure.message}; ${seen}`,
  });
}

async function look(cluster: Cluster, change: ReplicaChange): Promise<Workload | Error> {
  try {
    return await cluster.read(change.ref, AbortSignal.timeout(LOOK_MS));
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error));
  }
}
