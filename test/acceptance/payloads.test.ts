import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PayloadAnswer } from '../../src/domain/api/payload.js';
import { AppWorld } from '../helper/app-world.js';
import { TOKEN } from '../helper/fixpoint-process.js';
import { until } from '../helper/until.js';

const ALERT = (name: string) =>
  `{"status":"firing","labels":{"alertname":"${name}"},"startsAt":"2026-11-21T09:50:49.903Z"}`;
const GROUP = `{"version":"4", "groupKey":"g",  "status":"firing","receiver":"r", "alerts":[${ALERT('One')}, ${ALERT('支付')}]}`;

describe('the payload of an alert', { timeout: 60_000 }, () => {
  let world: AppWorld;
  beforeAll(async () => {
    world = await AppWorld.open({});
  }, 60_000);
  afterAll(() => world.close());

  const headers = { authorization: `Bearer ${TOKEN}` };

  async function send(path: string, body: string): Promise<string[]> {
    const answer = await fetch(world.app.url + path, { method: 'POST', headers, body });
    const { alerts } = (await answer.json()) as { alerts: { alert_id: string }[] };
    return alerts.map(({ alert_id }) => alert_id);
  }

  async function payloadOf(alert_id: string): Promise<PayloadAnswer> {
    const url = `${world.app.url}/api/v1/alerts/${alert_id}/payload`;
    return until('the payload to be kept', async () => {
      const answer = await fetch(url, { headers });
      return answer.ok && ((await answer.json()) as PayloadAnswer);
    });
  }

  it('is what really came, also of the same body that comes again and again', async () => {
    const [, second] = await send('/api/v1/webhooks/alertmanager', GROUP);
    const first = await payloadOf(second!);
    expect(first).toMatchObject({
      alert_id: second,
      source: 'alertmanager',
      text: GROUP,
      truncated: false,
      index: 1,
      path: '/alerts/1',
    });
    expect(first.bytes).toBe(Buffer.byteLength(GROUP));

    for (let sent = 0; sent < 3; sent += 1) await send('/webhook/alert', GROUP);
    const [again] = await send('/webhook/alert', GROUP);
    // Until its own delivery is noted, it is shown what it repeats.
    const repeated = await until('its own delivery to be noted', async () => {
      const answer = await payloadOf(again!);
      return answer.alert_id === again && answer;
    });
    expect(repeated).toMatchObject({ text: GROUP, index: 0 });
  });

  it('outlives a restart, with what waited when the service stopped', async () => {
    const [alert_id] = await send('/api/v1/webhooks/generic', '{ "alert_name": "Restart" }');
    await world.stop();
    await world.start();

    expect(await payloadOf(alert_id!)).toMatchObject({ source: 'generic', text: '{ "alert_name": "Restart" }' });
  });

  it('is the whole body where items of it were refused, and the alert is found in it', async () => {
    const body = `{"version":"4","groupKey":"g","status":"firing","receiver":"r","alerts":[{"labels":7},${ALERT('Beside')}]}`;
    const [alert_id] = await send('/api/v1/webhooks/alertmanager', body);

    expect(await payloadOf(alert_id!)).toMatchObject({ text: body, index: 1, path: '/alerts/1' });
  });
});
