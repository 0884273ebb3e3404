import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anAlert } from '../../../test/helper/an-alert.js';
import { freePort, openLoopback } from '../../../test/helper/loopback.js';
import type { Loopback, Reply } from '../../../test/helper/loopback.js';
import { SYSTEM_CLOCK } from '../../../test/helper/system-clock.js';
import { until } from '../../../test/helper/until.js';
import type { Alert } from '../../domain/alert/alert.js';
import type { ExecutorSet } from '../../domain/executor.js';
import type { ConditionAnswer } from '../../domain/run/proof.js';
import { PrometheusConfig } from './client.js';
import { prometheusModule } from './prometheus.js';

const AT = 1_795_255_159.5;
const ALERT_LABELS = {
  alertname: 'Service_Latency_Exceeded',
  service: 'payment-gateway',
  instance: '10.0.0.7:9100',
  severity: 'critical',
  cluster: 'prod-1',
};
const OWN = { service: 'payment-gateway', instance: '10.0.0.7:9100' };
const OTHER = { service: 'payment-gateway', instance: '10.0.0.8:9100' };

type SeriesRow = readonly [labels: Record<string, string>, value: string | null];

let server: Loopback;
const opened: ExecutorSet[] = [];

beforeEach(async () => {
  server = await openLoopback();
});

afterEach(async () => {
  for (const set of opened.splice(0)) await set.stop();
  await server.close();
});

function vector(rows: readonly SeriesRow[], over: Record<string, unknown> = {}): Reply {
  const result = rows.map(([metric, value]) => ({
    metric,
    ...(value === null ? { histogram: [AT, { count: '1', sum: '2' }] } : { value: [AT, value] }),
  }));
  return { json: { status: 'success', data: { resultType: 'vector', result }, ...over } };
}

/** Prometheus knows these answers, each by its query; any other question is a wrong one. */
function knows(answers: Record<string, Reply>): void {
  server.answer(({ url, body }) => {
    const query = url.searchParams.get('query') ?? new URLSearchParams(body).get('query') ?? '';
    const error = `parse error: unexpected ${query}`;
    return answers[query] ?? { status: 400, json: { status: 'error', errorType: 'bad_data', error } };
  });
}

function alertOf(expression: string, labels: Record<string, string> = ALERT_LABELS): Alert {
  const generator = `http://prometheus.example.test:9090/graph?${new URLSearchParams({ 'g0.expr': expression }).toString()}&g0.tab=1`;
  return anAlert({ labels, links: { generator } });
}

function openWith(config: Record<string, unknown> = {}): ExecutorSet {
  const deps = { clock: SYSTEM_CLOCK, notify: () => Promise.resolve([]) };
  const set = prometheusModule.create(PrometheusConfig.parse({ url: server.url, ...config }), deps);
  opened.push(set);
  return set;
}

async function ask(
  alert: Alert,
  config: Record<string, unknown> = {},
  signal = new AbortController().signal,
): Promise<ConditionAnswer> {
  const asker = openWith(config).conditions?.asker(alert) ?? null;
  if (asker === null) throw new Error('it does not ask');
  return asker(signal);
}

describe('whom and what it asks', () => {
  it.each([
    ['Prometheus 2', 'http://prometheus.example.test:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1'],
    ['Prometheus 3', 'https://prometheus.example.test/prefix/query?g0.expr=up%20%3D%3D%200&g0.tab=1'],
    ['vmui', 'http://vm.example.test:8428/vmui/#/?g0.range_input=1h&g0.expr=up+%3D%3D+0'],
  ])(
    "reads the expression in a link of %s, and asks the configured server whatever the link's host",
    async (_, link) => {
      knows({ 'up == 0': vector([[{ __name__: 'up', ...OWN }, '0']]) });

      const answer = await ask(anAlert({ labels: ALERT_LABELS, links: { generator: link } }));

      expect(answer.type).toBe('holds');
      expect(server.received.map(({ url }) => url.pathname)).toEqual(['/api/v1/query']);
    },
  );

  it.each([
    ['no link', {}],
    ['a link without an expression', { generator: 'http://vm.example.test/vmalert/alert?group_id=1&alert_id=2' }],
    ['an empty expression', { generator: 'http://p.example.test/graph?g0.expr=+&g0.tab=1' }],
    ['two expressions', { generator: 'http://p.example.test/graph?g0.expr=up&g0.expr=down' }],
    ['a broken one', { generator: 'http://p.example.test/graph?g0.expr=up%FF' }],
    ['an endless one', { generator: `http://p.example.test/graph?g0.expr=${'x'.repeat(20_000)}` }],
    ['no address', { generator: 'g0.expr=up' }],
    [
      'a link into Grafana, whose language nobody knows',
      {
        generator: 'http://grafana.example.test/explore?left=%7B%22queries%22%3A%5B%7B%22expr%22%3A%22up%22%7D%5D%7D',
      },
    ],
  ])('asks nothing for %s', (_what, links) => {
    expect(openWith().conditions?.asker(anAlert({ links }))).toBeNull();
    expect(server.received).toEqual([]);
  });

  it('proves itself, and shows neither credentials nor the link', async () => {
    knows({ up: vector([[OWN, '1']]) });
    const url = server.url.replace('http://', 'http://reader:url-secret@');

    const answer = await ask(alertOf('up'), { url, headers: { 'X-Scope-OrgID': 'tenant-secret' } });

    expect(server.received[0]?.headers).toMatchObject({ 'x-scope-orgid': 'tenant-secret' });
    expect(server.received[0]?.headers.authorization).toMatch(/^Basic /);
    expect(JSON.stringify(answer)).not.toMatch(/secret|prometheus\.example/);
  });
});

describe('the condition holds', () => {
  it('when a series is left whose labels all stand in the alert', async () => {
    knows({ 'lat > 500': vector([[{ __name__: 'lat', ...OTHER }, '900'], [{ __name__: 'lat', ...OWN }, '1240.5']]) }); // prettier-ignore

    expect(await ask(alertOf('lat > 500'))).toEqual({
      type: 'holds',
      evidence: {
        url: `${server.url}/`,
        query: 'lat > 500',
        series: [{ labels: { __name__: 'lat', ...OWN }, value: 1240.5 }],
        count: 1,
        count_before_narrowing: 2,
      },
    });
    expect(server.received).toHaveLength(1);
  });

  it.each([
    ['a sum of all', {}, '7'],
    ['a figure of 0', OWN, '0'],
    ['NaN, for which a rule fires too', OWN, 'NaN'],
    ['a histogram', OWN, null],
    ['the label alertname of ALERTS', { ...OWN, alertname: 'Another' }, '1'],
  ])('for %s', async (_what, labels, value) => {
    knows({ x: vector([[labels, value]]) });

    expect((await ask(alertOf('x'))).type).toBe('holds');
  });

  it('for a scalar, of which a rule makes a series', async () => {
    knows({ '1 > bool 0': { json: { status: 'success', data: { resultType: 'scalar', result: [AT, '1'] } } } });

    expect((await ask(alertOf('1 > bool 0'))).type).toBe('holds');
  });

  it('with evidence that stays small', async () => {
    const many = Array.from({ length: 2_000 }, () => [{}, '1'] as const);
    const query = `x{a="${'y'.repeat(9_000)}"}`;
    knows({ [query]: vector(many, { infos: Array.from({ length: 500 }, () => 'z'.repeat(5_000)) }) });

    const answer = await ask(alertOf(query));

    expect(answer).toMatchObject({ type: 'holds', evidence: { count: 2_000 } });
    expect(JSON.stringify(answer).length).toBeLessThan(20_000);
  });
});

describe('the condition is over', () => {
  it('when nothing is left and what it compares has a figure for the alert', async () => {
    knows({ 'lat > 500': vector([]), lat: vector([[OWN, '120'], [OTHER, '90']]) }); // prettier-ignore

    expect(await ask(alertOf('lat > 500'))).toEqual({
      type: 'over',
      evidence: {
        url: `${server.url}/`,
        query: 'lat > 500',
        series: [],
        count: 0,
        count_before_narrowing: 0,
        data: [{ query: 'lat', series: [{ labels: OWN, value: 120 }], count: 1, count_before_narrowing: 2 }],
      },
    });
  });

  it("whatever other alerts' series say", async () => {
    knows({ 'lat > 500': vector([[OTHER, '900']]), lat: vector([[OWN, '120'], [OTHER, '900']]) }); // prettier-ignore

    expect((await ask(alertOf('lat > 500'))).type).toBe('over');
  });

  it('when infinity does not exceed the limit either way', async () => {
    knows({ 'a / b < 1': vector([]), 'a / b': vector([[OWN, '+Inf']]) });

    const answer = await ask(alertOf('a / b < 1'));

    expect(answer).toMatchObject({ type: 'over', evidence: { data: [{ series: [{ value: '+Inf' }] }] } });
  });

  it('when what was absent is there', async () => {
    knows({ 'absent(up{job="a"})': vector([]) });

    expect((await ask(alertOf('absent(up{job="a"})'))).type).toBe('over');
    expect(server.received).toHaveLength(1);
  });

  it('only when every side that could have raised it has data', async () => {
    const quiet = { 'a > 1 or b > 1': vector([]), a: vector([[OWN, '0']]) };
    knows({ ...quiet, b: vector([[OTHER, '0']]) });
    expect(await ask(alertOf('a > 1 or b > 1'))).toMatchObject({
      type: 'no_data',
      evidence: { data: [{ query: 'a', count: 1 }, { query: 'b', count: 0 }] }, // prettier-ignore
    });

    knows({ ...quiet, b: vector([[OWN, '0']]) });
    expect((await ask(alertOf('a > 1 or b > 1'))).type).toBe('over');
  });
});

describe('there is no data', () => {
  it.each([
    ['nothing', []],
    ["another target's", [[OTHER, '90']]],
    ['NaN', [[OWN, 'NaN']]],
    ['a histogram', [[OWN, null]]],
    ['no figure', [[OWN, '']]],
  ] as [string, SeriesRow[]][])('when what it compares is %s', async (_what, rows) => {
    knows({ 'lat > 500': vector([]), lat: vector(rows) });

    const answer = await ask(alertOf('lat > 500'));

    expect(answer).toMatchObject({ type: 'no_data', evidence: { query: 'lat > 500', data: [{ query: 'lat' }] } });
    expect(answer).toHaveProperty('reason', expect.stringContaining('lat'));
  });

  it('when the series have labels that the alert lacks, which are named', async () => {
    knows({ 'lat > 500': vector([]), lat: vector([[{ ...OWN, replica: 'a' }, '120']]) });

    const answer = await ask(alertOf('lat > 500'));

    expect(answer).toMatchObject({ type: 'no_data', reason: expect.stringContaining('(replica)') });
  });

  it('when a series for which it is true may be its own, though another is not', async () => {
    knows({ 'lat > 500': vector([[{ ...OWN, device: 'sda' }, '900']]), lat: vector([[OWN, '120']]) });

    expect(await ask(alertOf('lat > 500'))).toMatchObject({
      type: 'no_data',
      reason: expect.stringContaining('(device)'),
    });
  });

  it('when the expression cannot be taken apart', async () => {
    knows({ 'changes(x[5m])': vector([]) });

    expect(await ask(alertOf('changes(x[5m])'))).toMatchObject({
      type: 'no_data',
      reason: expect.stringContaining('taken apart'),
    });
    expect(server.received).toHaveLength(1);
  });

  it('when the expression is of another language', async () => {
    knows({});

    const answer = await ask(alertOf('x default 0 > 5'));

    expect(answer).toMatchObject({ type: 'no_data', reason: expect.stringContaining('bad_data: parse error') });
  });

  it.each(['matrix', 'string'])('when it answers a %s, of which no rule is made', async (resultType) => {
    const result = resultType === 'matrix' ? [{ metric: OWN, values: [[AT, '1']] }] : [AT, '1'];
    knows({ x: { json: { status: 'success', data: { resultType, result } } } });

    expect(await ask(alertOf('x'))).toMatchObject({ type: 'no_data', reason: expect.stringContaining(resultType) });
  });

  it('when Prometheus has a remark about the query itself', async () => {
    knows({ 'x > 1': vector([], { warnings: ['PromQL warning: a mix of histograms and floats'] }) });

    expect(await ask(alertOf('x > 1'))).toMatchObject({
      type: 'no_data',
      reason: expect.stringContaining('a mix of histograms'),
    });
  });
});

describe('the source is unavailable', () => {
  const error = (status: number, errorType: string): Reply => ({
    status,
    json: { status: 'error', errorType, error: 'why' },
  });

  it.each<[string, Reply, string]>([
    ['warns of a part that did not answer', vector([[OWN, '1']], { warnings: ['store 7 is gone'] }), 'store 7 is gone'],
    ['answers in part', vector([], { isPartial: true }), 'a part of its data'],
    ['is overloaded', error(503, 'unavailable'), 'unavailable: why'],
    ['is too slow for itself', error(503, 'timeout'), 'timeout: why'],
    ['fails', error(422, 'execution'), 'execution: why'],
    ['refuses the credentials', { status: 401 }, 'executors.prometheus.bearer_token'],
    ['is a proxy without a server', { status: 502, text: '<html>Bad Gateway</html>' }, '502'],
    ['sends elsewhere', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }, '302'],
    ['answers other JSON', { json: { status: 'success', data: { resultType: 'tensor' } } }, 'no answer of Prometheus'],
    ['answers no JSON', { text: 'up' }, 'expected JSON'],
    ['hangs up', 'close', 'closed'],
    ['breaks off', 'cut', 'closed'],
  ])('when it %s', async (_what, reply, words) => {
    server.answer(reply);

    const answer = await ask(alertOf('x > 1'));

    expect(answer).toMatchObject({ type: 'unavailable', reason: expect.stringContaining(words) });
  });

  it('when only the second question gets no answer', async () => {
    knows({ 'x > 1': vector([]), x: error(503, 'timeout') });

    expect((await ask(alertOf('x > 1'))).type).toBe('unavailable');
  });

  it('when nobody listens', async () => {
    const answer = await ask(alertOf('x > 1'), { url: `http://127.0.0.1:${await freePort()}` });

    expect(answer).toMatchObject({ type: 'unavailable', reason: expect.stringContaining('connection refused') });
  });

  it('when it does not answer in time', async () => {
    server.answer('hang');

    const answer = await ask(alertOf('x > 1'), { timeout: '50ms' });

    expect(answer).toMatchObject({
      type: 'unavailable',
      reason: expect.stringMatching(/no (whole answer|connection) within/),
    });
  });

  it('when it is told to stop asking, and leaves no request behind', async () => {
    server.answer('hang');
    const stop = new AbortController();
    const asking = ask(alertOf('x > 1'), {}, stop.signal);
    await until('the question', () => server.received.length === 1);

    stop.abort();

    expect((await asking).type).toBe('unavailable');
    await until('the end of the request', () => server.pending() === 0);
  });
});

describe('an answer that is too large', () => {
  it('is asked again for the labels of the alert only', async () => {
    const rows = Array.from(
      { length: 100 },
      (_, index) => [{ ...OWN, instance: `10.0.1.${index}:9100` }, '1'] as const,
    );
    const asked: string[] = [];
    server.answer(({ url }) => {
      const query = url.searchParams.get('query') ?? '';
      asked.push(query);
      if (query === 'x > 1') return vector([]);
      return query === 'x' ? vector(rows) : vector([[OWN, '0']]);
    });

    const answer = await ask(alertOf('x > 1', { ...OWN, team: 'a "$1" team', 'k8s.pod': 'p' }), { max_body: 1_500 });

    expect(answer.type).toBe('over');
    expect(asked).toHaveLength(3);
    expect(asked[2]).toContain(
      'and on (team) (label_replace(vector(1), "team", "a \\"$$1\\" team", "", "") or vector(1))',
    );
    expect(asked[2]).not.toContain('k8s.pod');
  });

  it('is no answer when it stays too large', async () => {
    server.answer('flood');

    const answer = await ask(alertOf('x > 1'), { max_body: 1_500 });

    expect(answer).toMatchObject({ type: 'unavailable', reason: expect.stringContaining('larger than 1500 bytes') });
    expect(server.received).toHaveLength(2);
  });
});
