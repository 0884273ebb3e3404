import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anAlert } from '../../../test/helper/an-alert.js';
import { AT, aNewRun, aStart } from '../../../test/helper/store-world.js';
import { FixpointError } from '../errors.js';
import type { Run, RunEvent, Step } from './run.js';
import { isRunFinished, isStepFinished, SkipReason, WaitReason } from './run.js';
import { fold, transition, waitsForAPerson } from './transition.js';

const STEPS = ['look', 'change', 'ask', 'each', 'each[0]', 'each[1]'] as const;
const RUNS = 60;
const LATER = '2026-11-21T12:00:00.000Z';
const OPENED = fold(null, aNewRun().events);

/** Every event that can be thought of, about a few steps, a few people and two questions: most of them make no sense most of the time. */
const EVENTS: readonly RunEvent[] = [
  { at: AT, type: 'run_rescued', worker_id: 'w#2', from: 'w#1' },
  { at: AT, type: 'alert_joined', alert: anAlert({ alert_id: 'A1' }) },
  { at: AT, type: 'alert_joined', alert: anAlert({ alert_id: 'A2' }) },
  { at: AT, type: 'alerts_resolved' },
  ...STEPS.flatMap(eventsOfStep),
  {
    at: AT,
    type: 'step_expanded',
    step_id: 'each',
    name: 'each',
    kind: 'api_call',
    items: ['x', 'y'],
    conditions: [],
  },
  { at: AT, type: 'run_aborted', reason: 'a step failed' },
  { at: AT, type: 'compensation_started', reason: 'it did not help' },
  { at: AT, type: 'run_paused', by: 'ada', reason: null },
  { at: AT, type: 'run_resumed', by: 'ada' },
  { at: AT, type: 'run_cancel_requested', by: 'ada', reason: null },
  { at: AT, type: 'run_cancel_requested', by: 'ada', reason: null, compensate: true },
  { at: AT, type: 'run_finished', state: 'succeeded', outcome: 'unverified', reason: null },
  { at: AT, type: 'run_finished', state: 'failed', outcome: 'handed_over', reason: 'it failed' },
  { at: AT, type: 'run_finished', state: 'cancelled', outcome: 'nothing_done', reason: null },
  { at: AT, type: 'outcome_changed', outcome: 'not_fixed', reason: 'it fires again', by: 'triage' },
  ...[['look'], ['change'], ['change', 'ask'], ['each', 'each[0]', 'each[1]']].map((steps): RunEvent => ({
    at: AT,
    type: 'run_retried',
    by: 'ada',
    reason: null,
    steps,
  })),
];

function eventsOfStep(step_id: (typeof STEPS)[number]): RunEvent[] {
  const names = { step_id, task_id: step_id.replace(/\[.*/, ''), name: step_id, kind: 'api_call' };
  const item_index = step_id.includes('[') ? Number(step_id.at(-2)) : null;
  const effect = step_id === 'look' ? ('read' as const) : ('write' as const);
  const ended = { at: AT, step_id, output: null, evidence: null };
  const wait = { at: AT, type: 'step_waiting', step_id, message: 'later', until: LATER } as const;
  const approval = (approval_id: string, quorum: number): RunEvent => ({
    at: AT,
    type: 'approval_requested',
    step_id,
    approval: {
      approval_id,
      message: 'may it?',
      plan: null,
      plan_hash: 'hash',
      approvers: [],
      quorum,
      expires_at: LATER,
    },
  });
  const answer = (approval_id: string, by: string, said: 'approve' | 'deny'): RunEvent => ({
    at: AT,
    type: 'approval_answered',
    step_id,
    approval_id,
    by,
    answer: said,
    comment: null,
  });
  return [
    // Of a list its items are worked, not the list.
    ...(step_id === 'each' ? [] : [1, 2, 3]).map((attempt): RunEvent => ({
      at: AT,
      ...names,
      type: 'step_started',
      item_index,
      item: null,
      attempt,
      effect,
      recorded_only: false,
      parameters: {},
      conditions: [],
    })),
    {
      at: AT,
      type: 'step_intended',
      step_id,
      intent: { target: 't', what: 'w', from: null, to: null, idempotency_key: step_id },
    },
    { ...ended, type: 'step_succeeded', summary: null, change: null },
    { ...ended, ...names, type: 'step_failed', error: 'no' },
    { ...ended, ...names, type: 'step_failed', error: 'perhaps', in_doubt: true },
    { at: AT, type: 'step_retrying', step_id, error: 'no', until: LATER },
    { ...wait, reason: 'timer' },
    { ...wait, reason: 'in_doubt', until: null },
    { ...wait, reason: 'pause', until: null },
    { at: AT, ...names, type: 'step_skipped', reason: 'condition', message: 'no', conditions: [] },
    { at: AT, ...names, type: 'step_skipped', reason: 'alert_resolved', message: 'no', conditions: [] },
    { at: AT, type: 'step_cancelled', step_id, reason: 'the run was cancelled' },
    { at: AT, type: 'step_lost', step_id, reason: 'its worker died' },
    approval('q1', 1),
    approval('q2', 2),
    ...['q1', 'q2'].flatMap((id): RunEvent[] => [
      answer(id, 'ada', 'approve'),
      answer(id, 'bob', 'approve'),
      answer(id, 'bob', 'deny'),
      { at: AT, type: 'approval_expired', step_id, approval_id: id },
    ]),
    { at: AT, type: 'confirmation_requested', step_id, message: 'is it solved?', until: LATER },
    { at: AT, type: 'confirmed', step_id, by: 'ada', solved: true, comment: null },
    { at: AT, type: 'confirmed', step_id, by: 'ada', solved: false, comment: null },
    { at: AT, type: 'doubt_settled', step_id, by: 'ada', done: true, comment: null },
    { at: AT, type: 'doubt_settled', step_id, by: 'ada', done: false, comment: null },
    { at: AT, type: 'notice', kind: 'notify', step_id, about: 'success', message: 'done' },
  ];
}

/** `among`: of all events, or of those that the run takes now; only the latter get far. */
interface Choice {
  readonly among: 'all' | 'possible';
  readonly place: number;
}

const choices = fc.array(
  fc.record<Choice>({
    among: fc.oneof(
      { weight: 1, arbitrary: fc.constant('all' as const) },
      { weight: 4, arbitrary: fc.constant('possible' as const) },
    ),
    place: fc.nat(1_000_000),
  }),
  { maxLength: 80, size: 'max' },
);

/** What a run is after an event; null when it refuses it. Anything but a refusal is thrown on. */
function attempt(run: Run, event: RunEvent): Run | null {
  try {
    return transition(run, event);
  } catch (error) {
    if (error instanceof FixpointError && error.code === 'conflict') return null;
    throw error;
  }
}

/** One step of a story: the run before, what happened, and the run after; null where the event was refused. */
interface Told {
  readonly before: Run;
  readonly event: RunEvent;
  readonly after: Run | null;
}

/** The kind is chosen first: there are many more ways to answer a question than to pause a run. */
const KINDS = [...new Set(EVENTS.map(({ type }) => type))].map((type) => EVENTS.filter((event) => event.type === type));

/** The list from a place on, and from its beginning to that place. */
function from<T>(list: readonly T[], place: number): T[] {
  const start = place % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}

function choose(run: Run, { among, place }: Choice, at: string): RunEvent {
  // An end is always possible where all has ended; what comes before it is to be seen too.
  const kinds = place % 5 === 0 ? KINDS : KINDS.filter(([draft]) => draft?.type !== 'run_finished');
  for (const kind of from(kinds, Math.floor(place / 5))) {
    for (const draft of from(kind, Math.floor(place / 200))) {
      const event = { ...draft, at };
      if (among === 'all' || attempt(run, event) !== null) return event;
    }
  }
  throw new Error('a notice is always possible');
}

function tell(story: readonly Choice[]): Told[] {
  let run = OPENED;
  // Most events are refused, and a refusal is cheap but for the places that led to it.
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const told = story.map((choice, index) => {
    const at = new Date(Date.parse('2026-11-21T10:00:00.000Z') + index * 1_000).toISOString();
    const event = choose(run, choice, at);
    const before = run;
    const after = attempt(run, event);
    run = after ?? run;
    return { before, event, after };
  });
  Error.stackTraceLimit = limit;
  return told;
}

/** What is wrong with a run, whatever led to it. */
function faultsOf(run: Run): string[] {
  const steps = Object.values(run.steps);
  const isOver = isRunFinished(run.state);
  const faults = steps.flatMap(faultsOfStep);
  if (isOver !== (run.finished_at !== null)) faults.push(`${run.state} with finished_at ${run.finished_at}`);
  if (isOver !== (run.outcome !== null)) faults.push(`${run.state} with outcome ${run.outcome}`);
  if (isOver)
    for (const step of steps)
      if (!isStepFinished(step.state)) faults.push(`${step.step_id} is ${step.state} in a run that has ${run.state}`);
  if (run.state === 'pending' && steps.length > 0) faults.push('a pending run with steps');
  const waits = steps.some(waitsForAPerson);
  const moves = steps.some(
    (step) =>
      (step.state === 'running' && step.kind !== 'foreach') || (step.state === 'waiting' && !waitsForAPerson(step)),
  );
  if (run.state === 'waiting' && (!waits || moves)) faults.push('it waits, and not for a person alone');
  const words = Object.values(run.steps).flatMap((step) => (step.state === 'waiting' ? [step.reason] : []));
  if (run.state === 'waiting' && !words.some((word) => word === run.reason))
    faults.push(`it waits, and says ${run.reason}, not for what`);
  const isEnding = run.aborted || run.cancel_requested;
  if (run.state === 'running' && (isEnding ? run.reason === null || run.reason !== run.ending : run.reason !== null))
    faults.push(`it goes on, and says ${run.reason}`);
  if (run.state === 'running' && waits && !moves) faults.push('it runs, and only a person moves it on');
  return faults;
}

function faultsOfStep(step: Step): string[] {
  const { step_id, state, reason, attempts, approval } = step;
  const faults: string[] = [];
  const underWay = attempts.filter((each) => each.outcome === 'running');
  const works = state === 'running' && step.kind !== 'foreach';
  if (underWay.length !== (works ? 1 : 0))
    faults.push(`${step_id} is ${state} with ${underWay.length} attempts under way`);
  if (works && attempts.at(-1)?.outcome !== 'running') faults.push(`${step_id}: an older attempt is under way`);
  if (attempts.some((each) => (each.outcome === 'running') !== (each.finished_at === null)))
    faults.push(`${step_id}: an attempt's end and its outcome differ`);
  if (isStepFinished(state) !== (step.finished_at !== null))
    faults.push(`${step_id} is ${state}, ended ${step.finished_at}`);
  if (state === 'waiting' && !WaitReason.safeParse(reason).success) faults.push(`${step_id} waits for ${reason}`);
  if (state === 'skipped' && !SkipReason.safeParse(reason).success) faults.push(`${step_id} was skipped for ${reason}`);
  if (state !== 'waiting' && state !== 'skipped' && reason !== null)
    faults.push(`${step_id} is ${state} for ${reason}`);
  if (state !== 'waiting' && step.until !== null) faults.push(`${step_id} is ${state} until ${step.until}`);
  if (approval?.state === 'pending' && !(state === 'waiting' && reason === 'approval'))
    faults.push(`${step_id} is ${state} (${reason}), and people are asked`);
  if (approval?.state === 'approved') {
    const yes = new Set(approval.answers.filter(({ answer }) => answer === 'approve').map(({ by }) => by));
    if (yes.size < approval.quorum) faults.push(`${step_id}: approved by ${yes.size} of ${approval.quorum}`);
    if (approval.answers.some(({ answer }) => answer === 'deny')) faults.push(`${step_id}: approved after a no`);
  }
  return faults;
}

/** In strict mode whoever writes to it throws. */
function deepFrozen<T>(value: T, seen: WeakSet<object>): T {
  if (typeof value !== 'object' || value === null || seen.has(value)) return value;
  seen.add(value);
  for (const each of Object.values(value)) deepFrozen(each, seen);
  return Object.freeze(value);
}

function holds(check: (told: Told) => void): void {
  fc.assert(
    fc.property(choices, (story) => {
      for (const told of tell(story)) check(told);
    }),
    { numRuns: RUNS },
  );
}

describe('whatever happens to a run, in any order', () => {
  it('it is never in a state that cannot be', () => {
    holds(({ event, after }) => {
      const faults = after ? faultsOf(after) : [];
      if (faults.length > 0) throw new Error(`after ${event.type}: ${faults.join('; ')}`);
    });
  });

  it('nothing of it begins, ends or changes after its end, until somebody has it tried again', () => {
    holds(({ before, event, after }) => {
      if (!after || !isRunFinished(before.state)) return;
      expect(['notice', 'outcome_changed', 'run_retried']).toContain(event.type);
      if (event.type !== 'run_retried') expect(after.steps).toEqual(before.steps);
      if (event.type !== 'run_retried') expect(after.state).toBe(before.state);
    });
  });

  it('a step that has ended stays as it is, unless it did not succeed and is tried again', () => {
    holds(({ before, event, after }) => {
      if (!after) return;
      for (const [step_id, step] of Object.entries(before.steps)) {
        if (!isStepFinished(step.state)) continue;
        if (event.type === 'run_retried' && step.state !== 'succeeded') continue;
        // The same object: nothing was copied, so nothing can have changed.
        if (after.steps[step_id] !== step) throw new Error(`${event.type} changed ${step_id}, which has ${step.state}`);
      }
    });
  });

  it('a step begins only where none of its attempts is under way, and never while the run has ended', () => {
    holds(({ before, event, after }) => {
      if (!after || event.type !== 'step_started') return;
      const step = before.steps[event.step_id];
      expect(step?.attempts.filter((each) => each.outcome === 'running') ?? []).toEqual([]);
      expect(isRunFinished(before.state)).toBe(false);
    });
  });

  it('a step that people are asked about neither begins nor succeeds before they have said yes', () => {
    holds(({ before }) => {
      for (const event of EVENTS) {
        if (event.type !== 'step_started' && event.type !== 'step_succeeded') continue;
        const { approval = null } = before.steps[event.step_id] ?? {};
        if (approval === null || approval.state === 'approved') continue;
        if (attempt(before, event)) throw new Error(`${event.type} where ${event.step_id} is ${approval.state}`);
      }
    });
  });

  it('an answer counts only for the question that it was given to, and only while that is open', () => {
    const questions: Partial<Record<RunEvent['type'], WaitReason>> = {
      confirmed: 'confirmation',
      doubt_settled: 'in_doubt',
      approval_answered: 'approval',
      approval_expired: 'approval',
    };
    holds(({ before, event, after }) => {
      const question = questions[event.type];
      if (!after || question === undefined || !('step_id' in event) || event.step_id === null) return;
      const step = before.steps[event.step_id];
      expect(step).toMatchObject({ state: 'waiting', reason: question });
      if ('approval_id' in event)
        expect(step?.approval).toMatchObject({ state: 'pending', approval_id: event.approval_id });
    });
  });

  it('every event that counts is counted, and a refused one leaves no trace', () => {
    const frozen = new WeakSet<object>();
    fc.assert(
      fc.property(choices, (story) => {
        for (const { before, event, after } of tell(story)) {
          if (after) expect(after.seq).toBe(before.seq + 1);
          const again = attempt(deepFrozen(before, frozen), event);
          expect(again?.seq ?? null).toBe(after?.seq ?? null);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('its events alone make it what it is', () => {
    fc.assert(
      fc.property(choices, (story) => {
        const told = tell(story).filter(({ after }) => after !== null);
        const last = told.at(-1)?.after ?? OPENED;
        const events = told.map(({ event }) => event);
        expect(fold(OPENED, structuredClone(events))).toEqual(last);
      }),
      { numRuns: RUNS },
    );
  });

  it('the stories are long enough to come to an end, to be tried again, and to every kind of wait', () => {
    const seen = new Set<string>();
    for (const story of fc.sample(choices, { numRuns: RUNS, seed: 7 }))
      for (const { event, after } of tell(story)) if (after) seen.add(event.type);
    const all = new Set<string>(EVENTS.map((event) => event.type));
    expect([...all].filter((type) => !seen.has(type))).toEqual([]);
  });
});

describe('a run does not take', () => {
  const started = (step_id: string, attempt = 1): RunEvent => aStart(step_id, { attempt });
  const asked: RunEvent = {
    at: AT,
    type: 'approval_requested',
    step_id: 'change',
    approval: {
      approval_id: 'q',
      message: 'may it?',
      plan: null,
      plan_hash: 'hash',
      approvers: [],
      quorum: 1,
      expires_at: LATER,
    },
  };

  it('an end while one of its steps is still being done', () => {
    const run = fold(OPENED, [started('look')]);
    const end: RunEvent = { at: AT, type: 'run_finished', state: 'succeeded', outcome: 'nothing_done', reason: null };
    expect(() => transition(run, end)).toThrow(FixpointError);
  });

  it('a list whose items are there already', () => {
    const run = fold(OPENED, [started('each[0]')]);
    const items: RunEvent = {
      at: AT,
      type: 'step_expanded',
      step_id: 'each',
      name: 'each',
      kind: 'wait',
      items: ['x'],
      conditions: [],
    };
    expect(() => transition(run, items)).toThrow(FixpointError);
  });

  it('a step that begins while people are still asked whether it may', () => {
    const run = fold(OPENED, [started('change'), asked]);
    expect(() => transition(run, started('change', 2))).toThrow(FixpointError);
  });

  const done: RunEvent = {
    at: AT,
    type: 'step_succeeded',
    step_id: 'change',
    output: null,
    summary: null,
    evidence: null,
    change: null,
  };

  it('a success while people are still asked', () => {
    const run = fold(OPENED, [started('change'), asked]);
    expect(() => transition(run, done)).toThrow('step change is not approved: pending');
  });

  it('a success although the time to say yes is over', () => {
    const late: RunEvent = { at: AT, type: 'approval_expired', step_id: 'change', approval_id: 'q' };
    const run = fold(OPENED, [started('change'), asked, late]);
    expect(() => transition(run, done)).toThrow('step change is not approved: expired');
  });

  it('a step that begins although somebody said no', () => {
    const no: RunEvent = {
      at: AT,
      type: 'approval_answered',
      step_id: 'change',
      approval_id: 'q',
      by: 'ada',
      answer: 'deny',
      comment: null,
    };
    const run = fold(OPENED, [started('change'), asked, no]);
    expect(() => transition(run, started('change', 2))).toThrow(FixpointError);
  });

  it('another wait while people are still asked', () => {
    const run = fold(OPENED, [started('change'), asked]);
    const wait: RunEvent = {
      at: AT,
      type: 'step_waiting',
      step_id: 'change',
      reason: 'timer',
      message: 'later',
      until: LATER,
    };
    expect(() => transition(run, wait)).toThrow(FixpointError);
  });
});
