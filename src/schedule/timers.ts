import { formatMs } from '../domain/duration.js';
import type { Run } from '../domain/run/run.js';

/** When a run has to be looked at again by itself; null when only something else can move it on. */
export function nextTimer(run: Run, now: number): number | null {
  if (run.state === 'paused') return null;
  let next: number | null = run.state === 'pending' && now < beginsAt(run) ? beginsAt(run) : null;
  for (const step of Object.values(run.steps)) {
    if (step.state !== 'waiting' || step.until === null) continue;
    const at = Date.parse(step.until);
    if (next === null || at < next) next = at;
  }
  return next;
}

/** Before this instant, in milliseconds, a run does not begin: its group may still grow. */
export function beginsAt({ begin_at }: Run): number {
  return begin_at === undefined ? 0 : Date.parse(begin_at);
}

/** Why a run was ended whose time was over. */
export function tookTooLong(timeout_ms: number): string {
  return `the run took longer than its timeout of ${formatMs(timeout_ms)}`;
}
