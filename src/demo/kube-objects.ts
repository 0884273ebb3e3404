import { hexDigits } from './random.js';
import { SERVICES } from './services.js';
import type { ServiceSpec } from './services.js';
import type { Pod, ShopModel } from './shop.js';

export const NAMESPACE = 'default';

type Json = Record<string, unknown>;

/** What a workload's owner has set, besides `spec.replicas`, which the model knows. */
export interface Workload {
  readonly service: ServiceSpec;
  readonly uid: string;
  readonly created_at: number;
  labels: Json;
  annotations: Json;
  /** The spec without its replicas. */
  spec: Json;
  generation: number;
  /** How often it was written. */
  writes: number;
}

/** The workloads of the shop as they were deployed. */
export function deployedWorkloads(model: ShopModel): Workload[] {
  return SERVICES.map((service) => {
    const labels = { app: service.name, 'app.kubernetes.io/name': service.name, 'app.kubernetes.io/part-of': 'shop' };
    return {
      service,
      uid: uuid(hexDigits(32, model.seed, 'workload', service.name)),
      created_at: model.opened_at - 86_400_000,
      labels,
      annotations: service.kind === 'Deployment' ? { 'deployment.kubernetes.io/revision': '1' } : {},
      spec: {
        selector: { matchLabels: { app: service.name } },
        template: {
          metadata: { labels },
          spec: { containers: [container(service)], restartPolicy: 'Always', terminationGracePeriodSeconds: 30 },
        },
        ...(service.kind === 'Deployment'
          ? {
              strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
              revisionHistoryLimit: 10,
              progressDeadlineSeconds: 600,
            }
          : {
              serviceName: service.name,
              podManagementPolicy: 'OrderedReady',
              updateStrategy: { type: 'RollingUpdate' },
            }),
      },
      generation: 1,
      writes: 0,
    };
  });
}

/** The replicas that the workload's owner wants now. */
export function wantedReplicas(model: ShopModel, workload: Workload): number {
  return model.pods(workload.service.name, model.now()).filter((pod) => pod.deleted_at === null).length;
}

/** The workload as the API server answers it. */
export function workloadJson(model: ShopModel, workload: Workload): Json {
  const replicas = wantedReplicas(model, workload);
  return {
    apiVersion: 'apps/v1',
    kind: workload.service.kind,
    metadata: {
      ...metadataJson(model, workload),
      generation: workload.generation,
      labels: workload.labels,
      annotations: workload.annotations,
    },
    spec: { replicas, ...workload.spec },
    status: statusJson(model, workload, replicas),
  };
}

/** The workload's subresource `scale`. */
export function scaleJson(model: ShopModel, workload: Workload): Json {
  const { name } = workload.service;
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: metadataJson(model, workload),
    spec: { replicas: wantedReplicas(model, workload) },
    status: { replicas: model.pods(name, model.now()).length, selector: `app=${name}` },
  };
}

/** Changes with every write and with every pod that comes, becomes ready or goes, as etcd's revision would. */
function resourceVersion(model: ShopModel, workload: Workload): string {
  return String(10_000 + workload.writes + model.podChanges(workload.service.name, model.now()));
}

function metadataJson(model: ShopModel, workload: Workload): Json {
  return {
    name: workload.service.name,
    namespace: NAMESPACE,
    uid: workload.uid,
    resourceVersion: resourceVersion(model, workload),
    creationTimestamp: seconds(workload.created_at),
  };
}

function statusJson(model: ShopModel, workload: Workload, wanted: number): Json {
  const { name, kind } = workload.service;
  const now = model.now();
  const pods = model.pods(name, now);
  const ready = model.readyPods(name, now).length;
  const updated = pods.filter((pod) => pod.deleted_at === null).length;
  const counts = {
    observedGeneration: workload.generation,
    replicas: pods.length,
    updatedReplicas: updated,
    ...(ready > 0 ? { readyReplicas: ready, availableReplicas: ready } : {}),
  };
  if (kind === 'StatefulSet') return { ...counts, currentReplicas: updated, collisionCount: 0 };
  const available = ready >= wanted;
  const at = seconds(
    Math.max(workload.created_at, ...pods.map((pod) => (pod.ready_at <= now ? pod.ready_at : pod.created_at))),
  );
  return {
    ...counts,
    ...(available ? {} : { unavailableReplicas: Math.max(0, wanted - ready) }),
    conditions: [
      {
        type: 'Available',
        status: available ? 'True' : 'False',
        reason: available ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
        message: available ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
        lastUpdateTime: at,
        lastTransitionTime: at,
      },
      {
        type: 'Progressing',
        status: 'True',
        reason: available ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated',
        message: `ReplicaSet "${name}" ${available ? 'has successfully progressed' : 'is progressing'}.`,
        lastUpdateTime: at,
        lastTransitionTime: at,
      },
    ],
  };
}

/** A replica as a Pod. */
export function podJson(model: ShopModel, workload: Workload, pod: Pod): Json {
  const { service } = workload;
  const now = model.now();
  const ready = pod.ready_at <= now;
  const condition = (type: string, holds: boolean, at: number): Json => ({
    type,
    status: holds ? 'True' : 'False',
    lastTransitionTime: seconds(at),
  });
  const since = seconds(ready ? pod.ready_at : pod.created_at);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: pod.name,
      namespace: NAMESPACE,
      uid: pod.uid,
      resourceVersion: String(20_000 + Number(ready)),
      creationTimestamp: seconds(pod.created_at),
      labels: workload.labels,
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: service.kind, name: service.name, uid: workload.uid, controller: true },
      ],
    },
    spec: { nodeName: 'node-1', containers: [container(service)] },
    status: {
      phase: ready ? 'Running' : 'Pending',
      podIP: pod.address,
      hostIP: '10.0.0.21',
      startTime: seconds(pod.created_at),
      conditions: [
        condition('PodScheduled', true, pod.created_at),
        condition('ContainersReady', ready, pod.ready_at),
        condition('Ready', ready, pod.ready_at),
      ],
      containerStatuses: [
        {
          name: service.name,
          image: service.image,
          imageID: '',
          ready,
          started: ready,
          restartCount: 0,
          state: ready ? { running: { startedAt: since } } : { waiting: { reason: 'ContainerCreating' } },
        },
      ],
    },
  };
}

/** What a kubelet told about a replica, as Events. */
export function podEvents(model: ShopModel, pod: Pod): Json[] {
  const told: [string, string, number][] = [
    ['Scheduled', `Successfully assigned ${NAMESPACE}/${pod.name} to node-1`, pod.created_at],
    ['Started', 'Started container', pod.ready_at],
  ];
  return told
    .filter(([, , at]) => at <= model.now())
    .map(([reason, message, at]) => ({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: {
        name: `${pod.name}.${hexDigits(16, model.seed, reason, pod.uid)}`,
        namespace: NAMESPACE,
        uid: uuid(hexDigits(32, model.seed, 'event', reason, pod.uid)),
        creationTimestamp: seconds(at),
      },
      involvedObject: { kind: 'Pod', namespace: NAMESPACE, name: pod.name, uid: pod.uid, apiVersion: 'v1' },
      reason,
      message,
      type: 'Normal',
      count: 1,
      firstTimestamp: seconds(at),
      lastTimestamp: seconds(at),
      source: { component: 'kubelet', host: 'node-1' },
    }));
}

function container(service: ServiceSpec): Json {
  return {
    name: service.name,
    image: service.image,
    ports: [{ containerPort: service.port, protocol: 'TCP' }],
    resources: { limits: { cpu: '1', memory: '512Mi' }, requests: { cpu: '500m', memory: '256Mi' } },
  };
}

function uuid(digits: string): string {
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Kubernetes' own times have no fraction. */
function seconds(at: number): string {
  return new Date(at).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
