import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ok, World } from '../../test/helper/schedule-world.js';
import type { Outcome } from '../domain/run/outcome.js';
import type { RunChange } from '../domain/run/run-store.js';
import { steerRun } from './by-hand.js';
import type { Scheduler } from './scheduler.js';

const CHAIN = [
  { id: 'a', type: 'read' },
  { id: 'b', type: 'read', depends_on: ['a'] },
  { id: 'c', type: 'read', depends_on: ['b'] },
];

describe('steps that only read', () => {
  let world: World;
  let scheduler: Scheduler;
  /** The types of events of each change that was recorded, in their order. */
  let changes: string[][];
  /** What happens before a change is recorded. */
  let beforeApply: (change: RunChange) => Promise<unknown>;

  beforeEach(async () => {
    world = new World();
    changes = [];
    beforeApply = () => Promise.resolve();
    const { apply } = world.memory.store;
    vi.spyOn(world.memory.store, 'apply').mockImplementation(async (change) => {
      await beforeApply(change);
      const answer = await apply(change);
      if (answer === 'applied') changes.push(change.events.map(({ type }) => type));
      return answer;
    });
    world.kind('read', 'read', ({ answer }) => (answer as Promise<Outcome> | undefined) ?? ok());
    world.kind('write', 'write', () => ok());
    scheduler = await world.scheduler();
  });
  afterEach(() => world.stop());

  const called = (): string[] => world.calls.map(({ step_id }) => step_id);

  it('share one change when they answer at once, and every event is in it, in its order', async () => {
    const id = await world.begin(scheduler, CHAIN);
    expect(world.memory.run(id).state).toBe('succeeded');
    expect(called()).toEqual(['a', 'b', 'c']);
    const [change, ...others] = changes;
    expect(others).toEqual([]);
    expect(change).toEqual([
      'step_succeeded',
      'step_started',
      'step_succeeded',
      'step_started',
      'step_succeeded',
      'run_finished',
    ]);
  });

  it('are recorded as begun while they take their time', async () => {
    let open = (_: Outcome): void => undefined;
    world.kind('slow', 'read', () => new Promise((resolve) => (open = resolve)));
    const id = await world.begin(await world.scheduler('other'), [
      { id: 'a', type: 'read' },
      { id: 'b', type: 'slow', depends_on: ['a'] },
    ]);
    expect(world.states(id)).toEqual({ a: 'succeeded', b: 'running' });
    open(ok('late'));
    await world.clock.advance(0);
    expect(world.memory.run(id)).toMatchObject({ state: 'succeeded', steps: { b: { output: 'late' } } });
    expect(called()).toEqual(['a', 'b']);
  });

  it('are all durable before a write begins', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    beforeApply = () => held;
    const id = await world.begin(scheduler, [...CHAIN, { id: 'act', type: 'write', depends_on: ['c'] }]);
    await world.clock.advance(1_000);
    expect(called()).toEqual(['a', 'b', 'c']);
    release();
    await world.clock.advance(1_000);
    expect(called()).toEqual(['a', 'b', 'c', 'act']);
    expect(world.memory.run(id).state).toBe('succeeded');
  });

  it('are not begun beside a write: that is recorded first', async () => {
    const id = await world.begin(scheduler, [
      { id: 'a', type: 'read' },
      { id: 'look', type: 'read', depends_on: ['a'] },
      { id: 'act', type: 'write', depends_on: ['a'] },
    ]);
    expect(world.memory.run(id).state).toBe('succeeded');
    expect(changes[0]).toEqual(['step_succeeded', 'step_started', 'step_started']);
  });

  it('are read again, and what was read ahead does not count, where somebody else was faster', async () => {
    let answers = 0;
    world.kind('count', 'read', () => ok((answers += 1)));
    let interfered = false;
    beforeApply = async ({ after: { run_id } }) => {
      if (interfered) return;
      interfered = true;
      await steerRun(world.memory.store, run_id, { type: 'cancel', by: 'ann', reason: null }, world.clock);
    };
    const id = await world.begin(await world.scheduler('other'), [
      { id: 'a', type: 'read' },
      { id: 'b', type: 'count', depends_on: ['a'] },
    ]);
    await world.clock.advance(1_000);
    expect(world.memory.run(id).state).toBe('cancelled');
    expect(world.memory.run(id).steps['b']?.output ?? null).toBeNull();
    expect(answers).toBe(1);
  });

  it('do not count twice where the answer of the store was lost', async () => {
    let open = (_: Outcome): void => undefined;
    world.kind('slow', 'read', () => new Promise((resolve) => (open = resolve)));
    world.memory.failNext('apply', 1, true);
    const id = await world.begin(await world.scheduler('other'), [
      ...CHAIN,
      { id: 'last', type: 'slow', depends_on: ['c'] },
    ]);
    const [openFirst] = [open];
    await world.clock.advance(30_000);
    expect(called()).toEqual(['a', 'b', 'c', 'last', 'last']);
    openFirst(ok('forgotten'));
    await world.clock.advance(0);
    expect(world.states(id)).toMatchObject({ last: 'running' });
    open(ok('counts'));
    await world.clock.advance(0);
    expect(world.memory.run(id)).toMatchObject({ state: 'succeeded', steps: { last: { output: 'counts' } } });
    expect(world.memory.events(id).filter(({ type }) => type === 'step_succeeded')).toHaveLength(4);
  });

  it('go on in changes of a bounded size', async () => {
    const many = Array.from({ length: 200 }, (_, n) => ({
      id: `s${n}`,
      type: 'read',
      ...(n === 0 ? {} : { depends_on: [`s${n - 1}`] }),
    }));
    const id = await world.begin(scheduler, many);
    await world.clock.advance(1_000);
    expect(world.memory.run(id).state).toBe('succeeded');
    expect(called()).toHaveLength(200);
    expect(Math.max(...changes.map(({ length }) => length))).toBeLessThanOrEqual(70);
  });

  it('that begin a run wait until they are recorded', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    beforeApply = () => held;
    world.kind('playbook', 'read', () => ok());
    await world.begin(await world.scheduler('other'), [
      { id: 'a', type: 'read' },
      { id: 'child', type: 'playbook', depends_on: ['a'], parameters: { playbook_id: 'PB-Other' } },
    ]);
    await world.clock.advance(1_000);
    expect(called()).toEqual(['a']);
    release();
    await world.clock.advance(1_000);
    expect(called()).toEqual(['a', 'child']);
  });
});
