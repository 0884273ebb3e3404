import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { RunAnswer } from '../../src/domain/api/run.js';
import type { RunHeader } from '../../src/domain/run/run.js';
import { alertmanagerBody } from '../helper/alertmanager-body.js';
import { aHome, FixpointProcess } from '../helper/fixpoint-process.js';
import type { Home } from '../helper/fixpoint-process.js';
import { openLoopback } from '../helper/loopback.js';
import type { Loopback } from '../helper/loopback.js';
import { describeWith, serverFile, servers } from '../helper/servers.js';
import { until } from '../helper/until.js';

const PATIENCE_MS = 60_000;
vi.setConfig({ testTimeout: 2 * PATIENCE_MS });

const PLAYBOOK = `
playbook_id: PB-Two-Writes
timeout: 20s
trigger_conditions: [{ alert_name: Something_Broke }]
tasks:
  - { id: first, type: api_call, action: POST /first }
  - { id: pause, type: wait, depends_on: [first], parameters: { duration: 4s } }
  - { id: second, type: api_call, depends_on: [pause], action: POST /second }
`;

await describeWith(['prometheus'], 'a run whose Prometheus dies in the middle', ({ prometheus: url }) => {
  let shop: Loopback;
  let home: Home;
  let service: FixpointProcess;

  beforeAll(async () => {
    shop = await openLoopback();
    shop.answer({ json: {} });
    const config = `default_mode: auto
schedule: { verify_within: 4s, verify_hold: 1s }
executors: { api_call: { base_url: '${shop.url}' }, prometheus: { url: '${url}' } }`;
    home = aHome({ 'two.yaml': PLAYBOOK }, config);
    service = await FixpointProcess.start(home);
  });
  afterAll(async () => {
    await servers(['up', 'prometheus'], {});
    await service.kill();
    home.remove();
    await shop.close();
  });

  /** An alert of a condition that is always true, or never, as the real Prometheus evaluates it. */
  async function alertOf(service_name: string, expression: string): Promise<void> {
    const body = alertmanagerBody([{ labels: { alertname: 'Something_Broke', service: service_name } }], service_name);
    const [alert] = body['alerts'] as Record<string, unknown>[];
    const query = new URLSearchParams({ 'g0.expr': expression });
    Object.assign(alert!, { generatorURL: `http://prometheus.example.test/graph?${query.toString()}` });
    expect((await service.post('/api/v1/webhooks/alertmanager', body)).status).toBe(202);
  }

  function theRun(service_name: string, is: (run: RunAnswer) => boolean): Promise<RunAnswer> {
    return until(
      `the run of ${service_name}`,
      async () => {
        const { items } = await service.get<{ items: RunHeader[] }>(`/api/v1/runs?service_name=${service_name}`);
        const run = items[0] && (await service.get<RunAnswer>(`/api/v1/runs/${items[0].run_id}`));
        return run && is(run) ? run : null;
      },
      PATIENCE_MS,
    );
  }

  const asked = (): string[] => shop.received.map((request) => request.url.pathname);

  it('writes nothing for a condition that is over, and is told when one has not gone', async () => {
    await alertOf('calm', 'vector(1) > 2');
    expect(await theRun('calm', (run) => run.finished_at !== null)).toMatchObject({ outcome: 'nothing_done' });
    expect(asked()).toEqual([]);
    await alertOf('stubborn', 'vector(3) > 2');
    const run = await theRun('stubborn', (found) => found.finished_at !== null);
    expect(run).toMatchObject({ state: 'succeeded', outcome: 'not_fixed' });
    expect(run.steps.at(-1)).toMatchObject({ step_id: 'alert:verify', output: { result: 'holds' } });
  });

  it('writes nothing more, and is not called verified', async () => {
    const before = asked().length;
    await alertOf('broken', 'vector(3) > 2');
    await theRun('broken', () => asked().length > before);
    process.kill(Number(readFileSync(serverFile('prometheus.pid'), 'utf8')), 'SIGKILL');
    const held = await theRun('broken', (run) => run.steps.some((step) => step.step_id === 'second' && step.message));
    expect(held.steps.find((step) => step.step_id === 'second')?.message).toContain('cannot be looked at');
    const run = await theRun('broken', (found) => found.finished_at !== null);
    expect(run).toMatchObject({ state: 'failed', outcome: 'unverified' });
    expect(asked().slice(before)).toEqual(['/first']);
  });
});
