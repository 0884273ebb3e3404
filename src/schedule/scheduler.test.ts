import { afterEach, describe, expect, it } from 'vitest';
import { anAlert } from '../../test/helper/an-alert.js';
import { ok, World } from '../../test/helper/schedule-world.js';
import { aFreshAlert } from '../../test/helper/store-world.js';
import type { Outcome } from '../domain/run/outcome.js';
import { steerRun } from './by-hand.js';

describe('the scheduler', () => {
  let world = new World();
  afterEach(async () => {
    await world.stop();
    world = new World();
  });

  it('runs a diamond in order, its branches side by side, and hands outputs on', async () => {
    let atOnce = 0;
    let most = 0;
    world.kind('read', 'read', async (input) => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await new Promise((resolve) => setImmediate(resolve));
      atOnce -= 1;
      return ok({ n: Number(input['n'] ?? 0) + 1 });
    });
    const id = await world.begin(await world.scheduler(), [
      { id: 'a', type: 'Read', output_variable: 'first' },
      { id: 'b', type: 'read', depends_on: ['a'], parameters: { n: '{{ first.n }}' }, output_variable: 'left' },
      {
        id: 'c',
        type: 'read',
        depends_on: ['a'],
        parameters: { n: '{{ steps.a.output.n + 10 }}' },
        output_variable: 'right',
      },
      { id: 'd', type: 'read', depends_on: ['b', 'c'], parameters: { n: '{{ left.n + right.n }}' } },
    ]);
    await world.clock.advance(10);
    const run = world.memory.run(id);
    expect(run).toMatchObject({ state: 'succeeded', outcome: 'nothing_done' });
    expect(run.steps['d']?.output).toEqual({ n: 15 });
    expect(most).toBe(2);
    expect(world.memory.events(id).filter((event) => event.type === 'step_started')).toHaveLength(4);
  });

  it('opens a run with events of one time, however long it takes to decide how it begins', async () => {
    world.kind('read', 'read', () => ok());
    const scheduler = await world.scheduler();
    const now = world.clock.now.bind(world.clock);
    let asked = 0;
    world.clock.now = () => now() + asked++;
    const tasks = [{ id: 'look', type: 'read' }];
    const id = await world.begin(scheduler, tasks, {}, {}, { go: false });
    expect(world.memory.events(id).map(({ type }) => type)).toEqual(['run_opened', 'step_started']);
    expect(new Set(world.memory.events(id).map(({ at }) => at)).size).toBe(1);
  });

  it('leaves no timer behind when it stops, so that the process can end at once', async () => {
    const scheduler = await world.scheduler();
    await scheduler.stop();
    expect(world.clock.waiting).toBe(0);
  });

  it('skips a step whose conditions do not hold, saying why, and goes on with what depends on it', async () => {
    world.kind('read', 'read', () => ok({ rate: null }));
    const id = await world.begin(await world.scheduler(), [
      { id: 'look', type: 'read', output_variable: 'logs' },
      { id: 'act', type: 'read', depends_on: ['look'], conditions: ['{{ logs.rate < 0.1 }}', '{{ true }}'] },
      { id: 'tell', type: 'read', depends_on: ['act'] },
    ]);
    await world.clock.advance(10);
    const run = world.memory.run(id);
    expect(world.states(id)).toEqual({ look: 'succeeded', act: 'skipped', tell: 'succeeded' });
    expect(run.steps['act']).toMatchObject({ reason: 'condition', conditions: [{ holds: false }, { holds: true }] });
    expect(run.steps['act']?.message).toContain('rate');
  });

  it('tries a read again with growing pauses, and no more often than it may', async () => {
    world.kind('read', 'read', () => ({ type: 'failed', reason: 'refused', retryable: true }));
    const id = await world.begin(await world.scheduler(), [
      { id: 'look', type: 'read', retry: { max_attempts: 3, initial_delay: '1s', max_delay: '30s' } },
    ]);
    expect(world.memory.run(id)).toMatchObject({
      state: 'running',
      steps: { look: { state: 'waiting', reason: 'retry' } },
    });
    await world.clock.advance(1_000);
    expect(world.calls).toHaveLength(2);
    await world.clock.advance(1_999);
    expect(world.calls).toHaveLength(2);
    await world.clock.advance(1);
    expect(world.calls).toHaveLength(3);
    expect(world.memory.run(id)).toMatchObject({
      state: 'failed',
      outcome: 'handed_over',
      steps: { look: { state: 'failed', error: 'refused' } },
    });
  });

  it.each([
    ['abort', 'failed', { bad: 'failed', after: 'skipped', beside: 'succeeded', end: 'skipped' }],
    [
      'continue_with_notification',
      'succeeded',
      { bad: 'failed', after: 'succeeded', beside: 'succeeded', end: 'succeeded' },
    ],
    ['skip', 'failed', { bad: 'failed', after: 'skipped', beside: 'succeeded', end: 'succeeded' }],
  ])('on_failure %s ends the run as %s', async (on_failure, state, states) => {
    world.kind('read', 'read', async (_, { step_id }) => {
      if (step_id !== 'bad') await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      return step_id === 'bad' ? { type: 'failed', reason: 'no', retryable: false } : ok();
    });
    const id = await world.begin(await world.scheduler(), [
      { id: 'bad', type: 'read', on_failure },
      { id: 'beside', type: 'read' },
      { id: 'after', type: 'read', depends_on: ['bad'] },
      { id: 'end', type: 'read', depends_on: ['beside'] },
    ]);
    await world.clock.advance(50);
    expect(world.memory.run(id).state).toBe(state);
    expect(world.states(id)).toEqual(states);
    const notices = world.memory.events(id).filter((event) => event.type === 'notice');
    expect(notices).toHaveLength(on_failure.includes('notification') ? 1 : 0);
  });

  it('runs what is there for a failure only after one, and what is there always in any case', async () => {
    world.kind('read', 'read', (_, { step_id }) =>
      step_id === 'bad' ? { type: 'failed', reason: 'no', retryable: false } : ok(),
    );
    const tasks = (first: string): unknown[] => [
      { id: first, type: 'read' },
      { id: 'mend', type: 'read', run_if: 'failure' },
      { id: 'tidy', type: 'read', run_if: 'always', depends_on: [first] },
    ];
    const scheduler = await world.scheduler();
    const bad = await world.begin(scheduler, tasks('bad'));
    await world.clock.advance(10);
    expect(world.states(bad)).toEqual({ bad: 'failed', mend: 'succeeded', tidy: 'succeeded' });
    const good = await world.begin(scheduler, tasks('good'));
    await world.clock.advance(10);
    expect(world.states(good)).toEqual({ good: 'succeeded', mend: 'skipped', tidy: 'succeeded' });
    expect(world.memory.run(good).state).toBe('succeeded');
  });

  it('works the items of a foreach with at most max_parallel at once and gathers their outputs in order', async () => {
    let atOnce = 0;
    let most = 0;
    world.kind('read', 'read', async (input) => {
      most = Math.max(most, (atOnce += 1));
      await new Promise((resolve) => setImmediate(resolve));
      atOnce -= 1;
      return ok(input['host']);
    });
    const id = await world.begin(
      await world.scheduler(),
      [
        {
          id: 'each',
          type: 'read',
          foreach: '{{ vars.hosts }}',
          max_parallel: 2,
          parameters: { host: 'host-{{ item }}' },
          output_variable: 'all',
        },
      ],
      { vars: { hosts: ['a', 'b', 'c', 'd', 'e'] } },
    );
    await world.clock.advance(50);
    const run = world.memory.run(id);
    expect(run.state).toBe('succeeded');
    expect(run.steps['each']).toMatchObject({
      state: 'succeeded',
      output: ['host-a', 'host-b', 'host-c', 'host-d', 'host-e'],
    });
    expect(run.steps['each[3]']).toMatchObject({ item: 'd', item_index: 3, parameters: { host: 'host-d' } });
    expect(most).toBe(2);
  });

  it('ends a step at its timeout and a run at its own, leaving nothing running', async () => {
    let aborted = 0;
    world.kind(
      'read',
      'read',
      (_, { signal }) =>
        new Promise((resolve) =>
          signal.addEventListener('abort', () => {
            aborted += 1;
            resolve({ type: 'failed', reason: 'aborted', retryable: false });
          }),
        ),
    );
    const scheduler = await world.scheduler();
    const step = await world.begin(scheduler, [{ id: 'slow', type: 'read', timeout: '5s' }]);
    await world.clock.advance(5_000);
    expect(world.memory.run(step).steps['slow']?.error).toContain('timed out after 5000 ms');
    const run = await world.begin(
      scheduler,
      [
        { id: 'slow', type: 'read', timeout: '1h' },
        { id: 'next', type: 'read', depends_on: ['slow'] },
      ],
      { timeout: '10s' },
    );
    await world.clock.advance(10_000);
    expect(world.memory.run(run)).toMatchObject({ state: 'failed' });
    expect(world.memory.run(run).reason).toContain('timeout');
    expect(aborted).toBe(2);
  });

  it('records the intent of a write before it is done, and what it changed after', async () => {
    const order: string[] = [];
    world.kind(
      'write',
      'write',
      (_, { intent }) => {
        order.push(`execute with ${JSON.stringify(intent?.to)}`);
        return { ...ok({ n: 3 }), change: { target: 'x', what: 'replicas', from: 2, to: 3 } } as Outcome;
      },
      {
        plan: () => {
          order.push('plan');
          return Promise.resolve({ type: 'change', intent: { target: 'x', what: 'replicas', from: 2, to: 3 } });
        },
      },
    );
    const id = await world.begin(await world.scheduler(), [{ id: 'act', type: 'write' }]);
    await world.clock.advance(10);
    expect(order).toEqual(['plan', 'execute with 3']);
    const types = world.memory.events(id).map((event) => event.type);
    expect(types.indexOf('step_intended')).toBeLessThan(types.indexOf('step_succeeded'));
    expect(world.memory.run(id)).toMatchObject({
      outcome: 'unverified',
      steps: { act: { intent: { from: 2, to: 3, idempotency_key: `${id}:act:do` }, change: { from: 2, to: 3 } } },
    });
  });

  it('only records writes in shadow mode and in a dry run', async () => {
    world
      .kind('write', 'write', (_, { dry_run }) => ok({ dry_run }))
      .kind('tell', 'notify', (_, { dry_run }) => ok({ dry_run }));
    world.mode = 'shadow';
    const scheduler = await world.scheduler();
    const tasks = [
      { id: 'act', type: 'write' },
      { id: 'say', type: 'tell' },
    ];
    const shadow = await world.begin(scheduler, tasks);
    await world.clock.advance(10);
    expect(world.memory.run(shadow)).toMatchObject({
      state: 'succeeded',
      outcome: 'nothing_done',
      steps: { act: { recorded_only: true, intent: null }, say: { recorded_only: false } },
    });
    const dry = await world.begin(scheduler, tasks, {}, { dry_run: true });
    await world.clock.advance(10);
    expect(world.memory.run(dry).steps).toMatchObject({
      act: { output: { dry_run: true } },
      say: { output: { dry_run: true } },
    });
  });

  it('goes on after a crash from the first step without an outcome, and repeats no finished one', async () => {
    world.kind('read', 'read', (_, { step_id }) =>
      step_id === 'b' && world.calls.length < 3 ? new Promise<Outcome>(() => undefined) : ok(),
    );
    const first = await world.scheduler('w', '1');
    const id = await world.begin(first, [
      { id: 'a', type: 'read' },
      { id: 'b', type: 'read', depends_on: ['a'] },
      { id: 'c', type: 'read', depends_on: ['b'] },
    ]);
    expect(world.states(id)).toEqual({ a: 'succeeded', b: 'running' });
    // The process is gone; a new incarnation of the same name starts.
    await world.scheduler('w', '2');
    await world.clock.advance(1_000);
    expect(world.memory.run(id).state).toBe('succeeded');
    expect(world.calls.map((call) => call.step_id)).toEqual(['a', 'b', 'b', 'c']);
    expect(world.memory.events(id).map((event) => event.type)).toContain('run_rescued');
  });

  it('asks the store nothing more about a run that it takes up, and hears of its alerts all the same', async () => {
    world.kind('read', 'read', () => new Promise<Outcome>(() => undefined));
    const id = await world.begin(await world.scheduler('w', '1'), [{ id: 'a', type: 'read' }]);
    const { store } = world.memory;
    const asked: string[] = [];
    const { load, alertsOf } = store;
    store.load = (run_id) => (asked.push('load'), load(run_id));
    store.alertsOf = (run_id) => (asked.push('alertsOf'), alertsOf(run_id));
    world.memory.setAlerts(id, { alerts: [anAlert()], firing: false });

    await world.scheduler('w', '2');
    await world.clock.advance(0);

    const types = world.memory.events(id).map((event) => event.type);
    expect(types).toEqual(expect.arrayContaining(['run_rescued', 'alert_joined', 'alerts_resolved']));
    expect(asked).toEqual([]);
  });

  it('asks a person about a write that was under way at a crash, unless it can be looked up', async () => {
    const said = { target: 'http://shop/carts', what: 'POST http://shop/carts', from: null, to: null };
    const asked = { lookup: () => Promise.resolve({ type: 'unknown', reason: 'it does not answer' } as const) };
    const plan = () => Promise.resolve({ type: 'change', intent: said } as const);
    world.kind('write', 'write', () => new Promise<Outcome>(() => undefined), { ...asked, plan });
    world.kind('known', 'write', () => new Promise<Outcome>(() => undefined), {
      lookup: () => Promise.resolve({ type: 'done', output: { n: 3 } }),
    });
    world.kind(
      'undone',
      'write',
      () =>
        world.calls.filter((call) => call.step_id === 'undone').length > 1
          ? ok()
          : new Promise<Outcome>(() => undefined),
      { lookup: () => Promise.resolve({ type: 'not_done' }) },
    );
    const first = await world.scheduler('w', '1');
    const id = await world.begin(first, [
      { id: 'act', type: 'write' },
      { id: 'known', type: 'known' },
      { id: 'undone', type: 'undone' },
    ]);
    expect(world.states(id)).toEqual({ act: 'running', known: 'running', undone: 'running' });
    await world.scheduler('w', '2');
    await world.clock.advance(1_000);
    const run = world.memory.run(id);
    expect(run.steps).toMatchObject({
      act: {
        state: 'waiting',
        reason: 'in_doubt',
        message: 'the service stopped while this was being done: POST http://shop/carts; looked up: it does not answer',
      },
      known: { state: 'succeeded', output: { n: 3 } },
      undone: { state: 'succeeded' },
    });
    expect(run.state).toBe('waiting');
    expect(world.calls.filter((call) => call.step_id === 'act')).toHaveLength(1);
  });

  it('lets nobody but the holder of the lease write a result', async () => {
    let release = (_: Outcome): void => undefined;
    world.kind('read', 'read', () =>
      world.calls.length === 1 ? new Promise<Outcome>((resolve) => (release = resolve)) : ok('second'),
    );
    const first = await world.scheduler('one', '1');
    const id = await world.begin(first, [{ id: 'a', type: 'read' }]);
    // The first worker's lease is taken from it, as after a long stop of its process.
    await world.memory.store.register('one#other', 0);
    await world.scheduler('two', '1');
    await world.clock.advance(1_000);
    release(ok('first'));
    await world.clock.advance(10);
    expect(world.memory.run(id).steps['a']?.output).toBe('second');
    expect(world.memory.events(id).filter((event) => event.type === 'step_succeeded')).toHaveLength(1);
  });

  it('holds writes while everything is paused, reads on, and writes when it is released', async () => {
    world.kind('read', 'read', () => ok()).kind('write', 'write', () => ok());
    world.pause = { paused: true, by: 'ann', reason: 'freeze', at: null };
    const scheduler = await world.scheduler();
    const id = await world.begin(scheduler, [
      { id: 'look', type: 'read' },
      { id: 'act', type: 'write' },
    ]);
    await world.clock.advance(10);
    expect(world.memory.run(id)).toMatchObject({
      state: 'waiting',
      steps: { look: { state: 'succeeded' }, act: { state: 'waiting', reason: 'pause' } },
    });
    expect(world.memory.run(id).steps['act']?.message).toContain('freeze');
    world.pause = { paused: false, by: null, reason: null, at: null };
    scheduler.setPaused(false);
    await world.clock.advance(10);
    expect(world.memory.run(id).state).toBe('succeeded');
  });

  it('writes nothing more for a playbook that was switched off meanwhile', async () => {
    world.kind('write', 'write', () => ok());
    const scheduler = await world.scheduler();
    const starting = world.begin(scheduler, [{ id: 'act', type: 'write' }]);
    world.mode = 'off';
    const id = await starting;
    await world.clock.advance(10);
    expect(world.memory.run(id).steps['act']).toMatchObject({ state: 'skipped', reason: 'playbook_off' });
    expect(world.calls).toEqual([]);
  });

  it('stops writing when the last alert of a run resolves, unless it is told to go on', async () => {
    let release = (_: Outcome): void => undefined;
    world
      .kind('read', 'read', () => new Promise<Outcome>((resolve) => (release = resolve)))
      .kind('write', 'write', () => ok());
    const tasks = [
      { id: 'look', type: 'read' },
      { id: 'act', type: 'write', depends_on: ['look'] },
      { id: 'tell', type: 'write', depends_on: ['act'] },
    ];
    const scheduler = await world.scheduler();
    for (const on_resolved of ['stop_writes', 'continue'] as const) {
      const alert = aFreshAlert();
      const id = await world.begin(scheduler, tasks, { on_resolved }, { alert });
      world.memory.setAlerts(id, { alerts: [alert], firing: false });
      await world.clock.advance(1_000);
      release(ok());
      await world.clock.advance(10);
      expect(world.memory.run(id).alerts_resolved_at).not.toBeNull();
      expect(world.states(id)['act']).toBe(on_resolved === 'continue' ? 'succeeded' : 'skipped');
    }
  });

  it('cancels a run: what is under way is aborted, the rest is skipped', async () => {
    world.kind(
      'read',
      'read',
      (_, { signal }) =>
        new Promise((resolve) =>
          signal.addEventListener('abort', () => resolve({ type: 'cancelled', reason: 'aborted' })),
        ),
    );
    const scheduler = await world.scheduler();
    const id = await world.begin(scheduler, [
      { id: 'slow', type: 'read' },
      { id: 'next', type: 'read', depends_on: ['slow'] },
    ]);
    await steerRun(world.memory.store, id, { type: 'cancel', by: 'ann', reason: 'not needed' }, world.clock);
    scheduler.wake(id);
    await world.clock.advance(100);
    expect(world.memory.run(id)).toMatchObject({ state: 'cancelled', reason: 'not needed' });
    expect(world.states(id)).toEqual({ slow: 'cancelled', next: 'skipped' });
    await expect(
      steerRun(world.memory.store, id, { type: 'pause', by: 'ann', reason: null }, world.clock),
    ).rejects.toMatchObject({ code: 'conflict' });
  });

  it('pauses a run at the next step and resumes it', async () => {
    let release = (_: Outcome): void => undefined;
    world.kind('read', 'read', (_, { step_id }) =>
      step_id === 'a' ? new Promise<Outcome>((resolve) => (release = resolve)) : ok(),
    );
    const scheduler = await world.scheduler();
    const id = await world.begin(scheduler, [
      { id: 'a', type: 'read' },
      { id: 'b', type: 'read', depends_on: ['a'] },
    ]);
    await steerRun(world.memory.store, id, { type: 'pause', by: 'ann', reason: null }, world.clock);
    await world.clock.advance(1_000);
    release(ok());
    await world.clock.advance(10);
    expect(world.memory.run(id).state).toBe('paused');
    expect(world.states(id)).toEqual({ a: 'succeeded' });
    await steerRun(world.memory.store, id, { type: 'resume', by: 'ann', reason: null }, world.clock);
    await world.clock.advance(2_000);
    expect(world.memory.run(id).state).toBe('succeeded');
  });

  it('puts a run that waits long away and takes it up again in time', async () => {
    world.kind('wait', 'read', (_, { attempt }) =>
      attempt === 1 ? { type: 'waiting', until: '2026-11-21T12:00:00.000Z', reason: 'a while' } : ok(),
    );
    const scheduler = await world.scheduler();
    const id = await world.begin(scheduler, [{ id: 'rest', type: 'wait' }], { timeout: '7d' });
    await world.clock.advance(10);
    expect(scheduler.size).toBe(0);
    expect(world.memory.run(id).state).toBe('running');
    await world.clock.advance(2 * 3_600_000 + 2_000);
    expect(world.memory.run(id).state).toBe('succeeded');
  });

  it('records a result as soon as the store is back', async () => {
    world.kind('read', 'read', () => ok('kept'));
    const scheduler = await world.scheduler();
    world.memory.failNext('apply', 3);
    const id = await world.begin(scheduler, [{ id: 'a', type: 'read' }]);
    await world.clock.advance(5_000);
    expect(world.memory.run(id)).toMatchObject({ state: 'succeeded', steps: { a: { output: 'kept' } } });
    expect(world.calls).toHaveLength(1);
  });

  it('puts secrets in when the request is sent and records their names', async () => {
    world.kind('read', 'read', (input) => ok({ echoed: `got ${String(input['token'])}` }));
    const id = await world.begin(await world.scheduler(), [
      { id: 'call', type: 'read', parameters: { token: 'Bearer {{ secrets.token }}' } },
    ]);
    await world.clock.advance(10);
    expect(world.calls[0]?.input).toEqual({ token: 'Bearer hunter2-secret' });
    expect(JSON.stringify(world.memory.events(id))).not.toContain('hunter2');
    expect(world.memory.run(id).steps['call']).toMatchObject({
      parameters: { token: 'Bearer {{ secrets.token }}' },
      output: { echoed: 'got Bearer {{ secrets.token }}' },
    });
  });

  it('calls a broken executor broken: a read fails, a write that had begun is in doubt', async () => {
    const broken = (): Outcome => {
      throw new Error('undefined is not a function');
    };
    world.kind('read', 'read', broken).kind('write', 'write', broken);
    const id = await world.begin(await world.scheduler(), [
      { id: 'a', type: 'read', on_failure: 'continue' },
      { id: 'b', type: 'write' },
    ]);
    await world.clock.advance(10);
    expect(world.memory.run(id).steps).toMatchObject({
      a: { state: 'failed' },
      b: { state: 'waiting', reason: 'in_doubt' },
    });
  });
});
