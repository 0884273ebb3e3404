import { instant } from '../domain/clock.js';
import { durationMs } from '../domain/duration.js';
import type { Asks, Outcome } from '../domain/run/outcome.js';
import { failureActions } from '../domain/playbook/playbook.js';
import type { Retry } from '../domain/playbook/playbook.js';
import type { Attempt, Run, RunEvent, Step } from '../domain/run/run.js';
import { isSinceRetry, timeCountsFrom } from '../domain/run/run.js';
import { planHash } from './approval.js';
import type { Plan, PlannedTask } from './plan.js';

/** How an attempt ended: what its executor says, or that a guard kept it from beginning, or that it never took place. */
export type AttemptEnd =
  | Outcome
  | { readonly type: 'held'; readonly by: 'pause' | 'playbook_off' | 'alert_resolved'; readonly message: string }
  | { readonly type: 'held'; readonly by: 'freeze'; readonly message: string; readonly until: string }
  | { readonly type: 'lost'; readonly reason: string };

/** What is said of a write that `on_resolved` stops. */
export const NOT_NEEDED = 'the alert has resolved, so this write is not needed any more';

/** What is said of a first write for a condition that is over, though nobody has said that the alert resolved. */
export const CONDITION_OVER = "the alert's own condition is over, so this write is not needed";

/** What is there for a failure, or always, has at least this long after the run's own time. */
const LEAST_REST_MS = 300_000;

/** A retry without its own words. */
const DEFAULT_RETRY: Retry = { max_attempts: 3, initial_delay: '1s', max_delay: '30s' };

/** What an answer depends on besides what happened. */
export interface Chance {
  readonly now: number;
  /** 0 to 1: spreads the retries of many runs. */
  readonly random: () => number;
  readonly newId: () => string;
}

/**
 * What the end of an attempt means for the run: its events, in order. `random` (0 to 1) spreads the retries of many runs (full jitter:
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 */
export function conclude(run: Run, planned: PlannedTask, step: Step, end: AttemptEnd, chance: Chance): RunEvent[] {
  const { now, random } = chance;
  const at = instant(now);
  const { step_id } = step;
  switch (end.type) {
    case 'succeeded': {
      const done: RunEvent = {
        type: 'step_succeeded',
        at,
        step_id,
        output: end.output ?? null,
        summary: end.summary ?? null,
        evidence: end.evidence === undefined ? null : { ...end.evidence },
        change: end.change ?? null,
      };
      // An item's success counts when all items have ended.
      return step.item_index === null
        ? [done, ...successEvents(planned, end.summary ?? `${step.name} succeeded`, at)]
        : [done];
    }
    case 'failed': {
      const delay = end.retryable
        ? retryDelay(run, planned.task.retry, step, end.retry_after_ms ?? null, random)
        : null;
      if (delay !== null && goesOn(run, planned)) return [retrying(step, at, end.reason, now + delay)];
      return failed(run, planned, step, at, end);
    }
    case 'waiting':
      return [
        {
          type: 'step_waiting',
          at,
          step_id,
          reason: end.for_person ? 'sub_playbook' : 'timer',
          message: end.reason,
          until: end.until,
        },
      ];
    case 'asks':
      return question(step, end, chance);
    case 'cancelled':
      return [{ type: 'step_cancelled', at, step_id, reason: end.reason }];
    case 'in_doubt':
      return inDoubt(run, planned, step, end.reason, chance);
    case 'held':
      if (end.by === 'pause')
        return [{ type: 'step_waiting', at, step_id, reason: 'pause', message: end.message, until: null }];
      // It waits as it does for the big red button, and knows when that will be over.
      if (end.by === 'freeze')
        return [{ type: 'step_waiting', at, step_id, reason: 'pause', message: end.message, until: end.until }];
      return [
        {
          type: 'step_skipped',
          at,
          step_id,
          name: step.name,
          kind: step.kind,
          reason: end.by,
          message: end.message,
          conditions: step.conditions,
        },
      ];
    case 'lost':
      return [{ type: 'step_lost', at, step_id, reason: end.reason }];
  }
}

/** People are asked, and told that they are. */
function question(step: Step, asks: Asks, { now, newId }: Chance): RunEvent[] {
  const at = instant(now);
  const { step_id } = step;
  const { message, about } = asks;
  const until = instant(now + asks.expires_ms);
  const told: RunEvent = { type: 'notice', at, kind: 'escalate', step_id, about, message };
  if (about === 'confirmation') return [{ type: 'confirmation_requested', at, step_id, message, until }, told];
  const { plan, approvers, quorum } = asks;
  const approval = {
    approval_id: newId(),
    message,
    plan: plan === null ? null : { ...plan },
    plan_hash: planHash(plan, message),
    approvers: [...approvers],
    quorum,
    expires_at: until,
  };
  return [{ type: 'approval_requested', at, step_id, approval }, told];
}

/** What a task's success asks for besides the success itself. */
export function successEvents(planned: PlannedTask, message: string, at: string): RunEvent[] {
  if (planned.task.on_success === undefined) return [];
  return [{ type: 'notice', at, kind: 'notify', step_id: planned.task.id, about: 'success', message }];
}

/** What a task's failure asks for besides the failure itself. */
export function failureEvents(run: Run, planned: PlannedTask, error: string, at: string): RunEvent[] {
  const actions = failureActions(planned.task.on_failure);
  const events: RunEvent[] = [];
  const step_id = planned.task.id;
  if (planned.undo) {
    const message = `what ${planned.undo.of} wrote could not be taken back: ${error}`;
    return [{ type: 'notice', at, kind: 'escalate', step_id: null, about: 'failure', message }];
  }
  if (actions.includes('notify'))
    events.push({ type: 'notice', at, kind: 'notify', step_id, about: 'failure', message: error });
  if (actions.includes('escalate'))
    events.push({ type: 'notice', at, kind: 'escalate', step_id, about: 'failure', message: error });
  if (actions.includes('abort') && !run.aborted)
    events.push({ type: 'run_aborted', at, reason: `${step_id} failed: ${error}` });
  if (actions.includes('compensate') && run.compensating === null)
    events.push({ type: 'compensation_started', at, reason: `${step_id} failed: ${error}` });
  return events;
}

function failed(
  run: Run,
  planned: PlannedTask,
  step: Step,
  at: string,
  end: Pick<Outcome & { type: 'failed' }, 'reason' | 'output' | 'evidence' | 'change'> & { in_doubt?: true },
): RunEvent[] {
  const event: RunEvent = {
    type: 'step_failed',
    at,
    step_id: step.step_id,
    task_id: step.task_id,
    name: step.name,
    kind: step.kind,
    error: end.reason,
    output: end.output ?? null,
    evidence: end.evidence === undefined ? null : { ...end.evidence },
    ...(end.change ? { change: end.change } : {}),
    ...(end.in_doubt ? { in_doubt: true } : {}),
  };
  // An item's failure counts when all items have ended.
  return step.item_index === null || planned.undo ? [event, ...failureEvents(run, planned, end.reason, at)] : [event];
}

/** Nobody can tell whether the write took place: never repeated blindly. */
function inDoubt(run: Run, planned: PlannedTask, step: Step, reason: string, { now, random }: Chance): RunEvent[] {
  const at = instant(now);
  const policy = planned.task.in_doubt ?? 'ask';
  // Doing what is idempotent twice does no harm, so nobody has to know whether it was done.
  if (planned.idempotent || policy === 'retry') {
    const retry = planned.task.retry ?? (planned.idempotent ? undefined : DEFAULT_RETRY);
    const delay = retryDelay(run, retry, step, null, random);
    if (delay !== null && goesOn(run, planned)) return [{ ...retrying(step, at, reason, now + delay), in_doubt: true }];
    if (planned.idempotent) return failed(run, planned, step, at, { reason, in_doubt: true });
  }
  // Whoever tries the run again is there to be asked; failing would only keep it from ever going on.
  const attempt = step.attempts.at(-1);
  const isTriedAgain = attempt !== undefined && !isSinceRetry(run, attempt);
  if (policy === 'retry' || (policy === 'fail' && !isTriedAgain))
    return failed(run, planned, step, at, {
      reason: `nobody can tell whether it took place: ${reason}`,
      in_doubt: true,
    });
  return [
    { type: 'step_waiting', at, step_id: step.step_id, reason: 'in_doubt', message: reason, until: null },
    { type: 'notice', at, kind: 'escalate', step_id: step.step_id, about: 'in_doubt', message: reason },
  ];
}

/** True while a task may still begin, try again and wait: after an abort only those that are there for that case, after a cancel none. */
export function goesOn(run: Run, { task, undo }: PlannedTask): boolean {
  if (undo) return true;
  if (run.cancel_requested) return false;
  return !run.aborted || task.run_if === 'always' || task.run_if === 'failure';
}

/** Until when tasks that go on after an abort may wait: as long again as the run had, from the end of its time. */
export function endOfRest(run: Run, plan: Plan): number {
  return timeCountsFrom(run) + plan.timeout_ms + Math.max(plan.timeout_ms, LEAST_REST_MS);
}

function retrying(step: Step, at: string, error: string, until: number): RunEvent & { type: 'step_retrying' } {
  return { type: 'step_retrying', at, step_id: step.step_id, error, until: instant(until) };
}

const TRIED: ReadonlySet<Attempt['outcome']> = new Set<Attempt['outcome']>(['failed', 'in_doubt', 'running']);

/** Milliseconds until the next attempt; null when there is none left. */
function retryDelay(
  run: Run,
  retry: Retry | undefined,
  step: Step,
  asked_ms: number | null,
  random: () => number,
): number | null {
  if (!retry) return null;
  const made = step.attempts.filter((attempt) => TRIED.has(attempt.outcome) && isSinceRetry(run, attempt)).length;
  if (made >= retry.max_attempts) return null;
  const ceiling = Math.min(durationMs(retry.max_delay), durationMs(retry.initial_delay) * 2 ** (made - 1));
  return Math.max(asked_ms === null ? 0 : Math.min(asked_ms, 300_000), Math.round(ceiling * (0.5 + random() / 2)));
}
