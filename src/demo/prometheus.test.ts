import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { startShop } from './start-shop.js';
import type { Shop } from './start-shop.js';
import { PAYMENT } from './services.js';

/** A foreign answer, looked at field by field in the expectations. */
type Answered = any;

interface Result {
  readonly metric: Record<string, string>;
  readonly value: [number, string];
}

let clock: FakeClock;
let shop: Shop;

beforeEach(async () => {
  clock = new FakeClock();
  shop = await startShop({ clock, seed: 7 });
});

afterEach(() => shop.stop());

async function get(path: string, parameters: Record<string, string> = {}): Promise<{ status: number; body: Answered }> {
  const response = await fetch(`${shop.addresses.prometheus}${path}?${new URLSearchParams(parameters).toString()}`);
  return { status: response.status, body: await response.json() };
}

async function vector(query: string): Promise<Result[]> {
  const { status, body } = await get('/api/v1/query', { query });
  expect(status, JSON.stringify(body)).toBe(200);
  expect(body.data.resultType).toBe('vector');
  return body.data.result as Result[];
}

async function value(query: string): Promise<number> {
  const result = await vector(query);
  expect(result, query).toHaveLength(1);
  return Number(result[0]?.value[1]);
}

describe("the shop's Prometheus", () => {
  it('answers an instant vector with metric, seconds and text, as Prometheus does', async () => {
    const { body } = await get('/api/v1/query', { query: 'service_latency_p99_ms{service="payment-gateway"}' });

    expect(body.status).toBe('success');
    const [sample] = body.data.result as Result[];
    expect(sample?.metric).toEqual({
      __name__: 'service_latency_p99_ms',
      job: PAYMENT,
      namespace: 'default',
      service: PAYMENT,
    });
    expect(sample?.value[0]).toBe(clock.now() / 1_000);
    expect(Number(sample?.value[1])).toBeCloseTo(180, -1);
  });

  it('takes the same query as a posted form', async () => {
    const response = await fetch(`${shop.addresses.prometheus}/api/v1/query`, {
      method: 'POST',
      body: new URLSearchParams({ query: 'up{job="node"}' }),
    });
    const body = (await response.json()) as Answered;

    expect(response.status).toBe(200);
    expect(body.data.result[0].value[1]).toBe('1');
  });

  it('selects by =, !=, =~ and !~, and an expression has to match the whole value', async () => {
    const names = async (query: string): Promise<string[]> =>
      (await vector(query)).map((sample) => sample.metric['service'] ?? '');

    expect(await names('service_latency_p99_ms{service=~"payment.*|order-service"}')).toEqual([
      'payment-gateway',
      'order-service',
    ]);
    expect(await names('service_latency_p99_ms{service=~"payment"}')).toEqual([]);
    expect(await names('service_latency_p99_ms{service!~".*-service",service!="shop-db"}')).toEqual([
      'payment-gateway',
    ]);
    expect(await names('{__name__="service_latency_p99_ms",service="shop-db"}')).toEqual(['shop-db']);
    expect(await vector('no_such_metric')).toEqual([]);
  });

  it('has a histogram whose quantile agrees with the latency itself', async () => {
    const p99 = await value(
      'histogram_quantile(0.99, sum(rate(http_request_duration_seconds_bucket{service="payment-gateway"}[5m])) by (le, service)) * 1000',
    );

    expect(p99).toBeGreaterThan(165);
    expect(p99).toBeLessThan(200);
  });

  it('counts as many requests as the model serves, and its counters never fall', async () => {
    expect(await value('sum(rate(http_requests_total{service="payment-gateway"}[1m]))')).toBeCloseTo(117.7, 0);
    expect(
      await value('100 * avg by (service) (rate(process_cpu_seconds_total{service="order-service"}[2m]))'),
    ).toBeCloseTo(34, -1);

    const before = await value('sum(http_requests_total{service="payment-gateway"})');
    await clock.advance(333);
    expect(await value('sum(http_requests_total{service="payment-gateway"})')).toBeGreaterThan(before);
  });

  it('compares, calculates and joins vectors', async () => {
    shop.model.breakPayment();
    await clock.advance(3_000);

    expect((await vector('service_latency_p99_ms > 500')).map((sample) => sample.metric['service'])).toEqual([PAYMENT]);
    expect((await vector('service_latency_p99_ms > bool 500')).map((sample) => sample.value[1])).toEqual([
      '1',
      '0',
      '0',
      '0',
    ]);
    expect(
      await value('100 * (1 - node_filesystem_avail_bytes{mountpoint="/"} / node_filesystem_size_bytes)'),
    ).toBeCloseTo(46, 0);
    expect(
      await value('service_latency_p99_ms > 500 and on (service) service_requests_per_second > 200'),
    ).toBeGreaterThan(500);
    expect(await value('count(up{namespace="default"} == 1)')).toBe(7);
    expect(await value('max(service_latency_p99_ms) / 1000 ^ 1')).toBeCloseTo(1.24, 1);
    expect(await value('-(2 + 3 * vector(4) % 5)')).toBe(-4);
    expect((await vector('topk(1, service_latency_p99_ms)'))[0]?.metric['service']).toBe(PAYMENT);
    expect(await value('absent(nothing_here)')).toBe(1);
  });

  it('looks back with offset and over ranges', async () => {
    shop.model.breakPayment();
    await clock.advance(60_000);

    expect(await value('service_latency_p99_ms{service="payment-gateway"} offset 5m')).toBeLessThan(200);
    expect(await value('max_over_time(service_latency_p99_ms{service="payment-gateway"}[2m])')).toBeGreaterThan(1_200);
    expect(await value('min_over_time(service_latency_p99_ms{service="payment-gateway"}[5m])')).toBeLessThan(200);
    expect(await vector('service_latency_p99_ms offset 5h')).toEqual([]);
  });

  it('follows the replicas of the deployment', async () => {
    shop.model.scale(PAYMENT, 3);
    expect(await value('kube_deployment_spec_replicas{deployment="payment-gateway"}')).toBe(3);
    expect(await value('kube_deployment_status_replicas_ready{deployment="payment-gateway"}')).toBe(2);
    await clock.advance(2_500);
    expect(await value('kube_deployment_status_replicas_ready{deployment="payment-gateway"}')).toBe(3);
  });

  it('answers ranges step by step', async () => {
    const now = clock.now() / 1_000;
    const { body } = await get('/api/v1/query_range', {
      query: 'service_latency_p99_ms{service="payment-gateway"}',
      start: String(now - 60),
      end: String(now),
      step: '15s',
    });

    expect(body.data.resultType).toBe('matrix');
    expect(body.data.result[0].values.map((point: [number, string]) => point[0])).toEqual([
      now - 60,
      now - 45,
      now - 30,
      now - 15,
      now,
    ]);
  });

  it.each([
    ['sum(up', '1:7: parse error: unclosed left parenthesis'],
    ['', 'unknown position: parse error: no expression found in input'],
    ['up{job="x"', '1:11: parse error: unexpected end of input in label matching'],
    ['nope(up)', '1:1: parse error: unknown function with name "nope"'],
    ['rate(up)', 'expected type range vector in call to function "rate", got instant vector'],
    ['up[5m', '1:6: parse error: unexpected end of input, expected "]"'],
    ['up{job=~"("}', 'error parsing regexp'],
    ['1 > 2', 'comparisons between scalars must use BOOL modifier'],
    ['{job=""}', 'vector selector must contain at least one non-empty matcher'],
    ['up § 1', "unexpected character: '§'"],
    ['up "text', 'unterminated quoted string'],
    ['up\n  ) 3', '2:3: parse error: unexpected ")"'],
  ])('refuses %j as bad data, with the place', async (query, message) => {
    const { status, body } = await get('/api/v1/query', { query });

    expect(status).toBe(400);
    expect(body).toMatchObject({ status: 'error', errorType: 'bad_data' });
    expect(body.error).toContain('invalid parameter "query": ');
    expect(body.error).toContain(message);
  });

  it('refuses a join that is not one to one, times and steps that make no sense, and unknown paths', async () => {
    expect((await get('/api/v1/query', { query: 'up * on (namespace) up' })).status).toBe(422);
    expect((await get('/api/v1/query', { query: 'up', time: 'yesterday' })).body.error).toBe(
      'invalid parameter "time": cannot parse "yesterday" to a valid timestamp',
    );
    expect((await get('/api/v1/query_range', { query: 'up', start: '1', end: '2', step: '0' })).body.error).toContain(
      'zero or negative query resolution step',
    );
    expect(
      (await get('/api/v1/query_range', { query: 'up', start: '0', end: '100000', step: '1' })).body.error,
    ).toContain('exceeded maximum resolution of 11,000 points');
    expect((await fetch(`${shop.addresses.prometheus}/api/v2/query`)).status).toBe(404);
  });

  it('tells of pending and firing alerts and of its rules', async () => {
    shop.model.breakPayment();
    await clock.advance(900);
    expect((await get('/api/v1/alerts')).body.data.alerts).toMatchObject([
      { state: 'pending', labels: { alertname: 'Service_Latency_Exceeded', service: PAYMENT } },
    ]);

    await clock.advance(2_000);
    expect((await get('/api/v1/alerts')).body.data.alerts).toMatchObject([{ state: 'firing' }]);
    const { body } = await get('/api/v1/rules');
    expect(body.data.groups[0].rules[0]).toMatchObject({
      name: 'Service_Latency_Exceeded',
      state: 'firing',
      query: 'service_latency_p99_ms > 500',
      type: 'alerting',
    });
  });

  it('says that it is ready, and what it is', async () => {
    const ready = await fetch(`${shop.addresses.prometheus}/-/ready`);

    expect([ready.status, await ready.text()]).toEqual([200, 'Prometheus Server is Ready.\n']);
    expect((await get('/api/v1/status/buildinfo')).body.data.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect((await get('/api/v1/label/service/values')).body.data).toEqual([
      'inventory-service',
      'order-service',
      'payment-gateway',
      'shop-db',
    ]);
  });
});
