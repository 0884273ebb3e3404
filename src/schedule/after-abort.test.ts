import { afterEach, describe, expect, it } from 'vitest';
import { ok, World } from '../../test/helper/schedule-world.js';
import { sleep } from '../domain/clock.js';
import { steerRun } from './by-hand.js';

const PAUSED = { paused: true, by: 'ann', reason: null, at: null };

/** A first task that fails and ends the run, and one that is to be done in any case. */
function tasks(last: Record<string, unknown>, first: Record<string, unknown> = {}): unknown[] {
  return [
    { id: 'bad', type: 'bad', ...first },
    { id: 'next', type: 'timer', depends_on: ['bad'] },
    { id: 'tidy', type: 'timer', run_if: 'always', depends_on: ['bad'], ...last },
  ];
}

describe('a task that runs in any case, after its run was aborted', () => {
  let world = aWorld();
  afterEach(async () => {
    await world.stop();
    world = aWorld();
  });

  function aWorld(): World {
    const made = new World();
    made.kind('bad', 'read', () => ({ type: 'failed', reason: 'no', retryable: false }));
    made.kind('timer', 'read', ({ ms }, { waited }) => {
      if (waited) return ok();
      return { type: 'waiting', until: new Date(made.clock.now() + Number(ms)).toISOString(), reason: 'waits' };
    });
    return made;
  }

  it('waits its time out', async () => {
    const id = await world.begin(await world.scheduler(), tasks({ parameters: { ms: 20_000 } }));
    await world.clock.advance(19_000);
    expect(world.states(id)).toMatchObject({ next: 'skipped', tidy: 'waiting' });
    await world.clock.advance(2_000);
    expect(world.states(id)).toMatchObject({ tidy: 'succeeded' });
    expect(world.memory.run(id)).toMatchObject({ state: 'failed', aborted: true });
  });

  it('goes on waiting when the time of the run is over, and no longer than that much again', async () => {
    const slow = [{ id: 'tidy', type: 'timer', run_if: 'always', parameters: { ms: 900_000 } }];
    const short = await world.begin(await world.scheduler(), slow, { timeout: '10m' });
    await world.clock.advance(603_000);
    expect(world.memory.run(short)).toMatchObject({ aborted: true, steps: { tidy: { state: 'waiting' } } });
    await world.clock.advance(300_000);
    expect(world.states(short)).toEqual({ tidy: 'succeeded' });

    const never = [{ ...slow[0], parameters: { ms: 86_400_000 } }];
    const long = await world.begin(world.schedulers[0]!, never, { timeout: '10m' });
    await world.clock.advance(605_000);
    expect(world.memory.run(long)).toMatchObject({ state: 'failed', steps: { tidy: { state: 'cancelled' } } });
    expect(world.memory.run(long).steps['tidy']?.message).toContain('timeout');
  });

  it('tries again as often as it may', async () => {
    world.kind('shy', 'read', (_, { attempt }) =>
      attempt < 3 ? { type: 'failed', reason: 'not yet', retryable: true } : ok(),
    );
    const retry = { max_attempts: 3, initial_delay: '1s' };
    const id = await world.begin(await world.scheduler(), tasks({ type: 'shy', retry }));
    await world.clock.advance(30_000);
    expect(world.states(id)).toMatchObject({ tidy: 'succeeded' });
  });

  it('works off all of its items', async () => {
    const each = { foreach: [1, 2], parameters: { ms: 1_000 } };
    const id = await world.begin(await world.scheduler(), tasks(each));
    await world.clock.advance(5_000);
    expect(world.states(id)).toMatchObject({ 'tidy[0]': 'succeeded', 'tidy[1]': 'succeeded', tidy: 'succeeded' });
  });

  it('stays held while everything is paused, until the rest of the time of the run is over', async () => {
    world.pause = PAUSED;
    world.kind('write', 'write', () => ok());
    const scheduler = await world.scheduler();
    const id = await world.begin(scheduler, tasks({ type: 'write' }), { timeout: '10m' });
    await world.clock.advance(1_000_000);
    expect(world.memory.run(id).steps['tidy']).toMatchObject({ state: 'waiting', reason: 'pause' });
    await world.clock.advance(201_000);
    expect(world.memory.run(id)).toMatchObject({ state: 'failed', steps: { tidy: { state: 'cancelled' } } });
    expect(world.calls.filter((call) => call.step_id === 'tidy')).toHaveLength(0);
    expect(world.clock.waiting).toBeLessThan(3);
  });

  it('writes what it is there for', async () => {
    world.kind('write', 'write', () => ok());
    const id = await world.begin(await world.scheduler(), tasks({ type: 'write' }));
    await world.clock.advance(1_000);
    expect(world.memory.run(id)).toMatchObject({ state: 'failed', steps: { tidy: { state: 'succeeded' } } });
  });

  it('is not cut off when the time of the run ends while it is being done', async () => {
    world.kind('slow', 'read', async (_, { signal }) => {
      await sleep(world.clock, 20_000, signal);
      return signal.aborted ? { type: 'failed', reason: 'cut off', retryable: false } : ok();
    });
    const id = await world.begin(
      await world.scheduler(),
      [{ id: 'tidy', type: 'slow', run_if: 'always', timeout: '1m' }],
      { timeout: '10s' },
    );
    await world.clock.advance(30_000);
    expect(world.states(id)).toMatchObject({ tidy: 'succeeded' });
  });

  it('ends at once when a person cancels the run', async () => {
    const id = await world.begin(await world.scheduler(), tasks({ parameters: { ms: 20_000 } }));
    await steerRun(world.memory.store, id, { type: 'cancel', by: 'ann', reason: null }, world.clock);
    await world.clock.advance(2_000);
    expect(world.memory.run(id)).toMatchObject({ state: 'cancelled', steps: { tidy: { state: 'cancelled' } } });
  });
});
