import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunHeader, Step, StoredEvent } from '../../src/domain/run/run.js';
import type { StoredAlert } from '../../src/domain/decision/alert-view.js';
import { alertmanagerBody } from '../helper/alertmanager-body.js';
import { aHome, FixpointProcess } from '../helper/fixpoint-process.js';
import type { Home } from '../helper/fixpoint-process.js';
import { until } from '../helper/until.js';

type RunAnswer = RunHeader & { steps: Step[] };
interface List<T> {
  items: T[];
}

const PLAYBOOK = `
playbook_id: PB-Two-Steps
trigger_conditions:
  - alert_name: Something_Broke
tasks:
  - id: first
    type: api_call
    action: GET /first
  - id: second
    type: api_call
    depends_on: [first]
    action: GET /second
  - id: third
    type: api_call
    depends_on: [second]
    action: GET /third
`;

describe('a killed service', { timeout: 120_000 }, () => {
  const asked: string[] = [];
  let holdSecond = false;
  const held: ServerResponse[] = [];
  const world = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (request.url === '/second' && holdSecond) held.push(response);
    else response.end('{}');
  });
  let home: Home;
  let service: FixpointProcess;

  beforeAll(async () => {
    await new Promise<void>((resolve) => world.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => world.close());
  afterEach(async () => {
    await service.kill();
    world.closeAllConnections();
    home.remove();
    asked.length = 0;
  });

  async function begin(): Promise<void> {
    const { port } = world.address() as AddressInfo;
    home = aHome(
      { 'two.yaml': PLAYBOOK },
      `default_mode: auto\nexecutors:\n  api_call:\n    base_url: http://127.0.0.1:${port}\n`,
    );
    service = await FixpointProcess.start(home);
  }

  async function finishedRuns(count: number): Promise<RunAnswer[]> {
    const list = await until(`${count} finished runs`, async () => {
      const { items } = await service.get<List<RunHeader>>('/api/v1/runs?limit=200');
      return items.length >= count && items.every((run) => run.state === 'succeeded') && items;
    });
    return Promise.all(list.map((run) => service.get<RunAnswer>(`/api/v1/runs/${run.run_id}`)));
  }

  it('decides and runs an alert once that it had accepted right before its end', async () => {
    await begin();
    const body = alertmanagerBody([{ labels: { alertname: 'Something_Broke', service: 'shop' } }]);
    const answer = await service.post('/api/v1/webhooks/alertmanager', body);
    await service.kill();
    expect(answer.status).toBe(202);
    const { alerts } = (await answer.json()) as { alerts: { alert_id: string }[] };

    service = await FixpointProcess.start(home);
    const [run, ...more] = await finishedRuns(1);
    expect(more).toEqual([]);
    const alert = await service.get<StoredAlert>(`/api/v1/alerts/${alerts[0]?.alert_id}`);
    expect(alert.decision).toMatchObject({ action: 'run', run_id: run?.run_id });

    // Alertmanager never heard the answer and sends it again: still one run.
    const again = await service.post('/api/v1/webhooks/alertmanager', body);
    expect(again.status).toBe(202);
    await finishedRuns(1);
    expect((await service.get<List<RunHeader>>('/api/v1/runs')).items).toHaveLength(1);
  });

  it('goes on from the step that had no outcome and does not repeat the finished one', async () => {
    await begin();
    holdSecond = true;
    await service.post(
      '/api/v1/webhooks/alertmanager',
      alertmanagerBody([{ labels: { alertname: 'Something_Broke', service: 'shop' } }]),
    );
    await until('the second step', () => asked.includes('/second'));
    await service.kill();
    holdSecond = false;

    const begun = Date.now();
    service = await FixpointProcess.start(home);
    const [run] = await finishedRuns(1);
    expect(asked).toEqual(['/first', '/second', '/second', '/third']);
    expect(run?.steps.map((step) => step.attempts.length)).toEqual([1, 2, 1]);
    const { items } = await service.get<List<StoredEvent>>(`/api/v1/runs/${run?.run_id}/events`);
    expect(items.map((event) => event.seq)).toEqual(items.map((_, index) => index + 1));
    const resumed = items.find((event) => event.type === 'run_rescued');
    expect(Date.parse(resumed?.at ?? '') - begun).toBeLessThan(60_000);
  });

  it('loses nothing that it accepted and runs nothing twice, killed again and again under load', async () => {
    await begin();
    const accepted: string[] = [];
    for (let round = 0; round < 3; round++) {
      let killed = false;
      const sender = (async () => {
        for (let n = 0; !killed; n++) {
          const service_name = `s-${round}-${n}`;
          const body = alertmanagerBody(
            [{ labels: { alertname: 'Something_Broke', service: service_name } }],
            `{}:{service="${service_name}"}`,
          );
          const answer = await service.post('/api/v1/webhooks/alertmanager', body).catch(() => null);
          if (answer?.status !== 202) continue;
          const { alerts } = (await answer.json().catch(() => ({ alerts: [] }))) as { alerts: { alert_id: string }[] };
          accepted.push(...alerts.map((alert) => alert.alert_id));
        }
      })();
      await until('some alerts', () => accepted.length >= (round + 1) * 15);
      await service.kill();
      killed = true;
      await sender;
      service = await FixpointProcess.start(home);
    }
    for (const alert_id of accepted) {
      const alert = await service.get<StoredAlert>(`/api/v1/alerts/${alert_id}`);
      expect(alert.decision).toMatchObject({ action: 'run' });
      const run = await until('its run', async () => {
        const found = await service.get<RunAnswer>(`/api/v1/runs/${alert.decision?.run_id}`);
        return found.state === 'succeeded' && found;
      });
      expect(run.alert_ids).toEqual([alert_id]);
    }
  });
});
