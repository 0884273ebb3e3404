import type { Alert } from '../../domain/alert/alert.js';
import type { Cluster, Workload, WorkloadRef } from './cluster.js';
import { KIND_NAMES } from './config.js';
import type { KubernetesConfig, WorkloadKind } from './config.js';
import { KubernetesFailure } from './failure.js';

/** What a task's parameters say about the object that they mean. */
export interface Wanted {
  readonly service?: string | undefined;
  readonly namespace?: string | undefined;
  readonly kind?: WorkloadKind | undefined;
  readonly name?: string | undefined;
}

/** The one object that is meant, and what a reader should know about how it was found. */
export interface Found {
  readonly workload: Workload;
  readonly notes: readonly string[];
}

/**
 * Finds the one object that a task means: by the configured map of services, else the Deployment or StatefulSet of that name in the
 * parameter's namespace, the one of the alert's label `namespace`, or the default one. None or several is a KubernetesFailure that says which.
 */
export async function findWorkload(
  cluster: Cluster,
  config: KubernetesConfig,
  wanted: Wanted,
  alert: Alert | null,
  signal: AbortSignal,
): Promise<Found> {
  const mapped = mappedService(config, wanted);
  const label = alert?.labels['namespace'];
  const namespace =
    mapped.namespace ??
    wanted.namespace ??
    (label === undefined || label === '' ? (await cluster.identity()).default_namespace : label);
  const name = mapped.name ?? wanted.name ?? wanted.service ?? '';
  const kind = mapped.kind ?? wanted.kind;
  if (!isObjectName(name) || !isObjectName(namespace))
    throw notOne(
      `${namespace}/${name} is not a Kubernetes name: say name and namespace, or map the service in executors.kubernetes.services`,
    );
  const kinds: readonly WorkloadKind[] = kind === undefined ? ['deployment', 'statefulset'] : [kind];
  const candidates = await Promise.all(
    kinds.map((each) => readIfThere(cluster, { namespace, kind: each, name }, signal)),
  );
  return theOnly(candidates, kinds, namespace, name);
}

type Candidate = Workload | 'missing' | KubernetesFailure;

async function readIfThere(cluster: Cluster, ref: WorkloadRef, signal: AbortSignal): Promise<Candidate> {
  try {
    return await cluster.read(ref, signal);
  } catch (error) {
    if (error instanceof KubernetesFailure && error.status === 404) return 'missing';
    if (error instanceof KubernetesFailure && error.status === 403) return error;
    throw error;
  }
}

/** An object of a kind that we may not even read cannot be scaled by us either, so it does not make the readable one ambiguous; it is told. */
function theOnly(
  candidates: readonly Candidate[],
  kinds: readonly WorkloadKind[],
  namespace: string,
  name: string,
): Found {
  const found: Workload[] = [];
  const forbidden: KubernetesFailure[] = [];
  for (const candidate of candidates) {
    if (candidate instanceof KubernetesFailure) forbidden.push(candidate);
    else if (candidate !== 'missing') found.push(candidate);
  }
  const [first, second] = found;
  const [refused] = forbidden;
  if (first === undefined && refused !== undefined) throw refused;
  if (first === undefined)
    throw notOne(
      `there is no ${kinds.map((kind) => KIND_NAMES[kind]).join(' or ')} named ${name} in namespace ${namespace}`,
    );
  if (second !== undefined)
    throw notOne(
      `several objects are named ${name} in namespace ${namespace}: ${found.map((each) => KIND_NAMES[each.kind]).join(' and ')}; say which with the parameter kind`,
    );
  if (first.deleting) throw notOne(`${KIND_NAMES[first.kind]} ${namespace}/${name} is being deleted`);
  return { workload: first, notes: forbidden.map((failure) => failure.message) };
}

/** What the map says; a task that says otherwise is refused, because one of the two must be wrong. */
function mappedService(config: KubernetesConfig, wanted: Wanted): Omit<Wanted, 'service'> {
  const { service } = wanted;
  if (service === undefined || !Object.hasOwn(config.services, service)) return {};
  const mapped = config.services[service] ?? {};
  for (const key of ['namespace', 'kind', 'name'] as const) {
    const [said, known] = [wanted[key], mapped[key]];
    if (said !== undefined && known !== undefined && said !== known)
      throw notOne(`the task says ${key} ${said}, but executors.kubernetes.services.${service} says ${known}`);
  }
  return mapped;
}

function isObjectName(text: string): boolean {
  return text.length <= 253 && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(text);
}

function notOne(message: string): KubernetesFailure {
  return new KubernetesFailure(message, { reached: 'refused', retryable: false });
}
