import type {
  AppsV1Api,
  AuthorizationV1Api,
  AutoscalingV2Api,
  ConfigurationOptions,
  CoreV1Api,
  HttpLibrary,
  KubeConfig,
  PromiseHttpLibrary,
  RequestContext,
  ResponseContext,
} from '@kubernetes/client-node';
import type { Clock } from '../../domain/clock.js';
import { durationMs } from '../../domain/duration.js';
import { messageOf } from '../../domain/errors.js';
import { limitTime } from '../../domain/time-limit.js';
import type { WorkloadKind, KubernetesConfig } from './config.js';
import { Credentials } from './credential.js';
import { exchange } from './exchange.js';
import { failureOf, KubernetesFailure } from './failure.js';

/** Under which name the API server records who changed a field. */
const FIELD_MANAGER = 'fixpoint';
/** More pods than this are not looked at when a rollout hangs. */
const MAX_PODS = 50;
/** More autoscalers than this in one namespace are not looked at. */
const MAX_AUTOSCALERS = 1_000;
/** So many of them are named, each by so many characters: the longest name that Kubernetes gives. */
const MAX_NAMED = 5;
const MAX_NAME = 253;

/** How much of a complaint is kept. */
const MAX_COMPLAINT = 400;

/** One object, named so that there cannot be two of it. */
export interface WorkloadRef {
  readonly namespace: string;
  readonly kind: WorkloadKind;
  readonly name: string;
}

/** What of a Deployment or StatefulSet matters for scaling it. */
export interface Workload extends WorkloadRef {
  readonly uid: string;
  readonly resource_version: string;
  /** What its owner wants. */
  readonly replicas: number;
  readonly ready_replicas: number;
  /** False while the controller has not yet seen the newest spec: then the status is of yesterday. */
  readonly observed: boolean;
  readonly annotations: Readonly<Record<string, string>> | null;
  /** The pods' label selector as a query; null when it cannot be written as one. */
  readonly selector: string | null;
  readonly deleting: boolean;
  /** Conditions that say what is wrong, one sentence each. */
  readonly complaints: readonly string[];
}

/** One operation of a JSON patch (RFC 6902). */
export interface PatchOperation {
  readonly op: 'test' | 'add' | 'replace';
  readonly path: string;
  readonly value: unknown;
}

/** One right of Kubernetes' RBAC. */
export interface Right {
  readonly verb: 'get' | 'list' | 'patch';
  readonly group: '' | 'apps' | 'autoscaling';
  readonly resource: string;
}

type Pods = Awaited<ReturnType<CoreV1Api['listNamespacedPod']>>['items'];
type Events = Awaited<ReturnType<CoreV1Api['listNamespacedEvent']>>['items'];

interface Clients {
  readonly name: string;
  readonly server: string;
  readonly default_namespace: string;
  readonly wrapLibrary: (library: PromiseHttpLibrary) => HttpLibrary;
  readonly Response: typeof ResponseContext;
  readonly apps: AppsV1Api;
  readonly core: CoreV1Api;
  readonly autoscaling: AutoscalingV2Api;
  readonly authorization: AuthorizationV1Api;
}

/** The API server, through the official client, which is loaded and configured at the first request. Every method may throw KubernetesFailure. */
export class Cluster {
  readonly #config: KubernetesConfig;
  readonly #clock: Clock;
  readonly #credentials: Credentials;
  #clients: Promise<Clients> | null = null;

  constructor(config: KubernetesConfig, clock: Clock) {
    this.#config = config;
    this.#clock = clock;
    this.#credentials = new Credentials(config.token);
  }

  /** Text of the API server as it may be shown: without the credential, which a server may repeat. To be asked before the text is cut. */
  hide(text: string): string {
    return this.#credentials.hide(text);
  }

  /** The cluster's name in records, the API server's address, and the namespace where nothing else names one. */
  async identity(): Promise<{ readonly name: string; readonly server: string; readonly default_namespace: string }> {
    const { name, server, default_namespace } = await this.#open();
    return { name, server, default_namespace };
  }

  async read(ref: WorkloadRef, signal: AbortSignal): Promise<Workload> {
    const { kind, name, namespace } = ref;
    const object = await this.#ask(`get ${kind}s ${namespace}/${name}`, signal, (clients, options) =>
      kind === 'deployment'
        ? clients.apps.readNamespacedDeployment({ name, namespace }, options)
        : clients.apps.readNamespacedStatefulSet({ name, namespace }, options),
    );
    return workloadOf(ref, object, (text) => this.hide(text));
  }

  /** Applies all operations, or none when a `test` among them does not hold (a failure with status 422). */
  async patch(
    ref: WorkloadRef,
    operations: readonly PatchOperation[],
    dry_run: boolean,
    signal: AbortSignal,
  ): Promise<Workload> {
    const { kind, name, namespace } = ref;
    // A list as body goes out as application/json-patch+json, which is what it is.
    const request = {
      name,
      namespace,
      body: operations,
      fieldManager: FIELD_MANAGER,
      ...(dry_run ? { dryRun: 'All' } : {}),
    };
    const object = await this.#ask(`patch ${kind}s ${namespace}/${name}`, signal, (clients, options) =>
      kind === 'deployment'
        ? clients.apps.patchNamespacedDeployment(request, options)
        : clients.apps.patchNamespacedStatefulSet(request, options),
    );
    return workloadOf(ref, object, (text) => this.hide(text));
  }

  /** The names of the autoscalers that set this object's replicas; one is usual, and more than a few are not told. */
  async autoscalersOf(ref: WorkloadRef, signal: AbortSignal): Promise<string[]> {
    const { namespace } = ref;
    const what = `list horizontalpodautoscalers ${namespace}`;
    const list = await this.#ask(what, signal, (clients, options) =>
      clients.autoscaling.listNamespacedHorizontalPodAutoscaler({ namespace, limit: MAX_AUTOSCALERS }, options),
    );
    const names: string[] = [];
    for (const item of list.items ?? []) {
      const target = item.spec?.scaleTargetRef;
      if (target?.kind.toLowerCase() === ref.kind && target.name === ref.name) names.push(item.metadata?.name ?? '?');
    }
    return names
      .sort()
      .slice(0, MAX_NAMED)
      .map((name) => this.hide(name).slice(0, MAX_NAME));
  }

  async pods(namespace: string, labelSelector: string, signal: AbortSignal): Promise<Pods> {
    const list = await this.#ask(`list pods ${namespace}`, signal, (clients, options) =>
      clients.core.listNamespacedPod({ namespace, labelSelector, limit: MAX_PODS }, options),
    );
    return list.items ?? [];
  }

  /** Warnings about one object. */
  async warnings(namespace: string, uid: string, signal: AbortSignal): Promise<Events> {
    const fieldSelector = `involvedObject.uid=${uid},type=Warning`;
    const list = await this.#ask(`list events ${namespace}`, signal, (clients, options) =>
      clients.core.listNamespacedEvent({ namespace, fieldSelector, limit: MAX_PODS }, options),
    );
    return list.items ?? [];
  }

  /** Whether the configured identity has a right in a namespace (SelfSubjectAccessReview). */
  async may(right: Right, namespace: string, signal: AbortSignal): Promise<boolean> {
    const { verb, group, resource } = right;
    const body = { spec: { resourceAttributes: { namespace, verb, group, resource } } };
    const review = await this.#ask('create selfsubjectaccessreviews', signal, (clients, options) =>
      clients.authorization.createSelfSubjectAccessReview({ body }, options),
    );
    return review.status?.allowed === true;
  }

  async #ask<T>(
    what: string,
    signal: AbortSignal,
    request: (clients: Clients, options: ConfigurationOptions) => Promise<T>,
  ): Promise<T> {
    const clients = await this.#open();
    const timeout_ms = durationMs(this.#config.request_timeout);
    const limit = limitTime(signal, timeout_ms, this.#clock);
    const send = (asked: RequestContext): Promise<ResponseContext> => this.#send(clients, asked, limit.signal);
    try {
      return await request(clients, { httpApi: clients.wrapLibrary({ send }) });
    } catch (error) {
      const hide = (text: string): string => this.hide(text);
      const asked = { what, server: clients.server, timeout_ms, timed_out: limit.isOver(), hide };
      throw failureOf(error, asked, signal);
    } finally {
      limit.end();
    }
  }

  /** Stands in for the client's own HTTP: see `exchange` for what that would do. */
  async #send(clients: Clients, asked: RequestContext, signal: AbortSignal): Promise<ResponseContext> {
    const headers = { ...asked.getHeaders(), 'user-agent': FIELD_MANAGER };
    this.#credentials.noteSent(headers);
    const body = asked.getBody();
    const answer = await exchange({
      url: asked.getUrl(),
      method: asked.getHttpMethod(),
      headers,
      body: typeof body === 'string' ? body : undefined, // the other types are for forms, which this API has none of
      agent: asked.getAgent(),
      signal,
    });
    const { status, headers: answered, body: bytes } = answer;
    const read = { text: () => Promise.resolve(bytes.toString('utf8')), binary: () => Promise.resolve(bytes) };
    return new clients.Response(status, answered, read);
  }

  async #open(): Promise<Clients> {
    this.#clients ??= connect(this.#config);
    try {
      return await this.#clients;
    } catch (error) {
      this.#clients = null; // a kubeconfig that is mended is read again
      throw error;
    }
  }
}

async function connect(config: KubernetesConfig): Promise<Clients> {
  const client = await import('@kubernetes/client-node');
  const kubeconfig = new client.KubeConfig();
  loadInto(kubeconfig, config);
  const cluster = kubeconfig.getCurrentCluster();
  if (cluster === null || cluster.server === '')
    throw unusable(`its context ${kubeconfig.getCurrentContext()} names no cluster that it describes`, config);
  if (config.in_cluster && cluster.server.includes('undefined'))
    throw unusable('KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set: this is no pod', config);
  const namespace = kubeconfig.getContextObject(kubeconfig.getCurrentContext())?.namespace;
  return {
    name: config.cluster_name ?? (config.server === undefined ? cluster.name : new URL(cluster.server).host),
    server: cluster.server,
    default_namespace: config.namespace ?? namespace ?? 'default',
    wrapLibrary: client.wrapHttpLibrary,
    Response: client.ResponseContext,
    apps: kubeconfig.makeApiClient(client.AppsV1Api),
    core: kubeconfig.makeApiClient(client.CoreV1Api),
    autoscaling: kubeconfig.makeApiClient(client.AutoscalingV2Api),
    authorization: kubeconfig.makeApiClient(client.AuthorizationV1Api),
  };
}

function loadInto(kubeconfig: KubeConfig, config: KubernetesConfig): void {
  try {
    if (config.kubeconfig !== undefined) {
      kubeconfig.loadFromFile(config.kubeconfig);
      if (config.context !== undefined) kubeconfig.setCurrentContext(config.context);
    } else if (config.in_cluster) {
      kubeconfig.loadFromCluster();
    } else if (config.server !== undefined) {
      const server = config.server.replace(/\/+$/, '');
      const ca = config.tls?.ca;
      kubeconfig.loadFromClusterAndUser(
        {
          name: config.cluster_name ?? 'kubernetes',
          server,
          // The client takes http:// only with this flag, which there says nothing else.
          skipTLSVerify: config.tls?.insecure_skip_verify === true || server.startsWith('http:'),
          ...(ca === undefined ? {} : { caData: Buffer.from(ca).toString('base64') }),
        },
        { name: 'fixpoint', ...(config.token === undefined ? {} : { token: config.token }) },
      );
    } else {
      throw new Error('nothing names a cluster');
    }
  } catch (error) {
    // Only the first line: a YAML error goes on with the lines around it, and a kubeconfig is full of secrets.
    throw unusable(messageOf(error).split('\n')[0] ?? '', config);
  }
}

function unusable(why: string, config: KubernetesConfig): KubernetesFailure {
  const key =
    config.kubeconfig !== undefined ? `kubeconfig (${config.kubeconfig})` : config.in_cluster ? 'in_cluster' : 'server';
  const message = `executors.kubernetes.${key} cannot be used: ${why}`;
  return new KubernetesFailure(message, { reached: 'refused', retryable: false });
}

type Owner =
  | Awaited<ReturnType<AppsV1Api['readNamespacedDeployment']>>
  | Awaited<ReturnType<AppsV1Api['readNamespacedStatefulSet']>>;

/** The client believes every answer; what is not an object of the API is refused here. */
function workloadOf(ref: WorkloadRef, object: Owner, hide: (text: string) => string): Workload {
  const { metadata, spec, status } = object;
  const replicas = spec?.replicas;
  if (!isIdentifier(metadata?.uid) || !isIdentifier(metadata.resourceVersion) || typeof replicas !== 'number')
    throw new KubernetesFailure(
      `Kubernetes answered a ${ref.kind} ${ref.namespace}/${ref.name} without uid, resourceVersion or spec.replicas: is this a Kubernetes API server?`,
      { reached: 'maybe', retryable: false },
    );
  return {
    ...ref,
    uid: metadata.uid,
    resource_version: metadata.resourceVersion,
    replicas,
    ready_replicas: status?.readyReplicas ?? 0,
    observed: (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0),
    annotations: metadata.annotations ?? null,
    selector: selectorQuery(spec?.selector),
    deleting: metadata.deletionTimestamp !== undefined,
    complaints: complaintsOf(status?.conditions ?? []).map((text) => hide(text).slice(0, MAX_COMPLAINT)),
  };
}

function isIdentifier(value: string | undefined): value is string {
  return typeof value === 'string' && value.length <= MAX_NAME;
}

function selectorQuery(selector: NonNullable<Owner['spec']>['selector'] | undefined): string | null {
  const parts = Object.entries(selector?.matchLabels ?? {}).map(([name, value]) => `${name}=${value}`);
  for (const { key, operator, values } of selector?.matchExpressions ?? []) {
    if (operator === 'Exists') parts.push(key);
    else if (operator === 'DoesNotExist') parts.push(`!${key}`);
    else if (operator === 'In' || operator === 'NotIn')
      parts.push(`${key} ${operator === 'In' ? 'in' : 'notin'} (${(values ?? []).join(',')})`);
  }
  return parts.length === 0 ? null : parts.join(',');
}

function complaintsOf(
  conditions: readonly { type: string; status: string; reason?: string; message?: string }[],
): string[] {
  const complaints: string[] = [];
  for (const { type, status, reason, message } of conditions) {
    const bad = type === 'ReplicaFailure' ? status === 'True' : type === 'Progressing' && status === 'False';
    if (bad) complaints.push(`${reason ?? type}: ${message ?? ''}`);
  }
  return complaints;
}
