import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aFreshAlert } from '../../test/helper/store-world.js';
import { ok, World } from '../../test/helper/schedule-world.js';
import type { AttemptContext, Plan } from '../domain/executor.js';
import type { Outcome } from '../domain/run/outcome.js';
import type { ConditionAnswer } from '../domain/run/proof.js';
import type { Run } from '../domain/run/run.js';
import { confirmRun, steerRun } from './by-hand.js';
import type { Scheduler } from './scheduler.js';

describe('proving that a write helped, and taking it back', () => {
  let world: World;
  let scheduler: Scheduler;
  /** The world outside: replicas by service. */
  let replicas: Record<string, number>;
  let undone: { target: string; key: string; of: unknown }[];
  let latency = 900;
  let isCut = false;
  let answers: ConditionAnswer['type'][];

  beforeEach(async () => {
    world = new World();
    replicas = { shop: 2, cart: 1 };
    undone = [];
    latency = 900;
    answers = [];
    const serviceOf = (input: unknown): string => (input as { service: string }).service;
    world.kind(
      'scale',
      'write',
      (input) => {
        const target = serviceOf(input);
        const from = replicas[target]!;
        replicas[target] = from + 1;
        return { type: 'succeeded', output: {}, change: { target, what: 'replicas', from, to: from + 1 } };
      },
      {
        plan: (input): Promise<Plan> => {
          const target = serviceOf(input);
          const from = replicas[target]!;
          return Promise.resolve({ type: 'change', intent: { target, what: 'replicas', from, to: from + 1 } });
        },
        compensate: (input, attempt: AttemptContext): Promise<Outcome> => {
          const target = serviceOf(input);
          undone.push({ target, key: attempt.idempotency_key, of: attempt.intent?.idempotency_key });
          if (target === 'stuck') return Promise.resolve({ type: 'failed', reason: 'gone', retryable: false });
          replicas[target] = Number(attempt.intent?.from);
          const change = { target, what: 'replicas', from: attempt.intent?.to, to: attempt.intent?.from };
          return Promise.resolve({ type: 'succeeded', output: {}, change });
        },
      },
    );
    world.kind('push', 'write', (input) => {
      const change = { target: 'feed', what: 'push', from: null, to: input['text'] ?? null };
      return { type: 'succeeded', output: { number: 7 }, change };
    });
    world.kind('pull', 'write', () => (isCut ? { type: 'in_doubt', reason: 'cut' } : ok()));
    world.kind('measure', 'read', () => ok({ p99: latency }));
    world.kind('break', 'read', () => ({ type: 'failed', reason: 'down', retryable: false }));
    scheduler = await world.scheduler();
  });
  afterEach(() => world.stop());

  const run = (run_id: string): Run => world.memory.run(run_id);
  const notices = (run_id: string): string[] =>
    world.memory
      .events(run_id)
      .flatMap((event) => (event.type === 'notice' ? [`${event.about}: ${event.message}`] : []));
  const SCALE = { id: 'more', type: 'scale', parameters: { service: 'shop' } };
  const alert = aFreshAlert();
  const asked = () => {
    const next = answers.length > 1 ? answers.shift()! : answers[0]!;
    const answer = { holds: {}, over: {}, no_data: { reason: 'no series' }, unavailable: { reason: 'refused' } }[next];
    return Promise.resolve({ type: next, evidence: {}, ...answer } as ConditionAnswer);
  };

  it('takes back what was really written, the last write first, each under a key of its own', async () => {
    const run_id = await world.begin(scheduler, [
      SCALE,
      { id: 'cart', type: 'scale', parameters: { service: 'cart' }, depends_on: ['more'] },
      { id: 'check', type: 'break', depends_on: ['cart'], on_failure: ['compensate', 'escalate'] },
      { id: 'later', type: 'scale', parameters: { service: 'shop' }, depends_on: ['check'] },
    ]);
    await world.clock.advance(100);
    expect(replicas).toEqual({ shop: 2, cart: 1 });
    expect(undone).toEqual([
      { target: 'cart', key: `${run_id}:cart:undo`, of: `${run_id}:cart:do` },
      { target: 'shop', key: `${run_id}:more:undo`, of: `${run_id}:more:do` },
    ]);
    expect(run(run_id)).toMatchObject({ state: 'failed', outcome: 'handed_over', compensating: 'check failed: down' });
    expect(run(run_id).steps['more:undo']).toMatchObject({ intent: { from: 3, to: 2 }, change: { from: 3, to: 2 } });
    expect(world.states(run_id)).toMatchObject({
      later: 'skipped',
      'cart:undo': 'succeeded',
      'more:undo': 'succeeded',
    });
  });

  it('goes on taking back after a crash, and does nothing twice', async () => {
    const stuck = world.begin(scheduler, [
      SCALE,
      { id: 'check', type: 'break', depends_on: ['more'], on_failure: ['compensate'] },
    ]);
    const run_id = await stuck;
    await scheduler.stop();
    scheduler = await world.scheduler('w', '2');
    await world.clock.advance(2_000);
    expect(run(run_id).state).toBe('failed');
    expect(replicas['shop']).toBe(2);
    expect(new Set(undone.map((entry) => entry.key)).size).toBe(1);
  });

  it('says what could not be taken back, and goes on with the rest', async () => {
    replicas['stuck'] = 1;
    const run_id = await world.begin(scheduler, [
      SCALE,
      { id: 'lost', type: 'scale', parameters: { service: 'stuck' }, depends_on: ['more'] },
      { id: 'news', type: 'push', depends_on: ['lost'] },
      { id: 'kept', type: 'push', depends_on: ['news'], compensate: false },
      { id: 'check', type: 'break', depends_on: ['kept'], on_failure: ['compensate'] },
    ]);
    await world.clock.advance(100);
    expect(world.states(run_id)).toMatchObject({
      'kept:undo': 'skipped',
      'news:undo': 'failed',
      'lost:undo': 'failed',
      'more:undo': 'succeeded',
    });
    expect(notices(run_id)).toEqual([
      'failure: what news wrote could not be taken back: push cannot take back what it did, and compensate names nothing',
      'failure: what lost wrote could not be taken back: gone',
    ]);
  });

  it('counts as taken back what a person says has been', async () => {
    const undo = { compensate: { type: 'pull' } };
    const tasks = [
      { id: 'put', type: 'push', ...undo },
      { id: 'down', type: 'break', depends_on: ['put'], on_failure: ['compensate'] },
    ];
    const ends: Run[] = [];
    for (const cut of [false, true]) {
      isCut = cut;
      const run_id = await world.begin(scheduler, tasks);
      await world.clock.advance(1_000);
      if (cut) {
        expect(run(run_id)).toMatchObject({ state: 'waiting', reason: 'in_doubt' });
        const said = { by: 'alice', step_id: 'put:undo', solved: null, done: true, comment: null };
        await confirmRun(world.memory.store, run_id, said, world.clock);
        scheduler.wake(run_id);
        await world.clock.advance(2_000);
      }
      ends.push(run(run_id));
    }
    expect(ends.map(({ state, outcome, reason }) => `${state} ${outcome}: ${reason}`)).toEqual([
      'failed handed_over: down failed: down',
      'failed handed_over: down failed: down',
    ]);
  });

  it('takes back by what the author names, with what the write found out', async () => {
    const compensate = { type: 'push', parameters: { text: 'revoke {{ steps.news.output.number }}' } };
    const run_id = await world.begin(scheduler, [
      { id: 'news', type: 'push', compensate },
      { id: 'check', type: 'break', depends_on: ['news'], on_failure: ['compensate'] },
    ]);
    await world.clock.advance(100);
    expect(run(run_id).steps['news:undo']).toMatchObject({ state: 'succeeded', parameters: { text: 'revoke 7' } });
  });

  it('takes back when a person cancels and asks for it, and only then', async () => {
    for (const compensate of [false, true]) {
      replicas['shop'] = 2;
      const run_id = await world.begin(scheduler, [
        SCALE,
        { id: 'ask', type: 'measure', depends_on: ['more'], foreach: [1], approval: {} },
      ]);
      await world.clock.advance(100);
      const cancel = { type: 'cancel', by: 'ann', reason: null, compensate } as const;
      await steerRun(world.memory.store, run_id, cancel, world.clock);
      await world.clock.advance(2_000);
      expect(run(run_id).state).toBe('cancelled');
      expect(replicas['shop']).toBe(compensate ? 2 : 3);
    }
  });

  const VERIFIED = [
    { id: 'look', type: 'measure', output_variable: 'seen' },
    { ...SCALE, depends_on: ['look'], verify: { condition: '{{ seen.p99 < 500 }}', within: '2m', hold: '20s' } },
    { id: 'end', type: 'measure', depends_on: ['more'] },
  ];

  it('makes the reads that verify speaks of again, until the condition has held', async () => {
    const run_id = await world.begin(scheduler, VERIFIED);
    await world.clock.advance(30_000);
    expect(world.states(run_id)).toEqual({ look: 'succeeded', more: 'succeeded', 'more:verify': 'running' });
    latency = 100;
    await world.clock.advance(40_000);
    expect(run(run_id)).toMatchObject({ state: 'succeeded', outcome: 'verified' });
    expect(world.states(run_id)).toMatchObject({ 'more:verify': 'succeeded', end: 'succeeded' });
  });

  it('takes back what did not help, and tells people', async () => {
    const run_id = await world.begin(scheduler, VERIFIED);
    await world.clock.advance(150_000);
    expect(run(run_id)).toMatchObject({ state: 'failed', outcome: 'not_fixed' });
    expect(replicas['shop']).toBe(2);
    expect(world.states(run_id)).toMatchObject({ 'more:verify': 'failed', end: 'skipped', 'more:undo': 'succeeded' });
    expect(notices(run_id)[0]).toContain('it did not help: seen.p99 is 900');
  });

  it('takes back, and says neither, where nobody can tell whether it helped', async () => {
    for (const [answer, why] of [
      [() => ok({ p99: null }), 'seen.p99 is null'],
      [() => ({ type: 'failed', reason: 'gone', retryable: true }) as const, 'look could not be asked again: gone'],
    ] as const) {
      let asked = 0;
      world.kind('measure', 'read', () => (asked++ === 0 ? ok({ p99: 900 }) : answer()));
      const run_id = await world.begin(await world.scheduler(), VERIFIED);
      await world.clock.advance(150_000);
      expect(run(run_id)).toMatchObject({ state: 'failed', outcome: 'handed_over' });
      expect(world.states(run_id)).toMatchObject({ 'more:verify': 'failed', 'more:undo': 'succeeded' });
      expect(run(run_id).steps['more:verify']?.error).toBe(`whether it helped cannot be told: ${why}`);
    }
  });

  it("asks for the alert's own condition after the last write: over, still there, or nobody can tell", async () => {
    world.condition = asked;
    for (const [last, outcome] of [
      ['over', 'verified'],
      ['holds', 'not_fixed'],
      ['no_data', 'unverified'],
      ['unavailable', 'unverified'],
    ] as const) {
      answers = ['holds', last];
      const run_id = await world.begin(scheduler, [SCALE], {}, { alert });
      await world.clock.advance(100);
      expect(run(run_id)).toMatchObject({ state: 'running', steps: { more: { state: 'succeeded' } } });
      await world.clock.advance(320_000);
      expect(run(run_id)).toMatchObject({ state: 'succeeded', outcome });
    }
  });

  it('ends when it is cancelled while it looks, also over a restart', async () => {
    world.condition = asked;
    for (const restarts of [false, true]) {
      answers = ['holds'];
      const run_id = await world.begin(scheduler, [SCALE], {}, { alert });
      await world.clock.advance(20_000);
      expect(world.states(run_id)).toMatchObject({ 'alert:verify': 'running' });
      if (restarts) world.memory.give(run_id, 'dead#1');
      await steerRun(world.memory.store, run_id, { type: 'cancel', by: 'ann', reason: null }, world.clock);
      await world.clock.advance(20_000);
      expect(run(run_id)).toMatchObject({ state: 'cancelled', outcome: 'unverified' });
      expect(world.states(run_id)).toMatchObject({ 'alert:verify': 'cancelled' });
    }
  });

  it('makes no first write for a condition that is over, and none while nobody answers', async () => {
    world.condition = asked;
    answers = ['over'];
    const over = await world.begin(scheduler, [SCALE], {}, { alert });
    await world.clock.advance(100);
    expect(run(over)).toMatchObject({ state: 'succeeded', outcome: 'nothing_done' });
    expect(run(over).steps['more']).toMatchObject({ state: 'skipped', reason: 'alert_resolved' });
    answers = ['unavailable'];
    const held = await world.begin(scheduler, [SCALE], {}, { alert });
    await world.clock.advance(60_000);
    expect(replicas['shop']).toBe(2);
    expect(run(held).steps['more']).toMatchObject({ state: 'waiting', message: expect.stringContaining('refused') });
    answers = ['holds', 'over'];
    await world.clock.advance(60_000);
    expect(run(held)).toMatchObject({ state: 'succeeded', outcome: 'verified' });
  });

  it('takes back what was there for the alert only, once the alert has resolved and its condition is over', async () => {
    world.condition = asked;
    for (const last of ['over', 'no_data'] as const) {
      replicas['shop'] = 2;
      answers = ['holds', last];
      const run_id = await world.begin(scheduler, [SCALE], { on_resolved: 'compensate' }, { alert });
      world.memory.setAlerts(run_id, { alerts: [alert], firing: false });
      await world.clock.advance(320_000);
      expect(run(run_id)).toMatchObject({ state: 'succeeded', outcome: last === 'over' ? 'verified' : 'unverified' });
      expect(replicas['shop']).toBe(last === 'over' ? 2 : 3);
    }
  });
});
