import type { Attempt, Run, RunEvent, RunState, Step } from './run.js';
import { isRunFinished, isStepFinished, PERSON_WAITS } from './run.js';
import type { WaitReason } from './run.js';
import { FixpointError } from '../errors.js';
import {
  answered,
  endAttempt,
  ended,
  newStep,
  pendingApproval,
  refuseUnless,
  refuseUnlessWaitingFor,
  refuseWithoutYes,
  settled,
  succeeded,
  waiting,
  withdrawn,
} from './step-change.js';

/** How many alerts a run remembers by itself; `alerts` of the store has them all. */
export const MAX_RUN_ALERTS = 1_000;

/**
 * The one state machine: what a run is after an event. Pure; `run` is null for `run_opened` only. An event that cannot happen in the
 * run's present state is refused with `conflict`, so that a late or doubled event changes nothing.
 */
export function transition(run: Run | null, event: RunEvent): Run {
  if (event.type === 'run_opened') return open(run, event);
  if (run === null) throw new FixpointError('conflict', `a run begins with run_opened, not with ${event.type}`);
  const applied = apply(run, event);
  // What was made of it here is nobody else's yet.
  const next: { -readonly [Key in keyof Run]: Run[Key] } = applied === run ? { ...run } : applied;
  next.seq = run.seq + 1;
  next.state = stateOf(applied);
  next.reason = reasonOf(applied, next.state);
  return next;
}

/** Folds events in their order. */
export function fold(run: Run | null, events: readonly RunEvent[]): Run {
  let next = run;
  for (const event of events) next = transition(next, event);
  if (next === null) throw new FixpointError('conflict', 'a run has at least one event');
  return next;
}

function open(run: Run | null, event: RunEvent & { type: 'run_opened' }): Run {
  if (run !== null) throw new FixpointError('conflict', `run ${run.run_id} is open already`);
  const begun = event.run;
  // Written out: a spread that is added to costs several times as much, and this is done for every run.
  const opened: Run = {
    run_id: begun.run_id,
    playbook_id: begun.playbook_id,
    playbook_version: begun.playbook_version,
    playbook_name: begun.playbook_name,
    rule_id: begun.rule_id,
    service_name: begun.service_name,
    group_key: begun.group_key,
    mode: begun.mode,
    dry_run: begun.dry_run,
    requested_by: begun.requested_by,
    // Runs of older versions have none.
    parent_run_id: begun.parent_run_id ?? null,
    depth: begun.depth ?? 0,
    alert: begun.alert,
    state: 'pending',
    reason: null,
    outcome: null,
    alert_ids: begun.alert === null ? [] : [begun.alert.alert_id],
    aborted: false,
    compensating: null,
    cancel_requested: false,
    alerts_resolved_at: null,
    created_at: event.at,
    started_at: null,
    finished_at: null,
    retried_at: null,
    ending: null,
    seq: 1,
    steps: {},
    joined: begun.alert === null ? [] : [begun.alert],
  };
  const { mode_by, begin_at } = begun;
  if (mode_by === undefined && begin_at === undefined) return opened;
  return { ...opened, ...(mode_by === undefined ? {} : { mode_by }), ...(begin_at === undefined ? {} : { begin_at }) };
}

const AFTER_THE_END: ReadonlySet<RunEvent['type']> = new Set<RunEvent['type']>([
  'outcome_changed',
  'notice',
  'run_retried',
]);

function apply(run: Run, event: Exclude<RunEvent, { type: 'run_opened' }>): Run {
  if (isRunFinished(run.state) && !AFTER_THE_END.has(event.type)) {
    throw new FixpointError('conflict', `run ${run.run_id} has ${run.state}; ${event.type} came too late`);
  }
  switch (event.type) {
    case 'run_rescued':
      return run;
    case 'alert_joined':
      return join(run, event);
    case 'alerts_resolved':
      return { ...run, alerts_resolved_at: event.at };
    case 'step_started':
      return startStep(run, event);
    case 'step_expanded':
      return expandStep(run, event);
    case 'step_intended':
      return change(run, event.step_id, ['running'], () => ({ intent: event.intent }));
    case 'step_succeeded':
      return change(run, event.step_id, ['running', 'waiting'], (step) => succeeded(step, event));
    case 'step_failed':
      return failStep(run, event);
    case 'step_retrying':
      return change(run, event.step_id, ['running'], (step) => ({
        state: 'waiting',
        reason: 'retry',
        message: event.error,
        until: event.until,
        attempts: endAttempt(step, event.at, event.in_doubt ? 'in_doubt' : 'failed', event.error),
      }));
    case 'step_waiting':
      return change(run, event.step_id, ['running', 'pending', 'waiting'], (step) => waiting(step, event));
    case 'step_skipped':
      return skipStep(run, event);
    case 'step_cancelled':
      return change(run, event.step_id, ['running', 'waiting', 'pending'], (step) => ({
        ...ended(step, event.at, 'cancelled', event.reason),
      }));
    case 'step_lost':
      return change(run, event.step_id, ['running'], (step) => ({
        state: 'pending',
        message: event.reason,
        attempts: endAttempt(step, event.at, 'lost', event.reason),
      }));
    case 'approval_requested':
      return change(run, event.step_id, ['running'], (step) => ({
        state: 'waiting',
        reason: 'approval',
        message: event.approval.message,
        until: event.approval.expires_at,
        attempts: endAttempt(step, event.at, 'asked', null),
        approval: { ...event.approval, state: 'pending', requested_at: event.at, answers: [] },
      }));
    case 'approval_answered':
      return change(run, event.step_id, ['waiting'], (step) => answered(step, event));
    case 'approval_expired':
      return change(run, event.step_id, ['waiting'], (step) => ({
        approval: { ...pendingApproval(step, event.approval_id), state: 'expired' },
      }));
    case 'confirmation_requested':
      return change(run, event.step_id, ['running'], (step) => ({
        state: 'waiting',
        reason: 'confirmation',
        message: event.message,
        until: event.until,
        attempts: endAttempt(step, event.at, 'asked', null),
      }));
    case 'confirmed':
      return change(run, event.step_id, ['waiting'], (step) => {
        refuseUnlessWaitingFor(step, 'confirmation');
        const { by, solved, comment } = event;
        const summary = `${by} says that it is ${solved ? '' : 'not '}solved`;
        return { ...ended(step, event.at, 'succeeded', null), output: { solved, by, comment }, summary };
      });
    case 'doubt_settled':
      return change(run, event.step_id, ['waiting'], (step) => settled(step, event));
    case 'run_retried':
      return retried(run, event);
    case 'notice':
      return run;
    case 'run_aborted':
      return { ...run, aborted: true, ending: event.reason, reason: event.reason };
    case 'compensation_started':
      return { ...run, compensating: event.reason };
    case 'run_paused':
      if (run.state === 'paused') throw new FixpointError('conflict', `run ${run.run_id} is paused already`);
      return { ...run, state: 'paused', reason: run.ending ?? event.reason ?? `paused by ${event.by}` };
    case 'run_resumed':
      if (run.state !== 'paused') throw new FixpointError('conflict', `run ${run.run_id} is ${run.state}, not paused`);
      return { ...run, state: 'running' };
    case 'run_cancel_requested':
      if (run.cancel_requested) throw new FixpointError('conflict', `run ${run.run_id} is being cancelled already`);
      return cancelled(run, event);
    case 'run_finished':
      for (const step of Object.values(run.steps))
        if (!isStepFinished(step.state))
          throw new FixpointError('conflict', `run ${run.run_id} cannot end: step ${step.step_id} is ${step.state}`);
      return { ...run, state: event.state, outcome: event.outcome, reason: event.reason, finished_at: event.at };
    case 'outcome_changed':
      if (!isRunFinished(run.state))
        throw new FixpointError('conflict', `run ${run.run_id} is ${run.state}; only a finished run's outcome changes`);
      return { ...run, outcome: event.outcome };
  }
}

/** A run that is neither final nor paused waits when only a person can move it on; timers and running attempts leave it running. */
function stateOf(run: Run): RunState {
  if (isRunFinished(run.state) || run.state === 'paused' || run.started_at === null) return run.state;
  let waitsForPerson = false;
  for (const step of Object.values(run.steps)) {
    if (step.state === 'running' && step.kind !== 'foreach') return 'running';
    if (step.state === 'waiting' && !waitsForAPerson(step)) return 'running';
    if (step.state === 'waiting') waitsForPerson = true;
  }
  return waitsForPerson ? 'waiting' : 'running';
}

/**
 * A run that waits says for what, in the word of the first step that only a person moves on, also where it comes to its end; one that goes on
 * needs no reason, or says why it ends.
 */
function reasonOf(run: Run, state: RunState): string | null {
  if (state === 'paused' || isRunFinished(state)) return run.reason;
  const waiting = state === 'waiting' ? Object.values(run.steps).find(waitsForAPerson) : undefined;
  return waiting?.reason ?? run.ending;
}

/**
 * True when only somebody's answer, or the end of the time for it, moves a waiting step on. A pause that has an end (a maintenance window's
 * freeze) is a timer.
 */
export function waitsForAPerson(step: Step): boolean {
  if (step.reason === 'approval' && step.approval?.state !== 'pending') return false;
  if (step.reason === 'pause' && step.until !== null) return false;
  return step.state === 'waiting' && PERSON_WAITS.has(step.reason as WaitReason); // a waiting step's reason is a WaitReason
}

function join(run: Run, event: RunEvent & { type: 'alert_joined' }): Run {
  if (run.alert_ids.length >= MAX_RUN_ALERTS || run.alert_ids.includes(event.alert.alert_id))
    return { ...run, alerts_resolved_at: null };
  return {
    ...run,
    alert_ids: [...run.alert_ids, event.alert.alert_id],
    joined: [...run.joined, event.alert],
    alerts_resolved_at: null,
  };
}

function startStep(run: Run, event: RunEvent & { type: 'step_started' }): Run {
  const before = run.steps[event.step_id] ?? newStep(event, event.task_id);
  refuseUnless(before, ['pending', 'waiting'], event.type);
  refuseWithoutYes(before);
  const attempt: Attempt = {
    attempt: event.attempt,
    started_at: event.at,
    finished_at: null,
    outcome: 'running',
    error: null,
  };
  const step: Step = {
    ...before,
    item_index: event.item_index,
    item: event.item,
    state: 'running',
    reason: null,
    message: null,
    effect: event.effect,
    recorded_only: event.recorded_only,
    parameters: event.parameters,
    conditions: [...event.conditions],
    until: null,
    attempts: [...before.attempts, attempt],
    started_at: before.started_at ?? event.at,
  };
  return started(run, event.at, { ...run.steps, [step.step_id]: step });
}

function expandStep(run: Run, event: RunEvent & { type: 'step_expanded' }): Run {
  if (run.steps[event.step_id]) throw new FixpointError('conflict', `step ${event.step_id} was expanded already`);
  const steps: Record<string, Step> = { ...run.steps };
  steps[event.step_id] = {
    ...newStep({ ...event, kind: 'foreach' }, event.step_id),
    state: 'running',
    conditions: [...event.conditions],
    started_at: event.at,
  };
  for (const [index, item] of event.items.entries()) {
    const step_id = `${event.step_id}[${index}]`;
    if (steps[step_id]) throw new FixpointError('conflict', `step ${step_id} was there before its list`);
    steps[step_id] = newStep({ step_id, name: event.name, kind: event.kind }, event.step_id, index, item);
  }
  return started(run, event.at, steps);
}

function failStep(run: Run, event: RunEvent & { type: 'step_failed' }): Run {
  // A step whose parameters cannot be rendered fails before it ever started.
  const before = run.steps[event.step_id] ?? newStep(event, event.task_id);
  refuseUnless(before, ['pending', 'running', 'waiting'], event.type);
  const step: Step = {
    ...before,
    ...ended(before, event.at, 'failed', event.error),
    attempts: endAttempt(before, event.at, event.in_doubt ? 'in_doubt' : 'failed', event.error),
    error: event.error,
    output: event.output,
    evidence: event.evidence,
    change: event.change ?? before.change,
  };
  return started(run, event.at, { ...run.steps, [step.step_id]: step });
}

function skipStep(run: Run, event: RunEvent & { type: 'step_skipped' }): Run {
  const before = run.steps[event.step_id] ?? newStep(event, event.step_id);
  refuseUnless(before, ['pending', 'running', 'waiting'], event.type);
  const step: Step = {
    ...before,
    state: 'skipped',
    reason: event.reason,
    message: event.message,
    conditions: [...event.conditions],
    until: null,
    finished_at: event.at,
    attempts: endAttempt(before, event.at, 'cancelled', event.message),
    approval: withdrawn(before.approval),
  };
  return started(run, event.at, { ...run.steps, [step.step_id]: step });
}

function change(run: Run, step_id: string, from: readonly Step['state'][], update: (step: Step) => Partial<Step>): Run {
  const step = run.steps[step_id];
  if (!step) throw new FixpointError('conflict', `run ${run.run_id} has no step ${step_id}`);
  refuseUnless(step, from, 'this event');
  return { ...run, steps: { ...run.steps, [step_id]: { ...step, ...update(step) } } };
}

function cancelled(run: Run, { by, reason, compensate }: RunEvent & { type: 'run_cancel_requested' }): Run {
  const why = reason ?? `cancelled by ${by}`;
  return {
    ...run,
    cancel_requested: true,
    state: 'running',
    ending: why,
    compensating: compensate ? (run.compensating ?? why) : run.compensating,
  };
}

/** What failed, was cancelled or was left out for that begins anew; what succeeded stays as it is. */
function retried(run: Run, event: RunEvent & { type: 'run_retried' }): Run {
  if (!isRunFinished(run.state))
    throw new FixpointError('conflict', `run ${run.run_id} is ${run.state}; only a run that has ended is tried again`);
  const steps: Record<string, Step> = { ...run.steps };
  for (const step_id of event.steps) {
    const step = steps[step_id];
    if (!step) throw new FixpointError('conflict', `run ${run.run_id} has no step ${step_id}`);
    refuseUnless(step, ['failed', 'cancelled', 'skipped'], event.type);
    // A write in doubt is as it was when its worker died: its intent stands, and nobody has heard of its end.
    const isDoubtful = event.doubts?.includes(step_id) === true;
    steps[step_id] = {
      ...step,
      state: step.kind === 'foreach' || isDoubtful ? 'running' : 'pending',
      reason: null,
      message: null,
      error: null,
      intent: isDoubtful ? step.intent : null,
      approval: null,
      until: null,
      finished_at: null,
    };
  }
  for (const step_id of event.forgets ?? []) delete steps[step_id];
  return {
    ...run,
    steps,
    state: 'running',
    reason: null,
    outcome: null,
    aborted: false,
    compensating: null,
    cancel_requested: false,
    alerts_resolved_at: null,
    finished_at: null,
    retried_at: event.at,
    ending: null,
  };
}

function started(run: Run, at: string, steps: Readonly<Record<string, Step>>): Run {
  return { ...run, steps, started_at: run.started_at ?? at, state: run.state === 'pending' ? 'running' : run.state };
}
