import type { Step } from './run.js';

/**
 * A real write that was begun and has no recorded end: it waits in doubt, or it was cut off. What is known not to have begun (it would have
 * been tried again when its run was cancelled) is not in doubt.
 */
export function isInDoubt(step: Step): boolean {
  if (step.state === 'waiting') return step.reason === 'in_doubt';
  if (step.recorded_only || step.effect !== 'write') return false;
  const last = step.attempts.at(-1)?.outcome;
  if (step.state === 'cancelled') return step.intent !== null && step.change === null && last !== 'failed';
  return step.state === 'failed' && last === 'in_doubt';
}
