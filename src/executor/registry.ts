import type { ConnectionCheck } from '../domain/connection.js';
import type {
  Executor,
  ExecutorDeps,
  ExecutorModule,
  ExecutorSet,
  ExecutorSpec,
  ReadyExecutor,
} from '../domain/executor.js';
import type { Outcome } from '../domain/run/outcome.js';
import type { MetricSource } from '../domain/alert/metric-source.js';
import type { ConditionSource } from '../domain/run/proof.js';
import { messageOf } from '../domain/errors.js';
import { apiCallModule } from './api/api.js';
import { databaseModule } from './database/database.js';
import { elasticsearchModule } from './elasticsearch/elasticsearch.js';
import { kubernetesModule } from './kubernetes/kubernetes.js';
import { notificationModule } from './notify/notify.js';
import { peopleModule } from './people/people.js';
import { playbookModule } from './playbook/playbook.js';
import { prometheusModule } from './prometheus/prometheus.js';
import { topologyModule } from './topology/topology.js';
import { traceModule } from './trace/trace.js';
import { waitModule } from './wait/wait.js';

/** Every executor that Fixpoint has. A new one is its folder and a line here. */
export const executorModules: readonly ExecutorModule[] = [
  apiCallModule,
  databaseModule,
  elasticsearchModule,
  kubernetesModule,
  notificationModule,
  peopleModule,
  playbookModule,
  prometheusModule,
  topologyModule,
  traceModule,
  waitModule,
];

/** Every kind by its name, known without any configuration. */
export const executorSpecs: ReadonlyMap<string, ExecutorSpec> = specsOf(executorModules);

/** The executors at work. */
export interface Executors {
  /** The executor of a kind, whose case does not matter; null when there is no such kind. */
  get(kind: string): ReadyExecutor | null;
  specs(): ReadonlyMap<string, ExecutorSpec>;
  /** What is configured and can tell whether an alert's condition still holds. */
  conditions(): readonly ConditionSource[];
  /** Who tells figures; null where nothing that could is configured. */
  metric(): MetricSource | null;
  /** Dials everything that is configured; a check that breaks is a line that says so. */
  check(signal: AbortSignal): Promise<ConnectionCheck[]>;
  /** Dials what is behind one kind; a note says why there is nothing to dial. */
  checkKind(kind: string, signal: AbortSignal): Promise<{ checks: ConnectionCheck[]; note: string | null }>;
  /** Ends every connection; may be called twice. */
  stop(): Promise<void>;
}

/**
 * Builds every module with its validated slice `executors.<name>` of the configuration. A module whose slice is absent is built with its
 * defaults when it has one for each key; else its kinds exist all the same, and every attempt fails with the keys to set.
 */
export function createExecutors(
  config: Readonly<Record<string, unknown>>,
  deps: ExecutorDeps,
  modules: readonly ExecutorModule[] = executorModules,
): Executors {
  const sets = modules.map((module) => {
    const missing = missingKeys(module, config[module.name]);
    return { name: module.name, missing, set: open(module, config[module.name], deps, missing) };
  });
  const ready = new Map<string, ReadyExecutor>();
  for (const [index, module] of modules.entries()) {
    for (const spec of module.specs) {
      const executor = sets[index]?.set.executors[spec.kind];
      if (executor === undefined)
        throw new Error(`executor module ${module.name} has a spec but no executor for ${spec.kind}`);
      ready.set(spec.kind, withSpec(spec, executor));
    }
  }
  const specs = specsOf(modules);
  const conditions = sets.flatMap(({ set }) => set.conditions ?? []);
  return {
    get: (kind) => ready.get(kind.toLowerCase()) ?? null,
    specs: () => specs,
    conditions: () => conditions,
    metric: () => sets.find(({ set }) => set.metric !== undefined)?.set.metric ?? null,
    async check(signal) {
      const lines = await Promise.all(sets.map(({ name, set }) => checkSet(name, set, signal)));
      return lines.flat();
    },
    async checkKind(kind, signal) {
      const index = modules.findIndex((module) => module.specs.some((spec) => spec.kind === kind.toLowerCase()));
      const found = sets[index];
      if (found === undefined) return { checks: [], note: `there is no kind ${kind}` };
      const checks = await checkSet(found.name, found.set, signal);
      const note =
        found.missing.length > 0
          ? notConfigured(found.name, found.missing)
          : 'it needs no server of its own, or none is configured';
      return { checks, note: checks.length > 0 ? null : note };
    },
    async stop() {
      await Promise.allSettled(sets.map(({ set }) => set.stop()));
    },
  };
}

function specsOf(modules: readonly ExecutorModule[]): Map<string, ExecutorSpec> {
  const specs = new Map<string, ExecutorSpec>();
  for (const module of modules) {
    for (const spec of module.specs) {
      if (specs.has(spec.kind)) throw new Error(`two executor modules offer ${spec.kind}`);
      specs.set(spec.kind, spec);
    }
  }
  return specs;
}

/** The keys that a module without a slice of the configuration cannot do without. */
function missingKeys(module: ExecutorModule, slice: unknown): readonly string[] {
  if (slice !== undefined) return [];
  const issues = module.config.safeParse({}).error?.issues ?? [];
  return [...new Set(issues.map((issue) => ['executors', module.name, ...issue.path.map(String)].join('.')))];
}

function open(module: ExecutorModule, slice: unknown, deps: ExecutorDeps, missing: readonly string[]): ExecutorSet {
  if (missing.length > 0) return unconfigured(module, missing);
  return module.create(slice === undefined ? module.config.parse({}) : slice, deps);
}

function notConfigured(name: string, missing: readonly string[]): string {
  return `executors.${name} is not configured: set ${missing.join(', ')} in fixpoint.yaml`;
}

/** Fails every attempt in words that tell the operator what to do; trying again could not help. */
function unconfigured(module: ExecutorModule, missing: readonly string[]): ExecutorSet {
  const reason = notConfigured(module.name, missing);
  const failed: Outcome = { type: 'failed', reason, retryable: false };
  const executor: Executor = {
    execute: () => Promise.resolve(failed),
    plan: () => Promise.resolve({ type: 'failed', reason, retryable: false }),
    lookup: () => Promise.resolve({ type: 'unknown', reason }),
    compensate: () => Promise.resolve(failed),
  };
  return {
    executors: Object.fromEntries(module.specs.map((spec) => [spec.kind, executor])),
    check: () => Promise.resolve([]),
    stop: () => Promise.resolve(),
  };
}

/** Methods are bound, because an executor may be an object of a class. An ability that it lacks stays absent. */
function withSpec(spec: ExecutorSpec, executor: Executor): ReadyExecutor {
  return {
    spec,
    execute: (input, attempt) => executor.execute(input, attempt),
    ...(executor.turn && { turn: executor.turn.bind(executor) }),
    ...(executor.plan && { plan: executor.plan.bind(executor) }),
    ...(executor.lookup && { lookup: executor.lookup.bind(executor) }),
    ...(executor.compensate && { compensate: executor.compensate.bind(executor) }),
  };
}

async function checkSet(name: string, set: ExecutorSet, signal: AbortSignal): Promise<ConnectionCheck[]> {
  try {
    return await set.check(signal);
  } catch (error) {
    const message = `the check itself broke: ${messageOf(error)}`;
    return [{ name: `executors.${name}`, target: '', ok: false, message, required: false }];
  }
}
