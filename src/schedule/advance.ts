import { counted } from '../domain/counted.js';
import type { Alert } from '../domain/alert/alert.js';
import { instant } from '../domain/clock.js';
import type { ExecutorSpec } from '../domain/executor.js';
import type { Scope } from '../domain/expression/expression.js';
import type { IncidentBrief } from '../domain/incident/incident.js';
import { failureActions } from '../domain/playbook/playbook.js';
import type { ConditionResult, Run, RunEvent, SkipReason, Step } from '../domain/run/run.js';
import { PROOF_ID } from '../domain/run/proof.js';
import { isRunFinished, isStepFinished, timeCountsFrom } from '../domain/run/run.js';
import { transition } from '../domain/run/transition.js';
import { refusalBefore, whyNot } from './approval.js';
import { endOfRest, failureEvents, goesOn, NOT_NEEDED, successEvents } from './conclude.js';
import { CHECK_SPEC } from './check.js';
import { changesOf, endOf, isForItsAlertOnly, leftToTakeBack, outcomeOf, resultOf, solvedOf } from './outcome.js';
import { cancelOf, errorOf, itemsFrom, itemsOf } from './items.js';
import { whyUnknown } from './only-recorded.js';
import { isUndo, undoIdOf } from './plan.js';
import type { Plan, PlannedTask } from './plan.js';
import { judge, prepare, scopeOf } from './prepare.js';
import type { Prepared } from './prepare.js';
import { beginsAt, tookTooLong } from './timers.js';
import { isStopped, verdictOn, whyNotCheck, whyNotWait } from './verdict.js';

/** What a decision on the next steps needs besides the run itself. */
export interface Facts {
  readonly now: number;
  /** The incident of the run; looked up only where the plan names it. */
  readonly incident?: IncidentBrief | null;
  readonly specs: ReadonlyMap<string, ExecutorSpec>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly conceal: (value: unknown) => unknown;
  /** The big red button is pressed: writes that wait for its release go on waiting. */
  readonly paused: boolean;
  /** A window freezes the writes of this run: those that wait for its end go on waiting. */
  readonly frozen: boolean;
  /** The worker is about to stop: what would start now is left to whoever takes the run up next. */
  readonly draining: boolean;
  /** Whether somebody can be asked about the condition of an alert. */
  readonly provable: (alert: Alert) => boolean;
  /** Whether the executor of a kind can take back what it wrote. */
  readonly takesBack: (kind: string) => boolean;
}

/** What happens next: events to record, and the attempts to make once they are durable. */
export interface Advanced {
  readonly run: Run;
  readonly events: readonly RunEvent[];
  readonly starts: readonly Prepared[];
}

/**
 * Decides what a run does next. Pure: the same run, plan and facts give the same answer. A pass that ended a step (skipped it, failed to
 * render it) is followed by another, for what waited for that step.
 */
export function advance(run: Run, plan: Plan, facts: Facts): Advanced {
  const turn = new Turn(run, plan, facts);
  // Nothing begins before what it names is known.
  if (isRunFinished(run.state) || (plan.names_incident && facts.incident === undefined)) return turn;
  // Its group may still grow. Whoever cancels it need not wait for that.
  if (!run.cancel_requested && facts.now < beginsAt(run)) return turn;
  turn.abortWhenOverdue();
  do {
    turn.endedStep = false;
    for (const planned of plan.tasks) turn.look(planned);
    turn.takeBack();
  } while (turn.endedStep);
  turn.finishWhenDone();
  return turn;
}

class Turn implements Advanced {
  run: Run;
  readonly events: RunEvent[] = [];
  readonly starts: Prepared[] = [];
  endedStep = false;
  readonly #plan: Plan;
  readonly #facts: Facts;
  readonly #at: string;

  constructor(run: Run, plan: Plan, facts: Facts) {
    this.run = run;
    this.#plan = plan;
    this.#facts = facts;
    this.#at = instant(facts.now);
  }

  /** A run that slept over the end of its time. While an attempt is under way, whoever makes it sees to that. */
  abortWhenOverdue(): void {
    const { run } = this;
    const { timeout_ms } = this.#plan;
    if (run.aborted || run.cancel_requested || this.#facts.now < timeCountsFrom(run) + timeout_ms) return;
    if (Object.values(run.steps).some((step) => step.state === 'running' && step.kind !== 'foreach')) return;
    this.#emit({
      type: 'run_aborted',
      at: this.#at,
      reason: tookTooLong(timeout_ms),
    });
  }

  look(planned: PlannedTask): void {
    const step = this.run.steps[planned.task.id];
    if (step && isStepFinished(step.state)) return;
    if (step?.kind === 'foreach') return this.#lookAtItems(planned, step);
    if (step?.state === 'running') return;
    if (step?.state === 'waiting') return this.#lookAtWait(planned, step);
    const verdict = verdictOn(this.run, this.#plan, planned);
    if (verdict === 'blocked') return;
    if (verdict !== 'ready') return this.#skip(planned, planned.task.id, verdict.reason, verdict.message, []);
    if (this.run.state === 'paused' || this.#facts.draining) return;
    const pointless = planned.check && whyNotCheck(this.run, planned);
    if (pointless) return this.#skip(planned, planned.task.id, 'condition', pointless, []);
    this.#begin(planned);
  }

  finishWhenDone(): void {
    const { run } = this;
    if (!this.#plan.tasks.every(({ task }) => isStepFinished(run.steps[task.id]?.state ?? 'pending'))) return;
    if (run.compensating !== null && leftToTakeBack(this.run).length > 0) return;
    const { state, reason } = endOf(run, this.#plan);
    if (this.#looksAtTheAlert(state)) return;
    if (this.#isToTakeBackWhenOver()) {
      this.#emit({
        type: 'compensation_started',
        at: this.#at,
        reason: 'the alert has resolved, and its condition is over',
      });
      return this.takeBack();
    }
    const outcome = outcomeOf(this.run, this.#plan, state);
    if (run.steps[PROOF_ID] && outcome === 'not_fixed') {
      const message = run.steps[PROOF_ID].summary ?? "the alert's own condition still holds";
      this.#emit({ type: 'notice', at: this.#at, kind: 'escalate', step_id: PROOF_ID, about: 'not_fixed', message });
    }
    this.#emit({ type: 'run_finished', at: this.#at, state, outcome, reason });
  }

  /** After the last write the alert's own condition is looked at, where nothing else was to be verified. True until that has ended. */
  #looksAtTheAlert(state: 'succeeded' | 'failed' | 'cancelled'): boolean {
    const { alert, steps } = this.run;
    const proof = this.#plan.byId.get(PROOF_ID);
    const step = steps[PROOF_ID];
    if (!proof || (step && isStepFinished(step.state)) || step?.state === 'running') return step?.state === 'running';
    const isSaid = Object.values(steps).some((other) => typeof solvedOf(other) === 'boolean');
    const isDeclared = this.#plan.tasks.some(({ check }) => check);
    const isOpen = (!isSaid && !isDeclared) || isForItsAlertOnly(this.run, this.#plan);
    const isDue = state === 'succeeded' && changesOf(this.run).length > 0 && isOpen;
    if (!isDue || !alert || !this.#facts.provable(alert)) {
      // It was begun, its worker died, and meanwhile the run was cancelled.
      if (step) this.#emit({ type: 'step_cancelled', at: this.#at, step_id: PROOF_ID, reason: 'not needed any more' });
      return false;
    }
    if (this.run.state !== 'paused' && !this.#facts.draining) this.#start(proof, PROOF_ID, null, null, []);
    return true;
  }

  /** A resolved alert alone takes nothing back: its condition has to be looked at, and no data says nothing. */
  #isToTakeBackWhenOver(): boolean {
    if (
      !isForItsAlertOnly(this.run, this.#plan) ||
      this.run.compensating !== null ||
      leftToTakeBack(this.run).length === 0
    )
      return false;
    const proof = this.run.steps[PROOF_ID];
    return proof !== undefined && resultOf(proof) === 'verified';
  }

  /** Takes back what was written, one write at a time, the last one first, once nothing is being written any more. */
  takeBack(): void {
    if (this.run.compensating === null) return;
    const isWriting = (step: Step): boolean => step.state === 'running' && step.effect === 'write' && !isUndo(step);
    if (Object.values(this.run.steps).some(isWriting)) return;
    const [written] = leftToTakeBack(this.run);
    const planned = written && this.#plan.byId.get(undoIdOf(written.task_id));
    if (!planned || this.run.state === 'paused' || this.#facts.draining) return;
    const step_id = undoIdOf(written.step_id);
    const step = this.run.steps[step_id];
    if (step?.state === 'running') return;
    if (step?.state === 'waiting') {
      const due = step.until !== null && Date.parse(step.until) <= this.#facts.now;
      const released = this.#isReleased(step);
      if (!due && !released) return;
    }
    if (this.#plan.byId.get(written.task_id)?.task.compensate === false)
      return this.#skip(planned, step_id, 'condition', 'its author says that it stays (compensate: false)', []);
    if (planned.undo?.by_itself === true && !this.#facts.takesBack(planned.kind))
      return this.#fail(planned, step_id, `${planned.kind} cannot take back what it did, and compensate names nothing`);
    this.#start(planned, step_id, written.item_index, written.item, []);
  }

  /** A write that waits until an instant waits for the end of a freeze; the others find out, by trying, what else holds them. */
  #isReleased({ reason, until }: Step): boolean {
    return reason === 'pause' && !this.#facts.paused && (until === null || !this.#facts.frozen);
  }

  #lookAtWait(planned: PlannedTask, step: Step): void {
    const overdue = whyNotWait(this.run, this.#plan, planned, step, this.#facts.now);
    if (overdue !== null)
      return this.#emit({ type: 'step_cancelled', at: this.#at, step_id: step.step_id, reason: overdue });
    if (this.run.state === 'paused' || this.#facts.draining) return;
    if (step.reason === 'approval') return this.#lookAtApproval(planned, step);
    if (step.reason === 'confirmation') return this.#lookAtConfirmation(step);
    const due = step.until !== null && Date.parse(step.until) <= this.#facts.now;
    const released = this.#isReleased(step);
    if (due || released) return this.#start(planned, step.step_id, step.item_index, step.item, step.conditions);
    if (this.run.aborted && step.until === null) this.#holdUntilTheEnd(step);
  }

  #lookAtApproval(planned: PlannedTask, asked: Step): void {
    const { step_id } = asked;
    const isWrite = asked.approval?.plan != null;
    if (asked.approval?.state === 'pending') {
      if (isWrite && isStopped(this.run, this.#plan))
        return this.#skip(planned, step_id, 'alert_resolved', NOT_NEEDED, asked.conditions);
      if (Date.parse(asked.approval.expires_at) > this.#facts.now) return;
      const { approval_id } = asked.approval;
      this.#emit({ type: 'approval_expired', at: this.#at, step_id, approval_id });
    }
    const step = this.run.steps[step_id] ?? asked;
    const by = (step.approval?.answers ?? []).map((answer) => answer.by);
    if (step.approval?.state === 'approved') {
      if (isWrite) return this.#start(planned, step_id, step.item_index, step.item, step.conditions);
      const output = { approved: true, by, comments: step.approval.answers.map((answer) => answer.comment) };
      const summary = `approved by ${by.join(', ')}`;
      this.#emit({ type: 'step_succeeded', at: this.#at, step_id, output, summary, evidence: null, change: null });
      if (step.item_index === null) for (const event of successEvents(planned, summary, this.#at)) this.#emit(event);
      return;
    }
    const reason = whyNot(step);
    if (step.approval?.state === 'expired')
      this.#emit({ type: 'notice', at: this.#at, kind: 'escalate', step_id, about: 'approval', message: reason });
    if (isWrite) return this.#emit({ type: 'step_cancelled', at: this.#at, step_id, reason });
    this.#fail(planned, step_id, reason, { approved: false, by });
  }

  /** Nobody said whether it is solved: that is no answer, and no failure either. */
  #lookAtConfirmation(step: Step): void {
    if (step.until === null || Date.parse(step.until) > this.#facts.now) return;
    const output = { solved: null, by: null, comment: null };
    const summary = 'nobody answered in time';
    const { step_id } = step;
    this.#emit({ type: 'step_succeeded', at: this.#at, step_id, output, summary, evidence: null, change: null });
  }

  /** The hold of a run that was aborted has an end: nobody may ever release it. */
  #holdUntilTheEnd({ step_id, message }: Step): void {
    const until = instant(endOfRest(this.run, this.#plan));
    this.#emit({ type: 'step_waiting', at: this.#at, step_id, reason: 'pause', message: message ?? '', until });
  }

  #begin(planned: PlannedTask): void {
    const scope = this.#scope();
    const conditions = judge(planned, scope);
    const failed = conditions.filter((condition) => !condition.holds);
    if (failed.length > 0) {
      const message = failed.map((condition) => `${condition.condition}: ${condition.explanation}`).join('; ');
      return this.#skip(planned, planned.task.id, 'condition', message, conditions);
    }
    if (planned.task.foreach === undefined) return this.#start(planned, planned.task.id, null, null, conditions);
    this.#expand(planned, scope, conditions);
  }

  #expand(planned: PlannedTask, scope: () => Scope, conditions: readonly ConditionResult[]): void {
    const { id, foreach } = planned.task;
    const items = itemsFrom(foreach, scope);
    if (items instanceof Error) return this.#leaveOut(planned, id, `foreach: ${items.message}`, items);
    this.#emit({
      type: 'step_expanded',
      at: this.#at,
      step_id: id,
      name: nameOf(planned),
      kind: planned.kind,
      items: items.map(this.#facts.conceal),
      conditions,
    });
    const step = this.run.steps[id];
    if (step) this.#lookAtItems(planned, step);
  }

  #lookAtItems(planned: PlannedTask, parent: Step): void {
    const items = itemsOf(this.run, planned.task.id);
    const tolerant = failureActions(planned.task.on_failure).includes('continue');
    const failed = items.some((item) => item.state === 'failed') && !tolerant;
    let busy = items.filter((item) => item.state === 'running' || item.state === 'waiting').length;
    for (const item of items) {
      if (item.state === 'waiting') this.#lookAtWait(planned, item);
      if (item.state !== 'pending') continue;
      if (this.run.cancel_requested)
        this.#skip(planned, item.step_id, 'cancelled', this.run.ending ?? 'the run was cancelled', []);
      else if (failed || !goesOn(this.run, planned))
        this.#skip(
          planned,
          item.step_id,
          'aborted',
          failed ? 'another item failed' : (this.run.ending ?? 'the run was aborted'),
          [],
        );
      else if (busy < (planned.task.max_parallel ?? 1) && this.run.state !== 'paused' && !this.#facts.draining) {
        this.#start(planned, item.step_id, item.item_index, item.item, []);
        busy += 1;
      }
    }
    this.#endItems(planned, parent.step_id);
  }

  #endItems(planned: PlannedTask, step_id: string): void {
    const items = itemsOf(this.run, planned.task.id);
    if (!items.every((item) => isStepFinished(item.state))) return;
    const output = items.map((item) => item.output);
    const error = errorOf(items);
    if (error !== null) return this.#fail(planned, step_id, error, output);
    const reason = cancelOf(this.run, items);
    if (reason !== null) return this.#emit({ type: 'step_cancelled', at: this.#at, step_id, reason });
    const summary = counted(items.length, 'item');
    this.#emit({ type: 'step_succeeded', at: this.#at, step_id, output, summary, evidence: null, change: null });
    for (const event of successEvents(planned, summary, this.#at)) this.#emit(event);
  }

  #start(
    planned: PlannedTask,
    step_id: string,
    item_index: number | null,
    item: unknown,
    conditions: readonly ConditionResult[],
  ): void {
    const scope = this.#scope(item_index === null ? undefined : item);
    const spec = planned.check ? CHECK_SPEC : this.#facts.specs.get(planned.kind);
    const ready = prepare(this.run, planned, spec, scope, step_id, this.#facts.conceal);
    if (ready.type === 'failed') return this.#leaveOut(planned, step_id, ready.error, ready.cause);
    const { prepared, parameters } = ready;
    const refusal = prepared.effect === 'write' ? refusalBefore(this.run, planned) : null;
    if (refusal !== null) return this.#skip(planned, step_id, 'denied', refusal, conditions);
    if (this.#mustNotWrite(prepared)) return this.#skip(planned, step_id, 'alert_resolved', NOT_NEEDED, conditions);
    this.#emit({
      type: 'step_started',
      at: this.#at,
      step_id,
      task_id: planned.task.id,
      name: nameOf(planned),
      kind: planned.kind,
      item_index,
      item,
      attempt: prepared.attempt,
      effect: prepared.effect,
      recorded_only: prepared.recorded_only,
      parameters,
      conditions,
    });
    this.starts.push(prepared);
  }

  /** It cannot begin: a failure, unless what it lacks is only lacking because nothing is written. */
  #leaveOut(planned: PlannedTask, step_id: string, error: string, cause: unknown): void {
    const unknown = whyUnknown(this.run, this.#plan, cause);
    if (unknown === null) return this.#fail(planned, step_id, error);
    this.#skip(planned, step_id, 'condition', unknown, []);
  }

  #mustNotWrite(prepared: Prepared): boolean {
    if (prepared.planned.undo) return false;
    return prepared.effect === 'write' && !prepared.recorded_only && isStopped(this.run, this.#plan);
  }

  #skip(
    planned: PlannedTask,
    step_id: string,
    reason: SkipReason,
    message: string,
    conditions: readonly ConditionResult[],
  ): void {
    this.#emit({
      type: 'step_skipped',
      at: this.#at,
      step_id,
      name: nameOf(planned),
      kind: planned.kind,
      reason,
      message,
      conditions,
    });
  }

  #fail(planned: PlannedTask, step_id: string, error: string, output: unknown = null): void {
    this.#emit({
      type: 'step_failed',
      at: this.#at,
      step_id,
      task_id: planned.task.id,
      name: nameOf(planned),
      kind: planned.kind,
      error,
      output,
      evidence: null,
    });
    if (step_id === planned.task.id || planned.undo)
      for (const event of failureEvents(this.run, planned, error, this.#at)) this.#emit(event);
  }

  #scope(item?: unknown): () => Scope {
    return () => scopeOf(this.run, this.#plan, this.#facts.secrets, this.#facts.incident ?? null, item);
  }

  #emit(event: RunEvent): void {
    this.run = transition(this.run, event);
    this.events.push(event);
    if (
      event.type === 'step_skipped' ||
      event.type === 'step_failed' ||
      event.type === 'step_succeeded' ||
      event.type === 'step_cancelled'
    )
      this.endedStep = true;
  }
}

/** The task's name for people. */
export function nameOf(planned: PlannedTask): string {
  return planned.task.name ?? planned.task.id;
}
