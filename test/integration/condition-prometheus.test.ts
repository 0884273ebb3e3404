import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Alert } from '../../src/domain/alert/alert.js';
import type { ExecutorSet } from '../../src/domain/executor.js';
import type { AskCondition, ConditionAnswer } from '../../src/domain/run/proof.js';
import { PrometheusConfig } from '../../src/executor/prometheus/client.js';
import { dataQueries } from '../../src/executor/prometheus/data-query.js';
import { narrowedQuery } from '../../src/executor/prometheus/narrow.js';
import { prometheusModule } from '../../src/executor/prometheus/prometheus.js';
import { alertmanager } from '../../src/source/alertmanager/alertmanager.js';
import { anAlert } from '../helper/an-alert.js';
import { openLoopback } from '../helper/loopback.js';
import type { Loopback } from '../helper/loopback.js';
import { pointMonitoring, ScrapeTarget } from '../helper/real-monitoring.js';
import { describeWith, serverFile } from '../helper/servers.js';
import { SYSTEM_CLOCK } from '../helper/system-clock.js';
import { until } from '../helper/until.js';

/** The machine may be busy with other suites: how long is not what is tested here. */
const PATIENCE_MS = 120_000;
vi.setConfig({ testTimeout: 2 * PATIENCE_MS });

await describeWith(['prometheus'], "an alert's own condition, asked at a real Prometheus", ({ prometheus: url }) => {
  const gateway = new ScrapeTarget(29_994);
  const checkout = new ScrapeTarget(29_998);
  const suite = `condition-${Date.now()}`;
  let receiver: Loopback;
  let set: ExecutorSet;
  let restore: (() => Promise<void>) | null = null;

  beforeAll(async () => {
    receiver = await openLoopback();
    set = prometheusModule.create(PrometheusConfig.parse({ url }), {
      clock: SYSTEM_CLOCK,
      notify: () => Promise.resolve([]),
    });
    gateway.gauges = { p99_latency_ms: 1_240 };
    await gateway.start();
    restore = await pointMonitoring({
      fixpoint_url: receiver.url,
      token: 'unused',
      pager_port: Number(new URL(receiver.url).port),
      suite,
      group_wait: '1s',
      repeat_interval: '1m',
    });
  });

  afterAll(async () => {
    // The first one starts what was killed, the second one loads what it had before.
    await restore?.();
    await restore?.();
    await gateway.stop();
    await checkout.stop();
    await set.stop();
    await receiver.close();
  });

  /** The alert as Alertmanager's webhook brought it. */
  function fired(wanted: (alert: Alert) => boolean): Promise<Alert> {
    const source = alertmanager.create(alertmanager.config.parse(undefined));
    const stamp = { alert_id: '01KAJ000000000000000000000', received_at: '2026-11-21T10:00:00.000Z' };
    return until(
      'the webhook',
      () => {
        const parsed = receiver.received.map(({ body }) => source.parse(JSON.parse(body), Date.now()));
        const alerts = parsed.flatMap((each) => ('alerts' in each ? each.alerts : [])).map((each) => ({ ...each, ...stamp })); // prettier-ignore
        return alerts.find((alert) => alert.labels['suite'] === suite && wanted(alert));
      },
      PATIENCE_MS,
    );
  }

  function askerOf(alert: Alert): AskCondition {
    const asker = set.conditions?.asker(alert) ?? null;
    if (asker === null) throw new Error(`nothing to ask: ${JSON.stringify(alert.links)}`);
    return asker;
  }

  function becomes(asker: AskCondition, type: ConditionAnswer['type']): Promise<ConditionAnswer> {
    return until(
      `the condition: ${type}`,
      async () => {
        const answer = await asker(new AbortController().signal);
        return answer.type === type ? answer : null;
      },
      PATIENCE_MS,
    );
  }

  it.each([
    'up == 0',
    '0 == up{job="checkout"}',
    'p99_latency_ms > on (job) group_left (version) prometheus_build_info',
    'up > ignoring (version) up * 2 # a comment (',
    'count by (job) (up == 0) / count by (job) (up) > 0.5',
    'sum(up == 0) without (instance) > 3',
    'up == 0 and on (job) (up > 1 or p99_latency_ms > 5)',
    'up == 0 unless on (job) p99_latency_ms offset 5m > 5',
    'up == 0 or p99_latency_ms @ end() > 500 or absent(up)',
    'max_over_time(up[10m:1m] offset -1s) ^ 2 < -1 * -300',
    'time() - timestamp(up) > 10 * 60',
    'histogram_quantile(0.9, sum by (le) (rate(prometheus_http_request_duration_seconds_bucket[1m]))) > 1e9',
  ])('asks for the data of %j in words that Prometheus takes', async (expression) => {
    const queries = dataQueries(expression) ?? [];
    expect(queries).not.toEqual([]);
    const labels = { job: 'checkout', instance: '127.0.0.1:29998', team: 'a "$1" \\ 队' };
    for (const query of [expression, ...queries]) {
      for (const asked of [query, narrowedQuery(query, labels)]) {
        const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query: asked }).toString()}`);
        expect([asked, await answer.json()]).toMatchObject([asked, { status: 'success', data: { resultType: 'vector' } }]); // prettier-ignore
      }
    }
  });

  it('leaves out on the server what contradicts the alert', async () => {
    const labels = { job: 'payment', team: 'x', instance: '127.0.0.1:29994' };
    const query = narrowedQuery('up or vector(7)', labels);

    const asked = async (): Promise<{ metric: unknown }[]> => {
      const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query }).toString()}`);
      return ((await answer.json()) as { data: { result: { metric: unknown }[] } }).data.result;
    };

    const result = await until('the first scrape', async () => {
      const found = await asked();
      return found.length === 2 && found;
    });
    expect(result.map(({ metric }) => metric)).toEqual([
      expect.objectContaining({ __name__: 'up', job: 'payment', instance: '127.0.0.1:29994' }),
      {},
    ]);
  });

  it('tells for an alert of up == 0 that the target is back, and of each target by itself', async () => {
    const down = await fired(({ labels }) => labels['alertname'] === 'TargetDown' && labels['instance'] === '127.0.0.1:29998'); // prettier-ignore
    const other = await fired(({ labels }) => labels['alertname'] === 'TargetDown' && labels['instance'] === '127.0.0.1:29997'); // prettier-ignore
    const asker = askerOf(down);

    expect(await asker(new AbortController().signal)).toMatchObject({
      type: 'holds',
      evidence: {
        url: `${url}/`,
        query: 'up{job="checkout"} == 0',
        series: [{ labels: { instance: '127.0.0.1:29998' }, value: 0 }],
        count: 1,
      },
    });

    await checkout.start();

    expect(await becomes(asker, 'over')).toMatchObject({
      evidence: { data: [{ query: 'up{job="checkout"}', series: [{ value: 1 }], count: 1 }] },
    });
    expect((await askerOf(other)(new AbortController().signal)).type).toBe('holds');
  });

  it('tells of one alert, one after the other, that it holds, is over, has no data, and cannot be asked about', async () => {
    const alert = await fired(({ labels }) => labels['alertname'] === 'Service_Latency_Exceeded');
    const asker = askerOf(alert);
    expect(alert.links['generator']).toMatch(/^http:\/\/prometheus\.example\.test/);

    expect(await becomes(asker, 'holds')).toMatchObject({
      evidence: { query: 'p99_latency_ms > 500', series: [{ value: 1_240 }], count: 1 },
    });

    gateway.gauges = { p99_latency_ms: 120 };
    expect(await becomes(asker, 'over')).toMatchObject({
      evidence: { data: [{ query: 'p99_latency_ms', series: [{ value: 120 }], count: 1 }] },
    });

    gateway.gauges = { p99_latency_ms: Number.NaN };
    expect(await becomes(asker, 'no_data')).toMatchObject({ evidence: { data: [{ series: [{ value: 'NaN' }] }] } });

    gateway.gauges = { p99_latency_ms: 120 };
    await becomes(asker, 'over');
    await gateway.stop();
    expect(await becomes(asker, 'no_data')).toMatchObject({ evidence: { data: [{ series: [], count: 0 }] } });

    process.kill(Number(readFileSync(serverFile('prometheus.pid'), 'utf8')), 'SIGKILL');
    expect(await becomes(asker, 'unavailable')).toHaveProperty('reason', expect.stringContaining(url));
  });

  it('asks nothing about an alert whose link has no expression', () => {
    const links = { generator: 'http://127.0.0.1:8880/vmalert/alert?group_id=1&alert_id=2' };

    expect(set.conditions?.asker(anAlert({ links }))).toBeNull();
  });
});
