import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anAttempt } from '../../../test/helper/an-attempt.js';
import { FakeClock } from '../../../test/helper/fake-clock.js';
import { freePort, openLoopback } from '../../../test/helper/loopback.js';
import type { Loopback, Received, Reply } from '../../../test/helper/loopback.js';
import { SYSTEM_CLOCK } from '../../../test/helper/system-clock.js';
import type { Clock } from '../../domain/clock.js';
import type { ExecutorSet } from '../../domain/executor.js';
import type { Outcome } from '../../domain/run/outcome.js';
import { TraceAnalysisInput } from './trace-analysis.js';
import { TraceConfig, traceModule } from './trace.js';

const NOW = '2026-11-21T10:00:00.000Z';
const START_US = Date.parse(NOW) * 1_000 - 60_000_000;

/** One span in the words of a test; times in milliseconds from the beginning of its trace. */
interface Drawn {
  readonly id: string;
  readonly of: string;
  readonly op?: string;
  readonly at: number;
  readonly ms: number;
  readonly under?: string;
  readonly follows?: boolean;
  readonly tags?: Record<string, unknown>;
}

let server: Loopback;
const opened: ExecutorSet[] = [];

beforeEach(async () => {
  server = await openLoopback();
});
afterEach(async () => {
  for (const set of opened.splice(0)) await set.stop();
  await server.close();
});

/** A trace as Jaeger answers it. */
function drawn(traceID: string, spans: readonly Drawn[]): unknown {
  return {
    traceID,
    spans: spans.map(({ id, of, op, at, ms, under, follows, tags }) => ({
      traceID,
      spanID: id,
      operationName: op ?? 'GET /',
      references:
        under === undefined
          ? []
          : [{ refType: follows === true ? 'FOLLOWS_FROM' : 'CHILD_OF', traceID, spanID: under }],
      startTime: START_US + at * 1_000,
      duration: ms * 1_000,
      tags: Object.entries(tags ?? {}).map(([key, value]) => ({ key, type: 'string', value })),
      processID: of,
    })),
    processes: Object.fromEntries(spans.map(({ of }) => [of, { serviceName: of, tags: [] }])),
  };
}

/** `api` asks `db`, which takes `db_ms`; api itself takes 10 ms. */
function asking(
  traceID: string,
  db_ms: number,
  over: { api?: Record<string, unknown>; db?: Record<string, unknown> } = {},
): unknown {
  return drawn(traceID, [
    { id: 'a', of: 'api', at: 0, ms: db_ms + 10, tags: over.api ?? {} },
    { id: 'b', of: 'db', op: 'select', at: 5, ms: db_ms, under: 'a', tags: over.db ?? {} },
  ]);
}

function jaeger(traces: readonly unknown[]): Reply {
  return { json: { data: traces, total: 0, limit: 0, offset: 0, errors: null } };
}

/** Answers the window itself with one list, and the window before with another. */
function windows(now: readonly unknown[], before: readonly unknown[] = []): void {
  server.answer((request) => jaeger(isNow(request) ? now : before));
}

function isNow(request: Received): boolean {
  return request.url.searchParams.get('end') === String(Date.parse(NOW) * 1_000);
}

function ask(
  input: Record<string, unknown> = {},
  config: Record<string, unknown> = {},
  clock: Clock = new FakeClock(NOW),
): Promise<Outcome> {
  const deps = { clock, notify: async () => [] };
  const set = traceModule.create(TraceConfig.parse({ url: server.url, ...config }), deps);
  opened.push(set);
  return set.executors['trace_analysis']!.execute(TraceAnalysisInput.parse({ service: 'api', ...input }), anAttempt());
}

interface Found {
  readonly culprit: { readonly service: string; readonly share: number; readonly reason: string } | null;
  readonly services: readonly {
    readonly service: string;
    readonly operation: string;
    readonly self_ms_p50: number;
    readonly self_ms_total: number;
    readonly errors: number;
    readonly spans: number;
  }[];
  readonly notes: readonly string[];
}

async function found(input: Record<string, unknown> = {}): Promise<Found> {
  const outcome = await ask(input);
  if (outcome.type !== 'succeeded') throw new Error(JSON.stringify(outcome));
  return outcome.output as Found; // the shape that the kind promises
}

/** Self time of every place of the only trace that the server has. */
async function selves(spans: readonly Drawn[]): Promise<Record<string, number>> {
  windows([drawn('t1', spans)]);
  const { services } = await found({ slow_threshold: '1ms' });
  return Object.fromEntries(services.map((each) => [`${each.service} ${each.operation}`, each.self_ms_total]));
}

const HEALTHY = Array.from({ length: 10 }, (_, n) => asking(`h${n}`, 40 + n));
const DB_ERROR = { 'otel.status_code': 'ERROR' };

describe('self time', () => {
  it('is the duration without the union of what a span waited for, clipped to it', async () => {
    expect(
      await selves([
        { id: 'a', of: 'api', at: 0, ms: 100 },
        { id: 'b', of: 'x', op: 'one', at: 10, ms: 40, under: 'a' },
        { id: 'c', of: 'y', op: 'two', at: 30, ms: 40, under: 'a' },
        // Of the same service, so its clock is right: it merely goes on after its parent.
        { id: 'd', of: 'api', op: 'late', at: 90, ms: 60, under: 'a' },
      ]),
    ).toEqual({ 'api GET /': 30, 'x one': 40, 'y two': 40, 'api late': 60 });
  });

  it('does not lose what was set off without waiting', async () => {
    expect(
      await selves([
        { id: 'a', of: 'api', at: 0, ms: 100 },
        { id: 'b', of: 'mailer', op: 'send', at: 10, ms: 50, under: 'a', follows: true },
      ]),
    ).toEqual({ 'api GET /': 100, 'mailer send': 50 });
  });

  it('sets a clock right that is ahead or behind', async () => {
    expect(
      await selves([
        { id: 'a', of: 'api', at: 0, ms: 100 },
        { id: 'b', of: 'x', at: 5_000, ms: 60, under: 'a' },
        { id: 'c', of: 'y', at: 5_010, ms: 20, under: 'b' },
      ]),
    ).toEqual({ 'api GET /': 40, 'x GET /': 40, 'y GET /': 20 });
  });

  it('counts a database without spans of its own by what its clients waited', async () => {
    expect(
      await selves([
        { id: 'a', of: 'api', at: 0, ms: 100 },
        {
          id: 'b',
          of: 'api',
          op: 'SELECT',
          at: 10,
          ms: 70,
          under: 'a',
          tags: { 'span.kind': 'client', 'db.system': 'mysql' },
        },
        // This one was answered by a service that has spans: it is no peer.
        {
          id: 'c',
          of: 'api',
          op: 'call',
          at: 85,
          ms: 10,
          under: 'a',
          tags: { 'span.kind': 'client', 'peer.service': 'auth' },
        },
        { id: 'd', of: 'auth', op: 'check', at: 86, ms: 8, under: 'c' },
      ]),
    ).toEqual({ 'api GET /': 20, 'mysql SELECT': 70, 'api call': 2, 'auth check': 8 });
  });

  it('survives spans that are missing, doubled, their own parents, or in a circle', async () => {
    const sums = await selves([
      { id: 'a', of: 'api', at: 0, ms: 100, under: 'nobody' },
      { id: 'b', of: 'x', at: 10, ms: 10, under: 'a' },
      { id: 'b', of: 'x', at: 30, ms: 10, under: 'a' },
      { id: 'c', of: 'api', op: 'self', at: 0, ms: 5, under: 'c' },
      { id: 'd', of: 'api', op: 'round', at: 0, ms: 8, under: 'e' },
      { id: 'e', of: 'api', op: 'round', at: 0, ms: 8, under: 'd' },
    ]);

    expect(sums).toMatchObject({ 'api GET /': 80, 'x GET /': 20, 'api self': 5 });
  });

  it('survives a chain that is deeper than any stack', async () => {
    const chain = Array.from({ length: 15_000 }, (_, n) => ({
      id: `s${n}`,
      of: 'api',
      at: 0,
      ms: 20_000 - n,
      ...(n === 0 ? {} : { under: `s${n - 1}` }),
    }));

    expect(Object.keys(await selves(chain))).toEqual(['api GET /']);
  });
});

describe('the culprit', () => {
  it('is who takes most of the time that slow requests need more than normal ones', async () => {
    windows([...HEALTHY, asking('s1', 900), asking('s2', 1_100)]);

    const outcome = await ask();

    expect(outcome).toMatchObject({
      type: 'succeeded',
      output: {
        traces: 12,
        slow_traces: 2,
        failed_traces: 0,
        culprit: { service: 'db', operation: 'select', share: 1 },
        slowest: [{ trace_id: 's2', duration_ms: 1_110, root: 'api: GET /' }, {}, {}, {}, {}],
      },
      summary: '12 traces, 2 slow, 0 failed, slowest 1.1 s; culprit db (100 %)',
    });
    expect(JSON.stringify(outcome)).toContain(
      'db select takes 1000 ms in the 2 slow traces and 45 ms in 10 normal ones',
    );
  });

  it('is not who does much work beside what was waited for', async () => {
    const parallel = (traceID: string, lock_ms: number): unknown =>
      drawn(traceID, [
        { id: 'a', of: 'api', at: 0, ms: lock_ms + 5 },
        { id: 'l', of: 'lock', at: 5, ms: lock_ms, under: 'a' },
        // Eight calls side by side: together more than the lock takes, but nobody waits for them.
        ...Array.from({ length: 8 }, (_, n) => ({ id: `p${n}`, of: 'busy', at: 5, ms: lock_ms - 20, under: 'a' })),
      ]);
    windows([...Array.from({ length: 6 }, (_, n) => parallel(`n${n}`, 50)), parallel('s', 800)]);

    expect((await found()).culprit).toMatchObject({ service: 'lock' });
  });

  it('is found against the window before when every request is slow', async () => {
    const now = Array.from({ length: 6 }, (_, n) => asking(`s${n}`, 900 + n));
    windows(now, HEALTHY);

    const analysis = await found();

    expect(analysis).toMatchObject({ slow_traces: 6, culprit: { service: 'db' } });
    expect(analysis.culprit?.reason).toContain('those before the window');
  });

  it('is where the failures began, when they are more than the slow requests', async () => {
    const broken = (id: string): unknown => asking(id, 5, { api: { 'http.status_code': '503' }, db: DB_ERROR });
    windows([...HEALTHY, broken('f1'), broken('f2'), asking('f3', 5, { api: { error: true } })]);

    const analysis = await found();

    expect(analysis).toMatchObject({ slow_traces: 0, failed_traces: 3, culprit: { service: 'db', share: 0.667 } });
    expect(analysis.culprit?.reason).toContain('2 of 3 failed traces fail first in db');
  });

  it('is nobody while an error below was made good, and nothing is slow', async () => {
    windows([...HEALTHY, asking('r', 45, { db: DB_ERROR })]);

    const analysis = await found();

    expect(analysis).toMatchObject({ slow_traces: 0, failed_traces: 0, culprit: null });
    expect(analysis.services.find((each) => each.service === 'db')?.errors).toBe(1);
  });

  it('is by the largest share where there is nothing to compare with, and slow is then not known', async () => {
    windows([asking('only', 900)]);

    const analysis = await found();

    expect(analysis).toMatchObject({ traces: 1, slow_traces: null, culprit: { service: 'db' } });
    expect(analysis.notes.join()).toContain('slow_threshold');
  });

  it('is the first by name when two are equal', async () => {
    const even = drawn('e', [
      { id: 'a', of: 'api', at: 0, ms: 200 },
      { id: 'z', of: 'zeta', at: 0, ms: 100, under: 'a' },
      { id: 'b', of: 'beta', at: 100, ms: 100, under: 'a' },
    ]);
    windows([even]);

    expect((await found({ slow_threshold: '100ms' })).culprit).toMatchObject({ service: 'beta', share: 0.5 });
  });

  it('is looked for below the service, not in what its callers do', async () => {
    const behind = (traceID: string, db_ms: number): unknown =>
      drawn(traceID, [
        { id: 'w', of: 'web', at: 0, ms: 5_000 },
        { id: 'a', of: 'api', at: 100, ms: db_ms + 10, under: 'w' },
        { id: 'b', of: 'db', at: 105, ms: db_ms, under: 'a' },
      ]);
    windows([behind('n', 20), behind('s', 700)]);

    const analysis = await found({ slow_threshold: '500ms' });

    expect(analysis).toMatchObject({
      slow_traces: 1,
      culprit: { service: 'db' },
      slowest: [{ root: 'web: GET /', duration_ms: 710 }, {}],
    });
    expect(analysis.services.map((each) => each.service)).toEqual(['db', 'api']);
  });
});

describe('the questions to Jaeger', () => {
  it('name service, window in microseconds, operation and limit', async () => {
    windows(HEALTHY);

    await ask(
      { operation: 'GET /', time_window: '5m', limit: 50, slow_threshold: '1s' },
      { bearer_token: 'jaeger-token' },
    );

    const [request] = server.received;
    expect(Object.fromEntries(request!.url.searchParams)).toEqual({
      service: 'api',
      operation: 'GET /',
      start: String((Date.parse(NOW) - 300_000) * 1_000),
      end: String(Date.parse(NOW) * 1_000),
      lookback: 'custom',
      limit: '50',
    });
    expect(request?.headers.authorization).toBe('Bearer jaeger-token');
  });

  it('fetch the slow and the failed ones by themselves when the window holds more than the limit', async () => {
    server.answer(({ url }) => {
      if (url.searchParams.has('tags')) return jaeger([asking('f', 5, { api: { error: true } })]);
      if (url.searchParams.has('minDuration')) return jaeger([asking('s', 900)]);
      return jaeger(HEALTHY);
    });

    const analysis = await found({ limit: 10, slow_threshold: '500ms' });

    expect(analysis).toMatchObject({ traces: 12, slow_traces: 1, failed_traces: 1 });
    expect(analysis.notes.join()).toContain('more than 10 traces');
  });

  it('are answered with nothing known where there are no traces', async () => {
    windows([]);

    expect(await ask()).toMatchObject({
      type: 'succeeded',
      output: { traces: 0, slow_traces: null, failed_traces: null, culprit: null, services: [], slowest: [] },
      summary: 'no traces of api in 10m: nothing is known',
    });
  });

  it('tell what Jaeger says is missing', async () => {
    server.answer({ json: { data: HEALTHY, errors: [{ code: 500, msg: 'trace x is cut' }] } });

    expect((await found()).notes).toEqual(['Jaeger says: trace x is cut']);
  });

  it.each<[string, Reply, { retryable: boolean; retry_after_ms?: number }, string]>([
    ['401', { status: 401, text: 'no' }, { retryable: false }, 'does not accept the credential (401)'],
    [
      '400',
      { status: 400, json: { data: null, errors: [{ code: 400, msg: 'bad start' }] } },
      { retryable: false },
      'bad start',
    ],
    [
      '503',
      { status: 503, text: 'away', headers: { 'retry-after': '2' } },
      { retryable: true, retry_after_ms: 2_000 },
      '503',
    ],
    [
      'a page of HTML',
      { text: '<html>', headers: { 'content-type': 'text/html' } },
      { retryable: false },
      'is this Jaeger',
    ],
    ['other JSON', { json: { data: [{ hello: 1 }] } }, { retryable: false }, 'not Jaeger'],
    ['a cut answer', 'cut', { retryable: true }, 'closed'],
  ])('that are answered with %s fail with their reason', async (_what, reply, expected, text) => {
    server.answer(reply);

    const outcome = await ask({}, { bearer_token: 'a-secret-token' });

    expect(outcome).toMatchObject({ type: 'failed', ...expected });
    expect(JSON.stringify(outcome)).toContain(text);
    expect(JSON.stringify(outcome)).not.toContain('a-secret-token');
  });

  it('say that nobody listens, and give up who does not answer', async () => {
    const closed = await ask({}, { url: `http://127.0.0.1:${await freePort()}` });
    server.answer('hang');
    const silent = await ask({}, { timeout: '100ms' }, SYSTEM_CLOCK);

    expect(closed).toMatchObject({ type: 'failed', retryable: true });
    expect(silent).toMatchObject({ type: 'failed', retryable: true });
  });

  it('go on without a baseline when that question fails, and say so', async () => {
    server.answer((request) => (isNow(request) ? jaeger([...HEALTHY, asking('s', 900)]) : { status: 500, json: {} }));

    const analysis = await found();

    expect(analysis).toMatchObject({ slow_traces: 1, culprit: { service: 'db' } });
    expect(analysis.notes.join()).toContain('what was normal before is not known');
  });
});
