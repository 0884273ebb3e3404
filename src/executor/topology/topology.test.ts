import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anAttempt } from '../../../test/helper/an-attempt.js';
import { FakeClock } from '../../../test/helper/fake-clock.js';
import { openLoopback } from '../../../test/helper/loopback.js';
import type { Loopback } from '../../../test/helper/loopback.js';
import type { ExecutorSet } from '../../domain/executor.js';
import type { Outcome } from '../../domain/run/outcome.js';
import { joinEdges, walk } from './map.js';
import { ServiceTopologyInput, TopologyConfig, topologyModule } from './topology.js';

let server: Loopback;
const opened: ExecutorSet[] = [];

beforeEach(async () => {
  server = await openLoopback();
});
afterEach(async () => {
  for (const set of opened.splice(0)) await set.stop();
  await server.close();
});

const SERVICES = { 'payment-gateway': { downstream: ['order-service'], databases: ['payment-db'] } };

async function ask(input: Record<string, unknown>, config: Record<string, unknown>): Promise<Outcome> {
  const deps = { clock: new FakeClock('2026-11-21T10:00:00.000Z'), notify: async () => [] };
  const set = topologyModule.create(TopologyConfig.parse(config), deps);
  opened.push(set);
  const parsed = ServiceTopologyInput.parse({ service: 'payment-gateway', ...input });
  return set.executors['service_topology']!.execute(parsed, anAttempt());
}

function dependencies(...calls: [string, string, number][]): { json: unknown } {
  return { json: { data: calls.map(([parent, child, callCount]) => ({ parent, child, callCount })), errors: null } };
}

describe('the topology of a service', () => {
  it('joins what traces and configuration know, and says which knows what', async () => {
    server.answer(
      dependencies(['payment-gateway', 'order-service', 12], ['web', 'payment-gateway', 30], ['web', 'cart', 1]),
    );

    const outcome = await ask({ direction: 'both' }, { url: server.url, services: SERVICES });

    expect(outcome).toMatchObject({
      type: 'succeeded',
      output: {
        known: true,
        downstream: [
          { service: 'order-service', calls: 12, source: ['traces', 'configuration'], depth: 1 },
          { service: 'payment-db', calls: null, source: ['configuration'], depth: 1 },
        ],
        upstream: [{ service: 'web', calls: 30, source: ['traces'], depth: 1 }],
        edges: [
          { from: 'payment-gateway', to: 'order-service' },
          { from: 'payment-gateway', to: 'payment-db' },
          { from: 'web', to: 'payment-gateway' },
        ],
        notes: [],
      },
      summary: 'payment-gateway calls order-service, payment-db and is called by web',
    });
    const asked = server.received[0]?.url;
    expect(asked?.pathname).toBe('/api/dependencies');
    expect(asked?.searchParams.get('lookback')).toBe('3600000');
  });

  it('answers from the configuration when Jaeger is down, and says that traces are missing', async () => {
    server.answer({ status: 503, json: { errors: [{ msg: 'storage is away' }] } });

    const half = await ask({}, { url: server.url, services: SERVICES });
    const none = await ask({}, { url: server.url });

    expect(half).toMatchObject({ type: 'succeeded', output: { downstream: [{}, {}] } });
    expect(JSON.stringify(half)).toContain('without traces: Jaeger at');
    expect(none).toMatchObject({ type: 'failed', retryable: true });
    expect(JSON.stringify(none)).toContain('storage is away');
  });

  it('tells a stranger from a service without dependencies', async () => {
    const stranger = await ask({ service: 'nobody' }, { services: SERVICES });
    const leaf = await ask({ service: 'payment-db' }, { services: SERVICES });

    expect(stranger).toMatchObject({
      output: { known: false, downstream: [] },
      summary: 'nothing is known about nobody',
    });
    expect(leaf).toMatchObject({ output: { known: true, downstream: [] } });
  });

  it('fails when nothing is configured', async () => {
    expect(await ask({}, {})).toMatchObject({ type: 'failed', retryable: false });
  });
});

describe('walking the map', () => {
  const edges = joinEdges(
    [
      { from: 'a', to: 'b', calls: 5 },
      { from: 'a', to: 'c', calls: 1 },
      { from: 'b', to: 'd', calls: 2 },
      { from: 'c', to: 'd', calls: 3 },
      { from: 'd', to: 'a', calls: 9 },
      { from: 'a', to: 'a', calls: 7 },
    ],
    {},
  );

  it('ends in a circle, and counts a service at its smallest distance', () => {
    const found = walk(edges, 'a', 'downstream', 5);

    expect(found.neighbours.map(({ service, depth, calls }) => [service, depth, calls])).toEqual([
      ['b', 1, 5],
      ['c', 1, 1],
      ['d', 2, 5],
    ]);
    expect(found.edges).toHaveLength(5);
  });

  it('goes upstream as well, no further than it is told', () => {
    expect(walk(edges, 'd', 'upstream', 1).neighbours.map(({ service }) => service)).toEqual(['c', 'b']);
  });

  it('stays bounded on a huge map', () => {
    const calls = Array.from({ length: 2_000 }, (_, n) => ({ from: 'hub', to: `s${n}`, calls: n }));

    expect(walk(joinEdges(calls, {}), 'hub', 'downstream', 1).neighbours).toHaveLength(500);
  });
});
