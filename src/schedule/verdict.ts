import { instant } from '../domain/clock.js';
import { failureActions } from '../domain/playbook/playbook.js';
import type { Run, SkipReason, Step } from '../domain/run/run.js';
import { isStepFinished } from '../domain/run/run.js';
import { waitsForAPerson } from '../domain/run/transition.js';
import { endOfRest, goesOn } from './conclude.js';
import { isOnlyRecorded } from './only-recorded.js';
import type { Plan, PlannedTask } from './plan.js';

/** `blocked`: what it waits for has not ended yet. */
export type Verdict = 'blocked' | 'ready' | { readonly reason: SkipReason; readonly message: string };

/** Whether a task may begin, has to wait for others, or is left out, and why. */
export function verdictOn(run: Run, plan: Plan, planned: PlannedTask): Verdict {
  if (run.cancel_requested) return { reason: 'cancelled', message: run.ending ?? 'the run was cancelled' };
  const needs = planned.needs.map((id) => ({ id, step: run.steps[id] }));
  if (needs.some(({ step }) => !step || !isStepFinished(step.state))) return 'blocked';
  const runIf = planned.task.run_if ?? 'success';
  if (runIf === 'always') return 'ready';
  const bad = needs.find(({ id, step }) => step !== undefined && isBad(plan, id, step));
  if (runIf === 'failure')
    return bad || run.aborted ? 'ready' : { reason: 'run_if', message: 'nothing that it waits for has failed' };
  if (run.aborted) return { reason: 'aborted', message: whyAborted(run, plan) };
  if (bad)
    return {
      reason: 'dependency_failed',
      message: `${bad.id} ${bad.step?.state === 'failed' ? 'failed' : 'did not run'}`,
    };
  return 'ready';
}

/** Which step ended the run; what was wrong with it stands there, and need not be said again at every step that is skipped for it. */
function whyAborted(run: Run, plan: Plan): string {
  const failed = Object.values(run.steps).find(
    (step) => step.state === 'failed' && step.item_index === null && isBad(plan, step.step_id, step),
  );
  return failed ? `the run was aborted: ${failed.step_id} failed` : (run.ending ?? 'the run was aborted');
}

/** True for a step after which what depends on it must not run: it failed and was not to be tolerated, or it was itself skipped for that. */
function isBad(plan: Plan, id: string, step: Step): boolean {
  if (step.state === 'failed') return !failureActions(plan.byId.get(id)?.task.on_failure).includes('continue');
  if (step.state === 'cancelled') return true;
  return (
    step.state === 'skipped' &&
    (step.reason === 'dependency_failed' ||
      step.reason === 'aborted' ||
      step.reason === 'cancelled' ||
      step.reason === 'denied')
  );
}

/** Why there is nothing to look at: what should be verified did not take place. */
export function whyNotCheck(run: Run, { needs }: PlannedTask): string | null {
  const [of = ''] = needs;
  const step = run.steps[of];
  if (step?.state !== 'succeeded') return `${of} did not take place`;
  return isOnlyRecorded(run, step) ? `${of} was only recorded` : null;
}

/** Why a step waits no longer, nobody having ended its wait; null while it may. */
export function whyNotWait(run: Run, plan: Plan, planned: PlannedTask, step: Step, now: number): string | null {
  const ends = run.ending ?? 'the run ends';
  if (!goesOn(run, planned)) return ends;
  if (!run.aborted) return null;
  const last = endOfRest(run, plan);
  // When it would look again says nothing: it hears of an answer.
  if (step.reason === 'sub_playbook') return now < last ? null : tooLate(ends, last);
  // For others a person is asked, and the run is handed over as it is.
  if (waitsForAPerson(step) && step.reason !== 'pause') return ends;
  const until = step.until === null ? now : Date.parse(step.until);
  if (now < last && until <= last) return null;
  return tooLate(ends, last);
}

function tooLate(ends: string, last: number): string {
  return `${ends}; what was left to do had until ${instant(last)}`;
}

/** True when the run writes nothing more, because its alerts have resolved. */
export function isStopped(run: Run, plan: Plan): boolean {
  return run.alerts_resolved_at !== null && plan.playbook.on_resolved !== 'continue';
}
