import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ok, World } from '../../test/helper/schedule-world.js';
import { aFreshAlert } from '../../test/helper/store-world.js';
import { instant } from '../domain/clock.js';
import type { Outcome } from '../domain/run/outcome.js';
import type { Run } from '../domain/run/run.js';
import { waitModule, waitSpec } from '../executor/wait/wait.js';
import { confirmRun, retryRun, steerRun } from './by-hand.js';
import type { Scheduler } from './scheduler.js';

describe('a run that is tried again', () => {
  let world: World;
  let scheduler: Scheduler;
  /** Steps that fail, and for good. */
  let broken: Set<string>;
  let isHealthy: boolean;
  let answers: ('holds' | 'over')[];

  beforeEach(async () => {
    world = new World();
    broken = new Set();
    isHealthy = false;
    answers = [];
    const work = (step_id: string, done: Outcome): Outcome =>
      broken.has(step_id) ? { type: 'failed', reason: 'no', retryable: true } : done;
    const change = { target: 'shop', what: 'push', from: 1, to: 2 };
    world.kind('look', 'read', (_, { step_id }) => work(step_id, ok()));
    world.kind('measure', 'read', () => ok({ ok: isHealthy }));
    world.kind('push', 'write', (_, { step_id }) => work(step_id, { type: 'succeeded', output: {}, change }));
    const wait = waitModule.create({}, { clock: world.clock, notify: () => Promise.resolve([]) }).executors['wait']!;
    world.executors.set('wait', { spec: waitSpec, execute: wait.execute });
    scheduler = await world.scheduler();
  });
  afterEach(() => world.stop());

  const run = (run_id: string): Run => world.memory.run(run_id);
  const did = (): string[] => world.calls.map((call) => call.step_id);

  async function again(run_id: string, step_id: string | null = null): Promise<void> {
    await retryRun(world.memory.store, run_id, { by: 'ann', step_id, reason: null }, world.clock);
    scheduler.wake(run_id);
    await world.clock.advance(2_000);
  }

  async function cancelled(run_id: string): Promise<void> {
    await steerRun(world.memory.store, run_id, { type: 'cancel', by: 'ann', reason: null }, world.clock);
    scheduler.wake(run_id);
    await world.clock.advance(2_000);
  }

  it('waits its whole time anew where a wait was cancelled', async () => {
    const run_id = await world.begin(scheduler, [
      { id: 'rest', type: 'wait', parameters: { duration: '10m' } },
      { id: 'act', type: 'push', depends_on: ['rest'] },
    ]);
    await world.clock.advance(60_000);
    await cancelled(run_id);
    expect(run(run_id).state).toBe('cancelled');

    await again(run_id);
    const earliest = instant(Date.parse(run(run_id).retried_at ?? '') + 600_000);
    expect(run(run_id).steps['rest']).toMatchObject({ state: 'waiting', reason: 'timer' });
    expect((run(run_id).steps['rest']?.until ?? '') >= earliest).toBe(true);
    await world.clock.advance(600_000);
    expect(run(run_id)).toMatchObject({ state: 'succeeded', steps: { act: { state: 'succeeded' } } });
  });

  it('has as many attempts as its playbook gives it anew', async () => {
    broken.add('see');
    const run_id = await world.begin(scheduler, [
      { id: 'see', type: 'look', retry: { max_attempts: 2, initial_delay: '1s', max_delay: '1s' } },
    ]);
    await world.clock.advance(5_000);
    expect(did()).toHaveLength(2);
    await again(run_id);
    await world.clock.advance(5_000);
    expect(did()).toHaveLength(4);
  });

  it('fails for what failed this time, not for what whoever tried it again had in mind', async () => {
    broken.add('see');
    const run_id = await world.begin(scheduler, [{ id: 'see', type: 'look', on_failure: 'skip' }]);
    await world.clock.advance(1_000);
    const command = { by: 'ann', step_id: null, reason: 'the disk was full' };
    await retryRun(world.memory.store, run_id, command, world.clock);
    expect(run(run_id).reason).toBeNull();
    scheduler.wake(run_id);
    await world.clock.advance(2_000);
    expect(run(run_id)).toMatchObject({ state: 'failed', reason: 'see failed' });
  });

  it('remembers over a pause why it ends', async () => {
    broken.add('see');
    const run_id = await world.begin(scheduler, [
      { id: 'see', type: 'look' },
      { id: 'rest', type: 'wait', run_if: 'failure', parameters: { duration: '1m' } },
    ]);
    await world.clock.advance(1_000);
    const why = run(run_id).reason;
    await steerRun(world.memory.store, run_id, { type: 'pause', by: 'ann', reason: null }, world.clock);
    await steerRun(world.memory.store, run_id, { type: 'resume', by: 'ann', reason: null }, world.clock);
    scheduler.wake(run_id);
    await world.clock.advance(70_000);
    expect(why).toBe('see failed: no');
    expect(run(run_id)).toMatchObject({ state: 'failed', reason: why });
  });

  const VERIFIED = [
    { id: 'see', type: 'measure', output_variable: 'seen' },
    {
      id: 'act',
      type: 'push',
      depends_on: ['see'],
      compensate: { type: 'push', parameters: {} },
      verify: { condition: '{{ seen.ok }}', within: '1m' },
    },
  ];

  it('looks again for as long as a verify may take, and leaves alone what could not be taken back', async () => {
    broken.add('act:undo');
    const run_id = await world.begin(scheduler, VERIFIED);
    await world.clock.advance(70_000);
    expect(world.states(run_id)).toMatchObject({ 'act:verify': 'failed', 'act:undo': 'failed' });

    await again(run_id);
    await world.clock.advance(20_000);
    expect(world.states(run_id)).toMatchObject({ act: 'succeeded', 'act:verify': 'running' });
    isHealthy = true;
    await world.clock.advance(20_000);
    expect(run(run_id)).toMatchObject({ state: 'succeeded', outcome: 'verified' });
    expect(did().filter((step_id) => step_id === 'act')).toHaveLength(1);
  });

  it('counts no earlier look where the next one was cut off', async () => {
    broken.add('act:undo');
    const run_id = await world.begin(scheduler, VERIFIED);
    await world.clock.advance(70_000);
    expect(run(run_id)).toMatchObject({ state: 'failed', outcome: 'not_fixed' });

    await again(run_id);
    await world.clock.advance(20_000);
    await steerRun(world.memory.store, run_id, { type: 'cancel', by: 'ann', reason: null }, world.clock);
    await world.clock.advance(20_000);
    expect(world.states(run_id)).toMatchObject({ 'act:verify': 'cancelled' });
    expect(run(run_id)).toMatchObject({ state: 'cancelled', outcome: 'unverified' });
  });

  it('takes back again, when that is asked for, and nothing else', async () => {
    broken.add('act:undo');
    const run_id = await world.begin(scheduler, VERIFIED);
    await world.clock.advance(70_000);
    broken.clear();
    await again(run_id, 'act:undo');
    expect(world.states(run_id)).toMatchObject({ 'act:verify': 'failed', 'act:undo': 'succeeded' });
    expect(run(run_id)).toMatchObject({ state: 'cancelled', outcome: 'not_fixed' });
    expect(did().filter((step_id) => step_id === 'act')).toHaveLength(1);
  });

  it('is refused where what it wrote has been taken back: the rest would build on what is not there', async () => {
    broken.add('see');
    const run_id = await world.begin(scheduler, [
      { id: 'act', type: 'push', compensate: { type: 'push', parameters: {} } },
      { id: 'see', type: 'look', depends_on: ['act'], on_failure: ['abort', 'compensate'] },
      { id: 'more', type: 'push', depends_on: ['see'] },
    ]);
    await world.clock.advance(5_000);
    expect(world.states(run_id)).toMatchObject({ see: 'failed', 'act:undo': 'succeeded' });
    const before = run(run_id).seq;
    await expect(again(run_id)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('took back what act wrote') as unknown,
    });
    expect(run(run_id).seq).toBe(before);
  });

  it.each(['constructor', '__proto__', 'nobody'])(
    'is refused for a step that it does not have: %s',
    async (step_id) => {
      broken.add('see');
      const run_id = await world.begin(scheduler, [{ id: 'see', type: 'look' }]);
      await world.clock.advance(5_000);
      await expect(again(run_id, step_id)).rejects.toMatchObject({
        message: expect.stringContaining(step_id) as unknown,
        details: [{ path: 'step_id' }],
      });
    },
  );

  const EACH = [
    { id: 'each', type: 'push', foreach: ['a', 'b', 'c'], max_parallel: 3 },
    { id: 'say', type: 'look', depends_on: ['each'] },
  ];

  it.each(['each', 'each[1]', null])('does only what failed of a list anew: %s', async (step_id) => {
    broken.add('each[1]');
    const run_id = await world.begin(scheduler, EACH);
    await world.clock.advance(5_000);
    expect(run(run_id).state).toBe('failed');
    broken.clear();
    await again(run_id, step_id);
    expect(run(run_id)).toMatchObject({ state: 'succeeded', steps: { each: { state: 'succeeded' } } });
    expect(did()).toEqual(['each[0]', 'each[1]', 'each[2]', 'each[1]', 'say']);
  });

  it('verifies a write that was tolerated to fail and succeeds this time', async () => {
    isHealthy = true;
    broken.add('act');
    const [see, act] = VERIFIED;
    const run_id = await world.begin(scheduler, [see, { ...act, on_failure: ['continue'] }]);
    await world.clock.advance(5_000);
    expect(world.states(run_id)).toMatchObject({ act: 'failed', 'act:verify': 'skipped' });
    broken.clear();
    await again(run_id);
    await world.clock.advance(5_000);
    expect(run(run_id)).toMatchObject({ state: 'succeeded', outcome: 'verified' });
    expect(run(run_id).steps['act:verify']).toMatchObject({ state: 'succeeded' });
  });

  it("asks for the alert's own condition again: what it said before the last write proves nothing", async () => {
    world.condition = () => Promise.resolve({ type: answers.shift() ?? 'holds', evidence: {} });
    broken.add('second');
    answers = ['holds', 'holds', ...Array.from({ length: 40 }, () => 'over' as const)];
    const alert = aFreshAlert();
    const tasks = [
      { id: 'first', type: 'push' },
      { id: 'second', type: 'push', depends_on: ['first'], on_failure: ['continue'] },
    ];
    const run_id = await world.begin(scheduler, tasks, {}, { alert });
    await world.clock.advance(60_000);
    expect(run(run_id)).toMatchObject({ state: 'succeeded', outcome: 'verified' });

    answers = [];
    broken.clear();
    await again(run_id);
    await world.clock.advance(400_000);
    expect(run(run_id)).toMatchObject({ state: 'succeeded', outcome: 'not_fixed' });
  });
});

describe('a run that is tried again after a write that nobody can tell the fate of', () => {
  let world: World;
  let scheduler: Scheduler;
  let found: { type: 'unknown'; reason: string } | { type: 'not_done' } | { type: 'done'; output: unknown };

  beforeEach(async () => {
    world = new World();
    found = { type: 'unknown', reason: 'it keeps no list' };
    world.kind('push', 'write', () => (world.calls.length === 1 ? { type: 'in_doubt', reason: 'cut off' } : ok()), {
      lookup: () => Promise.resolve(found),
    });
    scheduler = await world.scheduler();
  });
  afterEach(() => world.stop());

  const stepOf = (run_id: string) => world.memory.run(run_id).steps['act'];

  async function begun(task: Record<string, unknown> = {}): Promise<string> {
    const run_id = await world.begin(scheduler, [{ id: 'act', type: 'push', ...task }]);
    await world.clock.advance(2_000);
    return run_id;
  }

  async function cancelledInDoubt(): Promise<string> {
    const run_id = await begun();
    expect(stepOf(run_id)).toMatchObject({ state: 'waiting', reason: 'in_doubt' });
    await steerRun(world.memory.store, run_id, { type: 'cancel', by: 'ann', reason: null }, world.clock);
    await world.clock.advance(2_000);
    expect(world.memory.run(run_id).state).toBe('cancelled');
    return run_id;
  }

  async function again(run_id: string): Promise<void> {
    await retryRun(world.memory.store, run_id, { by: 'ann', step_id: null, reason: null }, world.clock);
    await world.clock.advance(5_000);
  }

  it('asks about it as it did before the cancel, and does not repeat it', async () => {
    const run_id = await cancelledInDoubt();
    await again(run_id);
    expect(world.memory.run(run_id).state).toBe('waiting');
    expect(stepOf(run_id)).toMatchObject({ state: 'waiting', reason: 'in_doubt', intent: { what: 'push' } });
    expect(stepOf(run_id)?.message).toContain('it keeps no list');
    expect(stepOf(run_id)?.message).not.toContain('the service stopped');
    expect(world.calls).toHaveLength(1);

    await again(run_id);
    expect(world.memory.run(run_id).state).toBe('succeeded');
    expect(world.calls).toHaveLength(2);
  });

  it('does it when it is known not to have taken place', async () => {
    const run_id = await cancelledInDoubt();
    found = { type: 'not_done' };
    await again(run_id);
    expect(stepOf(run_id)).toMatchObject({ state: 'succeeded' });
    expect(world.calls).toHaveLength(2);
  });

  it('takes it for done when it is known to have taken place', async () => {
    const run_id = await cancelledInDoubt();
    found = { type: 'done', output: { n: 1 } };
    await again(run_id);
    expect(stepOf(run_id)).toMatchObject({ state: 'succeeded', output: { n: 1 }, change: { what: 'push' } });
    expect(world.calls).toHaveLength(1);
  });

  it('asks whoever tries again, where its author had it fail instead of asking', async () => {
    const run_id = await begun({ in_doubt: 'fail' });
    expect(stepOf(run_id)).toMatchObject({ state: 'failed' });
    await again(run_id);
    expect(stepOf(run_id)).toMatchObject({ state: 'waiting', reason: 'in_doubt' });
    expect(world.calls).toHaveLength(1);
  });

  it('repeats it where its author says that it may be', async () => {
    const task = { in_doubt: 'retry', retry: { max_attempts: 1, initial_delay: '1s', max_delay: '1s' } };
    const run_id = await begun(task);
    expect(stepOf(run_id)).toMatchObject({ state: 'failed' });
    await again(run_id);
    expect(stepOf(run_id)).toMatchObject({ state: 'succeeded' });
    expect(world.calls).toHaveLength(2);
  });

  it('does anew, without a question, what somebody has said did not take place', async () => {
    const run_id = await begun();
    await confirmRun(
      world.memory.store,
      run_id,
      { by: 'ann', step_id: null, solved: null, done: false, comment: null },
      world.clock,
    );
    await steerRun(world.memory.store, run_id, { type: 'cancel', by: 'ann', reason: null }, world.clock);
    await world.clock.advance(2_000);
    expect(world.memory.run(run_id).state).toBe('cancelled');
    await again(run_id);
    expect(stepOf(run_id)).toMatchObject({ state: 'succeeded' });
  });
});
