import type { Step } from '../../../domain/run/run.js';
import { undoneBy } from './run-graph.js';

type Kept = Pick<Step, 'step_id' | 'state' | 'reason'>;

/** Left out for want of a condition is not left out by a failure; the service has the same list. */
const LEFT_OUT: ReadonlySet<string> = new Set(['dependency_failed', 'aborted', 'cancelled', 'denied']);
/** The look at the alert's own condition: what is tried again is looked at anew. */
const PROOF = 'alert:verify';

/** The steps of a run that has ended which begin anew when it is tried again; none where writes were taken back, as the service says, too. */
export function retryable<Some extends Kept>(steps: readonly Some[]): readonly Some[] {
  if (isTakenBack(steps)) return [];
  return steps.filter((step) => isUndone(step) && undoneBy(step.step_id) === null && step.step_id !== PROOF);
}

/** Whether one of them can be tried again by itself: also what could not be taken back. */
export function isRetryable(step: Kept, steps: readonly Kept[]): boolean {
  if (undoneBy(step.step_id) !== null) return isUndone(step);
  return retryable(steps).some(({ step_id }) => step_id === step.step_id);
}

function isTakenBack(steps: readonly Kept[]): boolean {
  return steps.some(({ step_id, state }) => undoneBy(step_id) !== null && state === 'succeeded');
}

function isUndone({ state, reason }: Kept): boolean {
  return state === 'failed' || state === 'cancelled' || (state === 'skipped' && LEFT_OUT.has(reason ?? ''));
}
