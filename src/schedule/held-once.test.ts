import { afterEach, describe, expect, it } from 'vitest';
import { ok, World } from '../../test/helper/schedule-world.js';
import { aFreshAlert } from '../../test/helper/store-world.js';
import type { ClaimedRun } from '../domain/run/run-store.js';

/** Lets the next look for work be asked late, as behind others who wait for the database; answers how to let it go. */
function holdNextSweep(world: World): { release(): void } {
  const { store } = world.memory;
  const claim = store.claim.bind(store);
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  let isHeld = false;
  store.claim = async (...args): Promise<ClaimedRun[]> => {
    if (args[3] !== undefined && !isHeld) {
      isHeld = true;
      await released;
    }
    return claim(...args);
  };
  return { release };
}

/**
 * Lets nobody but this worker take a run, whose answer comes late: `meanwhile` happens before, and before it asks which of its runs were poked.
 * Answers how to let the answer come.
 */
function holdAnswerOfClaim(world: World, worker: string, meanwhile: () => void): () => void {
  const { store } = world.memory;
  const [claim, poked] = [store.claim.bind(store), store.poked.bind(store)];
  let take = (): void => undefined;
  let answer = (): void => undefined;
  const taken = new Promise<void>((resolve) => (take = resolve));
  const answered = new Promise<void>((resolve) => (answer = resolve));
  let isTaken = false;
  store.claim = async (...args): Promise<ClaimedRun[]> => {
    if (!isTaken && !args[0].startsWith(worker)) return [];
    const found = await claim(...args);
    if (isTaken || found.length === 0) return found;
    isTaken = true;
    meanwhile();
    take();
    await answered;
    return found;
  };
  store.poked = async (worker_id): Promise<string[]> => {
    if (worker_id.startsWith(worker)) await taken;
    return poked(worker_id);
  };
  return answer;
}

const never = () => new Promise<never>(() => undefined);

describe('a run of this process', () => {
  let world = new World();
  afterEach(async () => {
    await world.stop();
    world = new World();
  });

  it('is worked once when it was opened while the worker looked for what is its own', async () => {
    world.kind('write', 'write', never);
    const scheduler = await world.scheduler();
    const sweep = holdNextSweep(world);
    await world.clock.advance(6_000);
    const run_id = await world.begin(scheduler, [{ id: 'a', type: 'write' }]);
    sweep.release();
    await world.clock.advance(3_000);
    expect(world.calls).toHaveLength(1);
    expect(world.memory.events(run_id).map(({ type }) => type)).not.toContain('run_rescued');
  });

  it('is worked once when it is handed over only after it was taken up by its row', async () => {
    world.kind('write', 'write', never);
    const scheduler = await world.scheduler();
    let go = (): void => undefined;
    const open = scheduler.open.bind(scheduler);
    scheduler.open = (...args) => {
      const opening = open(...args);
      go = opening.go;
      return opening;
    };
    const run_id = await world.begin(scheduler, [{ id: 'a', type: 'write' }], {}, {}, { go: false });
    await world.clock.advance(40_000);
    expect(world.calls).toHaveLength(1);
    go();
    await world.clock.advance(3_000);
    expect(world.calls).toHaveLength(1);
    expect(world.memory.run(run_id).steps['a']).toMatchObject({ state: 'running' });
  });

  it('does not lose a poke that its own look for work took the mark of', async () => {
    let answer = (): void => undefined;
    world.kind('read', 'read', () => new Promise((resolve) => (answer = () => resolve(ok()))));
    const scheduler = await world.scheduler();
    const sweep = holdNextSweep(world);
    await world.clock.advance(6_000);
    const run_id = await world.begin(scheduler, [{ id: 'a', type: 'read' }]);
    world.memory.setAlerts(run_id, { alerts: [aFreshAlert()], firing: false });
    sweep.release();
    await world.clock.advance(3_000);
    expect(world.memory.run(run_id).alerts_resolved_at).not.toBeNull();
    answer();
    await world.clock.advance(1_000);
    expect(world.memory.run(run_id).state).toBe('succeeded');
  });

  it('is kept when it is poked after this process has taken it, and before it knows of that', async () => {
    world.kind('write', 'write', never);
    await world.scheduler('a');
    const other = await world.scheduler('b');
    const run_id = await world.begin(other, [{ id: 'act', type: 'write' }], {}, {}, { go: false });
    world.memory.give(run_id, 'gone#1');
    const know = holdAnswerOfClaim(world, 'a#', () => world.memory.setAlerts(run_id, { alerts: [], firing: true }));
    await world.clock.advance(1_000);
    know();
    await world.clock.advance(3_000);
    expect(world.memory.holder(run_id)).toMatch(/^a#/);
    expect(world.states(run_id)).toEqual({ act: 'running' });
    expect(world.calls).toHaveLength(1);
  });

  it('gives its turn back when its worker is lost just as the write would begin', async () => {
    let ended = 0;
    world.kind('push', 'write', () => ok(), { turn: () => Promise.resolve(() => void (ended += 1)) });
    const scheduler = await world.scheduler();
    // The store is away from the moment the write is planned until long after the lease.
    const { store } = world.memory;
    const apply = store.apply.bind(store);
    store.apply = (change) =>
      change.events.some(({ type }) => type === 'step_intended')
        ? Promise.reject(new Error('the database is away'))
        : apply(change);
    world.memory.failNext('heartbeat', 1_000);
    await world.begin(scheduler, [{ id: 'act', type: 'push' }]);
    await world.clock.advance(30_000);
    expect([world.calls.length, ended]).toEqual([0, 1]);
  });
});
