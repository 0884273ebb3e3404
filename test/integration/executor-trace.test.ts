import { randomBytes } from 'node:crypto';
import { afterAll, expect, it } from 'vitest';
import { topologyModule, ServiceTopologyInput, TopologyConfig } from '../../src/executor/topology/topology.js';
import { traceModule, TraceConfig } from '../../src/executor/trace/trace.js';
import { TraceAnalysisInput } from '../../src/executor/trace/trace-analysis.js';
import type { ExecutorSet } from '../../src/domain/executor.js';
import { anAttempt } from '../helper/an-attempt.js';
import { describeWith } from '../helper/servers.js';
import { SYSTEM_CLOCK } from '../helper/system-clock.js';
import { until } from '../helper/until.js';

/** Jaeger's own port for OTLP over HTTP. */
const OTLP = 'http://127.0.0.1:24318/v1/traces';

interface Analysis {
  readonly traces: number;
  readonly slow_traces: number | null;
  readonly failed_traces: number | null;
  readonly culprit: {
    readonly service: string;
    readonly operation: string;
    readonly share: number;
    readonly reason: string;
  } | null;
  readonly services: readonly {
    readonly service: string;
    readonly operation: string;
    readonly errors: number;
    readonly spans: number;
  }[];
  readonly slowest: readonly { readonly trace_id: string; readonly duration_ms: number; readonly root: string }[];
}

/** HotROD's services, each of which sends its spans by itself, at its own time. */
const BEHIND_FRONTEND = ['customer', 'mysql', 'driver', 'redis-manual', 'route'];

interface Topology {
  readonly known: boolean;
  readonly downstream: readonly { readonly service: string; readonly calls: number | null; readonly depth: number }[];
  readonly upstream: readonly { readonly service: string }[];
}

function spansOf(analysis: Analysis, service: string): number {
  let spans = 0;
  for (const place of analysis.services) if (place.service === service) spans += place.spans;
  return spans;
}

await describeWith(['jaeger', 'hotrod'], 'traces of a real Jaeger', ({ jaeger: url, hotrod }) => {
  const deps = { clock: SYSTEM_CLOCK, notify: async () => [] };
  const traces = traceModule.create(TraceConfig.parse({ url }), deps);
  const topology = topologyModule.create(
    TopologyConfig.parse({ url, services: { frontend: { databases: ['sessions'] } } }),
    deps,
  );
  const sets: ExecutorSet[] = [traces, topology];
  const run = randomBytes(4).toString('hex');

  afterAll(async () => {
    for (const set of sets) await set.stop();
  });

  async function analyse(input: Record<string, unknown>): Promise<Analysis> {
    const outcome = await traces.executors['trace_analysis']!.execute(TraceAnalysisInput.parse(input), anAttempt());
    if (outcome.type !== 'succeeded') throw new Error(JSON.stringify(outcome));
    return outcome.output as Analysis; // the shape that the kind promises
  }

  async function dispatch(): Promise<void> {
    await (await fetch(`${hotrod}/dispatch?customer=123`)).text();
  }

  /** Sends one trace by OTLP: `api` calls its database, which takes `db_ms`. */
  async function send(service: string, db_ms: number, failed: boolean): Promise<void> {
    const traceId = randomBytes(16).toString('hex');
    const [root, db] = [randomBytes(8).toString('hex'), randomBytes(8).toString('hex')];
    const begin = Date.now() - 2_000;
    const nanos = (ms: number): string => `${begin + ms}000000`;
    const status = failed ? { status: { code: 2 } } : {};
    const span = (name: string, over: Record<string, unknown>): Record<string, unknown> => ({
      traceId,
      name,
      kind: 2,
      ...over,
    });
    const spans = [
      span('GET /pay', { spanId: root, startTimeUnixNano: nanos(0), endTimeUnixNano: nanos(db_ms + 10), ...status }),
      span('select', {
        spanId: db,
        parentSpanId: root,
        kind: 3,
        startTimeUnixNano: nanos(5),
        endTimeUnixNano: nanos(db_ms + 5),
        attributes: [{ key: 'db.system', value: { stringValue: 'postgresql' } }],
        ...status,
      }),
    ];
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: service } }] };
    const body = JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
    const answer = await fetch(OTLP, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    if (!answer.ok) throw new Error(await answer.text());
  }

  it('finds the database lock of HotROD behind slow dispatches', async () => {
    const begin = SYSTEM_CLOCK.now();
    for (let call = 0; call < 6; call++) await dispatch();
    await Promise.all(Array.from({ length: 8 }, dispatch));
    const input = { service: 'frontend', operation: '/dispatch', slow_threshold: '1500ms' };

    const found = await until('the traces to be stored', async () => {
      const time_window = `${SYSTEM_CLOCK.now() - begin + 1_000}ms`;
      const analysis = await analyse({ ...input, time_window });
      return analysis.traces >= 14 && BEHIND_FRONTEND.every((name) => spansOf(analysis, name) >= 14) ? analysis : null;
    });

    expect(found.slow_traces).toBeGreaterThanOrEqual(4);
    expect(found.culprit).toMatchObject({ service: 'mysql', operation: 'SQL SELECT' });
    expect(found.culprit!.share).toBeGreaterThan(0.4);
    expect(found.slowest[0]!.root).toBe('frontend: /dispatch');
    expect(found.services.find((place) => place.operation === 'GetDriver')!.errors).toBeGreaterThan(0);
    expect(found.failed_traces).toBe(0);
  }, 60_000);

  it('blames a database that has no spans of its own, for slow and for failed requests', async () => {
    const [slow, failing, healthy] = [`api-slow-${run}`, `api-fail-${run}`, `api-well-${run}`];
    for (let call = 0; call < 8; call++) {
      await send(slow, call < 6 ? 20 : 900, false);
      await send(failing, 20, call < 3);
      await send(healthy, 20 + call, false);
    }

    const [late, broken, well] = await until('the traces to be stored', async () => {
      const all = await Promise.all([slow, failing, healthy].map((service) => analyse({ service })));
      return all.every((analysis) => analysis.traces === 8) ? all : null;
    });

    expect(late).toMatchObject({
      slow_traces: 2,
      failed_traces: 0,
      culprit: { service: 'postgresql', operation: 'select' },
    });
    expect(late!.culprit!.share).toBeGreaterThan(0.9);
    expect(broken).toMatchObject({ slow_traces: 0, failed_traces: 3, culprit: { service: 'postgresql', share: 1 } });
    expect(well).toMatchObject({ slow_traces: 0, failed_traces: 0, culprit: null });
  });

  it('knows nothing about a service without traces', async () => {
    const found = await analyse({ service: `nobody-${run}` });

    expect(found).toMatchObject({ traces: 0, slow_traces: null, failed_traces: null, culprit: null, services: [] });
  });

  it('tells what HotROD depends on, from traces and configuration', async () => {
    await dispatch();

    const found = await until('the dependencies', async () => {
      const input = ServiceTopologyInput.parse({ service: 'frontend', direction: 'both', depth: 2 });
      const outcome = await topology.executors['service_topology']!.execute(input, anAttempt());
      if (outcome.type !== 'succeeded') throw new Error(JSON.stringify(outcome));
      const output = outcome.output as Topology; // the shape that the kind promises
      return output.downstream.some((each) => each.service === 'mysql') ? output : null;
    });

    const near = found.downstream.filter((each) => each.depth === 1).map((each) => each.service);
    const far = found.downstream.filter((each) => each.depth === 2).map((each) => each.service);
    expect(near.toSorted()).toEqual(['customer', 'driver', 'route', 'sessions']);
    expect(far.toSorted()).toEqual(['mysql', 'redis-manual']);
    expect(found.downstream.find((each) => each.service === 'sessions')).toMatchObject({
      calls: null,
      source: ['configuration'],
    });
    expect(found.upstream).toEqual([]);
  });

  it('is found by the check', async () => {
    const lines = [
      ...(await traces.check(AbortSignal.timeout(5_000))),
      ...(await topology.check(AbortSignal.timeout(5_000))),
    ];

    expect(lines.map((line) => [line.name, line.ok])).toEqual([
      ['executors.trace', true],
      ['executors.topology', true],
    ]);
  });
});
