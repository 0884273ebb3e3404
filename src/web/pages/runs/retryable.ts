import type { Step } from '../../../domain/run/run.js';
import { isLeftUndone } from '../../../domain/run/left-undone.js';
import { PROOF_ID } from '../../../domain/run/proof.js';
import { undoneBy } from './run-graph.js';

type Kept = Pick<Step, 'step_id' | 'state' | 'reason'>;

/** The steps of a run that has ended which begin anew when it is tried again; none where writes were taken back, as the service says, too. */
export function retryable<Some extends Kept>(steps: readonly Some[]): readonly Some[] {
  if (isTakenBack(steps)) return [];
  return steps.filter((step) => isLeftUndone(step) && undoneBy(step.step_id) === null && step.step_id !== PROOF_ID);
}

/** Whether one of them can be tried again by itself: also what could not be taken back. */
export function isRetryable(step: Kept, steps: readonly Kept[]): boolean {
  if (undoneBy(step.step_id) !== null) return isLeftUndone(step);
  return retryable(steps).some(({ step_id }) => step_id === step.step_id);
}

function isTakenBack(steps: readonly Kept[]): boolean {
  return steps.some(({ step_id, state }) => undoneBy(step_id) !== null && state === 'succeeded');
}
