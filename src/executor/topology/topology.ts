import { z } from 'zod';
import type { Clock } from '../../domain/clock.js';
import { instant } from '../../domain/clock.js';
import { Duration, durationMs } from '../../domain/duration.js';
import type { AttemptContext, Executor, ExecutorModule, ExecutorSpec } from '../../domain/executor.js';
import type { Outcome } from '../../domain/run/outcome.js';
import { HTTP_TARGET, HttpUrl } from '../http-target.js';
import { createJaeger } from '../jaeger.js';
import type { Jaeger } from '../jaeger.js';
import { joinEdges, knows, walk } from './map.js';

const ServiceName = z.string().min(1).max(500);
const ServiceNames = z.array(ServiceName).max(500).default([]);

/** The slice `executors.topology`. */
export const TopologyConfig = z.strictObject({
  ...HTTP_TARGET,
  url: HttpUrl.optional().describe("Address of Jaeger's query service, whose dependencies are asked for"),
  services: z
    .record(ServiceName, z.strictObject({ downstream: ServiceNames, databases: ServiceNames }))
    .default({})
    .describe('What each service is known to call'),
});
export type TopologyConfig = z.infer<typeof TopologyConfig>;

/** What `service_topology` takes. */
export const ServiceTopologyInput = z.strictObject({
  service: ServiceName,
  direction: z.enum(['downstream', 'upstream', 'both']).default('downstream'),
  depth: z.int().min(1).max(5).default(1),
  time_window: Duration.default('1h').describe('How far back traces count'),
});
export type ServiceTopologyInput = z.infer<typeof ServiceTopologyInput>;

/** `service_topology`, as it is known without configuration. */
export const serviceTopologySpec = {
  kind: 'service_topology',
  title: 'Tell what a service calls, and who calls it',
  effect: 'read',
  input: ServiceTopologyInput,
  output_keys: ['service', 'known', 'downstream', 'upstream', 'edges', 'window', 'notes'],
} as const satisfies ExecutorSpec<ServiceTopologyInput>;

/** Knows the services' dependencies from Jaeger's traces, from the configuration, or both. */
export const topologyModule: ExecutorModule<TopologyConfig> = {
  name: 'topology',
  config: TopologyConfig,
  specs: [serviceTopologySpec],
  create(config, deps) {
    const { url } = config;
    const jaeger = url === undefined ? null : createJaeger({ ...config, url }, deps.clock);
    return {
      executors: { [serviceTopologySpec.kind]: new ServiceTopology(config, jaeger, deps.clock) },
      check: async (signal) => (jaeger === null ? [] : [await jaeger.check('executors.topology', signal)]),
      stop: async () => jaeger?.stop(),
    };
  },
};

class ServiceTopology implements Executor<ServiceTopologyInput> {
  readonly #config: TopologyConfig;
  readonly #jaeger: Jaeger | null;
  readonly #clock: Clock;

  constructor(config: TopologyConfig, jaeger: Jaeger | null, clock: Clock) {
    this.#config = config;
    this.#jaeger = jaeger;
    this.#clock = clock;
  }

  async execute(input: ServiceTopologyInput, attempt: AttemptContext): Promise<Outcome> {
    const { services } = this.#config;
    const configured = Object.keys(services).length > 0;
    if (this.#jaeger === null && !configured)
      return {
        type: 'failed',
        reason: 'executors.topology is not configured: set url (Jaeger) or services in fixpoint.yaml',
        retryable: false,
      };
    const to_ms = this.#clock.now();
    const from_ms = to_ms - durationMs(input.time_window);
    const traced = this.#jaeger === null ? null : await this.#jaeger.calls(from_ms, to_ms, attempt.signal);
    // Half an answer is better than none in the middle of the night, as long as it says so.
    if (traced?.type === 'failed' && !configured) return traced.outcome;
    const notes =
      traced === null ? [] : traced.type === 'ok' ? traced.notes : [`without traces: ${traced.outcome.reason}`];
    const edges = joinEdges(traced?.type === 'ok' ? traced.value : [], services);
    const { service, direction, depth } = input;
    const nothing = { neighbours: [], edges: [] };
    const down = direction === 'upstream' ? nothing : walk(edges, service, 'downstream', depth);
    const up = direction === 'downstream' ? nothing : walk(edges, service, 'upstream', depth);
    const known = knows(edges, services, service);
    return {
      type: 'succeeded',
      output: {
        service,
        known,
        downstream: down.neighbours,
        upstream: up.neighbours,
        edges: [...new Set([...down.edges, ...up.edges])],
        window: { from: instant(from_ms), to: instant(to_ms) },
        notes,
      },
      summary: summaryOf(input, known, down.neighbours, up.neighbours),
      evidence: { url: this.#jaeger?.target ?? null, configured_services: Object.keys(services).length },
    };
  }
}

function summaryOf(
  input: ServiceTopologyInput,
  known: boolean,
  down: readonly { readonly service: string }[],
  up: readonly { readonly service: string }[],
): string {
  if (!known) return `nothing is known about ${input.service}`;
  const list = (found: readonly { readonly service: string }[]): string => {
    const names = found.slice(0, 5).map((each) => each.service);
    return found.length === 0
      ? 'nothing'
      : `${names.join(', ')}${found.length > 5 ? ` and ${found.length - 5} more` : ''}`;
  };
  const parts: string[] = [];
  if (input.direction !== 'upstream') parts.push(`calls ${list(down)}`);
  if (input.direction !== 'downstream') parts.push(`is called by ${list(up)}`);
  return `${input.service} ${parts.join(' and ')}`;
}
