import { BUCKETS_S } from './counters.js';
import type { Counters, Counts } from './counters.js';
import { DATABASE, INVENTORY, SERVICES, serviceSpec } from './services.js';
import type { ServiceSpec } from './services.js';
import type { Pod, ShopModel } from './shop.js';

/** One time series at one moment. `labels` has no `__name__`. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The node that the shop's pods run on, as node_exporter knows it. */
export const NODE = { instance: '10.0.0.21:9100', name: 'node-1', device: '/dev/vda1', mountpoint: '/' } as const;

type Reader = (at: number) => Sample[];

/** Every series of the shop by metric name, each read from the model at the moment asked for. */
export function shopSeries(model: ShopModel, counters: Counters): ReadonlyMap<string, Reader> {
  return new Map([...serviceSeries(model), ...podSeries(model, counters), ...nodeSeries(model), ...kubeSeries(model)]);
}

/** Recorded per service, as recording rules would. */
function serviceSeries(model: ShopModel): [string, Reader][] {
  const each =
    (read: (service: ServiceSpec, at: number) => number | null): Reader =>
    (at) =>
      SERVICES.flatMap((service) => {
        const value = read(service, at);
        return value === null ? [] : [{ labels: serviceLabels(service), value }];
      });
  const quantile = (p: number) =>
    each((service, at) =>
      model.readyPods(service.name, at).length === 0 ? null : model.measuredLatency(service.name, p, at),
    );
  return [
    ['service_latency_p50_ms', quantile(0.5)],
    ['service_latency_p95_ms', quantile(0.95)],
    ['service_latency_p99_ms', quantile(0.99)],
    ['service_requests_per_second', each((service, at) => model.state(service.name, at).requests_per_second)],
    ['service_error_ratio', each((service, at) => model.state(service.name, at).error_rate)],
    ['service_cpu_usage_percent', each((service, at) => model.state(service.name, at).cpu_share * 100)],
  ];
}

function podSeries(model: ShopModel, counters: Counters): [string, Reader][] {
  const pods = (read: (service: ServiceSpec, pod: Pod, at: number) => Sample[]): Reader => {
    return (at) =>
      SERVICES.flatMap((service) => model.readyPods(service.name, at).flatMap((pod) => read(service, pod, at)));
  };
  const counter = (read: (counts: Counts) => number): Reader =>
    pods((service, pod, at) => [{ labels: podLabels(service, pod), value: read(counters.of(service.name, pod, at)) }]);
  return [
    ['up', (at) => upSamples(model, at)],
    [
      'http_requests_total',
      pods((service, pod, at) => requestSamples(service, pod, counters.of(service.name, pod, at))),
    ],
    [
      'http_request_duration_seconds_bucket',
      pods((service, pod, at) => bucketSamples(service, pod, counters.of(service.name, pod, at))),
    ],
    ['http_request_duration_seconds_sum', counter((counts) => counts.latency_sum_s)],
    ['http_request_duration_seconds_count', counter((counts) => counts.requests)],
    ['http_request_duration_seconds', pods((service, pod, at) => quantileSamples(model, service, pod, at))],
    ['process_cpu_seconds_total', counter((counts) => counts.cpu_s)],
    ['container_cpu_usage_seconds_total', counter((counts) => counts.cpu_s)],
    [
      'process_cpu_usage',
      pods((service, pod, at) => [{ labels: podLabels(service, pod), value: model.state(service.name, at).cpu_share }]),
    ],
    ['db_connection_errors_total', (at) => connectionErrors(model, counters, at)],
    [
      'pg_up',
      (at) => model.readyPods(DATABASE, at).map((pod) => ({ labels: podLabels(serviceSpec(DATABASE), pod), value: 1 })),
    ],
  ];
}

function nodeSeries(model: ShopModel): [string, Reader][] {
  const labels = { instance: NODE.instance, job: 'node', nodename: NODE.name };
  const disk = { ...labels, device: NODE.device, fstype: 'ext4', mountpoint: NODE.mountpoint };
  return [
    ['node_filesystem_avail_bytes', (at) => [{ labels: disk, value: model.disk(at).available_bytes }]],
    ['node_filesystem_free_bytes', (at) => [{ labels: disk, value: model.disk(at).available_bytes }]],
    ['node_filesystem_size_bytes', (at) => [{ labels: disk, value: model.disk(at).size_bytes }]],
  ];
}

function kubeSeries(model: ShopModel): [string, Reader][] {
  const wanted = (service: ServiceSpec, at: number) =>
    model.pods(service.name, at).filter((pod) => pod.deleted_at === null).length;
  const ready = (service: ServiceSpec, at: number) => model.readyPods(service.name, at).length;
  const each =
    (kind: ServiceSpec['kind'], read: (service: ServiceSpec, at: number) => number): Reader =>
    (at) =>
      SERVICES.filter((service) => service.kind === kind).map((service) => ({
        labels: { [kind.toLowerCase()]: service.name, job: 'kube-state-metrics', namespace: 'default' },
        value: read(service, at),
      }));
  return [
    ['kube_deployment_spec_replicas', each('Deployment', wanted)],
    ['kube_deployment_status_replicas', each('Deployment', (service, at) => model.pods(service.name, at).length)],
    ['kube_deployment_status_replicas_ready', each('Deployment', ready)],
    ['kube_deployment_status_replicas_available', each('Deployment', ready)],
    ['kube_statefulset_replicas', each('StatefulSet', wanted)],
    ['kube_statefulset_status_replicas_ready', each('StatefulSet', ready)],
  ];
}

function serviceLabels(service: ServiceSpec): Record<string, string> {
  return { job: service.name, namespace: 'default', service: service.name };
}

function podLabels(service: ServiceSpec, pod: Pod): Record<string, string> {
  return {
    instance: `${pod.address}:${service.port}`,
    job: service.name,
    namespace: 'default',
    pod: pod.name,
    service: service.name,
  };
}

function upSamples(model: ShopModel, at: number): Sample[] {
  const pods = SERVICES.flatMap((service) =>
    model.pods(service.name, at).map((pod) => ({ labels: podLabels(service, pod), value: pod.ready_at <= at ? 1 : 0 })),
  );
  return [...pods, { labels: { instance: NODE.instance, job: 'node' }, value: 1 }];
}

function requestSamples(service: ServiceSpec, pod: Pod, counts: Counts): Sample[] {
  const labels = podLabels(service, pod);
  const method = service.operation.startsWith('POST') ? 'POST' : 'QUERY';
  return [
    { labels: { ...labels, code: '200', method }, value: counts.requests - counts.errors },
    { labels: { ...labels, code: '503', method }, value: counts.errors },
  ];
}

function bucketSamples(service: ServiceSpec, pod: Pod, counts: Counts): Sample[] {
  const labels = podLabels(service, pod);
  const bounded = BUCKETS_S.map((bound, index) => ({
    labels: { ...labels, le: String(bound) },
    value: counts.buckets[index] ?? 0,
  }));
  return [...bounded, { labels: { ...labels, le: '+Inf' }, value: counts.requests }];
}

function quantileSamples(model: ShopModel, service: ServiceSpec, pod: Pod, at: number): Sample[] {
  return [0.5, 0.9, 0.99].map((quantile) => ({
    labels: { ...podLabels(service, pod), quantile: String(quantile) },
    value: model.measuredLatency(service.name, quantile, at) / 1_000,
  }));
}

function connectionErrors(model: ShopModel, counters: Counters, at: number): Sample[] {
  const service = serviceSpec(INVENTORY);
  return model.readyPods(INVENTORY, at).map((pod) => ({
    labels: { ...podLabels(service, pod), database: DATABASE },
    value: counters.of(INVENTORY, pod, at).refused_connections,
  }));
}
