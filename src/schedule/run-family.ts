import { stepThatBegan } from '../domain/run/parent.js';
import { isStepFinished } from '../domain/run/run.js';
import type { Run, RunEvent } from '../domain/run/run.js';
import { alertEvents } from './alert-events.js';
import { isUndo } from './plan.js';

/**
 * What a run hears of the one whose step began it: that their alerts have resolved or fire again, and that the step waits for it no more,
 * because its own run was cancelled or has failed. One that takes something back hears neither, as taking back goes on whatever happens.
 */
export function parentEvents(run: Run, parent: Run, at: string): RunEvent[] {
  if (takesBack(run, parent)) return [];
  const events = alertEvents(run, { alerts: run.joined, firing: parent.alerts_resolved_at === null }, at);
  if (isGivenUp(run, parent)) {
    const compensate = parent.compensating === null ? {} : { compensate: true as const };
    events.push({ type: 'run_cancel_requested', at, by: `run:${parent.run_id}`, reason: parent.reason, ...compensate });
  }
  return events;
}

/** What a run hears of those that its steps began: one may have ended, or wait for a person, so its step looks now, not when it had meant to. */
export function childEvents(run: Run, at: string): RunEvent[] {
  const events: RunEvent[] = [];
  for (const { step_id, kind, state, reason, message } of Object.values(run.steps))
    if (kind === 'playbook' && state === 'waiting' && (reason === 'timer' || reason === 'sub_playbook'))
      events.push({ type: 'step_waiting', at, step_id, reason, message: message ?? '', until: at });
  return events;
}

/** Whether a run was begun to undo what another step of its parent wrote. */
export function takesBack(run: Pick<Run, 'parent_run_id' | 'group_key'>, parent: Run): boolean {
  const step = parent.steps[stepThatBegan(run)];
  return step !== undefined && isUndo(step);
}

/** Somebody who takes up this run alone, after that step has ended, means it. */
function isGivenUp(run: Run, parent: Run): boolean {
  const step = parent.steps[stepThatBegan(run)];
  if (run.cancel_requested || step === undefined || !isStepFinished(step.state)) return false;
  return run.retried_at === null || run.retried_at < (step.finished_at ?? '');
}
