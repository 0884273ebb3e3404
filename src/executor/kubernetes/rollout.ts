import type { Clock } from '../../domain/clock.js';
import { sleep } from '../../domain/clock.js';
import { messageOf } from '../../domain/errors.js';
import type { Cluster, Workload } from './cluster.js';
import { KubernetesFailure } from './failure.js';

/** How many reasons are kept of a rollout that hangs. */
const MAX_REASONS = 10;
/** After the step's time is over, this long is spent on asking the pods why. */
const ASK_WHY_MS = 2_000;

/** How waiting for a rollout ended: everything ready, or not, with what the cluster says about it. */
export type Rollout =
  | { readonly type: 'ready'; readonly workload: Workload }
  | { readonly type: 'not_ready'; readonly workload: Workload | null; readonly reasons: readonly string[] }
  /** Somebody else changed the object meanwhile. */
  | { readonly type: 'overtaken'; readonly workload: Workload | null; readonly reason: string };

export interface Wait {
  readonly clock: Clock;
  readonly poll_interval_ms: number;
  /** Null: until `signal` is aborted. */
  readonly ready_timeout_ms: number | null;
  readonly shrinking: boolean;
  readonly signal: AbortSignal;
}

/**
 * Looks at the object until as many pods are ready as it wants, the time is over, or somebody changed it. Polling, because a watch of this
 * client can hang silently. A look that fails is followed by another one: what was written stays written.
 */
export async function awaitRollout(cluster: Cluster, written: Workload, wait: Wait): Promise<Rollout> {
  const { clock, signal, ready_timeout_ms } = wait;
  const deadline = ready_timeout_ms === null ? Infinity : clock.monotonic() + ready_timeout_ms;
  let last: Workload | null = null;
  for (;;) {
    let trouble: string | null = null;
    try {
      last = await cluster.read(written, signal);
      const change = changeBy(last, written);
      if (change !== null) return { type: 'overtaken', workload: last, reason: change };
      if (isRolledOut(last, wait.shrinking)) return { type: 'ready', workload: last };
    } catch (error) {
      if (error instanceof KubernetesFailure && error.status === 404)
        return { type: 'overtaken', workload: null, reason: 'the object was deleted meanwhile' };
      trouble = messageOf(error);
    }
    const left_ms = deadline - clock.monotonic();
    if (left_ms <= 0 || signal.aborted) {
      const reasons = await whyNotReady(cluster, last ?? written);
      return { type: 'not_ready', workload: last, reasons: trouble === null ? reasons : [trouble, ...reasons] };
    }
    await sleep(clock, Math.min(wait.poll_interval_ms, left_ms), signal);
  }
}

/**
 * True when the status is of the newest spec and the wanted number of pods is ready. While growing more may be ready (a rolling update
 * surges); while shrinking they must be gone.
 */
export function isRolledOut(workload: Workload, shrinking: boolean): boolean {
  const { replicas, ready_replicas, observed } = workload;
  return observed && (shrinking ? ready_replicas === replicas : ready_replicas >= replicas);
}

function changeBy(now: Workload, written: Workload): string | null {
  if (now.uid !== written.uid) return 'the object was deleted and made anew meanwhile';
  if (now.replicas !== written.replicas)
    return `somebody else set replicas to ${now.replicas} meanwhile (written were ${written.replicas})`;
  return null;
}

/** What conditions, pods and events say; what cannot be read is left out, since it explains only. */
async function whyNotReady(cluster: Cluster, workload: Workload): Promise<string[]> {
  const signal = AbortSignal.timeout(ASK_WHY_MS);
  const reasons = new Set<string>(workload.complaints);
  const [pods, warnings] = await Promise.allSettled([
    workload.selector === null ? Promise.resolve([]) : cluster.pods(workload.namespace, workload.selector, signal),
    cluster.warnings(workload.namespace, workload.uid, signal),
  ]);
  if (pods.status === 'fulfilled')
    for (const pod of pods.value) for (const reason of reasonsOf(pod)) reasons.add(reason);
  if (warnings.status === 'fulfilled')
    for (const event of warnings.value) reasons.add(`${event.reason ?? 'Warning'}: ${event.message ?? ''}`);
  return [...reasons].slice(0, MAX_REASONS).map((reason) => short(cluster.hide(reason)));
}

type Pod = Awaited<ReturnType<Cluster['pods']>>[number];

function reasonsOf(pod: Pod): string[] {
  const name = pod.metadata?.name ?? 'a pod';
  const ready = pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
  if (ready) return [];
  const reasons: string[] = [];
  for (const { type, status, reason, message } of pod.status?.conditions ?? [])
    if (type === 'PodScheduled' && status === 'False')
      reasons.push(`${name} is not scheduled: ${reason ?? ''} ${message ?? ''}`);
  for (const container of [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]) {
    const waiting = container.state?.waiting;
    const ended = container.state?.terminated ?? container.lastState?.terminated;
    if (waiting !== undefined)
      reasons.push(`${name} ${container.name} waits: ${waiting.reason ?? ''} ${waiting.message ?? ''}`);
    else if (ended !== undefined)
      reasons.push(`${name} ${container.name} ended: ${ended.reason ?? ''} (exit code ${ended.exitCode})`);
  }
  if (reasons.length === 0) reasons.push(`${name} is ${pod.status?.phase ?? 'unknown'} and not ready`);
  return reasons;
}

function short(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
