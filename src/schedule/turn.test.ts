import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ok, World } from '../../test/helper/schedule-world.js';
import type { Run } from '../domain/run/run.js';
import type { Scheduler } from './scheduler.js';

describe('a write that has to wait for its turn', () => {
  let world: World;
  let scheduler: Scheduler;
  let begin: () => void;
  let ended: number;

  beforeEach(async () => {
    world = new World();
    ended = 0;
    const gate = new Promise<void>((resolve) => (begin = resolve));
    world.kind('push', 'write', () => ok(), {
      turn: async (_, { signal }) => {
        const given = new Promise<null>((resolve) => signal.addEventListener('abort', () => resolve(null)));
        const turn = gate.then(() => () => void (ended += 1));
        return Promise.race([turn, given]);
      },
    });
    scheduler = await world.scheduler();
  });
  afterEach(() => world.stop());

  const run = (run_id: string): Run => world.memory.run(run_id);

  it('is held like any other when writes are paused meanwhile, and lets go of its turn', async () => {
    const run_id = await world.begin(scheduler, [{ id: 'act', type: 'push' }]);
    await world.clock.advance(1_000);
    world.pause = { paused: true, by: 'ann', reason: null, at: null };
    begin();
    await world.clock.advance(1_000);
    expect(run(run_id).steps['act']).toMatchObject({ state: 'waiting', reason: 'pause', intent: null });
    expect([world.calls.length, ended]).toEqual([0, 1]);
  });

  it('ends its turn with itself', async () => {
    const run_id = await world.begin(scheduler, [{ id: 'act', type: 'push' }]);
    begin();
    await world.clock.advance(1_000);
    expect(run(run_id).state).toBe('succeeded');
    expect([world.calls.length, ended]).toEqual([1, 1]);
  });

  it('waits no longer than its step may take, and is known not to have begun', async () => {
    const run_id = await world.begin(scheduler, [{ id: 'act', type: 'push', timeout: '5s' }]);
    await world.clock.advance(6_000);
    expect(run(run_id).steps['act']).toMatchObject({ state: 'failed', intent: null });
    expect(run(run_id).steps['act']?.error).toContain('nothing was sent');
    expect(world.calls).toEqual([]);
  });
});
