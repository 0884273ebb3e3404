import { counted } from '../../domain/counted.js';
import { z } from 'zod';
import type { Clock } from '../../domain/clock.js';
import { Duration, durationMs } from '../../domain/duration.js';
import type { AttemptContext, Executor, ExecutorSpec, Lookup, Plan } from '../../domain/executor.js';
import type { Intent, Outcome } from '../../domain/run/outcome.js';
import { aimOf, brokenGuard, narrower } from './bounds.js';
import type { Cluster, Right, Workload } from './cluster.js';
import { isConfigured, KIND_NAMES, ObjectName, WorkloadKind } from './config.js';
import type { KubernetesConfig } from './config.js';
import { findWorkload } from './find.js';
import { asFailure, changeOf, detailsOf, failedOutcome, markOn, writeReplicas } from './replica-change.js';
import type { ReplicaChange } from './replica-change.js';
import { awaitRollout, isRolledOut } from './rollout.js';
import type { Rollout } from './rollout.js';

const NOT_CONFIGURED =
  'executors.kubernetes is not configured: set kubeconfig, in_cluster or server in fixpoint.yaml (no credential is used unless it is named there)';

const Count = z.int().min(0).max(10_000);
const Step = z.int().min(1).max(1_000);

/** What `kubernetes_scale` takes. */
export const ScaleInput = z
  .strictObject({
    service: z.string().min(1).max(253).optional().describe('The service to scale'),
    namespace: ObjectName.optional().describe("Where to look for it; default: the alert's label namespace"),
    kind: WorkloadKind.optional(),
    name: ObjectName.optional().describe("The object's name, where it is not the service's"),
    replicas: Count.optional().describe('The number of replicas to have'),
    replicas_increase: Step.optional().describe('How many replicas to add'),
    replicas_decrease: Step.optional().describe('How many replicas to take away'),
    min_replicas: Count.optional().describe('Not below this'),
    max_replicas: Count.optional().describe('Not above this'),
    wait: z.boolean().default(true).describe('Wait until the replicas are ready'),
    ready_timeout: Duration.optional().describe("How long to wait; default: as long as the task's timeout allows"),
    ignore_autoscaler: z.boolean().default(false).describe('Scale even where an autoscaler sets the replicas'),
  })
  .superRefine((input, context) => {
    const ways = [input.replicas, input.replicas_increase, input.replicas_decrease].filter((way) => way !== undefined);
    const refuse = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
    if (ways.length !== 1)
      refuse('replicas', 'expected exactly one of replicas, replicas_increase and replicas_decrease');
    if (input.service === undefined && input.name === undefined) refuse('service', 'expected service or name');
    const { min_replicas: min, max_replicas: max } = input;
    if (min !== undefined && max !== undefined && min > max)
      refuse('max_replicas', `expected at least min_replicas (${min})`);
  });
export type ScaleInput = z.infer<typeof ScaleInput>;

/** `kubernetes_scale`, as it is known without configuration. */
export const scaleSpec = {
  kind: 'kubernetes_scale',
  title: 'Scale a Deployment or StatefulSet, and wait until it is ready',
  effect: 'write',
  input: ScaleInput,
  output_keys: [
    'service',
    'namespace',
    'kind',
    'name',
    'replicas_before',
    'replicas_after',
    'ready_replicas',
    'ready',
    'changed',
  ],
} as const satisfies ExecutorSpec<ScaleInput>;

/** The rights that `kubernetes_scale` needs; without the last three it works, but sees no autoscaler and cannot say why a pod is not ready. */
export const SCALE_RIGHTS: readonly (Right & { readonly required: boolean })[] = [
  { verb: 'get', group: 'apps', resource: 'deployments', required: true },
  { verb: 'patch', group: 'apps', resource: 'deployments', required: true },
  { verb: 'get', group: 'apps', resource: 'statefulsets', required: false },
  { verb: 'patch', group: 'apps', resource: 'statefulsets', required: false },
  { verb: 'list', group: 'autoscaling', resource: 'horizontalpodautoscalers', required: false },
  { verb: 'list', group: '', resource: 'pods', required: false },
  { verb: 'list', group: '', resource: 'events', required: false },
];

interface Result {
  readonly service: string | null;
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  readonly replicas_before: number;
  readonly replicas_after: number;
  readonly ready_replicas: number;
  readonly ready: boolean;
  readonly changed: boolean;
}

/** Scales one object by compare-and-set: what was read, planned and shown is what is changed, or nothing is. */
export class KubernetesScale implements Executor<ScaleInput> {
  readonly #config: KubernetesConfig;
  readonly #cluster: Cluster;
  readonly #clock: Clock;

  constructor(config: KubernetesConfig, cluster: Cluster, clock: Clock) {
    this.#config = config;
    this.#cluster = cluster;
    this.#clock = clock;
  }

  async plan(input: ScaleInput, attempt: AttemptContext): Promise<Plan> {
    if (!isConfigured(this.#config)) return { type: 'failed', reason: NOT_CONFIGURED, retryable: false };
    try {
      return await this.#plan(input, attempt);
    } catch (error) {
      const { message, retryable } = asFailure(error);
      return { type: 'failed', reason: message, retryable };
    }
  }

  async execute(input: ScaleInput, attempt: AttemptContext): Promise<Outcome> {
    let intent: Omit<Intent, 'idempotency_key'> | null = attempt.intent;
    if (intent === null) {
      const plan = await this.plan(input, attempt);
      if (plan.type === 'nothing') return plan.outcome;
      if (plan.type === 'failed') return plan;
      intent = plan.intent;
    }
    return this.#change(input, attempt, changeOf(intent));
  }

  async lookup(input: ScaleInput, attempt: AttemptContext): Promise<Lookup> {
    if (!isConfigured(this.#config)) return { type: 'unknown', reason: NOT_CONFIGURED };
    if (attempt.intent === null) return { type: 'unknown', reason: 'there is no record of what was intended' };
    const change = changeOf(attempt.intent);
    try {
      const now = await this.#cluster.read(change.ref, attempt.signal);
      if (now.uid !== change.details.uid)
        return { type: 'unknown', reason: `${change.target} was deleted and made anew since` };
      const mark = markOn(now)?.key ?? null;
      if (mark === attempt.intent.idempotency_key) return { type: 'done', output: resultOf(input, change, now, true) };
      if (mark === change.details.last_change && now.replicas === change.from) return { type: 'not_done' };
      const reason = `${change.target} has ${counted(now.replicas, 'replica')} (planned were ${change.from} → ${change.to}) and does not bear the mark of this change: somebody else changed it since`;
      return { type: 'unknown', reason };
    } catch (error) {
      return { type: 'unknown', reason: asFailure(error).message };
    }
  }

  /** Sets the replicas back to what they were, as long as the object still bears our own change. */
  async compensate(input: ScaleInput, attempt: AttemptContext): Promise<Outcome> {
    if (!isConfigured(this.#config)) return failed(NOT_CONFIGURED);
    if (attempt.intent === null) return failed('there is no record of what was changed, so nothing can be undone');
    const done = changeOf(attempt.intent);
    let now: Workload;
    try {
      now = await this.#cluster.read(done.ref, attempt.signal);
    } catch (error) {
      return failedOutcome(error);
    }
    const undo: ReplicaChange = { ...done, from: done.to, to: done.from, details: detailsOf(now) };
    if (now.uid !== done.details.uid) return failed(`${done.target} was deleted and made anew since: it is left alone`);
    if (markOn(now)?.key === attempt.idempotency_key) return this.#change(input, attempt, undo);
    if (now.replicas === undo.to) {
      const output = resultOf(input, { ...undo, from: undo.to }, now, false);
      return {
        type: 'succeeded',
        output,
        summary: `${done.ref.name} has ${counted(undo.to, 'replica')} already`,
        change: null,
      };
    }
    if (now.replicas !== undo.from || markOn(now)?.key !== attempt.intent.idempotency_key)
      return failed(
        `somebody else changed ${done.target} since (it has ${counted(now.replicas, 'replica')}): it is left alone`,
      );
    const guard = brokenGuard(undo.to, narrower(this.#config, input));
    return guard === null ? this.#change(input, attempt, undo) : failed(`${done.target}: ${guard}`);
  }

  async #plan(input: ScaleInput, attempt: AttemptContext): Promise<Plan> {
    const { workload, notes } = await findWorkload(this.#cluster, this.#config, input, attempt.alert, attempt.signal);
    const { name: cluster } = await this.#cluster.identity();
    const target = `${cluster}/${workload.namespace}/${KIND_NAMES[workload.kind]}/${workload.name}`;
    const mark = markOn(workload);
    // An earlier attempt of this very step wrote already: planning a further difference on top would write it twice.
    if (mark?.key === attempt.idempotency_key) return planned(target, workload, mark.from, mark.to, notes);
    const aim = aimOf(input, workload.replicas, narrower(this.#config, input));
    if (aim.type === 'refused') return { type: 'failed', reason: `${target}: ${aim.reason}`, retryable: false };
    if (aim.to === workload.replicas) return nothingToDo(input, workload, target, aim.reason);
    const told = aim.reason === null ? [...notes] : [...notes, aim.reason];
    if (!input.ignore_autoscaler) {
      const autoscalers = await this.#autoscalers(workload, attempt.signal);
      if (autoscalers.names.length > 0) {
        const reason = `${target}: guard autoscaler: ${autoscalers.names.join(', ')} sets its replicas and would undo this; change its bounds, or say ignore_autoscaler: true`;
        return { type: 'failed', reason, retryable: false };
      }
      told.push(...autoscalers.notes);
    }
    return planned(target, workload, workload.replicas, aim.to, told);
  }

  /** What autoscales the object. A missing right to look is told, and does not stop the scaling: an autoscaler would only undo it. */
  async #autoscalers(workload: Workload, signal: AbortSignal): Promise<{ names: string[]; notes: string[] }> {
    try {
      return { names: await this.#cluster.autoscalersOf(workload, signal), notes: [] };
    } catch (error) {
      const failure = asFailure(error);
      if (failure.status === 404) return { names: [], notes: [] };
      if (failure.status !== 403) throw failure;
      return { names: [], notes: [`nobody looked for an autoscaler: ${failure.message}`] };
    }
  }

  async #change(input: ScaleInput, attempt: AttemptContext, change: ReplicaChange): Promise<Outcome> {
    const written = await writeReplicas({ cluster: this.#cluster, ...attempt }, change);
    if (written.type === 'not_written') return written.outcome;
    const { workload } = written;
    const { target, from, to, details } = change;
    const evidence = { target, uid: details.uid, ...(details.notes === undefined ? {} : { notes: details.notes }) };
    const arrow = `${change.ref.name} ${from} → ${to} replicas`;
    if (attempt.dry_run) {
      const output = { ...resultOf(input, change, workload, false), dry_run: true };
      return { type: 'succeeded', output, summary: `would scale ${arrow}; the API server accepts it`, evidence };
    }
    const done = { target, what: 'replicas', from, to };
    if (!input.wait)
      return {
        type: 'succeeded',
        output: resultOf(input, change, workload, true),
        summary: arrow,
        evidence,
        change: done,
      };
    const rollout = await awaitRollout(this.#cluster, workload, {
      clock: this.#clock,
      poll_interval_ms: durationMs(this.#config.poll_interval),
      ready_timeout_ms: input.ready_timeout === undefined ? null : durationMs(input.ready_timeout),
      shrinking: to < from,
      signal: attempt.signal,
    });
    if (rollout.type !== 'ready') return notReady(input, change, workload, rollout, evidence);
    const output = resultOf(input, change, rollout.workload, true);
    return { type: 'succeeded', output, summary: `${arrow}, ready`, evidence, change: done };
  }
}

function failed(reason: string): Outcome {
  return { type: 'failed', reason, retryable: false };
}

function planned(target: string, workload: Workload, from: number, to: number, notes: readonly string[]): Plan {
  const details = detailsOf(workload, notes);
  return { type: 'change', intent: { target, what: 'replicas', from, to, identity: workload.uid, details } };
}

function nothingToDo(input: ScaleInput, workload: Workload, target: string, guard: string | null): Plan {
  const { replicas, name } = workload;
  const reason = guard ?? `it has ${counted(replicas, 'replica')} already`;
  const change = { ref: workload, target, details: detailsOf(workload), from: replicas, to: replicas };
  const output = { ...resultOf(input, change, workload, false), reason };
  const summary = `${name} stays at ${counted(replicas, 'replica')}: ${reason}`;
  return { type: 'nothing', outcome: { type: 'succeeded', output, summary, evidence: { target }, change: null } };
}

/** The write took place, so it is told as done (`changed`), and not tried again. */
function notReady(
  input: ScaleInput,
  change: ReplicaChange,
  written: Workload,
  rollout: Exclude<Rollout, { type: 'ready' }>,
  evidence: Readonly<Record<string, unknown>>,
): Outcome {
  const last = rollout.workload ?? written;
  const reasons = rollout.type === 'overtaken' ? [rollout.reason] : rollout.reasons;
  const lacking =
    rollout.type === 'overtaken' ? '' : `, but only ${last.ready_replicas} of ${change.to} became ready in time`;
  const because = reasons.length === 0 ? '' : `: ${reasons.slice(0, 3).join('; ')}`;
  return {
    type: 'failed',
    reason: `${change.target}: replicas were set from ${change.from} to ${change.to}${lacking}${because}`,
    retryable: false,
    output: { ...resultOf(input, change, last, true), ready: false },
    evidence: { ...evidence, reasons },
    change: { target: change.target, what: 'replicas', from: change.from, to: change.to },
  };
}

function resultOf(input: ScaleInput, change: ReplicaChange, now: Workload, changed: boolean): Result {
  const { namespace, kind, name } = change.ref;
  return {
    service: input.service ?? null,
    namespace,
    kind: KIND_NAMES[kind],
    name,
    replicas_before: change.from,
    replicas_after: change.to,
    ready_replicas: now.ready_replicas,
    ready: now.replicas === change.to && isRolledOut(now, change.to < change.from),
    changed,
  };
}
