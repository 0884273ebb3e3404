import { afterAll, beforeAll, expect, it } from 'vitest';
import { elasticsearchModule } from '../../src/executor/elasticsearch/elasticsearch.js';
import { ElasticsearchConfig } from '../../src/executor/elasticsearch/config.js';
import { LogAggregationInput } from '../../src/executor/elasticsearch/log-aggregation.js';
import type { ExecutorSet } from '../../src/domain/executor.js';
import type { Outcome } from '../../src/domain/run/outcome.js';
import { FakeClock } from '../helper/fake-clock.js';
import { anAttempt } from '../helper/an-attempt.js';
import { describeWith } from '../helper/servers.js';

const NOW = '2026-11-21T10:00:00.000Z';
const PREFIX = 'fixpoint-test';

/** One log line, as a shipper would write it. */
interface Line {
  readonly at?: string;
  readonly service: string;
  readonly message: string;
  readonly level?: string | number;
  readonly host?: string;
}

/** What the tests read of the output. */
interface Found {
  readonly error_rate: number | null;
  readonly window: { readonly from: string; readonly to: string };
  readonly notes: readonly string[];
  readonly samples: readonly { readonly level: string | null; readonly message: string | null }[];
}

await describeWith(['elasticsearch'], 'log_aggregation on a real Elasticsearch', ({ elasticsearch: url }) => {
  const sets: ExecutorSet[] = [];

  async function put(path: string, body: unknown, method = 'PUT'): Promise<void> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const type = typeof body === 'string' ? 'application/x-ndjson' : 'application/json';
    const answer = await fetch(`${url}/${path}`, { method, headers: { 'content-type': type }, body: text });
    const said = await answer.text();
    if (!answer.ok || said.includes('"errors":true')) throw new Error(said);
  }

  async function fill(index: string, lines: readonly Record<string, unknown>[]): Promise<void> {
    const body = lines.map((line) => `{"create":{}}\n${JSON.stringify(line)}\n`).join('');
    await put(`${PREFIX}-${index}/_bulk?refresh=true`, body, 'POST');
  }

  function ecs(line: Line): Record<string, unknown> {
    return {
      '@timestamp': line.at ?? '2026-11-21T09:55:00.000Z',
      service: { name: line.service },
      message: line.message,
      ...(line.level === undefined ? {} : { log: { level: line.level } }),
      ...(line.host === undefined ? {} : { host: { ip: line.host } }),
    };
  }

  async function ask(input: Record<string, unknown>, config: Record<string, unknown> = {}): Promise<Outcome> {
    const set = elasticsearchModule.create(ElasticsearchConfig.parse({ url, ...config }), {
      clock: new FakeClock(NOW),
      notify: async () => [],
    });
    sets.push(set);
    const parsed = LogAggregationInput.parse({ service: 'payment-gateway', ...input });
    return set.executors['log_aggregation']!.execute(parsed, anAttempt());
  }

  async function output(input: Record<string, unknown>, config: Record<string, unknown> = {}): Promise<Found> {
    const outcome = await ask(input, config);
    if (outcome.type !== 'succeeded') throw new Error(JSON.stringify(outcome));
    return outcome.output as Found; // the shape that the kind promises
  }

  async function clear(): Promise<void> {
    const found = await fetch(`${url}/_cat/indices/${PREFIX}-*?h=index`);
    for (const index of (await found.text()).split('\n').filter(Boolean))
      await fetch(`${url}/${index}`, { method: 'DELETE' });
  }

  beforeAll(async () => {
    await clear();
    await fill('dynamic', [
      ...Array.from({ length: 700 }, (_, n) =>
        ecs({ service: 'payment-gateway', message: `paid order ${n}`, level: 'info' }),
      ),
      ...Array.from({ length: 63 }, (_, n) =>
        ecs({ service: 'payment-gateway', message: `order ${n} payment failed`, level: n % 2 ? 'ERROR' : 'error' }),
      ),
      ecs({ service: 'payment-gateway', message: 'no level: ERROR in line', host: '10.0.0.7' }),
      ecs({ service: 'payment-gateway', message: 'errorless terrorist unfailed', host: '10.0.0.7' }),
      ecs({ service: 'payment-gateway', message: 'the retry failed once', level: 'info' }),
      ecs({ service: 'payment-gateway-canary', message: 'ERROR of another service', level: 'error' }),
      ecs({ service: 'payment', message: 'ERROR of a third service', level: 'error' }),
      ecs({ service: 'payment-gateway', message: 'too old', level: 'error', at: '2026-11-21T09:49:59.999Z' }),
      ecs({
        service: 'payment-gateway',
        message: 'the first of the window',
        level: 'warn',
        at: '2026-11-21T09:50:00.000Z',
      }),
      ecs({ service: 'payment-gateway', message: 'not yet', level: 'error', at: '2026-11-21T10:00:00.000Z' }),
    ]);
    await put(`${PREFIX}-keyword`, {
      mappings: { properties: { app: { type: 'keyword' }, message: { type: 'keyword' }, level: { type: 'keyword' } } },
    });
    await fill('keyword', [
      {
        '@timestamp': '2026-11-21T09:55:00Z',
        app: 'payment-gateway',
        message: 'could not pay: TIMEOUT',
        level: 'Error',
      },
      { '@timestamp': '2026-11-21T09:55:00Z', app: 'payment-gateway', message: 'a FATAL end' },
      { '@timestamp': '2026-11-21T09:55:00Z', app: 'payment-gateway', message: 'errorless' },
      { '@timestamp': '2026-11-21T09:55:00Z', app: 'payment-gateway-canary', message: 'a FATAL end' },
    ]);
    await put(`${PREFIX}-text`, {
      mappings: { properties: { service: { type: 'text' }, level: { type: 'integer' }, message: { type: 'text' } } },
    });
    await fill('text', [
      { '@timestamp': '2026-11-21T09:55:00Z', service: 'payment-gateway', message: 'one', level: 50 },
      { '@timestamp': '2026-11-21T09:55:00Z', service: 'payment-gateway', message: 'a panic', level: 30 },
      { '@timestamp': '2026-11-21T09:55:00Z', service: 'gateway', message: 'one', level: 50 },
      { '@timestamp': '2026-11-21T09:55:00Z', service: 'payment', message: 'one', level: 50 },
    ]);
    await put(`${PREFIX}-broken`, {
      mappings: { properties: { message: { type: 'text', index: false }, service: { type: 'keyword' } } },
    });
    await fill('broken', [{ '@timestamp': '2026-11-21T09:55:00Z', service: 'payment-gateway', message: 'one' }]);
  });

  afterAll(async () => {
    await clear();
    for (const set of sets) await set.stop();
  });

  it('counts every line and every error line of the service on a dynamic mapping, of this service alone', async () => {
    const figures = await output({ index: `${PREFIX}-dynamic` });

    expect(figures).toMatchObject({ total_logs: 767, error_count: 64, keyword_count: null, notes: [] });
    expect(figures.error_rate).toBeCloseTo(64 / 767, 10);
    expect(figures.window).toEqual({ from: '2026-11-21T09:50:00.000Z', to: NOW });
    expect(figures.samples).toHaveLength(20);
  });

  it('lets keywords choose keyword_count and samples, not the error rate', async () => {
    const figures = await output({
      index: `${PREFIX}-dynamic`,
      keywords: ['TIMEOUT', 'payment failed', 'RETRY FAILED'],
      limit: 3,
    });

    expect(figures).toMatchObject({ total_logs: 767, error_count: 64, keyword_count: 64 });
    expect(figures.samples).toHaveLength(3);
    for (const sample of figures.samples) expect(sample.message).toMatch(/payment failed|retry failed/);
  });

  it('shows error lines first when no keyword is given', async () => {
    const figures = await output({ index: `${PREFIX}-dynamic`, limit: 100 });

    const levels = figures.samples.map((sample) => sample.level?.toLowerCase() ?? 'none');
    expect(levels.slice(0, 64).filter((level: string) => level === 'error')).toHaveLength(63);
    expect(levels.slice(64).includes('error')).toBe(false);
  });

  it('narrows to one host', async () => {
    const figures = await output({ index: `${PREFIX}-dynamic`, host: '10.0.0.7' });

    expect(figures).toMatchObject({ total_logs: 2, error_count: 1 });
    expect(figures.samples[0]).toEqual({
      timestamp: '2026-11-21T09:55:00.000Z',
      level: null,
      message: 'no level: ERROR in line',
      host: '10.0.0.7',
    });
  });

  it('looks at another window when it is told its end', async () => {
    const figures = await output({ index: `${PREFIX}-dynamic`, time_window: '1m', until: '2026-11-21T17:50:00+08:00' });

    expect(figures).toMatchObject({ total_logs: 1, error_count: 1, error_rate: 1 });
    expect(figures.samples[0]!.message).toBe('too old');
  });

  it('works where everything is mapped as keyword', async () => {
    const figures = await output({ index: `${PREFIX}-keyword`, keywords: ['timeout'] });

    expect(figures).toMatchObject({ total_logs: 3, error_count: 2, keyword_count: 1, notes: [] });
  });

  it('works where the service is plain text, and says that names are then known by their words', async () => {
    const figures = await output({ index: `${PREFIX}-text` });

    expect(figures).toMatchObject({ total_logs: 2, error_count: 1 });
    expect(figures.notes.join()).toContain('words only');
  });

  it('takes numeric levels where they are configured', async () => {
    const figures = await output({ index: `${PREFIX}-text` }, { error_levels: ['error', 50, 60] });

    expect(figures).toMatchObject({ total_logs: 2, error_count: 1 });
    expect(figures.samples[0]!.message).toBe('one');
  });

  it('counts over indices that map the same field differently', async () => {
    const figures = await output({ index: `${PREFIX}-dynamic,${PREFIX}-keyword,${PREFIX}-text` });

    expect(figures).toMatchObject({ total_logs: 767 + 3 + 2, error_count: 64 + 2 + 1 });
  });

  it('knows nothing over no lines: the figures are null, not zero', async () => {
    const figures = await output({ index: `${PREFIX}-dynamic`, service: 'no-such-service', keywords: ['x'] });

    expect(figures).toMatchObject({
      total_logs: 0,
      error_count: null,
      error_rate: null,
      keyword_count: null,
      samples: [],
    });
  });

  it('says that no index matches', async () => {
    const one = await output({ index: `${PREFIX}-missing` });
    const pattern = await output({ index: `${PREFIX}-missing-*` });

    expect(one).toMatchObject({ total_logs: 0, error_rate: null, notes: [`no index matches ${PREFIX}-missing`] });
    expect(pattern.notes).toEqual([`no index matches ${PREFIX}-missing-*`]);
  });

  it('says that no index has a field that could name the service', async () => {
    const figures = await output({ index: `${PREFIX}-dynamic` }, { fields: { service: 'nobody.has.this' } });

    expect(figures).toMatchObject({ total_logs: 0, error_rate: null });
    expect(figures.notes.join()).toContain('nobody.has.this');
  });

  it('does not take a part of the shards for the whole', async () => {
    const outcome = await ask({ index: `${PREFIX}-dynamic,${PREFIX}-broken` });

    expect(outcome).toMatchObject({ type: 'failed', retryable: true });
    expect(JSON.stringify(outcome)).toContain('1 of 2 shards failed');
  });

  it('is found by the check', async () => {
    await ask({});

    const [line] = await sets[0]!.check(AbortSignal.timeout(5_000));

    expect(line).toMatchObject({ name: 'executors.elasticsearch', ok: true, target: `${url}/` });
  });
});
