import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anAttempt } from '../../../test/helper/an-attempt.js';
import { FakeClock } from '../../../test/helper/fake-clock.js';
import { freePort, openLoopback } from '../../../test/helper/loopback.js';
import type { Loopback, Received, Reply } from '../../../test/helper/loopback.js';
import { until } from '../../../test/helper/until.js';
import type { ExecutorSet } from '../../domain/executor.js';
import type { Outcome } from '../../domain/run/outcome.js';
import { ElasticsearchConfig } from './config.js';
import { elasticsearchModule } from './elasticsearch.js';
import { LogAggregationInput } from './log-aggregation.js';
import { withoutCredentials } from './sample.js';

const NOW = '2026-11-21T10:00:00.000Z';
const PASSWORD = 'a-very-secret-password';

let server: Loopback;
const opened: ExecutorSet[] = [];

beforeEach(async () => {
  server = await openLoopback();
});
afterEach(async () => {
  for (const set of opened.splice(0)) await set.stop();
  await server.close();
});

function open(config: Record<string, unknown> = {}): ExecutorSet {
  const parsed = ElasticsearchConfig.parse({ url: server.url, username: 'elastic', password: PASSWORD, ...config });
  const set = elasticsearchModule.create(parsed, { clock: new FakeClock(NOW), notify: async () => [] });
  opened.push(set);
  return set;
}

function ask(
  input: Record<string, unknown> = {},
  config: Record<string, unknown> = {},
  signal = anAttempt().signal,
): Promise<Outcome> {
  const parsed = LogAggregationInput.parse({ service: 'payment-gateway', ...input });
  return open(config).executors['log_aggregation']!.execute(parsed, anAttempt({ signal }));
}

const CAPS: Reply = {
  json: { indices: ['logs'], fields: { service: { keyword: {} }, message: { text: {} }, level: { keyword: {} } } },
};

function found(over: Record<string, unknown> = {}): Reply {
  return {
    json: {
      timed_out: false,
      _shards: { total: 1, successful: 1, skipped: 0, failed: 0 },
      hits: { total: { value: 40, relation: 'eq' }, hits: [] },
      aggregations: { errors: { doc_count: 4 }, keywords: { doc_count: 2 } },
      ...over,
    },
  };
}

/** Answers the mapping, and searches as the test says. */
function searching(reply: (request: Received) => Reply): void {
  server.answer((request) => (request.url.pathname.endsWith('_field_caps') ? CAPS : reply(request)));
}

function searches(): { query: unknown; size: number; aggs?: unknown }[] {
  const requests = server.received.filter((request) => request.url.pathname.endsWith('_search'));
  return requests.map((request) => JSON.parse(request.body) as { query: unknown; size: number });
}

describe('the questions', () => {
  it('are plain JSON that every version takes, for exactly the service and the window', async () => {
    searching(() => found());

    const outcome = await ask({ index: 'logs-*', keywords: ['TIMEOUT'] });

    expect(outcome).toMatchObject({
      type: 'succeeded',
      output: { total_logs: 40, error_count: 4, error_rate: 0.1, keyword_count: 2, index: 'logs-*', notes: [] },
      summary: '40 lines, 4 errors (10.0 %), 2 with keywords',
    });
    const search = server.received.find((request) => request.url.pathname === '/logs-*/_search');
    expect(search?.headers).toMatchObject({
      'content-type': 'application/json',
      accept: 'application/json',
      authorization: `Basic ${Buffer.from(`elastic:${PASSWORD}`).toString('base64')}`,
    });
    expect(searches()[0]).toMatchObject({
      size: 0,
      track_total_hits: true,
      query: {
        bool: {
          filter: [
            { range: { '@timestamp': { gte: '2026-11-21T09:50:00.000Z', lt: NOW } } },
            { term: { service: 'payment-gateway' } },
          ],
        },
      },
    });
    expect(JSON.stringify(outcome)).not.toContain(PASSWORD);
  });

  it('work without knowledge of the mapping, and say what that costs', async () => {
    server.answer(({ url }) => (url.pathname.endsWith('_field_caps') ? { status: 404, json: {} } : found()));

    const outcome = await ask();

    expect(searches()[0]!.query).toMatchObject({
      bool: { filter: [{}, { multi_match: { query: 'payment-gateway', type: 'phrase', lenient: true } }] },
    });
    expect(JSON.stringify(outcome)).toContain('does not tell how its fields are mapped');
  });

  it('know no keyword count where no keyword was asked for', async () => {
    searching(() => found({ aggregations: { errors: { doc_count: 0 } } }));

    expect(await ask()).toMatchObject({
      output: { total_logs: 40, error_count: 0, error_rate: 0, keyword_count: null },
    });
  });

  it('understand a total that is a mere number, as older versions answer it', async () => {
    searching(() => found({ hits: { total: 40, hits: [] } }));

    expect(await ask()).toMatchObject({ type: 'succeeded', output: { total_logs: 40 } });
  });

  it('ask no further when there is nothing to sample', async () => {
    searching(() =>
      found({ hits: { total: { value: 0, relation: 'eq' }, hits: [] }, aggregations: { errors: { doc_count: 0 } } }),
    );

    const outcome = await ask({ keywords: ['x'] });

    expect(outcome).toMatchObject({
      output: { total_logs: 0, error_count: null, error_rate: null, keyword_count: null, samples: [] },
      summary: 'no log lines of payment-gateway in 10m: nothing is known',
    });
    expect(searches()).toHaveLength(1);
  });

  it('take a missing index for no data, and say so', async () => {
    const type = 'index_not_found_exception';
    searching(() => ({
      status: 404,
      json: { error: { root_cause: [{ type, reason: 'no such index [logs]' }], type } },
    }));

    expect(await ask({ index: 'logs' })).toMatchObject({
      type: 'succeeded',
      output: { total_logs: 0, error_rate: null, notes: ['no index matches logs'] },
    });
  });

  it('have a connection each, which ends with its answer: one that is kept may be closed as it is used again', async () => {
    searching(() => found());

    await ask({ index: 'logs-*' });

    const connections = server.received.map((request) => request.headers.connection);
    expect(connections.length).toBeGreaterThan(1);
    expect(new Set(connections)).toEqual(new Set(['close']));
    await until('the connections to be closed', () => server.connections() === 0);
  });
});

describe('samples', () => {
  it('are cut, bounded, and free of credentials, however the document is nested', async () => {
    const hits = Array.from({ length: 9 }, (_, n) => ({
      _source: {
        '@timestamp': 1_795_255_200_000 + n,
        'log.level': 'ERROR',
        host: { ip: ['10.0.0.7', 'fe80::1'] },
        message: `login password=hunter2 ${'x'.repeat(5_000)}`,
      },
    }));
    searching(() => found({ hits: { total: { value: 40, relation: 'eq' }, hits } }));

    const outcome = await ask({ limit: 3 });

    const { samples } = (outcome as { output: { samples: { message: string }[] } }).output;
    expect(samples).toHaveLength(3);
    expect(samples[0]).toMatchObject({ timestamp: '2026-11-21T10:00:00.000Z', level: 'ERROR', host: '10.0.0.7' });
    expect(samples[0]!.message).toHaveLength(1_001);
    expect(JSON.stringify(outcome)).not.toContain('hunter2');
  });

  it.each([
    ['Authorization: Bearer eyJhbGciOi.abc.def rejected', 'Authorization: *** rejected'],
    ['{"api_key":"k-123456","user":"a"}', '{"api_key":"***","user":"a"}'],
    ['db postgres://shop:s3cret@db:5432/shop is down', 'db postgres://shop:***@db:5432/shop is down'],
    ['GET /x?token=abc&page=2', 'GET /x?token=***&page=2'],
    ['the password was wrong', 'the password was wrong'],
  ])('%s is shown as %s', (line, shown) => {
    expect(withoutCredentials(line)).toBe(shown);
  });
});

describe('a part of the logs is not taken for the whole', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['the search ran out of time', { timed_out: true }, 'ran out of time'],
    [
      'a shard failed',
      { _shards: { total: 5, failed: 1, failures: [{ index: 'logs-1', reason: { reason: 'disk is gone' } }] } },
      '1 of 5 shards failed (logs-1: disk is gone)',
    ],
    ['a remote cluster is away', { _clusters: { total: 2, successful: 1, skipped: 1 } }, '1 remote clusters'],
    ['the count is a lower bound', { hits: { total: { value: 10_000, relation: 'gte' }, hits: [] } }, 'lower bound'],
  ])('when %s', async (_what, over, text) => {
    searching(() => found(over));

    const outcome = await ask();

    expect(outcome).toMatchObject({ type: 'failed', retryable: true });
    expect(JSON.stringify(outcome)).toContain(text);
    expect(outcome).not.toHaveProperty('output');
  });
});

describe('what can go wrong', () => {
  it.each<[string, Reply, { retryable: boolean; retry_after_ms?: number }, string]>([
    [
      '401',
      { status: 401, json: { error: { reason: 'unable to authenticate' } } },
      { retryable: false },
      'credential (401)',
    ],
    [
      '403',
      { status: 403, json: { error: { root_cause: [{ reason: 'action [search] is unauthorized' }] } } },
      { retryable: false },
      'action [search] is unauthorized',
    ],
    [
      '400',
      { status: 400, json: { error: { root_cause: [{ reason: 'bad regexp' }] } } },
      { retryable: false },
      'bad regexp',
    ],
    [
      '429',
      { status: 429, json: {}, headers: { 'retry-after': '4' } },
      { retryable: true, retry_after_ms: 4_000 },
      '429',
    ],
    [
      '503',
      { status: 503, json: { error: { reason: 'all shards failed' } } },
      { retryable: true },
      'all shards failed',
    ],
    ['HTML', { text: '<html>', headers: { 'content-type': 'text/html' } }, { retryable: false }, 'no search result'],
    [
      'broken JSON',
      { text: '{"hits":', headers: { 'content-type': 'application/json' } },
      { retryable: false },
      'not JSON',
    ],
    ['other JSON', { json: { status: 'success' } }, { retryable: false }, 'no search result (hits'],
    ['hits without counts', { json: { hits: { hits: [] } } }, { retryable: false }, 'without counts'],
    ['a cut answer', 'cut', { retryable: true }, 'cannot be reached'],
    ['a closed connection', 'close', { retryable: true }, 'cannot be reached'],
  ])('a search that is answered with %s fails with its reason', async (_what, reply, expected, text) => {
    searching(() => reply);

    const outcome = await ask();

    expect(outcome).toMatchObject({ type: 'failed', ...expected });
    expect(JSON.stringify(outcome)).toContain(text);
    expect(JSON.stringify(outcome)).not.toContain(PASSWORD);
  });

  it('gives up a server that does not answer', async () => {
    server.answer('hang');

    const outcome = await ask({}, { timeout: '100ms' });

    expect(outcome).toMatchObject({ type: 'failed', retryable: true });
    expect(JSON.stringify(outcome)).toContain('did not answer within 100ms');
  });

  it('stops at once when the step is cancelled', async () => {
    server.answer('hang');
    const cancel = new AbortController();

    const outcome = ask({}, {}, cancel.signal);
    setImmediate(() => cancel.abort());

    expect(await outcome).toMatchObject({ type: 'failed', retryable: true });
  });

  it('refuses an answer that never ends', async () => {
    searching(() => 'flood');

    const outcome = await ask();

    expect(outcome).toMatchObject({ type: 'failed', retryable: false });
    expect(JSON.stringify(outcome)).toContain('larger than');
  });

  it('goes to the next node when one is down', async () => {
    searching(() => found());

    const outcome = await ask({}, { url: [`http://127.0.0.1:${await freePort()}`, server.url] });

    expect(outcome).toMatchObject({ type: 'succeeded', output: { total_logs: 40 } });
  });

  it('says that nobody listens, and never shows a password of the address', async () => {
    const url = `http://elastic:${PASSWORD}@127.0.0.1:${await freePort()}`;

    const outcome = await ask({}, { url, username: undefined, password: undefined });

    expect(outcome).toMatchObject({ type: 'failed', retryable: true });
    expect(JSON.stringify(outcome)).toContain('ECONNREFUSED');
    expect(JSON.stringify(outcome)).not.toContain(PASSWORD);
  });
});

describe('the check', () => {
  it('tells the version, and falls back to the health where the version is not told', async () => {
    server.answer({ json: { version: { number: '8.19.5' } } });
    const [version] = await open().check(AbortSignal.timeout(5_000));
    server.answer(({ url }) => (url.pathname === '/' ? { status: 405, json: {} } : { json: { status: 'green' } }));
    const [health] = await open().check(AbortSignal.timeout(5_000));
    server.answer({ status: 401, json: {} });
    const [refused] = await open().check(AbortSignal.timeout(5_000));

    expect(version).toMatchObject({ name: 'executors.elasticsearch', ok: true, message: 'Elasticsearch 8.19.5' });
    expect(health).toMatchObject({ ok: true, message: 'Elasticsearch, cluster green (its version is not told)' });
    expect(refused).toMatchObject({ ok: false });
  });
});

describe('input and configuration', () => {
  it.each([
    [{}, 'service'],
    [{ service: null }, 'service'],
    [{ service: 'x', time_window: '10 minutes' }, 'time_window'],
    [{ service: 'x', index: '../_cluster' }, 'index'],
    [{ service: 'x', index: '_all/_delete_by_query?' }, 'index'],
    [{ service: 'x', limit: 1_000 }, 'limit'],
    [{ service: 'x', until: 'yesterday' }, 'until'],
    [{ service: 'x', keyword: ['y'] }, ''],
  ])('%j is wrong at %s', (input, path) => {
    const parsed = LogAggregationInput.safeParse(input);

    expect(parsed.error?.issues.map((issue) => issue.path.join('.'))).toContain(path);
  });

  it.each([
    [{}, 'url'],
    [{ url: 'elasticsearch:9200x' }, 'url'],
    [{ url: 'http://a', username: 'u' }, 'password'],
    [{ url: 'http://a', username: 'u', password: 'p', api_key: 'k' }, 'api_key'],
    [{ url: 'http://a', fields: { service: [] } }, 'fields.service'],
  ])('the configuration %j is wrong at %s', (config, path) => {
    const parsed = ElasticsearchConfig.safeParse(config);

    expect(parsed.error?.issues.map((issue) => issue.path.join('.'))).toContain(path);
  });
});
