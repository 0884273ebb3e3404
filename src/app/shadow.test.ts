import { afterEach, beforeEach, expect, it } from 'vitest';
import { openLoopback } from '../../test/helper/loopback.js';
import type { Loopback } from '../../test/helper/loopback.js';
import { World } from '../../test/helper/schedule-world.js';
import { anAlert } from '../../test/helper/an-alert.js';
import { SYSTEM_CLOCK } from '../../test/helper/system-clock.js';
import { until } from '../../test/helper/until.js';
import type { Run } from '../domain/run/run.js';
import { isRunFinished } from '../domain/run/run.js';
import { ApiCallConfig } from '../executor/api/api.js';
import { createExecutors } from '../executor/registry.js';
import type { Executors } from '../executor/registry.js';

let shop: Loopback;
let executors: Executors;
let world: World;

beforeEach(async () => {
  shop = await openLoopback();
  shop.answer(({ method }) => ({ json: method === 'GET' ? { is_healthy: false, load: 97 } : { done: true } }));
  const config = { api_call: ApiCallConfig.parse({ base_url: shop.url, bearer_token: 'the-real-credential' }) };
  executors = createExecutors(config, { clock: SYSTEM_CLOCK, notify: () => Promise.resolve([]) });
  world = new World();
  for (const kind of ['api_call', 'approval']) world.executors.set(kind, executors.get(kind)!);
});
afterEach(async () => {
  await world.stop();
  await executors.stop();
  await shop.close();
});

const TASKS = [
  { id: 'look', type: 'api_call', action: 'GET /health', output_variable: 'health' },
  { id: 'ask', type: 'approval', depends_on: ['look'], parameters: { message: 'may I?' } },
  {
    id: 'restart',
    type: 'api_call',
    depends_on: ['look', 'ask'],
    conditions: ['{{ !health.is_healthy }}'],
    action: 'POST /restart/{{ alert.service_name }}',
    parameters: { reason: 'load is {{ health.load }}' },
    approval: { approvers: ['sre'] },
    verify: { condition: '{{ health.is_healthy }}', within: '1s' },
  },
];

/** A run of the tasks in shadow, once it has ended. */
async function ran(): Promise<Run> {
  const mode = 'shadow';
  world.mode = mode;
  const run_id = await world.begin(await world.scheduler(), TASKS, {}, { mode, alert: anAlert() });
  return until('the run to end', async () => {
    // Answers come over a real connection; what waits for the clock must not wait for ever.
    await world.clock.advance(0);
    const run = world.memory.run(run_id);
    return isRunFinished(run.state) && run;
  });
}

it('reads for real in shadow, and records each write as it would be made, without making it', async () => {
  const run = await ran();

  expect(shop.received.map(({ method, url }) => `${method} ${url.pathname}`)).toEqual(['GET /health']);
  expect(run).toMatchObject({ state: 'succeeded', outcome: 'nothing_done' });
  expect(run.steps['look']).toMatchObject({ recorded_only: false, output: { status: 200, load: 97 } });
  expect(run.steps['restart']).toMatchObject({
    state: 'succeeded',
    recorded_only: true,
    conditions: [{ holds: true }],
    parameters: { action: 'POST /restart/payment-gateway', reason: 'load is 97' },
    output: {
      would_send: { method: 'POST', url: `${shop.url}/restart/payment-gateway`, body: { reason: 'load is 97' } },
    },
    approval: null,
    intent: null,
    change: null,
  });
});

it('asks nobody in shadow, and has nothing to verify or to take back', async () => {
  const run = await ran();

  expect(run.steps['ask']).toMatchObject({ state: 'succeeded', recorded_only: true, approval: null });
  expect(run.steps['restart:verify']).toMatchObject({ state: 'skipped', message: 'restart was only recorded' });
  expect(Object.keys(run.steps)).not.toContain('restart:undo');
  expect(world.memory.events(run.run_id).filter((event) => event.type === 'notice')).toEqual([]);
});
