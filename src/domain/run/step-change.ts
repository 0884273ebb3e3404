import { FixpointError } from '../errors.js';
import type { Attempt, RunEvent, Step, StepApproval, WaitReason } from './run.js';

// What an event makes of one step. All of it is pure; what cannot happen is refused with `conflict`.

/** A step that nothing has happened to yet. Written out for the same reason as in `open`. */
export function newStep(
  { step_id, name, kind }: Pick<Step, 'step_id' | 'name' | 'kind'>,
  task_id: string,
  item_index: number | null = null,
  item: unknown = null,
): Step {
  return {
    step_id,
    task_id,
    name,
    kind,
    item_index,
    item,
    state: 'pending',
    reason: null,
    message: null,
    effect: null,
    recorded_only: false,
    attempts: [],
    parameters: null,
    conditions: [],
    intent: null,
    approval: null,
    output: null,
    summary: null,
    evidence: null,
    change: null,
    error: null,
    until: null,
    started_at: null,
    finished_at: null,
  };
}

/** After it has succeeded: what came of it. */
export function succeeded(step: Step, event: RunEvent & { type: 'step_succeeded' }): Partial<Step> {
  refuseWithoutYes(step);
  const { at, output, summary, evidence, change } = event;
  // Written out: a spread that is added to costs forty times as much, and this is done for every step.
  return {
    state: 'succeeded',
    reason: null,
    message: null,
    until: null,
    finished_at: at,
    attempts: endAttempt(step, at, 'succeeded', null),
    approval: withdrawn(step.approval),
    output,
    summary,
    evidence,
    change,
  };
}

/** The question that is open under this id; refused with `conflict` where none is. */
export function pendingApproval(step: Step, approval_id: string): StepApproval {
  refuseUnlessWaitingFor(step, 'approval');
  const { approval } = step;
  if (approval?.approval_id !== approval_id || approval.state !== 'pending')
    throw new FixpointError('conflict', `step ${step.step_id} does not wait for approval ${approval_id}`);
  return approval;
}

/** After somebody has answered: a no counts alone, a yes when there are enough of them. */
export function answered(step: Step, event: RunEvent & { type: 'approval_answered' }): Partial<Step> {
  const approval = pendingApproval(step, event.approval_id);
  const { by, answer, comment, at } = event;
  const answers = [...approval.answers, { by, answer, comment, at }];
  const approvals = new Set(answers.filter((given) => given.answer === 'approve').map((given) => given.by));
  const state = answer === 'deny' ? 'denied' : approvals.size >= approval.quorum ? 'approved' : 'pending';
  return { approval: { ...approval, state, answers } };
}

/** While it waits for time or for a person, its attempt being over. */
export function waiting(
  step: Step,
  { at, reason, message, until }: RunEvent & { type: 'step_waiting' },
): Partial<Step> {
  if (step.approval?.state === 'pending')
    throw new FixpointError('conflict', `step ${step.step_id} waits for approval ${step.approval.approval_id}`);
  const outcome = reason === 'in_doubt' ? 'in_doubt' : 'waiting';
  return { state: 'waiting', reason, message, until, attempts: endAttempt(step, at, outcome, message) };
}

/** After a person has said whether a write in doubt took place. */
export function settled(step: Step, { at, by, done, comment }: RunEvent & { type: 'doubt_settled' }): Partial<Step> {
  refuseUnlessWaitingFor(step, 'in_doubt');
  const said = `${by} says that it ${done ? 'took place' : 'did not take place'}${comment === null ? '' : `: ${comment}`}`;
  if (!done) return { state: 'pending', reason: null, message: said, until: null, intent: null };
  const { intent } = step;
  const change = intent && { target: intent.target, what: intent.what, from: intent.from, to: intent.to };
  return { ...ended(step, at, 'succeeded', null), summary: said, change };
}

/** What every end has in common. */
export function ended(
  step: Step,
  at: string,
  state: 'succeeded' | 'failed' | 'cancelled',
  error: string | null,
): Partial<Step> {
  return {
    state,
    reason: null,
    message: error,
    until: null,
    finished_at: at,
    attempts: endAttempt(step, at, state, error),
    approval: withdrawn(step.approval),
  };
}

/** A question of a step that has ended is nobody's any more. */
export function withdrawn(approval: StepApproval | null): StepApproval | null {
  return approval?.state === 'pending' ? { ...approval, state: 'withdrawn' } : approval;
}

/** The attempts with the one under way ended. */
export function endAttempt(step: Step, at: string, outcome: Attempt['outcome'], error: string | null): Attempt[] {
  return step.attempts.map((attempt) =>
    attempt.outcome === 'running' ? { ...attempt, finished_at: at, outcome, error } : attempt,
  );
}

/** What people were asked about neither begins nor succeeds before they have said yes. */
export function refuseWithoutYes({ step_id, approval }: Step): void {
  if (approval !== null && approval.state !== 'approved')
    throw new FixpointError('conflict', `step ${step_id} is not approved: ${approval.state}`);
}

/** Refuses with `conflict` what is an answer to a question that is not asked. */
export function refuseUnlessWaitingFor(step: Step, reason: WaitReason): void {
  if (step.state !== 'waiting' || step.reason !== reason)
    throw new FixpointError('conflict', `step ${step.step_id} is ${step.state}; it does not wait for ${reason}`);
}

/** Refuses with `conflict` what cannot happen in the present state. */
export function refuseUnless(step: Step, from: readonly Step['state'][], event: string): void {
  if (!from.includes(step.state))
    throw new FixpointError('conflict', `step ${step.step_id} is ${step.state}; ${event} needs ${from.join(' or ')}`);
}
