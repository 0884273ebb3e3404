import { failureActions } from '../domain/playbook/playbook.js';
import type { Run, RunOutcome, Step } from '../domain/run/run.js';
import { isStepFinished } from '../domain/run/run.js';
import { isUndo, undoIdOf } from './plan.js';
import type { Plan } from './plan.js';

/** How a run whose steps have all ended ends, and why. */
export interface RunEnd {
  readonly state: 'succeeded' | 'failed' | 'cancelled';
  /** Null when it succeeded. */
  readonly reason: string | null;
}

/** A person's cancel comes first, then what failed; a write that nobody said yes to is cancelled by people too. */
export function endOf(run: Run, plan: Plan): RunEnd {
  const failed = plan.tasks.filter(
    ({ task }) => run.steps[task.id]?.state === 'failed' && !failureActions(task.on_failure).includes('continue'),
  );
  const denied = Object.values(run.steps).filter(
    (step) => (step.state === 'cancelled' && isRefused(step)) || (step.state === 'skipped' && step.reason === 'denied'),
  );
  const failures = failed.map(({ task }) => `${task.id} failed`).join(', ');
  const refusals = denied.map((step) => `${step.step_id}: ${step.message ?? 'not approved'}`).join('; ');
  if (run.cancel_requested) return { state: 'cancelled', reason: run.ending ?? refusals };
  if (run.aborted || failed.length > 0) return { state: 'failed', reason: run.ending ?? failures };
  if (denied.length > 0) return { state: 'cancelled', reason: run.ending ?? refusals };
  return { state: 'succeeded', reason: null };
}

/**
 * What a run achieved. What people or a check say counts first; a run that changed nothing did nothing; one that was given to people, or
 * failed before it could change anything, is theirs.
 */
export function outcomeOf(run: Run, plan: Plan, state: RunEnd['state']): RunOutcome {
  const steps = Object.values(run.steps);
  const said = steps.findLast((step) => step.kind === 'confirmation' && typeof solvedOf(step) === 'boolean');
  if (said && solvedOf(said) === false) return 'not_fixed';
  if (said && state === 'succeeded') return 'verified';
  // One that was cut off says nothing, whatever it had found before it was tried again.
  const checks = steps.filter((step) => plan.byId.get(step.task_id)?.check && step.state !== 'cancelled');
  if (checks.some((step) => resultOf(step) === 'not_so')) return 'not_fixed';
  const isProven = checks.some((step) => resultOf(step) === 'verified');
  if (changesOf(run).some((step) => run.steps[undoIdOf(step.step_id)]?.state !== 'succeeded')) {
    if (isProven && state === 'succeeded') return 'verified';
    return run.compensating === null ? 'unverified' : 'handed_over';
  }
  if (isProven && isForItsAlertOnly(run, plan)) return 'verified';
  // A write of which nobody knows whether it took place is not nothing.
  const unclear = steps.filter((step) => mayHaveWritten(step, plan) && !isTakenBack(run, step));
  if (unclear.length > 0) return unclear.every((step) => step.state === 'succeeded') ? 'unverified' : 'handed_over';
  const escalated = plan.tasks.some(
    ({ task }) => run.steps[task.id]?.state === 'failed' && failureActions(task.on_failure).includes('escalate'),
  );
  const denied = steps.some((step) => isRefused(step) || step.reason === 'denied');
  return escalated || denied || run.compensating !== null || state === 'failed' ? 'handed_over' : 'nothing_done';
}

/** Attempts in doubt, and what an author calls idempotent: that is done again without a question, whether or not it had taken place. */
function mayHaveWritten(step: Step, plan: Plan): boolean {
  if (step.effect !== 'write' || step.recorded_only) return false;
  const isRepeatable = step.intent !== null && plan.byId.get(step.task_id)?.idempotent === true;
  return step.attempts.some(
    ({ outcome }) => outcome === 'in_doubt' || (isRepeatable && (outcome === 'failed' || outcome === 'lost')),
  );
}

/** True for what was taken back, and for the taking back itself: whatever was not clear about it before. */
function isTakenBack(run: Run, step: Step): boolean {
  const undo = isUndo(step) ? step : run.steps[undoIdOf(step.step_id)];
  return undo?.state === 'succeeded';
}

/** What the run itself really changed, the last change first. */
export function changesOf(run: Run): Step[] {
  return Object.values(run.steps)
    .filter((step) => step.change !== null && !step.recorded_only && !isUndo(step))
    .map((step, place) => ({ step, place }))
    .sort((a, b) => (b.step.finished_at ?? '').localeCompare(a.step.finished_at ?? '') || b.place - a.place)
    .map(({ step }) => step);
}

/** Of those, what has not been taken back, nor tried to. */
export function leftToTakeBack(run: Run): Step[] {
  return changesOf(run).filter((step) => !isStepFinished(run.steps[undoIdOf(step.step_id)]?.state ?? 'pending'));
}

/** True when what was written is to go with the alert, which has resolved. */
export function isForItsAlertOnly(run: Run, plan: Plan): boolean {
  return plan.playbook.on_resolved === 'compensate' && run.alerts_resolved_at !== null;
}

function isRefused(step: Step): boolean {
  return step.approval?.state === 'denied' || step.approval?.state === 'expired';
}

/** `verified`: it was looked at and is as it should be; `not_so`: it was, and is not, or the alert's own condition is not over. Null: nobody knows. */
export function resultOf({ output }: Step): 'verified' | 'not_so' | null {
  if (typeof output !== 'object' || output === null || !('result' in output) || !('explanation' in output)) return null;
  const { result } = output;
  if (result === 'over' || result === 'true') return 'verified';
  return result === 'holds' || result === 'false' ? 'not_so' : null;
}

/** What somebody answered to "is it solved?". */
export function solvedOf({ output }: Step): unknown {
  return typeof output === 'object' && output !== null && 'solved' in output ? output.solved : null;
}
