import type { Role } from '../domain/access/access.js';
import type { Clock } from '../domain/clock.js';
import { instant } from '../domain/clock.js';
import { FixpointError } from '../domain/errors.js';
import type { Run, RunEvent, Step } from '../domain/run/run.js';
import { isRunFinished } from '../domain/run/run.js';
import type { RunStore } from '../domain/run/run-store.js';
import { transition } from '../domain/run/transition.js';
import { retryEvents } from './retry.js';
import type { RetryCommand } from './retry.js';

/** What a person may tell a run that is under way. */
export interface RunCommand {
  readonly type: 'cancel' | 'pause' | 'resume';
  readonly by: string;
  readonly reason: string | null;
  /** For a cancel: what the run wrote is taken back. */
  readonly compensate?: boolean;
}

/** An answer to an approval. */
export interface ApprovalCommand {
  readonly approval_id: string;
  readonly step_id: string;
  readonly answer: 'approve' | 'deny';
  readonly by: string;
  readonly role: Role;
  readonly comment: string | null;
}

/** Whether it is solved, or whether a write in doubt took place. */
export interface ConfirmCommand {
  readonly by: string;
  /** Null: the one step that waits for such an answer. */
  readonly step_id: string | null;
  /** Whether it is solved. With neither this nor `done`: a yes to "is it solved?". */
  readonly solved: boolean | null;
  /** Whether a write in doubt took place: never settled by saying nothing, nor by what is said about something else. */
  readonly done: boolean | null;
  readonly comment: string | null;
}

/** How often a command is folded anew because the run went on meanwhile. */
const MAX_TURNS = 20;

/** Writes a person's command into a run as an event: `not_found`, or `conflict` when the run's state does not allow it. */
export function steerRun(runs: RunStore, run_id: string, command: RunCommand, clock: Clock): Promise<void> {
  return tell(runs, run_id, (run) => {
    refuseFinished(run);
    return [steering(command, instant(clock.now()))];
  });
}

/**
 * Records an answer to an approval. `conflict`: it is answered, expired or withdrawn already, by whom is told; `forbidden`: this person is
 * not among the approvers, or asked for the run. One no is a no; a yes counts once for each person.
 */
export function answerApproval(runs: RunStore, run_id: string, command: ApprovalCommand, clock: Clock): Promise<void> {
  return tell(runs, run_id, (run) => {
    const { approval_id, step_id, answer, by, comment } = command;
    refuseAnswer(run, command, clock.now());
    return [{ type: 'approval_answered', at: instant(clock.now()), step_id, approval_id, by, answer, comment }];
  });
}

/**
 * Records what somebody knows: the answer of a step that asks whether it is solved, whether a write in doubt took place (one that did not is
 * done again), or, of a run that has ended, what its outcome really is.
 */
export function confirmRun(runs: RunStore, run_id: string, command: ConfirmCommand, clock: Clock): Promise<void> {
  return tell(runs, run_id, (run) => [confirmation(run, command, instant(clock.now()))]);
}

/** Tries again: a write in doubt is done once more, a run that has ended takes up what did not succeed. */
export function retryRun(runs: RunStore, run_id: string, command: RetryCommand, clock: Clock): Promise<void> {
  return tell(runs, run_id, (run) => {
    const at = instant(clock.now());
    const { by, reason } = command;
    if (isRunFinished(run.state)) return retryEvents(run, command, at);
    const { step_id } = doubtfulStep(run, command.step_id);
    return [{ type: 'doubt_settled', at, step_id, by, done: false, comment: reason }];
  });
}

async function tell(runs: RunStore, run_id: string, eventsFor: (run: Run) => readonly RunEvent[]): Promise<void> {
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const loaded = await runs.load(run_id);
    if (!loaded) throw new FixpointError('not_found', `no run ${run_id}`);
    const { run } = loaded;
    const events = eventsFor(run);
    const after = events.reduce(transition, run);
    if ((await runs.apply({ before: run, after, events, outside: true })) === 'applied') return;
    if (isRunFinished(run.state) && !isRunFinished(after.state) && (await runs.load(run_id))?.run.seq === run.seq)
      throw new FixpointError(
        'conflict',
        `run ${run_id} cannot be taken up again: another run of ${run.playbook_id} is open for the same group and service`,
      );
  }
  throw new FixpointError('unavailable', `run ${run_id} went on too fast to be told anything; try again`);
}

function steering({ type, by, compensate, ...said }: RunCommand, at: string): RunEvent {
  // Nothing said is no reason: who did it is then told in its place.
  const reason = said.reason === null || said.reason.trim() === '' ? null : said.reason;
  switch (type) {
    case 'cancel':
      return { type: 'run_cancel_requested', at, by, reason, ...(compensate ? { compensate: true } : {}) };
    case 'pause':
      return { type: 'run_paused', at, by, reason };
    case 'resume':
      return { type: 'run_resumed', at, by };
  }
}

function refuseFinished(run: Run): void {
  if (!isRunFinished(run.state)) return;
  throw new FixpointError(
    'conflict',
    `run ${run.run_id} ${run.state === 'cancelled' ? 'is cancelled' : `has ${run.state}`} already`,
  );
}

function refuseAnswer(run: Run, { approval_id, step_id, by, role }: ApprovalCommand, now: number): void {
  const approval = run.steps[step_id]?.approval;
  if (approval?.approval_id !== approval_id)
    throw new FixpointError('conflict', `approval ${approval_id} was asked again since; answer the new question`);
  if (approval.state !== 'pending') {
    const who = approval.answers.map((answer) => `${answer.answer} by ${answer.by}`).join(', ');
    throw new FixpointError('conflict', `approval ${approval_id} is ${approval.state} already${who && ` (${who})`}`);
  }
  if (Date.parse(approval.expires_at) <= now)
    throw new FixpointError('conflict', `approval ${approval_id} expired at ${approval.expires_at}`);
  const { approvers } = approval;
  if (approvers.length > 0 && !approvers.includes(by) && !approvers.includes(role))
    throw new FixpointError('forbidden', `approval ${approval_id} is for ${approvers.join(', ')}`);
  if (run.requested_by === by)
    throw new FixpointError('forbidden', `${by} started this run; somebody else has to approve it`);
  if (approval.answers.some((answer) => answer.by === by))
    throw new FixpointError('conflict', `${by} has answered approval ${approval_id} already`);
}

function confirmation(run: Run, command: ConfirmCommand, at: string): RunEvent {
  const { by, step_id, solved, done, comment } = command;
  const isOther = solved === null && done !== null;
  if (isRunFinished(run.state)) {
    if (isOther) throw solvedUnsaid(`run ${run.run_id} has ended`);
    const outcome = solved === false ? 'not_fixed' : 'verified';
    const reason = comment ?? `${by} says that it is ${solved === false ? 'not ' : ''}solved`;
    return { type: 'outcome_changed', at, outcome, reason, by };
  }
  const step = stepWaitingFor(run, reasonsFor(run, command), step_id);
  if (step.reason === 'confirmation') {
    if (isOther) throw solvedUnsaid(`step ${step.step_id} asks whether it is solved`);
    return { type: 'confirmed', at, step_id: step.step_id, by, solved: solved ?? true, comment };
  }
  if (done === null) throw doneUnsaid(`step ${step.step_id} is in doubt`);
  return { type: 'doubt_settled', at, step_id: step.step_id, by, done, comment };
}

/** What the answer is about, where a step waits for just that; else whatever steps wait for, which is then told. */
function reasonsFor(run: Run, { solved, done }: ConfirmCommand): readonly string[] {
  const both = ['confirmation', 'in_doubt'];
  if ((solved === null) === (done === null)) return both;
  const about = solved === null ? 'in_doubt' : 'confirmation';
  const isAsked = Object.values(run.steps).some((step) => step.state === 'waiting' && step.reason === about);
  return isAsked ? [about] : both;
}

function solvedUnsaid(what: string): FixpointError {
  return new FixpointError('invalid', `${what}: say whether it is solved`, {
    details: [{ path: 'solved', message: 'expected true (it is solved) or false (it is not)' }],
  });
}

function doneUnsaid(what: string): FixpointError {
  return new FixpointError('invalid', `${what}: say whether it took place`, {
    details: [{ path: 'done', message: 'expected true (it took place) or false (it did not: it is done again)' }],
  });
}

/** The write in doubt that is to be done again: nothing else of a run under way is. */
function doubtfulStep(run: Run, step_id: string | null): Step {
  const isAnyInDoubt = Object.values(run.steps).some((step) => step.state === 'waiting' && step.reason === 'in_doubt');
  if (isAnyInDoubt) return stepWaitingFor(run, ['in_doubt'], step_id);
  throw new FixpointError(
    'conflict',
    `run ${run.run_id} is ${run.state}; only a run that has ended is tried again, or a write in doubt`,
  );
}

function stepWaitingFor(run: Run, reasons: readonly string[], step_id: string | null): Step {
  const waiting = Object.values(run.steps).filter(
    (step) => step.state === 'waiting' && step.reason !== null && reasons.includes(step.reason),
  );
  const what = reasons.map((reason) => reason.replaceAll('_', ' ')).join(' or ');
  if (step_id !== null) {
    const step = waiting.find((found) => found.step_id === step_id);
    if (step) return step;
    throw new FixpointError('conflict', `step ${step_id} of run ${run.run_id} does not wait for an answer (${what})`);
  }
  const [only, ...others] = waiting;
  if (!only) throw new FixpointError('conflict', `run ${run.run_id} is ${run.state}; no step waits for ${what}`);
  if (others.length === 0) return only;
  const message = `expected one of ${waiting.map((step) => step.step_id).join(', ')}`;
  throw new FixpointError('invalid', 'several steps wait; say which', { details: [{ path: 'step_id', message }] });
}
