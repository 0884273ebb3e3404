import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { instant } from '../domain/clock.js';
import { ok, World } from '../../test/helper/schedule-world.js';

const TASKS = [
  { id: 'look', type: 'read' },
  { id: 'first', type: 'write', depends_on: ['look'] },
  { id: 'second', type: 'write', depends_on: ['first'] },
];

describe('writes that a window freezes', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
    world.kind('read', 'read', () => ok()).kind('write', 'write', () => ok());
  });
  afterEach(() => world.stop());

  /** Freezes every run for so long. */
  function freeze(ms: number): string {
    const begun = world.clock.now();
    const until = instant(begun + ms);
    world.frozen = () =>
      world.clock.now() < begun + ms
        ? { window_id: 'W1', until, message: `writes are frozen by W1 until ${until}` }
        : null;
    return until;
  }

  it('wait, say for what, and are made by themselves when the window ends', async () => {
    const scheduler = await world.scheduler();
    const until = freeze(600_000);
    const id = await world.begin(scheduler, TASKS);
    await world.clock.advance(10);

    expect(world.memory.run(id).steps).toMatchObject({
      look: { state: 'succeeded' },
      first: { state: 'waiting', reason: 'pause', until, message: `writes are frozen by W1 until ${until}` },
    });
    // Time moves it on, not a person.
    expect(world.memory.run(id).state).toBe('running');
    const events = world.memory.events(id).length;
    await world.clock.advance(590_000);
    // Waiting costs nothing.
    expect(world.memory.events(id)).toHaveLength(events);
    expect(world.calls.filter(({ step_id }) => step_id === 'first')).toEqual([]);

    await world.clock.advance(20_000);
    expect(world.memory.run(id).state).toBe('succeeded');
  });

  it('in the middle of a run wait at the next safe point', async () => {
    const scheduler = await world.scheduler();
    world.kind('write', 'write', (_input, { step_id }) => {
      if (step_id === 'first') freeze(600_000);
      return ok();
    });
    const id = await world.begin(scheduler, TASKS);
    await world.clock.advance(10);

    expect(world.states(id)).toEqual({ look: 'succeeded', first: 'succeeded', second: 'waiting' });
  });

  it('are made at once when the window is ended before its time', async () => {
    const scheduler = await world.scheduler();
    freeze(600_000);
    const id = await world.begin(scheduler, TASKS);
    await world.clock.advance(10);

    world.frozen = () => null;
    scheduler.lookAgain();
    await world.clock.advance(10);

    expect(world.memory.run(id).state).toBe('succeeded');
  });

  it('go on waiting for the big red button, and for a window that follows', async () => {
    const scheduler = await world.scheduler();
    freeze(60_000);
    const id = await world.begin(scheduler, TASKS);
    await world.clock.advance(10);

    world.pause = { paused: true, by: 'ann', reason: null, at: null };
    scheduler.setPaused(true);
    await world.clock.advance(60_000);
    expect(world.memory.run(id).steps['first']?.message).toContain('paused by ann');
    freeze(60_000);
    world.pause = { paused: false, by: null, reason: null, at: null };
    scheduler.setPaused(false);
    await world.clock.advance(10);
    expect(world.states(id)['first']).toBe('waiting');

    await world.clock.advance(61_000);
    expect(world.memory.run(id).state).toBe('succeeded');
  });

  it('are recorded in a dry run all the same: nothing is changed by that', async () => {
    const scheduler = await world.scheduler();
    freeze(600_000);
    const id = await world.begin(scheduler, TASKS, {}, { dry_run: true });
    await world.clock.advance(10);

    expect(world.memory.run(id).state).toBe('succeeded');
  });
});
