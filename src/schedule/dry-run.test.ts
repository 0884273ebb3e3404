import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ok, World } from '../../test/helper/schedule-world.js';
import { waitModule, waitSpec } from '../executor/wait/wait.js';
import type { Scheduler } from './scheduler.js';

describe('a dry run', () => {
  let world: World;
  let scheduler: Scheduler;

  beforeEach(async () => {
    world = new World();
    const wait = waitModule.create({}, { clock: world.clock, notify: () => Promise.resolve([]) }).executors['wait']!;
    world.executors.set('wait', { spec: waitSpec, execute: wait.execute });
    world.kind('push', 'write', () => ok());
    scheduler = await world.scheduler();
  });
  afterEach(() => world.stop());

  const TASKS = [
    { id: 'act', type: 'push' },
    { id: 'rest', type: 'wait', parameters: { duration: '10m' }, depends_on: ['act'] },
    { id: 'more', type: 'push', depends_on: ['rest'] },
  ];

  it('is told at once: it says what it would wait, and does not', async () => {
    const run_id = await world.begin(scheduler, TASKS, {}, { dry_run: true });
    await world.clock.advance(1_000);
    expect(world.memory.run(run_id)).toMatchObject({
      state: 'succeeded',
      outcome: 'nothing_done',
      steps: { rest: { summary: 'would wait 10 min' } },
    });
    expect(world.calls.map((call) => call.dry_run)).toEqual([true, true]);
  });

  it('is not what a shadow is: that looks at the world when it would have looked', async () => {
    const run_id = await world.begin(scheduler, TASKS, {}, { mode: 'shadow' });
    await world.clock.advance(1_000);
    expect(world.states(run_id)).toMatchObject({ rest: 'waiting' });
  });

  it.each([{ dry_run: true }, { mode: 'shadow' as const }])(
    'does not fail over what only a write would have found out (%o)',
    async (kind) => {
      const parameters = { of: '{{ made.id }}' };
      const tasks = [
        { id: 'act', type: 'push', output_variable: 'made' },
        { id: 'use', type: 'push', depends_on: ['act'], parameters, output_variable: 'used' },
        { id: 'each', type: 'push', depends_on: ['act'], foreach: '{{ steps.act.output.list }}' },
        { id: 'chain', type: 'push', depends_on: ['use'], parameters: { of: '{{ steps.use.output.id }}' } },
        { id: 'after', type: 'push', depends_on: ['chain', 'each'] },
      ];
      const run_id = await world.begin(scheduler, tasks, {}, kind);
      await world.clock.advance(1_000);
      expect(world.memory.run(run_id)).toMatchObject({
        state: 'succeeded',
        steps: {
          use: { state: 'skipped', message: 'made is not known: act was only recorded' },
          each: { state: 'skipped', message: 'steps.act.output is not known: act was only recorded' },
          chain: {
            state: 'skipped',
            message: expect.stringMatching(/ is not known: use did not take place$/) as string,
          },
          after: { state: 'succeeded' },
        },
      });
    },
  );

  it('fails like a real run over what is lacking for another reason', async () => {
    const tasks = [{ id: 'act', type: 'push', parameters: { of: '{{ alert.labels.nope }}' } }];
    const run_id = await world.begin(scheduler, tasks, {}, { dry_run: true });
    await world.clock.advance(1_000);
    expect(world.states(run_id)).toMatchObject({ act: 'failed' });
  });
});
