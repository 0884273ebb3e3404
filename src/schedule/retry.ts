import { FixpointError } from '../domain/errors.js';
import { isInDoubt } from '../domain/run/doubt.js';
import { isLeftUndone } from '../domain/run/left-undone.js';
import { PROOF_ID } from '../domain/run/proof.js';
import type { Run, RunEvent, Step } from '../domain/run/run.js';
import { isStepFinished } from '../domain/run/run.js';
import { writerOf } from './context.js';
import { isUndo, verifyIdOf } from './plan.js';

/** What is to be tried again, and who says so. */
export interface RetryCommand {
  readonly by: string;
  /** Null: everything that failed, was cancelled or was left out for that. */
  readonly step_id: string | null;
  readonly reason: string | null;
}

/** The events by which a run that has ended is taken up again; `conflict` where nothing in it can be. */
export function retryEvents(run: Run, command: RetryCommand, at: string): RunEvent[] {
  const { by, reason, step_id } = command;
  const asked = Object.values(run.steps).find((step) => step.step_id === step_id);
  if (asked && isUndo(asked)) return undoAgain(run, asked, command, at);
  refuseTakenBack(run);
  const forgets = leftovers(run).map((step) => step.step_id);
  const steps = stepsToRetry(run, step_id);
  const retried: RunEvent = { type: 'run_retried', at, by, reason, steps, ...doubtsAmong(run, steps) };
  return [forgets.length === 0 ? retried : { ...retried, forgets }];
}

/** A write that may have taken place is looked up or asked about before it is done again, as after a crash: whoever tries again may not know of it. */
function doubtsAmong(run: Run, step_ids: readonly string[]): { readonly doubts?: readonly string[] } {
  const doubts = step_ids.filter((step_id) => {
    const step = run.steps[step_id];
    return step !== undefined && step.intent !== null && isInDoubt(step);
  });
  return doubts.length === 0 ? {} : { doubts };
}

/** A run whose other steps have all ended goes on only to take back, and then ends as cancelled. */
function undoAgain(run: Run, step: Step, { by, reason }: RetryCommand, at: string): RunEvent[] {
  const { step_id } = step;
  if (!isLeftUndone(step)) throw notAmong(run, step_id, []);
  return [
    { type: 'run_retried', at, by, reason, steps: [step_id], ...doubtsAmong(run, [step_id]) },
    { type: 'run_cancel_requested', at, by, reason: reason ?? run.reason, compensate: true },
  ];
}

/** The rest would build on what is not there any more, and a write is never done twice under one idempotency key. */
function refuseTakenBack(run: Run): void {
  const undone = Object.values(run.steps).filter((step) => isUndo(step) && step.state === 'succeeded');
  if (undone.length === 0) return;
  const writers = undone.map((step) => writerOf(step.step_id)).join(', ');
  throw new FixpointError(
    'conflict',
    `run ${run.run_id} took back what ${writers} wrote; what comes after cannot go on from there: begin a new run`,
  );
}

/** What was looked at after the last write, or could not be taken back, says nothing about what is done from here on. */
function leftovers(run: Run): Step[] {
  return Object.values(run.steps).filter(
    (step) => (step.step_id === PROOF_ID && isStepFinished(step.state)) || isUndo(step),
  );
}

function stepsToRetry(run: Run, step_id: string | null): string[] {
  const steps = Object.values(run.steps).filter((step) => step.step_id !== PROOF_ID && !isUndo(step));
  const undone = steps.filter(isLeftUndone);
  if (undone.length === 0)
    throw new FixpointError('conflict', `run ${run.run_id} is ${run.state}; nothing in it is left to be tried again`);
  const asked = step_id === null ? null : undone.find((step) => step.step_id === step_id);
  if (asked === undefined) throw notAmong(run, step_id ?? '', undone);
  // What was left out for a step that is tried again is looked at again with it.
  const chosen = new Set(
    undone.filter((step) => asked === null || isOneWith(step, asked) || step.state === 'skipped').map(idOf),
  );
  // What was not verified because it did not take place.
  const unverified = steps.filter(
    (step) => step.state === 'skipped' && [...chosen].some((id) => step.step_id === verifyIdOf(id)),
  );
  return [...new Set([...chosen, ...unverified.map(idOf)])];
}

/** A list is tried again with those of its items that failed, and an item within its list. */
function isOneWith(step: Step, asked: Step): boolean {
  if (step.step_id === asked.step_id) return true;
  const isList = (of: Step, item: Step): boolean => of.step_id === item.task_id && item.item_index !== null;
  return isList(asked, step) || isList(step, asked);
}

function idOf(step: Step): string {
  return step.step_id;
}

function notAmong(run: Run, step_id: string, undone: readonly Step[]): FixpointError {
  const message = `expected one of ${undone.map(idOf).join(', ')}`;
  return new FixpointError('conflict', `step ${step_id} of run ${run.run_id} is not one that can be tried again`, {
    details: undone.length === 0 ? [] : [{ path: 'step_id', message }],
  });
}
