import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { until } from '../../test/helper/until.js';
import { labelsFingerprint } from '../domain/alert/label.js';
import type { SentNotification } from './alertmanager.js';
import { startShop } from './start-shop.js';
import type { Shop } from './start-shop.js';
import { PAYMENT } from './services.js';

/** A foreign answer, looked at field by field in the expectations. */
type Answered = any;

interface Received {
  readonly headers: Record<string, unknown>;
  readonly body: Answered;
}

let clock: FakeClock;
let shop: Shop;
let received: Received[];
let answers: number[];
let url: string;
let sent: SentNotification[];
let closeReceiver: () => void;

beforeEach(async () => {
  clock = new FakeClock();
  shop = await startShop({ clock, seed: 7 });
  received = [];
  answers = [];
  sent = [];
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      received.push({ headers: request.headers, body: JSON.parse(text) });
      const status = answers.shift() ?? 202;
      if (status === 0) request.socket.destroy();
      else response.writeHead(status).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/webhooks/alertmanager`;
  closeReceiver = () => {
    server.close();
    server.closeAllConnections();
  };
  await shop.sendAlertsTo({ url, token: 'secret-token', onSent: (notification) => sent.push(notification) });
});

afterEach(async () => {
  await shop.stop();
  closeReceiver();
});

/** Moves the clock in small steps until it is so; real requests need real time in between. */
function passing<T>(what: string, condition: () => T) {
  return until(what, async () => {
    const value = condition();
    if (!value) await clock.advance(100);
    return value;
  });
}

describe('the alert sender', () => {
  it("posts what Alertmanager's webhook posts when the latency has been too high for a second", async () => {
    shop.model.breakPayment();
    const broken_at = clock.now();
    await passing('the alert', () => sent.length === 1);
    const [{ headers, body } = { headers: {}, body: null }] = received;

    expect(headers).toMatchObject({
      authorization: 'Bearer secret-token',
      'content-type': 'application/json',
      'user-agent': 'Alertmanager/0.25.0',
    });
    expect(body).toMatchObject({
      version: '4',
      status: 'firing',
      receiver: 'fixpoint',
      truncatedAlerts: 0,
      groupLabels: { alertname: 'Service_Latency_Exceeded', service: PAYMENT },
    });
    expect(body.groupKey).toBe('{}:{alertname="Service_Latency_Exceeded", service="payment-gateway"}');
    const [alert] = body.alerts;
    expect(alert).toMatchObject({
      status: 'firing',
      endsAt: '0001-01-01T00:00:00Z',
      labels: { alertname: 'Service_Latency_Exceeded', service: PAYMENT, severity: 'critical' },
    });
    expect(alert.fingerprint).toBe(labelsFingerprint(alert.labels));
    expect(alert.annotations.value).toMatch(/^1[12]\d\d ms$/);
    expect(Date.parse(alert.startsAt)).toBeGreaterThanOrEqual(broken_at + 1_000);
    expect(new URL(alert.generatorURL).searchParams.get('g0.expr')).toBe('service_latency_p99_ms > 500');
    expect(body.commonLabels).toEqual(alert.labels);
  });

  it('does not repeat itself before the repeat interval, and then says the same again', async () => {
    shop.model.breakPayment();
    await passing('the alert', () => sent.length === 1);
    await clock.advance(20_000);
    expect(received).toHaveLength(1);

    await passing('the repeat', () => sent.length === 2);
    expect(received[1]?.body.alerts[0].startsAt).toBe(received[0]?.body.alerts[0].startsAt);
    expect(clock.now()).toBeGreaterThan(Date.parse(received[0]?.body.alerts[0].startsAt) + 60_000);
  });

  it('tells that it resolved, with its end, once one more replica has brought the latency down', async () => {
    shop.model.breakPayment();
    await passing('the alert', () => sent.length === 1);
    shop.model.scale(PAYMENT, 3);
    await passing('the resolve', () => sent.length === 2);
    const { body } = received[1]!;

    expect(body.status).toBe('resolved');
    expect(body.alerts[0]).toMatchObject({
      status: 'resolved',
      fingerprint: received[0]?.body.alerts[0].fingerprint,
      startsAt: received[0]?.body.alerts[0].startsAt,
    });
    expect(Date.parse(body.alerts[0].endsAt)).toBeGreaterThan(Date.parse(body.alerts[0].startsAt));
    await clock.advance(120_000);
    expect(received).toHaveLength(2);
  });

  it('fires anew, with a new beginning and the same fingerprint, when it breaks again', async () => {
    shop.model.breakPayment();
    await passing('the alert', () => sent.length === 1);
    shop.model.repair();
    await passing('the resolve', () => sent.length === 2);
    shop.model.breakPayment();
    await passing('the second alert', () => sent.length === 3);

    expect(received[2]?.body.alerts[0].fingerprint).toBe(received[0]?.body.alerts[0].fingerprint);
    expect(received[2]?.body.alerts[0].startsAt > received[0]?.body.alerts[0].startsAt).toBe(true);
  });

  it('tries again after 5xx and broken connections with the same body, and tells how often', async () => {
    answers = [503, 0, 500];
    shop.model.breakPayment();
    await passing('the alert', () => sent.length === 1);

    expect(sent[0]).toMatchObject({ http_status: 202, error: null, attempts: 4 });
    expect(new Set(received.map((each) => JSON.stringify(each.body))).size).toBe(1);
  });

  it('does not try again within a flush after 4xx, and says why', async () => {
    answers = [401];
    shop.model.breakPayment();
    await passing('the refusal', () => sent.length === 1);

    expect(sent[0]).toMatchObject({ http_status: 401, error: 'unexpected status code 401', attempts: 1 });
  });

  it('keeps different faults in groups of their own', async () => {
    shop.model.break('order_cpu');
    shop.model.break('disk');
    shop.model.break('inventory_database');
    await passing('three alerts', () => received.length === 3);
    const byName = new Map(received.map(({ body }) => [body.groupLabels.alertname, body.alerts[0]]));

    expect(byName.get('High_CPU_Usage')).toMatchObject({
      labels: { service: 'order-service', severity: 'critical' },
      annotations: { value: expect.stringMatching(/^9\d %$/) },
    });
    expect(byName.get('Disk_Full')).toMatchObject({
      labels: { instance: '10.0.0.21:9100', severity: 'warning' },
      annotations: { value: '91 %' },
    });
    expect(byName.get('DB_Connection_Error')).toMatchObject({ labels: { service: 'inventory-service' } });
  });

  it('says nothing of a trouble that passes before anybody was told', async () => {
    shop.model.breakPayment();
    await clock.advance(900);
    shop.model.repair();
    await clock.advance(10_000);

    expect(received).toEqual([]);
  });
});
