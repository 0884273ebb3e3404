import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ok, World } from '../../test/helper/schedule-world.js';
import { aFreshAlert } from '../../test/helper/store-world.js';
import { createChildRuns, openChildrenOf } from './child-runs.js';
import type { Alert } from '../domain/alert/alert.js';
import { Playbook } from '../domain/playbook/playbook.js';
import type { CheckedPlaybook, Mode } from '../domain/playbook/playbook.js';
import type { Run } from '../domain/run/run.js';
import { playbookModule, playbookSpec } from '../executor/playbook/playbook.js';
import { confirmRun, retryRun, steerRun } from '../schedule/by-hand.js';
import type { Scheduler } from '../schedule/scheduler.js';

describe('a playbook inside of another', () => {
  let world: World;
  let scheduler: Scheduler;
  let modes: Record<string, Mode>;
  let broken: boolean;
  let doubtful: boolean;
  let children: Record<string, Playbook>;

  beforeEach(async () => {
    world = new World();
    modes = { 'PB-Child': 'auto', 'PB-Loop': 'auto', 'PB-Between': 'auto' };
    broken = false;
    doubtful = false;
    children = {
      'PB-Child': Playbook.parse({
        playbook_id: 'PB-Child',
        tasks: [
          { id: 'nap', type: 'nap' },
          { id: 'act', type: 'act', depends_on: ['nap'] },
        ],
      }),
      'PB-Loop': Playbook.parse({
        playbook_id: 'PB-Loop',
        tasks: [{ id: 'again', type: 'playbook', parameters: { playbook_id: 'PB-Loop' } }],
      }),
      'PB-Between': Playbook.parse({
        playbook_id: 'PB-Between',
        tasks: [{ id: 'between', type: 'playbook', parameters: { playbook_id: 'PB-Child' } }],
      }),
    };
    for (const [id, playbook] of Object.entries(children)) world.playbooks.set(id, playbook);
    const checked = (playbook: Playbook): CheckedPlaybook => ({ playbook, version: 'v', file: '', source: '' });
    const runs = createChildRuns({
      runs: world.memory.store,
      clock: world.clock,
      playbooks: () => new Map(Object.entries(children).map(([id, playbook]) => [id, checked(playbook)])),
      modeOf: (playbook_id) => modes[playbook_id] ?? null,
      open: (header, { playbook }, resolved) => scheduler.open(header, playbook, { joined: [], resolved }),
      wake: (run_id) => scheduler.wake(run_id),
    });
    world.children = openChildrenOf;
    const notify = () => Promise.resolve([]);
    const { executors } = playbookModule.create({}, { clock: world.clock, notify, runs });
    world.executors.set('playbook', { spec: playbookSpec, execute: executors['playbook']!.execute });
    world.kind('nap', 'read', (_, { waited }) => {
      if (waited) return ok();
      return { type: 'waiting', until: new Date(world.clock.now() + 90_000).toISOString(), reason: 'napping' };
    });
    world.kind('no', 'read', (_, { waited }) => {
      if (waited) return { type: 'failed', reason: 'no', retryable: false };
      return { type: 'waiting', until: new Date(world.clock.now() + 10_000).toISOString(), reason: 'not yet' };
    });
    const change = { target: 'x', what: 'y', from: 1, to: 2 };
    world.kind('act', 'write', () =>
      doubtful
        ? { type: 'in_doubt', reason: 'cut off' }
        : broken
          ? { type: 'failed', reason: 'no', retryable: false }
          : { type: 'succeeded', output: { n: 7 }, change },
    );
    scheduler = await world.scheduler();
  });
  afterEach(() => world.stop());

  const PARENT = [
    { id: 'inner', type: 'playbook', parameters: { playbook_id: 'PB-Child' }, output_variable: 'child' },
    { id: 'use', type: 'act', depends_on: ['inner'], conditions: ['{{ child.outputs.act.n == 7 }}'] },
  ];
  const run = (run_id: string): Run => world.memory.run(run_id);
  const childOf = (run_id: string): string => openChildrenOf(run(run_id))[0]!;

  it('runs once, holds nothing while it waits, and hands on what it found out', async () => {
    const run_id = await world.begin(scheduler, PARENT, {}, { service_name: 'shop', requested_by: 'ann' });
    await world.clock.advance(100);
    const child = childOf(run_id);
    expect(run(child)).toMatchObject({ playbook_id: 'PB-Child', parent_run_id: run_id, depth: 1, requested_by: 'ann' });
    expect(scheduler.size).toBe(0);
    await scheduler.stop();
    scheduler = await world.scheduler('w', '2');
    await world.clock.advance(95_000);
    expect(run(child)).toMatchObject({ state: 'succeeded', outcome: 'unverified' });
    expect(run(run_id)).toMatchObject({ state: 'succeeded', steps: { use: { state: 'succeeded' } } });
    expect(run(run_id).steps['inner']?.output).toMatchObject({ run_id: child, state: 'succeeded' });
    expect(world.calls.filter((call) => call.step_id === 'act')).toHaveLength(1);
  });

  it('fails the step when it fails, and is never freer than what began it', async () => {
    broken = true;
    const failed = await world.begin(scheduler, PARENT);
    await world.clock.advance(100_000);
    expect(run(failed)).toMatchObject({ state: 'failed', steps: { inner: { state: 'failed' } } });
    const shadow = await world.begin(scheduler, PARENT, {}, { mode: 'shadow' });
    await world.clock.advance(100);
    expect(run(childOf(shadow)).mode).toBe('shadow');
    modes['PB-Child'] = 'off';
    const off = await world.begin(scheduler, PARENT);
    await world.clock.advance(100);
    expect(run(off).steps['inner']?.error).toContain('PB-Child is off');
  });

  it('is tried again with what began it, from where it failed', async () => {
    broken = true;
    const run_id = await world.begin(scheduler, PARENT);
    await world.clock.advance(100);
    const child = childOf(run_id);
    await world.clock.advance(100_000);
    expect(run(run_id)).toMatchObject({ state: 'failed', steps: { inner: { state: 'failed' } } });

    const again = async (): Promise<void> => {
      await retryRun(world.memory.store, run_id, { by: 'ann', step_id: null, reason: null }, world.clock);
      scheduler.wake(run_id);
      await world.clock.advance(10_000);
    };
    await again();
    expect(run(run_id)).toMatchObject({ state: 'failed', steps: { inner: { state: 'failed' } } });
    broken = false;
    await again();
    expect(run(child)).toMatchObject({ state: 'succeeded' });
    expect(run(run_id)).toMatchObject({ state: 'succeeded', steps: { use: { state: 'succeeded' } } });
    const ofChild = world.calls.filter((call) => call.step_id === 'nap' || call.step_id === 'act');
    expect(ofChild.map((call) => call.step_id)).toEqual(['nap', 'nap', 'act', 'act', 'act']);
  });

  async function answer(run_id: string): Promise<void> {
    const said = { by: 'ann', step_id: null, solved: null, done: true, comment: null };
    await confirmRun(world.memory.store, run_id, said, world.clock);
    await world.clock.advance(5_000);
  }

  it('is waited for by people in both runs, and by nobody any more once it goes on', async () => {
    doubtful = true;
    const run_id = await world.begin(scheduler, PARENT.slice(0, 1));
    await world.clock.advance(5_000);
    const child = childOf(run_id);
    expect(run(run_id)).toMatchObject({ state: 'running', steps: { inner: { reason: 'timer' } } });
    await world.clock.advance(95_000);
    expect(run(child).state).toBe('waiting');
    expect(run(run_id)).toMatchObject({ state: 'waiting', steps: { inner: { state: 'waiting' } } });
    expect(run(run_id).steps['inner']?.message).toBe(`run ${child} of PB-Child is waiting`);

    await scheduler.stop();
    scheduler = await world.scheduler('w', '2');
    await world.clock.advance(5_000);
    expect(run(run_id).state).toBe('waiting');
    expect(scheduler.size).toBe(0);
    await answer(child);
    expect(run(run_id)).toMatchObject({ state: 'succeeded', steps: { inner: { state: 'succeeded' } } });
    expect(world.calls.filter((call) => call.step_id === 'act')).toHaveLength(1);
  });

  it('is waited for through the run between them', async () => {
    doubtful = true;
    const run_id = await world.begin(scheduler, [
      { id: 'outer', type: 'playbook', parameters: { playbook_id: 'PB-Between' } },
    ]);
    await world.clock.advance(100_000);
    const between = childOf(run_id);
    expect([run(childOf(between)).state, run(between).state, run(run_id).state]).toEqual(Array(3).fill('waiting'));
    await answer(childOf(between));
    expect([run(between).state, run(run_id).state]).toEqual(['succeeded', 'succeeded']);
  });

  it('keeps what began it waiting while somebody has paused it, and no longer', async () => {
    const run_id = await world.begin(scheduler, PARENT.slice(0, 1));
    await world.clock.advance(5_000);
    const child = childOf(run_id);
    const steer = async (type: 'pause' | 'resume'): Promise<void> => {
      await steerRun(world.memory.store, child, { type, by: 'ann', reason: null }, world.clock);
      await world.clock.advance(5_000);
    };
    await steer('pause');
    expect(run(run_id)).toMatchObject({ state: 'waiting', steps: { inner: { reason: 'sub_playbook' } } });
    await steer('resume');
    expect(run(run_id)).toMatchObject({ state: 'running', steps: { inner: { reason: 'timer' } } });
    await world.clock.advance(100_000);
    expect(run(run_id).state).toBe('succeeded');
  });

  it('is looked at a few times only while people take a day', async () => {
    doubtful = true;
    children['PB-Child'] = { ...children['PB-Child']!, timeout: '7d' };
    world.playbooks.set('PB-Child', children['PB-Child']);
    const run_id = await world.begin(scheduler, PARENT.slice(0, 1), { timeout: '7d' });
    await world.clock.advance(100_000);
    for (let hour = 0; hour < 24; hour++) await world.clock.advance(3_600_000);
    expect(run(run_id).state).toBe('waiting');
    expect(run(run_id).steps['inner']?.attempts.length).toBeLessThan(15);
  });

  /** A run that waits for one with this `on_resolved`, which naps; everything in it is for one alert. */
  async function waiting(on_resolved: 'stop_writes' | 'continue'): Promise<{ run_id: string; alert: Alert }> {
    children['PB-Child'] = { ...children['PB-Child']!, on_resolved };
    world.playbooks.set('PB-Child', children['PB-Child']);
    const alert = aFreshAlert();
    const run_id = await world.begin(scheduler, PARENT, { on_resolved: 'continue' }, { alert });
    world.memory.setAlerts(run_id, { alerts: [alert], firing: true });
    await world.clock.advance(5_000);
    return { run_id, alert };
  }

  it.each([
    ['stop_writes', 'skipped'],
    ['continue', 'succeeded'],
  ] as const)('hears that its alert has resolved, and does as its own on_resolved says: %s', async (means, state) => {
    const { run_id, alert } = await waiting(means);
    const child = childOf(run_id);
    // Both sleep, and the worker that wakes them is another one.
    await scheduler.stop();
    world.memory.setAlerts(run_id, { alerts: [alert], firing: false });
    scheduler = await world.scheduler('w', '2');
    await world.clock.advance(5_000);
    expect(run(child)).toMatchObject({ state: 'running', alerts_resolved_at: expect.any(String) as unknown });

    await world.clock.advance(100_000);
    expect(run(child).steps['act']?.state).toBe(state);
    expect(run(run_id).alerts_resolved_at).not.toBeNull();
  });

  it('hears too that it fires after all', async () => {
    const { run_id, alert } = await waiting('stop_writes');
    const child = childOf(run_id);
    world.memory.setAlerts(run_id, { alerts: [alert], firing: false });
    await world.clock.advance(5_000);
    expect(run(child).alerts_resolved_at).not.toBeNull();
    world.memory.setAlerts(run_id, { alerts: [alert], firing: true });
    await world.clock.advance(5_000);
    expect(run(child).alerts_resolved_at).toBeNull();
    await world.clock.advance(100_000);
    expect(run(child).steps['act']?.state).toBe('succeeded');
  });

  it('writes nothing when its alert resolved before it began, or in that moment', async () => {
    const { run_id, alert } = await waiting('stop_writes');
    world.memory.setAlerts(run_id, { alerts: [alert], firing: false });
    await world.clock.advance(100_000);
    const late = [
      { id: 'nap', type: 'nap' },
      { ...PARENT[0], depends_on: ['nap'] },
    ];
    const second = await world.begin(scheduler, late, { on_resolved: 'continue' }, { alert });
    world.memory.setAlerts(second, { alerts: [alert], firing: false });
    await world.clock.advance(92_000);
    expect(world.memory.events(childOf(second))[1]).toMatchObject({ type: 'alerts_resolved' });
    await world.clock.advance(100_000);
    expect(run(second).state).toBe('succeeded');
    expect(world.calls.filter((call) => call.step_id === 'act')).toEqual([]);
  });

  it('hears of a resolve that its parent heard of while it was being begun', async () => {
    const { store } = world.memory;
    const alert = aFreshAlert();
    const open = store.open.bind(store);
    let run_id = '';
    store.open = async (opening) => {
      if (opening.run.parent_run_id !== null) {
        world.memory.setAlerts(run_id, { alerts: [alert], firing: false });
        scheduler.wake(run_id);
        await world.clock.advance(0);
      }
      return open(opening);
    };
    const late = [
      { id: 'nap', type: 'nap' },
      { ...PARENT[0], depends_on: ['nap'] },
    ];
    run_id = await world.begin(scheduler, late, { on_resolved: 'continue' }, { alert });
    world.memory.setAlerts(run_id, { alerts: [alert], firing: true });
    await world.clock.advance(92_000);
    await world.clock.advance(1_000);
    expect(run(run_id).alerts_resolved_at).not.toBeNull();
    expect(run(childOf(run_id)).alerts_resolved_at).not.toBeNull();
  });

  /** Cancelled by somebody whose process dies right after saying so: whoever works on the runs has to find it out. */
  async function cancel(run_id: string, compensate: boolean): Promise<void> {
    const command = { type: 'cancel', by: 'ann', reason: 'enough', compensate } as const;
    await scheduler.stop();
    await steerRun(world.memory.store, run_id, command, world.clock);
    scheduler = await world.scheduler('w', '2');
    await world.clock.advance(5_000);
  }

  it.each([true, false])('is cancelled with what began it, at any depth (taken back: %s)', async (compensate) => {
    const run_id = await world.begin(scheduler, [
      { id: 'outer', type: 'playbook', parameters: { playbook_id: 'PB-Between' } },
    ]);
    await world.clock.advance(5_000);
    const between = childOf(run_id);
    const inner = childOf(between);
    await cancel(run_id, compensate);
    expect([run_id, between, inner].map((one) => run(one).state)).toEqual(Array(3).fill('cancelled'));
    const told = world.memory.events(inner).find(({ type }) => type === 'run_cancel_requested');
    expect(told).toMatchObject({ by: `run:${between}`, reason: 'enough' });
    expect(told !== undefined && 'compensate' in told).toBe(compensate);
    expect(world.calls.filter((call) => call.step_id === 'act')).toEqual([]);
  });

  it('is cancelled when what began it takes too long, or fails elsewhere', async () => {
    const slow = await world.begin(scheduler, PARENT.slice(0, 1), { timeout: '30s' });
    const failing = await world.begin(scheduler, [PARENT[0]!, { id: 'no', type: 'no' }]);
    await world.clock.advance(5_000);
    const waitedFor = [slow, failing].map(childOf);
    await world.clock.advance(30_000);
    expect(run(slow)).toMatchObject({ state: 'failed', steps: { inner: { state: 'cancelled' } } });
    expect(run(failing)).toMatchObject({ state: 'failed', steps: { inner: { state: 'cancelled' } } });
    for (const child of waitedFor)
      expect(run(child)).toMatchObject({ state: 'cancelled', steps: { nap: { state: 'cancelled' } } });
    expect(world.calls.filter((call) => call.step_id === 'act')).toEqual([]);
  });

  it('goes on when somebody takes it up alone after that', async () => {
    const run_id = await world.begin(scheduler, PARENT.slice(0, 1));
    await world.clock.advance(5_000);
    const child = childOf(run_id);
    await cancel(run_id, false);
    await world.clock.advance(1_000);
    await retryRun(world.memory.store, child, { by: 'ann', step_id: null, reason: null }, world.clock);
    await world.clock.advance(100_000);
    expect([run(child).state, run(run_id).state]).toEqual(['succeeded', 'cancelled']);
  });

  it('takes back to the end, although what began it is cancelled and its alert has resolved', async () => {
    children['PB-Child'] = { ...children['PB-Child']!, on_resolved: 'stop_writes' };
    world.playbooks.set('PB-Child', children['PB-Child']);
    const undo = { type: 'playbook', parameters: { playbook_id: 'PB-Child' } };
    const alert = aFreshAlert();
    const tasks = [
      { id: 'done', type: 'act', compensate: undo },
      { id: 'nap', type: 'nap', depends_on: ['done'] },
    ];
    const run_id = await world.begin(scheduler, tasks, { on_resolved: 'continue' }, { alert });
    world.memory.setAlerts(run_id, { alerts: [alert], firing: true });
    await world.clock.advance(5_000);
    world.memory.setAlerts(run_id, { alerts: [alert], firing: false });
    await cancel(run_id, true);
    const child = childOf(run_id);
    expect(run(child).state).toBe('running');
    await scheduler.stop();
    scheduler = await world.scheduler('w', '3');
    await world.clock.advance(100_000);
    expect(run(child)).toMatchObject({ state: 'succeeded', steps: { act: { state: 'succeeded' } } });
    expect(run(run_id)).toMatchObject({ state: 'cancelled', steps: { 'done:undo': { state: 'succeeded' } } });
  });

  it('does not turn in circles, and names the playbook that was meant', async () => {
    const loop = await world.begin(scheduler, [{ ...PARENT[0], parameters: { playbook_id: 'PB-Loop' } }]);
    await world.clock.advance(30_000);
    expect(run(loop)).toMatchObject({ state: 'failed' });
    expect(run(loop).steps['inner']?.error).toContain('is there a circle?');
    const wrong = await world.begin(scheduler, [{ ...PARENT[0], parameters: { playbook_id: 'PB-Chid' } }]);
    await world.clock.advance(100);
    expect(run(wrong).steps['inner']?.error).toContain('did you mean PB-Child?');
  });
});
