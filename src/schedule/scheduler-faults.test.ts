import { afterEach, describe, expect, it, vi } from 'vitest';
import { ok, World } from '../../test/helper/schedule-world.js';
import { aFreshAlert } from '../../test/helper/store-world.js';
import { FixpointError } from '../domain/errors.js';
import type { Outcome } from '../domain/run/outcome.js';
import { steerRun } from './by-hand.js';

/** An outcome that a test hands out when it is time. */
function gate(): { readonly opened: Promise<Outcome>; readonly open: (outcome: Outcome) => void } {
  let open = (_: Outcome): void => undefined;
  const opened = new Promise<Outcome>((resolve) => (open = resolve));
  return { opened, open };
}

const CHAIN = [
  { id: 'a', type: 'read' },
  { id: 'b', type: 'read', depends_on: ['a'] },
];

describe('the scheduler, when things go wrong', () => {
  let world = new World();
  afterEach(async () => {
    await world.stop();
    world = new World();
  });

  it('goes on at once after a restart with a run whose step ended while the service stopped', async () => {
    const slow = gate();
    world.kind('read', 'read', (_, { step_id }) => (step_id === 'a' ? slow.opened : ok()));
    const first = await world.scheduler();
    const id = await world.begin(first, CHAIN);
    const stopping = first.stop();
    slow.open(ok());
    await world.clock.advance(100);
    await stopping;
    expect(world.states(id)).toEqual({ a: 'succeeded' });
    await world.scheduler('w', '2');
    await world.clock.advance(2_000);
    expect(world.memory.run(id).state).toBe('succeeded');
    expect(world.calls.map((call) => call.step_id)).toEqual(['a', 'b']);
  });

  it('rests while a paused run has a step whose time has come', async () => {
    world.kind('read', 'read', () => ({ type: 'failed', reason: 'busy', retryable: true }));
    const id = await world.begin(await world.scheduler(), [
      { id: 'a', type: 'read', retry: { max_attempts: 2, initial_delay: '10s' } },
    ]);
    await steerRun(world.memory.store, id, { type: 'pause', by: 'ann', reason: null }, world.clock);
    await world.clock.advance(60_000);
    expect(world.calls).toHaveLength(1);
    await steerRun(world.memory.store, id, { type: 'resume', by: 'ann', reason: null }, world.clock);
    await world.clock.advance(2_000);
    expect(world.calls).toHaveLength(2);
    expect(world.memory.run(id).state).toBe('failed');
  });

  it('keeps an attempt under way when the store cannot be read for a moment', async () => {
    const slow = gate();
    world.kind('read', 'read', () => slow.opened);
    const scheduler = await world.scheduler();
    const id = await world.begin(scheduler, [{ id: 'a', type: 'read' }]);
    world.memory.failNext('load', 2);
    world.memory.failNext('alertsOf', 2);
    scheduler.wake(id);
    await world.clock.advance(1_000);
    slow.open(ok('kept'));
    await world.clock.advance(5_000);
    expect(world.memory.run(id)).toMatchObject({ state: 'succeeded', steps: { a: { output: 'kept' } } });
    expect(world.calls).toHaveLength(1);
  });

  it('lets go of a run whose change the store refuses to try again, and takes it up later; other runs go on', async () => {
    const slow = gate();
    world.kind('read', 'read', () => ok()).kind('slow', 'read', () => slow.opened);
    const scheduler = await world.scheduler();
    const stuck = await world.begin(scheduler, [{ id: 'a', type: 'slow' }]);
    const { apply } = world.memory.store;
    let refusals = 0;
    vi.spyOn(world.memory.store, 'apply').mockImplementation((change) => {
      if (change.after.run_id !== stuck || refusals === 2) return apply(change);
      refusals += 1;
      return Promise.reject(new FixpointError('too_large', 'again and again'));
    });
    slow.open(ok());
    await world.clock.advance(10_000);
    const other = await world.begin(scheduler, [{ id: 'a', type: 'read' }]);
    await world.clock.advance(10_000);
    expect(refusals).toBe(1);
    expect(world.memory.run(other).state).toBe('succeeded');
    expect(world.memory.run(stuck).state).toBe('running');

    await world.clock.advance(90_000);

    expect(refusals).toBe(2);
    expect(world.memory.run(stuck).state).toBe('succeeded');
  });

  it('makes a step whose start was recorded although the answer of the store was lost', async () => {
    const slow = gate();
    world.kind('read', 'read', () => ok()).kind('slow', 'read', () => slow.opened);
    const scheduler = await world.scheduler();
    const id = await world.begin(scheduler, [
      { id: 'a', type: 'slow' },
      { id: 'b', type: 'read', depends_on: ['a'] },
    ]);
    world.memory.failNext('apply', 1, true);
    slow.open(ok());
    await world.clock.advance(5_000);
    expect(world.memory.run(id).state).toBe('succeeded');
    expect(world.calls.map((call) => call.step_id)).toEqual(['a', 'b']);
  });

  it('takes up a run that it holds by the store’s word only', async () => {
    world.kind('read', 'read', () => ok());
    const scheduler = await world.scheduler();
    // Its opening was committed, but nobody here heard of it.
    const id = await world.begin(scheduler, CHAIN, {}, {}, { go: false });
    await world.clock.advance(120_000);
    expect(world.memory.run(id).state).toBe('succeeded');
  });

  it('takes up claimed runs that could not be handed over', async () => {
    world.kind('read', 'read', () => ok());
    const first = await world.scheduler('gone');
    const id = await world.begin(first, CHAIN, {}, {}, { go: false });
    await first.stop();
    await world.scheduler('other');
    world.memory.failNext('claim', 1, true);
    await world.clock.advance(120_000);
    expect(world.memory.run(id).state).toBe('succeeded');
  });

  it('writes when the switch can be read again, and stays alive until then', async () => {
    world.kind('write', 'write', () => ok());
    const scheduler = await world.scheduler();
    world.pauseFailures = 3;
    const id = await world.begin(scheduler, [{ id: 'act', type: 'write' }]);
    expect(world.calls).toHaveLength(0);
    await world.clock.advance(5_000);
    expect(world.calls).toHaveLength(1);
    expect(world.memory.run(id).state).toBe('succeeded');
  });

  it('holds a write that was being planned when its run was paused, and does it after the resume', async () => {
    const planning = gate();
    world.kind('write', 'write', () => ok(), {
      plan: async () => {
        await planning.opened;
        return { type: 'change', intent: { target: 'x', what: 'replicas', from: 2, to: 3 } };
      },
    });
    const scheduler = await world.scheduler();
    const id = await world.begin(scheduler, [{ id: 'act', type: 'write' }]);
    await steerRun(world.memory.store, id, { type: 'pause', by: 'ann', reason: null }, world.clock);
    scheduler.wake(id);
    await world.clock.advance(10);
    planning.open(ok());
    await world.clock.advance(10);
    expect(world.calls).toHaveLength(0);
    expect(world.memory.run(id).state).toBe('paused');
    await steerRun(world.memory.store, id, { type: 'resume', by: 'ann', reason: null }, world.clock);
    await world.clock.advance(2_000);
    expect(world.calls).toHaveLength(1);
    expect(world.memory.run(id)).toMatchObject({ state: 'succeeded', steps: { act: { state: 'succeeded' } } });
  });

  it('does not do a write that was being planned when its alert resolved', async () => {
    const planning = gate();
    world.kind('write', 'write', () => ok(), {
      plan: async () => {
        await planning.opened;
        return { type: 'change', intent: { target: 'x', what: 'replicas', from: 2, to: 3 } };
      },
    });
    const alert = aFreshAlert();
    const scheduler = await world.scheduler();
    const id = await world.begin(scheduler, [{ id: 'act', type: 'write' }], {}, { alert });
    world.memory.setAlerts(id, { alerts: [alert], firing: false });
    scheduler.wake(id);
    await world.clock.advance(10);
    planning.open(ok());
    await world.clock.advance(10);
    expect(world.calls).toHaveLength(0);
    expect(world.memory.run(id)).toMatchObject({
      state: 'succeeded',
      steps: { act: { state: 'skipped', reason: 'alert_resolved', intent: null } },
    });
  });

  it('does not say that nothing was done when nobody knows', async () => {
    world.kind('write', 'write', () => ({ type: 'in_doubt', reason: 'cut off' }));
    const scheduler = await world.scheduler();
    const id = await world.begin(scheduler, [{ id: 'act', type: 'write' }]);
    await world.clock.advance(10);
    expect(world.memory.run(id).state).toBe('waiting');
    await steerRun(world.memory.store, id, { type: 'cancel', by: 'ann', reason: null }, world.clock);
    await world.clock.advance(2_000);
    expect(world.memory.run(id)).toMatchObject({ state: 'cancelled', outcome: 'handed_over' });
  });

  it('repeats a write in doubt that its author calls idempotent, as often as it may', async () => {
    world.kind('write', 'write', (_, { attempt }) => (attempt === 1 ? { type: 'in_doubt', reason: 'cut off' } : ok()));
    const id = await world.begin(await world.scheduler(), [
      { id: 'act', type: 'write', idempotent: true, retry: { max_attempts: 2, initial_delay: '1s' } },
    ]);
    await world.clock.advance(5_000);
    expect(world.calls).toHaveLength(2);
    expect(world.memory.run(id).state).toBe('succeeded');
  });

  it('tells of the success of a foreach once, when all items have ended', async () => {
    world.kind('read', 'read', () => ok());
    const id = await world.begin(await world.scheduler(), [
      { id: 'each', type: 'read', foreach: ['x', 'y'], on_success: 'send_notification' },
    ]);
    await world.clock.advance(10);
    const notices = world.memory.events(id).filter((event) => event.type === 'notice');
    expect(notices).toMatchObject([{ about: 'success', step_id: 'each' }]);
  });

  it('records what no database can keep in a form that it can', async () => {
    let deep: unknown = 'bottom';
    for (let depth = 0; depth < 20_000; depth++) deep = [deep];
    world.kind('read', 'read', () => ok({ line: 'a\u0000b\ud800', 'k\u0000': 1, fine: '😀', deep }));
    const id = await world.begin(await world.scheduler(), [{ id: 'a', type: 'read' }]);
    await world.clock.advance(10);
    const output = world.memory.run(id).steps['a']?.output;
    expect(output).toMatchObject({ line: 'a\ufffdb\ufffd', 'k\ufffd': 1, fine: '😀' });
    expect(JSON.stringify(output)).toContain('nested too deep');
  });

  it('hears of what happened to a run on its way out of memory', async () => {
    world.kind('write', 'write', () => ({ type: 'in_doubt', reason: 'cut off' }));
    const scheduler = await world.scheduler();
    const id = await world.begin(scheduler, [{ id: 'act', type: 'write' }]);
    await world.clock.advance(10);
    expect(scheduler.size).toBe(0);
    // The mark of the poke is taken from the store at the moment at which the run leaves.
    await steerRun(world.memory.store, id, { type: 'cancel', by: 'ann', reason: null }, world.clock);
    world.memory.give(id, 'w#1.1');
    world.memory.failNext('release', 1);
    await world.clock.advance(10_000);
    expect(world.memory.run(id).state).toBe('cancelled');
  });

  it('never lets a step end as cancelled because its worker lost its lease', async () => {
    const planning = gate();
    world.kind('write', 'write', () => ok(), {
      plan: async () => {
        await planning.opened;
        return { type: 'change', intent: { target: 'x', what: 'replicas', from: 2, to: 3 } };
      },
    });
    const scheduler = await world.scheduler();
    const id = await world.begin(scheduler, [{ id: 'act', type: 'write', timeout: '5m' }]);
    // The store is away for longer than the lease, and the plan ends in the middle of it.
    world.memory.failNext('heartbeat', 20);
    await world.clock.advance(16_000);
    planning.open(ok());
    await world.clock.advance(60_000);
    expect(world.calls).toHaveLength(1);
    expect(world.memory.run(id)).toMatchObject({ state: 'succeeded', steps: { act: { state: 'succeeded' } } });
  });

  it('hides a secret in the forms that requests give it, and the longer of two that begin alike', () => {
    const vault = world.vaultOf({ token: 'pa ss/wörd"1', longer: 'pa ss/wörd"1-and-more' });
    expect(vault.conceal(`GET /?t=${encodeURIComponent('pa ss/wörd"1')} refused`)).toBe(
      'GET /?t={{ secrets.token }} refused',
    );
    expect(vault.conceal(JSON.stringify({ t: 'pa ss/wörd"1' }))).toBe('{"t":"{{ secrets.token }}"}');
    expect(vault.conceal('it was pa ss/wörd"1-and-more')).toBe('it was {{ secrets.longer }}');
  });
});
