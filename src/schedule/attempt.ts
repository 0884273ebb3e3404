import type { Clock } from '../domain/clock.js';
import { instant } from '../domain/clock.js';
import { messageOf } from '../domain/errors.js';
import type { AttemptContext, ReadyExecutor } from '../domain/executor.js';
import type { ConditionAnswer } from '../domain/run/proof.js';
import { limitTime } from '../domain/time-limit.js';
import { deedOf } from '../domain/run/outcome.js';
import type { Intent, Outcome } from '../domain/run/outcome.js';
import type { Run } from '../domain/run/run.js';
import { questionBefore } from './approval.js';
import { makeCheck } from './check.js';
import type { Cancel } from './cancel.js';
import { CONDITION_OVER, NOT_NEEDED } from './conclude.js';
import { contextOf, revealedInput, writerOf } from './context.js';
import type { AttemptDeps, IntentAnswer } from './context.js';
import { isUndo } from './plan.js';
import type { AttemptEnd } from './conclude.js';
import type { Prepared } from './prepare.js';
import { storable } from './storable.js';

/** How long an executor may take to give up after its signal was aborted. */
const GRACE_MS = 5_000;

/**
 * One attempt, told as a sentence: find the executor, ask the guards, record the intent of a write, execute under a time limit, normalise.
 * It never throws. The rendered input was validated when the step started.
 */
export async function makeAttempt(
  run: Run,
  prepared: Prepared,
  control: Cancel,
  deps: AttemptDeps,
): Promise<AttemptEnd> {
  try {
    return await attemptOnce(run, prepared, control, deps);
  } catch (error) {
    // What executors throw is caught where they are called: nothing was sent yet.
    return {
      type: 'failed',
      reason: deps.vault.conceal(`it could not be begun: ${messageOf(error)}`),
      retryable: true,
    };
  }
}

async function attemptOnce(run: Run, prepared: Prepared, control: Cancel, deps: AttemptDeps): Promise<AttemptEnd> {
  const { check, undo } = prepared.planned;
  if (check) {
    const look = () => makeCheck(run, prepared, check, control.signal, deps);
    return recordable(await underTimeLimit(prepared, control, deps.clock, false, look), deps, false);
  }
  const executor = deps.executor(prepared.planned.kind);
  if (!executor)
    return { type: 'failed', reason: `there is no executor of kind ${prepared.planned.kind}`, retryable: false };
  const input = revealedInput(deps.vault, prepared, executor);
  const context = contextOf(run, prepared, control);
  const writes = prepared.effect === 'write' && !prepared.recorded_only;
  let intent: Intent | null = null;
  let endTurn: (() => void) | undefined;
  if (!writes) {
    const question = questionBefore(run, prepared, null);
    if (question) return recordable(question, deps, false);
  } else {
    const begun = await beginWrite({ run, prepared, executor, input, context, control }, deps);
    if (begun.type === 'ended') return begun.end;
    ({ intent, endTurn } = begun);
  }
  const takeBack = undo?.by_itself === true ? executor.compensate?.bind(executor) : undefined;
  const written = run.steps[writerOf(prepared.step_id)]?.intent ?? null;
  try {
    const end = await underTimeLimit(prepared, control, deps.clock, intent !== null, () =>
      takeBack
        ? takeBack(input, { ...context, intent: written })
        : executor.execute(input, intent === null ? context : { ...context, intent }),
    );
    return recordable(end, deps, intent !== null);
  } finally {
    endTurn?.();
  }
}

/** An end as it may be recorded: free of secrets, and of what no store can keep. */
function recordable(end: AttemptEnd, { vault }: AttemptDeps, begun: boolean): AttemptEnd {
  try {
    return vault.conceal(storable(end));
  } catch (error) {
    const reason = vault.conceal(`its result cannot be kept: ${messageOf(error)}`);
    return begun ? { type: 'in_doubt', reason } : { type: 'failed', reason, retryable: false };
  }
}

/** Asks an executor whether a write took place that a dead worker had begun, or that was in doubt when its run was tried again. */
export async function lookUp(
  run: Run,
  prepared: Prepared,
  intent: Intent,
  control: Cancel,
  deps: AttemptDeps,
): Promise<AttemptEnd> {
  const executor = deps.executor(prepared.planned.kind);
  const isCutOff = run.steps[prepared.step_id]?.attempts.at(-1)?.outcome === 'running';
  const why = isCutOff ? 'the service stopped while this was being done' : 'nobody could tell whether this was done';
  const inDoubt: AttemptEnd = { type: 'in_doubt', reason: `${why}: ${deedOf(intent.target, intent.what)}` };
  if (!executor?.lookup) return inDoubt;
  try {
    const input = revealedInput(deps.vault, prepared, executor);
    const found = await executor.lookup(input, { ...contextOf(run, prepared, control), intent });
    if (found.type === 'unknown')
      return { type: 'in_doubt', reason: deps.vault.conceal(`${inDoubt.reason}; looked up: ${found.reason}`) };
    if (found.type === 'not_done')
      return {
        type: 'lost',
        reason: `${isCutOff ? 'the service stopped before this was done' : 'this was not done (looked up)'}, so it is done again`,
      };
    const { target, what, from, to } = intent;
    const summary = `was done${isCutOff ? ' before the service stopped' : ''} (looked up)`;
    const change = { target, what, from, to };
    return recordable({ type: 'succeeded', output: found.output, summary, change }, deps, true);
  } catch (error) {
    return {
      type: 'in_doubt',
      reason: deps.vault.conceal(`${inDoubt.reason}; the look-up failed: ${messageOf(error)}`),
    };
  }
}

type Begun =
  | { readonly type: 'ended'; readonly end: AttemptEnd }
  | { readonly type: 'begun'; readonly intent: Intent; readonly endTurn?: () => void };

/** A write that is about to begin. */
interface Write {
  readonly run: Run;
  readonly prepared: Prepared;
  readonly executor: ReadyExecutor;
  readonly input: unknown;
  readonly context: AttemptContext;
  readonly control: Cancel;
}

async function beginWrite(write: Write, deps: AttemptDeps): Promise<Begun> {
  const { run, prepared } = write;
  const held = await deps.guard(run);
  if (held) return { type: 'ended', end: held };
  const open = await lookBeforeWrite(write, deps);
  if (open) return { type: 'ended', end: open };
  const planned = await planWrite(write, deps);
  if (planned.type === 'ended') return planned;
  const question = questionBefore(run, prepared, deps.vault.conceal(storable(planned.intent)));
  if (question) return { type: 'ended', end: recordable(question, deps, false) };
  // Most have none to wait for, and are not held up by as much as a turn of the loop.
  const turn = executorTakesTurns(write) ? await takeTurn(write, deps) : NO_TURN;
  if (turn.type === 'ended') return turn;
  let isBegun = false;
  try {
    // The plan and the turn may have taken a while: what was allowed before must still be.
    const heldNow = await deps.guard(run);
    if (heldNow) return { type: 'ended', end: heldNow };
    const intent = deps.vault.conceal(storable(planned.intent));
    const answer = await deps.recordIntent(prepared.step_id, intent);
    isBegun = answer === 'recorded';
    return answer === 'recorded' ? { ...turn, type: 'begun', intent } : { type: 'ended', end: unrecorded(answer) };
  } finally {
    if (!isBegun) turn.endTurn?.();
  }
}

function executorTakesTurns({ executor, prepared }: Write): boolean {
  return executor.turn !== undefined && prepared.planned.undo?.by_itself !== true;
}

type Turn =
  { readonly type: 'ended'; readonly end: AttemptEnd } | { readonly type: 'turn'; readonly endTurn?: () => void };

const NO_TURN: Turn = { type: 'turn' };

/** Waits until the executor may do one more of these, for as long as the step may take; nothing has begun meanwhile. */
async function takeTurn(write: Write, deps: AttemptDeps): Promise<Turn> {
  const { prepared, executor, input, context, control } = write;
  if (!executor.turn) return { type: 'turn' };
  const limit = limitTime(control.signal, prepared.planned.timeout_ms, deps.clock);
  try {
    const endTurn = await executor.turn(input, { ...context, signal: limit.signal });
    if (endTurn) return { type: 'turn', endTurn };
    if (!limit.isOver()) return { type: 'ended', end: { type: 'cancelled', reason: 'the run was cancelled' } };
    const reason = `${limitText(prepared)}: its turn did not come, so many others were under way at the same place; nothing was sent`;
    return { type: 'ended', end: { type: 'failed', reason, retryable: true } };
  } finally {
    limit.end();
  }
}

/** How long a write waits until whoever cannot be reached is asked again. */
const ASK_AGAIN_MS = 10_000;

/**
 * Asks the system that raised the alert whether its condition still holds: a first write for a condition that is over is not made, and none
 * while a configured system does not answer. Taking back is always allowed.
 */
async function lookBeforeWrite({ run, prepared, control }: Write, deps: AttemptDeps): Promise<AttemptEnd | null> {
  const ask = run.alert && !prepared.planned.undo ? deps.condition(run.alert) : null;
  if (!ask) return null;
  const limit = limitTime(control.signal, prepared.planned.timeout_ms, deps.clock);
  let answer: ConditionAnswer;
  try {
    answer = await ask(limit.signal);
  } finally {
    limit.end();
  }
  if (limit.isOver()) answer = { type: 'unavailable', reason: `no answer within ${prepared.planned.timeout_ms} ms` };
  if (control.aborted) return { type: 'cancelled', reason: 'the run was cancelled' };
  if (answer.type === 'unavailable') {
    const until = instant(deps.clock.now() + ASK_AGAIN_MS);
    const reason = `nothing is written while the alert's condition cannot be looked at: ${answer.reason}`;
    return recordable({ type: 'waiting', until, reason }, deps, false);
  }
  const isFirst = !Object.values(run.steps).some(
    (step) => step.change !== null && !step.recorded_only && !isUndo(step),
  );
  if (answer.type !== 'over' || !isFirst) return null;
  return { type: 'held', by: 'alert_resolved', message: CONDITION_OVER };
}

function unrecorded(answer: Exclude<IntentAnswer, 'recorded'>): AttemptEnd {
  switch (answer) {
    case 'paused':
      return { type: 'held', by: 'pause', message: 'the run is paused' };
    case 'resolved':
      return { type: 'held', by: 'alert_resolved', message: NOT_NEEDED };
    case 'gone':
      return { type: 'cancelled', reason: 'the run went on without this attempt' };
  }
}

async function planWrite(write: Write, deps: AttemptDeps): Promise<Begun> {
  const { prepared, executor, input, context, control } = write;
  const { idempotency_key } = context;
  if (prepared.planned.undo?.by_itself === true) return { type: 'begun', intent: reversed(write) };
  if (!executor.plan) {
    const target = prepared.planned.task.action ?? prepared.planned.kind;
    return { type: 'begun', intent: { target, what: prepared.planned.kind, from: null, to: null, idempotency_key } };
  }
  let intent: Intent | null = null;
  const plan = executor.plan.bind(executor);
  const end = await underTimeLimit(prepared, control, deps.clock, false, async (): Promise<Outcome> => {
    const planned = await plan(input, context);
    if (planned.type === 'failed') return planned;
    if (planned.type === 'nothing') return planned.outcome;
    intent = { ...planned.intent, idempotency_key };
    return { type: 'succeeded', output: null };
  });
  if (end.type === 'succeeded' && intent !== null) return { type: 'begun', intent };
  return { type: 'ended', end: recordable(end, deps, false) };
}

/** What taking back changes: the other way round than the write did. */
function reversed({ run, prepared, context }: Write): Intent {
  const writer = run.steps[writerOf(prepared.step_id)];
  const { target, what, from, to } = writer?.change ?? {
    target: prepared.planned.kind,
    what: 'take back',
    from: null,
    to: null,
  };
  return { target, what, from: to, to: from, idempotency_key: context.idempotency_key };
}

/**
 * Runs the work until it ends, its time is over (which aborts `control`) or it is cancelled by `control`. `begun` says that from here on a
 * write may have taken place.
 */
async function underTimeLimit(
  prepared: Prepared,
  control: Cancel,
  clock: Clock,
  begun: boolean,
  work: () => Promise<Outcome>,
): Promise<AttemptEnd> {
  // What was aborted earlier tells nobody again; nothing has been sent yet.
  if (control.aborted) return { type: 'cancelled', reason: 'the run was cancelled' };
  let isLate = false;
  const cancelTimer = clock.after(prepared.planned.timeout_ms, () => {
    if (control.aborted) return;
    isLate = true;
    control.abort(new Error(limitText(prepared)));
  });
  let letGo = (): void => undefined;
  let cancelGrace = (): void => undefined;
  const gone = new Promise<AttemptEnd>((resolve) => {
    letGo = control.onAbort(() => {
      cancelGrace = clock.after(GRACE_MS, () => resolve(ended(prepared, isLate, begun)));
    });
  });
  try {
    const end = await Promise.race([work(), gone]);
    if (!control.aborted) return end;
    return isLate ? timedOut(prepared, end, begun) : stopped(end, begun);
  } catch (error) {
    if (control.aborted) return ended(prepared, isLate, begun);
    const reason = `the executor is broken: ${messageOf(error)}`;
    return begun ? { type: 'in_doubt', reason } : { type: 'failed', reason, retryable: false };
  } finally {
    cancelTimer();
    cancelGrace();
    letGo();
  }
}

/** An executor that gave up in time knows best what it left behind; the time limit is only named. */
function timedOut(prepared: Prepared, end: AttemptEnd, begun: boolean): AttemptEnd {
  if (end.type === 'succeeded' || end.type === 'in_doubt') return end;
  if (end.type === 'failed') return { ...end, reason: `${limitText(prepared)}: ${end.reason}` };
  return ended(prepared, true, begun);
}

function stopped(end: AttemptEnd, begun: boolean): AttemptEnd {
  if (end.type === 'succeeded' || end.type === 'in_doubt') return end;
  if (!begun) return { type: 'cancelled', reason: 'the run was cancelled' };
  // A write that its executor knows to have failed is told as it is: it may have changed something first.
  return end.type === 'failed' ? end : { type: 'in_doubt', reason: 'cancelled while it was being done' };
}

function ended(prepared: Prepared, late: boolean, begun: boolean): AttemptEnd {
  if (begun)
    return {
      type: 'in_doubt',
      reason: late ? `${limitText(prepared)} while it was being done` : 'cancelled while it was being done',
    };
  return late
    ? { type: 'failed', reason: limitText(prepared), retryable: true }
    : { type: 'cancelled', reason: 'the run was cancelled' };
}

function limitText(prepared: Prepared): string {
  return `timed out after ${prepared.planned.timeout_ms} ms`;
}
