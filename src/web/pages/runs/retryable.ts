import type { Step } from '../../../domain/run/run.js';

/** Left out for want of a condition is not left out by a failure; the service has the same list. */
const LEFT_OUT: ReadonlySet<string> = new Set(['dependency_failed', 'aborted', 'cancelled', 'denied']);

/** The steps of a run that has ended which begin anew when it is tried again. */
export function retryable(steps: readonly Step[]): readonly Step[] {
  return steps.filter(
    ({ state, reason }) =>
      state === 'failed' || state === 'cancelled' || (state === 'skipped' && LEFT_OUT.has(reason ?? '')),
  );
}
