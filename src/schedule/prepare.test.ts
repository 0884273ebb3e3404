import { afterEach, expect, it } from 'vitest';
import { World } from '../../test/helper/schedule-world.js';
import { waitModule, waitSpec } from '../executor/wait/wait.js';

const world = new World();
afterEach(() => world.stop());

it('says in plain words what a parameter was to be, and what came', async () => {
  const wait = waitModule.create({}, { clock: world.clock, notify: () => Promise.resolve([]) }).executors['wait']!;
  world.executors.set('wait', { spec: waitSpec, execute: wait.execute });
  const parameters = { until: '{{ run.playbook_id }}' };

  const run_id = await world.begin(await world.scheduler(), [{ id: 'rest', type: 'wait', parameters }]);
  await world.clock.advance(100);

  expect(world.memory.run(run_id).steps['rest']?.error).toMatch(
    /^parameters: until: expected an instant such as 2026-01-31T12:00:00Z, came "/,
  );
});
