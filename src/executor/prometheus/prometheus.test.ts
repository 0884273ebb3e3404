import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anAttempt } from '../../../test/helper/an-attempt.js';
import { FakeClock } from '../../../test/helper/fake-clock.js';
import { freePort, openLoopback } from '../../../test/helper/loopback.js';
import type { Loopback, Received, Reply } from '../../../test/helper/loopback.js';
import { SYSTEM_CLOCK } from '../../../test/helper/system-clock.js';
import { until } from '../../../test/helper/until.js';
import type { Clock } from '../../domain/clock.js';
import type { ExecutorSet } from '../../domain/executor.js';
import type { Outcome } from '../../domain/run/outcome.js';
import { PrometheusQueryInput } from './input.js';
import { PrometheusConfig } from './client.js';
import { prometheusModule } from './prometheus.js';

const NOW = '2026-11-21T10:00:00.000Z';
const AT = Date.parse(NOW) / 1_000;

let server: Loopback;
const opened: ExecutorSet[] = [];

beforeEach(async () => {
  server = await openLoopback();
});

afterEach(async () => {
  for (const set of opened.splice(0)) await set.stop();
  await server.close();
});

/** The question is about this moment, and its time limit is a real one. */
const TICKING: Clock = { ...SYSTEM_CLOCK, now: () => Date.parse(NOW) };

function open(config: Record<string, unknown> = {}, clock: Clock = new FakeClock(NOW)): ExecutorSet {
  const deps = { clock, notify: () => Promise.resolve([]) };
  const set = prometheusModule.create(PrometheusConfig.parse({ url: server.url, ...config }), deps);
  opened.push(set);
  return set;
}

function ask(input: unknown, config: Record<string, unknown> = {}, signal = anAttempt().signal): Promise<Outcome> {
  return open(config).executors['prometheus_query']!.execute(PrometheusQueryInput.parse(input), anAttempt({ signal }));
}

function vector(...values: (string | null)[]): Reply {
  const result = values.map((value, index) => ({
    metric: { __name__: 'up', instance: `10.0.0.${index}:9100` },
    ...(value === null ? { histogram: [AT, { count: '1', sum: '2' }] } : { value: [AT, value] }),
  }));
  return { json: { status: 'success', data: { resultType: 'vector', result } } };
}

function outputOf(outcome: Outcome): unknown {
  return outcome.type === 'succeeded' ? outcome.output : outcome;
}

describe('a question about an instant', () => {
  it('answers the value of the only series, with its labels', async () => {
    server.answer(vector('0.93'));

    const outcome = await ask({ query: 'up{job="node"}' });

    expect(server.received[0]?.url.pathname).toBe('/api/v1/query');
    expect(server.received[0]?.url.searchParams.get('query')).toBe('up{job="node"}');
    expect(outcome).toEqual({
      type: 'succeeded',
      output: {
        value: 0.93,
        min: 0.93,
        max: 0.93,
        avg: 0.93,
        series: [{ labels: { __name__: 'up', instance: '10.0.0.0:9100' }, value: 0.93 }],
        count: 1,
        truncated: false,
        result_type: 'vector',
        warnings: [],
      },
      summary: '0.93',
      evidence: { url: `${server.url}/`, query: 'up{job="node"}', ms: 0 },
    });
  });

  it('answers the greatest of several series', async () => {
    server.answer(vector('1', '7.5', '-2', 'NaN'));

    const outcome = await ask({ query: 'x' });

    expect(outcome).toMatchObject({
      output: { value: 7.5, min: -2, max: 7.5, avg: 6.5 / 3, count: 4 },
      summary: '4 series, the greatest 7.5',
    });
  });

  it('answers null, never 0, over no data', async () => {
    server.answer(vector());

    expect(outputOf(await ask({ query: 'x' }))).toMatchObject({
      value: null,
      min: null,
      avg: null,
      count: 0,
      series: [],
    });
  });

  it.each(['NaN', '+Inf', '-Inf', ''])('takes %j for no figure', async (text) => {
    server.answer(vector(text));

    expect(outputOf(await ask({ query: 'x' }))).toMatchObject({ value: null, max: null, count: 1 });
  });

  it('counts a native histogram as a series without a figure', async () => {
    server.answer(vector(null));

    expect(outputOf(await ask({ query: 'x' }))).toMatchObject({ value: null, count: 1, series: [{ value: null }] });
  });

  it.each([
    ['scalar', '42', 42],
    ['string', '42', null],
  ])('understands a %s', async (resultType, text, value) => {
    server.answer({ json: { status: 'success', data: { resultType, result: [AT, text] } } });

    expect(outputOf(await ask({ query: 'x' }))).toMatchObject({ value, result_type: resultType });
  });

  it('asks about the given instant', async () => {
    server.answer(vector());

    await ask({ query: 'x', time: '2026-11-21T17:30:00+08:00' });

    expect(server.received[0]?.url.searchParams.get('time')).toBe('2026-11-21T09:30:00.000Z');
  });

  it('records some of very many series and counts all of them', async () => {
    server.answer(vector(...Array.from({ length: 500 }, (_, index) => String(index))));

    const output = outputOf(await ask({ query: 'x' }, { max_series: 3 }));

    expect(output).toMatchObject({ value: 499, count: 500, truncated: true });
    expect(output).toHaveProperty('series.length', 3);
  });

  it('hands on warnings', async () => {
    server.answer({
      json: { status: 'success', data: { resultType: 'vector', result: [] }, warnings: ['store gone'], infos: ['a'] },
    });

    expect(outputOf(await ask({ query: 'x' }))).toMatchObject({ warnings: ['store gone', 'a'] });
  });

  it('posts a question that is too long for an address', async () => {
    server.answer(vector('1'));
    const query = `x{a="${'y'.repeat(6_000)}"}`;

    await ask({ query });

    const [request] = server.received;
    expect(request).toMatchObject({ method: 'POST' });
    expect(new URLSearchParams(request?.body).get('query')).toBe(query);
  });
});

describe('a question about a range', () => {
  const matrix = (...series: [number, string][][]): Reply => {
    const result = series.map((values, index) => ({ metric: { pod: `p${index}` }, values }));
    return { json: { status: 'success', data: { resultType: 'matrix', result } } };
  };

  it('answers the last value, and the spread over all points', async () => {
    server.answer(matrix([[AT - 60, '4'], [AT - 30, 'NaN'], [AT, '1']], [[AT - 60, '9'], [AT, '3']])); // prettier-ignore

    const outcome = await ask({ query: 'x', range: '10m' });

    expect(outputOf(outcome)).toMatchObject({
      value: 3,
      min: 1,
      max: 9,
      avg: 17 / 4,
      count: 2,
      series: [
        {
          labels: { pod: 'p0' },
          value: 1,
          min: 1,
          max: 4,
          avg: 2.5,
          values: [
            ['2026-11-21T09:59:00.000Z', 4],
            ['2026-11-21T09:59:30.000Z', null],
            [NOW, 1],
          ],
        },
        { value: 3 },
      ],
    });
  });

  it.each([
    [{ range: '10m' }, '2026-11-21T09:50:00.000Z', NOW, '5'],
    [{ range: '1m' }, '2026-11-21T09:59:00.000Z', NOW, '1'],
    [{ range: '1h', time: '2026-11-21T09:00:00Z', step: '1m' }, '2026-11-21T08:00:00.000Z', '2026-11-21T09:00:00.000Z', '60'], // prettier-ignore
    [{ start: '2026-11-21T09:00:00Z' }, '2026-11-21T09:00:00.000Z', NOW, '30'],
    [{ start: '2026-11-21T08:00:00Z', end: '2026-11-21T09:00:00Z' }, '2026-11-21T08:00:00.000Z', '2026-11-21T09:00:00.000Z', '30'], // prettier-ignore
  ])('of %j asks from %s to %s every %s s', async (input, start, end, step) => {
    server.answer(matrix());

    await ask({ query: 'x', ...input });

    expect(server.received[0]?.url.pathname).toBe('/api/v1/query_range');
    const { searchParams } = server.received[0]!.url;
    expect(Object.fromEntries(searchParams)).toEqual({ query: 'x', start, end, step });
  });

  it.each([
    [{ range: '7d', step: '1s' }, /more than 1000 points/],
    [{ start: '2026-11-21T11:00:00Z' }, /range is empty/],
  ])('refuses %j without asking', async (input, reason) => {
    const outcome = await ask({ query: 'x', ...input });

    expect(outcome).toMatchObject({ type: 'failed', retryable: false });
    expect(outcome).toHaveProperty('reason', expect.stringMatching(reason));
    expect(server.received).toHaveLength(0);
  });

  it('keeps a record of bounded size', async () => {
    const values = Array.from({ length: 900 }, (_, index): [number, string] => [AT + index, '1']);
    server.answer(matrix(...Array.from({ length: 50 }, () => values)));

    const output = outputOf(await ask({ query: 'x', range: '15m', step: '1s' }));

    expect(output).toMatchObject({ count: 50, truncated: true });
    expect(output).toHaveProperty('series.length', 11);
  });
});

describe('what goes wrong', () => {
  it('tells what Prometheus says of a wrong query, which no repetition mends', async () => {
    const error = 'invalid parameter "query": 1:5: parse error: unclosed left parenthesis';
    server.answer({ status: 400, json: { status: 'error', errorType: 'bad_data', error } });

    const outcome = await ask({ query: 'sum(' });

    expect(outcome).toMatchObject({ type: 'failed', retryable: false });
    expect(outcome).toHaveProperty('reason', `Prometheus at ${server.url}/ refused the query: bad_data: ${error}`);
  });

  it.each<[string, Reply, boolean, RegExp]>([
    ['times out', { status: 503, json: { status: 'error', errorType: 'timeout', error: 'query timed out' } }, true, /query timed out/],
    ['refuses the credentials', { status: 401, text: 'Unauthorized' }, false, /bearer_token/],
    ['is a login page', { text: '<html>', headers: { 'content-type': 'text/html' } }, true, /expected JSON, got text\/html/],
    ['is a proxy without a server', { status: 502, text: 'Bad Gateway' }, true, /status 502/],
    ['is something else', { json: { ok: true } }, true, /no answer of Prometheus/],
    ['is an odd result', { json: { status: 'success', data: { resultType: 'vector', result: [{ metric: {}, value: ['now', '1'] }] } } }, true, /at data\.result\.0\.value/],
    ['says success with 500', { ...(vector('1') as object), status: 500 }, true, /answered 500/],
    ['is broken JSON', { text: '{"status":', headers: { 'content-type': 'application/json' } }, true, /expected JSON/],
    ['is empty', { text: '' }, true, /empty answer/],
    ['is slow', 'hang', true, /no whole answer within 100 ms/],
    ['is cut', 'cut', true, /closed before the answer was whole/],
    ['never ends', 'flood', false, /larger than 1000 bytes/],
  ])('says so when the server %s', async (_what, reply, retryable, reason) => {
    server.answer(reply);

    const set = open({ timeout: '100ms', max_body: 1_000 }, TICKING);
    const outcome = await set.executors['prometheus_query']!.execute(PrometheusQueryInput.parse({ query: 'x' }), anAttempt());

    expect(outcome).toMatchObject({ type: 'failed', retryable });
    expect(outcome).toHaveProperty('reason', expect.stringMatching(reason));
  }); // prettier-ignore

  it('says so when the connection is refused', async () => {
    const outcome = await ask({ query: 'x' }, { url: `http://127.0.0.1:${await freePort()}` });

    expect(outcome).toMatchObject({ type: 'failed', retryable: true });
    expect(outcome).toHaveProperty('reason', expect.stringContaining('connection refused'));
  });

  it('ends with its signal and leaves no connection behind', async () => {
    server.answer('hang');
    const cancel = new AbortController();
    const outcome = ask({ query: 'x' }, {}, cancel.signal);
    await until('the request', () => server.received.length > 0);

    cancel.abort();

    expect(await outcome).toMatchObject({ type: 'failed' });
    await until('the connection to be closed', () => server.connections() === 0);
  });

  it('keeps the credentials out of every text', async () => {
    const secrets = {
      url: server.url.replace('//', '//admin:url-secret@'),
      headers: { 'X-Scope-OrgID': 'tenant-secret' },
    };
    server.answer((request: Received) => ({ text: JSON.stringify(request.headers) }));

    const outcome = await ask({ query: 'x' }, secrets);

    expect(server.received[0]?.headers).toMatchObject({ 'x-scope-orgid': 'tenant-secret' });
    expect(server.received[0]?.headers.authorization).toMatch(/^Basic /);
    const encoded = Buffer.from('admin:url-secret').toString('base64');
    for (const secret of ['url-secret', 'tenant-secret', encoded])
      expect(JSON.stringify(outcome)).not.toContain(secret);
  });
});

describe('the check of prometheus', () => {
  it('names the version', async () => {
    server.answer(({ url }) =>
      url.pathname.endsWith('buildinfo') ? { json: { status: 'success', data: { version: '2.42.0' } } } : vector('1'),
    );

    expect(await open().check(new AbortController().signal)).toEqual([
      {
        name: 'executors.prometheus',
        target: `${server.url}/`,
        ok: true,
        message: 'Prometheus 2.42.0',
        required: false,
      },
    ]);
  });

  it('is content with a server that knows no version', async () => {
    server.answer(({ url }) => (url.pathname.endsWith('buildinfo') ? { status: 404 } : vector('1')));

    expect(await open().check(new AbortController().signal)).toMatchObject([{ ok: true }]);
  });

  it('says what is wrong', async () => {
    server.answer({ status: 403 });

    expect(await open().check(new AbortController().signal)).toMatchObject([
      { ok: false, message: expect.stringContaining('executors.prometheus.bearer_token') },
    ]);
  });
});

describe('the input and the configuration', () => {
  it.each([
    [{}, 'query'],
    [{ query: '' }, 'query'],
    [{ query: 'x', range: 'ten minutes' }, 'range'],
    [{ query: 'x', range: '5m', start: NOW }, 'start'],
    [{ query: 'x', end: NOW }, 'end'],
    [{ query: 'x', step: '5s' }, 'step'],
    [{ query: 'x', range: '5m', step: '0s' }, 'step'],
    [{ query: 'x', promql: 'y' }, ''],
  ])('%j has its problem at %j', (input, place) => {
    const parsed = PrometheusQueryInput.safeParse(input);

    expect(parsed.error?.issues.map((issue) => issue.path.join('.'))).toEqual([place]);
  });

  it.each([
    {},
    { url: 'prometheus:9090' },
    { url: 'ftp://x' },
    { url: 'http://x', timeout: '5' },
    { url: 'http://x', uri: 1 },
  ])('refuses the configuration %j', (config) => {
    expect(PrometheusConfig.safeParse(config).success).toBe(false);
  });
});
