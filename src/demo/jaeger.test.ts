import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { startShop } from './start-shop.js';
import type { Shop } from './start-shop.js';
import { PAYMENT } from './services.js';

/** A foreign answer, looked at field by field in the expectations. */
type Answered = any;

interface JaegerSpan {
  readonly spanID: string;
  readonly traceID: string;
  readonly operationName: string;
  readonly startTime: number;
  readonly duration: number;
  readonly processID: string;
  readonly references: { readonly refType: string; readonly spanID: string }[];
  readonly tags: { readonly key: string; readonly value: unknown }[];
}

interface JaegerTrace {
  readonly traceID: string;
  readonly spans: JaegerSpan[];
  readonly processes: Record<string, { serviceName: string }>;
}

let clock: FakeClock;
let shop: Shop;

beforeEach(async () => {
  clock = new FakeClock();
  shop = await startShop({ clock, seed: 7 });
});

afterEach(() => shop.stop());

async function get(path: string): Promise<{ status: number; body: Answered }> {
  const response = await fetch(`${shop.addresses.jaeger}${path}`);
  return { status: response.status, body: await response.json() };
}

async function traces(parameters: Record<string, string>): Promise<JaegerTrace[]> {
  const { status, body } = await get(`/api/traces?${new URLSearchParams(parameters).toString()}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body.data as JaegerTrace[];
}

/** Microseconds that a span spends in itself: its children do not overlap in the shop. */
function selfTime(trace: JaegerTrace, span: JaegerSpan): number {
  const children = trace.spans.filter((other) =>
    other.references.some((reference) => reference.spanID === span.spanID),
  );
  return span.duration - children.reduce((sum, child) => sum + child.duration, 0);
}

function selfTimeByService(found: readonly JaegerTrace[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const trace of found) {
    for (const span of trace.spans) {
      const service = trace.processes[span.processID]?.serviceName ?? '';
      sums.set(service, (sums.get(service) ?? 0) + selfTime(trace, span));
    }
  }
  return sums;
}

describe("the shop's Jaeger", () => {
  it('answers whole traces: one root, children inside of their parents, every process named', async () => {
    const found = await traces({ service: PAYMENT, lookback: '10m', limit: '200' });

    expect(found).toHaveLength(200);
    for (const trace of found) {
      const byId = new Map(trace.spans.map((span) => [span.spanID, span]));
      expect(byId.size).toBe(trace.spans.length);
      expect(trace.spans.filter((span) => span.references.length === 0)).toHaveLength(1);
      for (const span of trace.spans) {
        expect(span.traceID).toBe(trace.traceID);
        expect(Number.isInteger(span.startTime) && Number.isInteger(span.duration)).toBe(true);
        expect(trace.processes[span.processID]).toBeDefined();
        const [reference] = span.references;
        if (!reference) continue;
        const parent = byId.get(reference.spanID)!;
        expect(reference.refType).toBe('CHILD_OF');
        expect(span.startTime).toBeGreaterThanOrEqual(parent.startTime);
        expect(span.startTime + span.duration).toBeLessThanOrEqual(parent.startTime + parent.duration);
        expect(selfTime(trace, parent)).toBeGreaterThanOrEqual(0);
      }
    }
  });

  it('spreads the durations as the latency of the service is spread', async () => {
    const found = await traces({
      service: PAYMENT,
      lookback: '10m',
      limit: '1500',
      operation: 'POST /api/v1/payments',
    });
    const durations = found
      .map((trace) => trace.spans.find((span) => span.references.length === 0)!.duration / 1_000)
      .sort((a, b) => a - b);

    expect(durations[Math.floor(durations.length * 0.5)]).toBeCloseTo(
      shop.model.latency(PAYMENT, 0.5, clock.now()),
      -1,
    );
    expect(durations[Math.floor(durations.length * 0.99)]).toBeGreaterThan(130);
    expect(durations[Math.floor(durations.length * 0.99)]).toBeLessThan(250);
  });

  it('spends the extra time of an overload in the payment gateway, waiting for a worker', async () => {
    const start = clock.now();
    shop.model.breakPayment();
    await clock.advance(20_000);
    const slow = await traces({
      service: PAYMENT,
      start: String((start + 2_000) * 1_000),
      end: String(clock.now() * 1_000),
      limit: '1000',
      minDuration: '300ms',
    });
    const sums = selfTimeByService(slow);

    expect(slow.length).toBeGreaterThan(5);
    expect(sums.get(PAYMENT)).toBeGreaterThan(5 * (sums.get('order-service') ?? 0));
    expect(slow.every((trace) => trace.spans.some((span) => span.operationName === 'acquire worker'))).toBe(true);
  });

  it('marks failed spans from where it broke up to the root', async () => {
    shop.model.break('inventory_database');
    await clock.advance(20_000);
    const failed = await traces({ service: 'inventory-service', lookback: '15s', tags: '{"error":"true"}' });

    expect(failed.length).toBeGreaterThan(3);
    const [trace] = failed;
    const errors = trace!.spans.filter((span) => span.tags.some((tag) => tag.key === 'error' && tag.value === true));
    expect(errors.map((span) => span.operationName)).toContain('SELECT stock');
    expect(errors.some((span) => span.references.length === 0)).toBe(true);
  });

  it('answers newest first within the window, and nothing that is not over yet', async () => {
    const now = clock.now() * 1_000;
    const found = await traces({
      service: PAYMENT,
      start: String(now - 5_000_000),
      end: String(now),
      lookback: 'custom',
      limit: '100',
    });
    const starts = found.map((trace) => trace.spans[0]!.startTime);

    expect(starts.length).toBeGreaterThan(8);
    expect(starts).toEqual([...starts].sort((a, b) => b - a));
    expect(Math.min(...starts)).toBeGreaterThanOrEqual(now - 5_000_000);
    for (const trace of found)
      for (const span of trace.spans) expect(span.startTime + span.duration).toBeLessThanOrEqual(now);
  });

  it('finds a trace again by its id, and says when there is none', async () => {
    const [trace] = await traces({ service: PAYMENT, lookback: '1m', limit: '1' });

    expect((await get(`/api/traces/${trace!.traceID}`)).body.data).toEqual([trace]);
    const missing = await get(`/api/traces/${'0'.repeat(31)}1`);
    expect(missing).toEqual({
      status: 404,
      body: { data: null, total: 0, limit: 0, offset: 0, errors: [{ code: 404, msg: 'trace not found' }] },
    });
  });

  it('knows its services, their operations, and who calls whom', async () => {
    expect((await get('/api/services')).body.data).toEqual(['inventory-service', 'order-service', 'payment-gateway']);
    expect((await get('/api/services/payment-gateway/operations')).body.data).toEqual([
      'POST /api/v1/payments',
      'acquire worker',
    ]);
    expect((await get('/api/services/nobody/operations')).body.data).toEqual([]);
    const { body } = await get(`/api/dependencies?endTs=${clock.now()}&lookback=600000`);
    expect(body.data).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ parent: PAYMENT, child: 'order-service' }),
        expect.objectContaining({ parent: 'order-service', child: 'inventory-service' }),
      ]),
    );
  });

  it.each([
    ['/api/traces', "parameter 'service' is required"],
    ['/api/traces?service=x&limit=many', "unable to parse param 'limit'"],
    ['/api/traces?service=x&start=1.5', "unable to parse param 'start'"],
    ['/api/traces?service=x&minDuration=fast', "unable to parse param 'minDuration'"],
    ['/api/traces?service=x&minDuration=2s&maxDuration=1s', "'maxDuration' should be greater than 'minDuration'"],
    ['/api/traces?service=x&tags=%7B', "malformed 'tags' parameter"],
    ['/api/traces/nohex', 'cannot parse traceID'],
    ['/api/dependencies', "unable to parse param 'endTs'"],
  ])('refuses %s in the words of Jaeger', async (path, message) => {
    const { status, body } = await get(path);

    expect(status).toBe(400);
    expect(body.data).toBeNull();
    expect(body.errors[0].code).toBe(400);
    expect(body.errors[0].msg).toContain(message);
  });
});
