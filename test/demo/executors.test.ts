import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { shopConfig, startShop } from '../../src/demo/start-shop.js';
import type { Shop } from '../../src/demo/start-shop.js';
import type { Outcome } from '../../src/domain/run/outcome.js';
import { createExecutors, executorModules } from '../../src/executor/registry.js';
import type { Executors } from '../../src/executor/registry.js';
import { email } from '../../src/notifier/email/email.js';
import { anAttempt } from '../helper/an-attempt.js';
import { FakeClock } from '../helper/fake-clock.js';
import { until } from '../helper/until.js';

/** A foreign answer, looked at field by field in the expectations. */
type Answered = any;

let clock: FakeClock;
let shop: Shop;
let executors: Executors;

beforeEach(async () => {
  clock = new FakeClock();
  shop = await startShop({ clock, seed: 7 });
  const slices: Readonly<Record<string, unknown>> = shopConfig(shop).executors;
  const config = Object.fromEntries(
    executorModules
      .filter((module) => slices[module.name] !== undefined)
      .map((module) => [module.name, module.config.parse(slices[module.name])]),
  );
  expect(Object.keys(config).sort()).toEqual(Object.keys(slices).sort());
  executors = createExecutors(config, { clock, notify: () => Promise.resolve([]) });
});

afterEach(async () => {
  await executors.stop();
  await shop.stop();
});

async function execute(kind: string, input: unknown): Promise<Answered> {
  const executor = executors.get(kind)!;
  const outcome: Outcome = await executor.execute(executor.spec.input.parse(input), anAttempt());
  expect(outcome, JSON.stringify(outcome)).toMatchObject({ type: 'succeeded' });
  return (outcome as Outcome & { type: 'succeeded' }).output;
}

describe('the executors at the overloaded shop', () => {
  beforeEach(async () => {
    shop.model.breakPayment();
    await clock.advance(3_000);
  });

  it('find everything that they are configured for', async () => {
    const checks = await executors.check(AbortSignal.timeout(10_000));

    expect(checks.filter((check) => !check.ok)).toEqual([]);
    expect(checks.length).toBeGreaterThanOrEqual(6);
  });

  it('hear that the payment gateway is healthy but slow, and whom it depends on', async () => {
    expect(await execute('api_call', { action: 'GET /api/v1/health/payment-gateway' })).toMatchObject({
      status: 200,
      is_healthy: true,
      replicas: 2,
    });
    expect(
      await execute('api_call', { action: 'GET /api/v1/dependencies/payment-gateway', type: 'downstream' }),
    ).toMatchObject({ dependencies: [{ service: 'order-service', is_healthy: true }] });
  });

  it('read the latency', async () => {
    const { value } = await execute('prometheus_query', { query: 'service_latency_p99_ms{service="payment-gateway"}' });

    expect(value).toBeGreaterThan(1_190);
  });

  it('count log lines, few of them errors, and show the errors first', async () => {
    const output = await execute('log_aggregation', {
      service: 'payment-gateway',
      time_window: '10m',
      keywords: ['ERROR', 'TIMEOUT', 'payment failed'],
    });

    expect(output.total_logs).toBeGreaterThan(200);
    expect(output.error_rate).toBeGreaterThan(0);
    expect(output.error_rate).toBeLessThan(0.1);
    expect(output.keyword_count).toBeGreaterThan(0);
    const { samples } = await execute('log_aggregation', { service: 'payment-gateway' });
    expect(samples[0]).toMatchObject({ level: 'ERROR', message: expect.any(String), host: expect.any(String) });
  });

  it('find the payment gateway itself to be what makes its requests slow', async () => {
    await clock.advance(10_000);
    const output = await execute('trace_analysis', { service: 'payment-gateway', time_window: '10m' });

    expect(output.slow_traces).toBeGreaterThan(0);
    expect(output.culprit).toMatchObject({ service: 'payment-gateway' });
  });

  it('know the topology from traces and configuration', async () => {
    const { downstream } = await execute('service_topology', { service: 'payment-gateway', depth: 3 });

    expect(downstream.map((each: { service: string }) => each.service)).toEqual(
      expect.arrayContaining(['order-service', 'inventory-service']),
    );
  });

  it('scale the payment gateway, which brings the latency down', async () => {
    const executor = executors.get('kubernetes_scale')!;
    const input = executor.spec.input.parse({ service: 'payment-gateway', replicas_increase: 1, max_replicas: 5 });
    const plan = await executor.plan!(input, anAttempt());
    if (plan.type !== 'change') throw new Error(`expected a change, got ${JSON.stringify(plan)}`);
    const work = executor.execute(input, anAttempt({ intent: { ...plan.intent, idempotency_key: 'k' } }));
    let done = false;
    void work.then(() => (done = true));
    await until('the rollout', async () => {
      if (!done) await clock.advance(200);
      return done;
    });

    expect(await work).toMatchObject({
      type: 'succeeded',
      output: { replicas_before: 2, replicas_after: 3, ready_replicas: 3, ready: true },
    });
    await clock.advance(3_000);
    const { value } = await execute('prometheus_query', { query: 'service_latency_p99_ms{service="payment-gateway"}' });
    expect(value).toBeLessThan(230);
  });
});

describe('the mail notifier at the shop', () => {
  it('delivers into the sink', async () => {
    const config = email.config.parse(shopConfig(shop).notifiers.email);
    const notifier = email.create(config, { clock });
    const notice = {
      notice_id: 'n1',
      subject: '支付网关高延迟故障排查',
      text: 'done\n',
      html: '<p>done</p>',
      channels: null,
      recipients: [],
      severity: 'info' as const,
      link: null,
    };

    expect(await notifier.check(AbortSignal.timeout(10_000))).toMatchObject({ ok: true });
    expect(await notifier.send(notice, AbortSignal.timeout(10_000))).toMatchObject({ type: 'sent' });
    expect(shop.mails()).toMatchObject([{ subject: '支付网关高延迟故障排查', to: ['oncall@example.com'] }]);
    await notifier.stop();
  });
});
