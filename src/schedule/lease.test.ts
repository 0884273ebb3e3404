import { afterEach, describe, expect, it } from 'vitest';
import { ok, World } from '../../test/helper/schedule-world.js';
import { instant } from '../domain/clock.js';
import type { ClaimedRun } from '../domain/run/run-store.js';

function nowOf({ clock }: World): string {
  return instant(clock.now());
}

/** Lets the next claims wait until they are let go; answers how to do that. */
function holdClaims(world: World): { release(): void } {
  const { store } = world.memory;
  const claim = store.claim.bind(store);
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  store.claim = async (...args): Promise<ClaimedRun[]> => {
    const claimed = await claim(...args);
    await released;
    return claimed;
  };
  return { release };
}

/** A scheduler on a host whose clock is wrong by so much, and a run that it is working on for ever. */
async function busy(world: World, name: string, wrong_by_ms: number): Promise<string> {
  return world.begin(await world.scheduler(name, '1', wrong_by_ms), [{ id: 'a', type: 'read' }]);
}

const HOUR_MS = 3_600_000;

describe('the lease of a worker', () => {
  let world = new World();
  afterEach(async () => {
    await world.stop();
    world = new World();
  });

  it('is kept while looking for work takes longer than the lease', async () => {
    world.kind('read', 'read', () => new Promise(() => undefined));
    const id = await world.begin(await world.scheduler(), [{ id: 'a', type: 'read' }]);
    const holder = world.memory.holder(id);
    const claims = holdClaims(world);

    await world.clock.advance(60_000);

    expect(await world.memory.store.heartbeat(holder ?? '', 0)).toBe('held');
    expect(world.calls).toHaveLength(1);
    claims.release();
  });

  it.each([
    ['ahead', HOUR_MS],
    ['behind', -HOUR_MS],
  ])('is neither taken from others nor lost by a host whose clock is an hour %s', async (_, wrong_by_ms) => {
    world.kind('read', 'read', () => new Promise(() => undefined));
    const run_ids = [await busy(world, 'right', 0), await busy(world, 'wrong', wrong_by_ms)];
    const holders = run_ids.map((run_id) => world.memory.holder(run_id));

    await world.clock.advance(60_000);

    expect(run_ids.map((run_id) => world.memory.holder(run_id))).toEqual(holders);
    expect(world.calls).toHaveLength(2);
  });

  it('takes nothing up that was claimed under a lease which has ended since', async () => {
    world.kind('read', 'read', () => ok());
    const scheduler = await world.scheduler();
    const id = await world.begin(scheduler, [{ id: 'a', type: 'read' }], {}, {}, { go: false });
    await world.memory.store.release(id, world.memory.holder(id) ?? '', nowOf(world));
    const claims = holdClaims(world);
    await world.clock.advance(1_500);
    const claimedBy = world.memory.holder(id);
    // Away for so long that the lease is over at the next beat.
    world.memory.failNext('heartbeat', 30);
    await world.clock.advance(60_000);
    claims.release();
    await world.clock.advance(0);
    expect(world.calls).toEqual([]);

    await world.clock.advance(2_000);
    expect(world.calls.map(({ step_id }) => step_id)).toEqual(['a']);
    expect(world.memory.run(id).state).toBe('succeeded');
    expect(world.memory.events(id)).toContainEqual(expect.objectContaining({ type: 'run_rescued', from: claimedBy }));
  });
});
