import { isIP } from 'node:net';
import { z } from 'zod';
import type { Labels } from '../domain/alert/label.js';
import { labelOf } from '../domain/alert/label.js';

const Names = z.array(z.string().min(1).max(1_000)).max(100);

const SERVICE_LABELS = [
  'service',
  'service_name',
  'app',
  'app.kubernetes.io/name',
  'app_kubernetes_io_name',
  'job',
  'deployment',
  'statefulset',
  'daemonset',
  'container',
];
const HOST_LABELS = ['instance', 'host_ip', 'host', 'hostname', 'nodename', 'node'];

/** The settings that every source shares: where to look for the service and the host that an alert is about. */
export const SUBJECT_SETTINGS = {
  service_labels: serviceLabels(SERVICE_LABELS),
  exporter_jobs: Names.default(() => [
    'kube-state-metrics',
    'cadvisor',
    'kubelet',
    'node-exporter',
    'blackbox',
    'snmp',
  ]).describe('Jobs that speak about others: their service, job and instance say nothing about the service'),
  workload_labels: Names.default(() => [
    'deployment',
    'statefulset',
    'daemonset',
    'exported_container',
    'container',
  ]).describe('Labels that name the service in alerts of such jobs'),
  host_labels: hostLabels(HOST_LABELS),
  foreign_instance_jobs: Names.default(() => ['kube-state-metrics']).describe(
    'Jobs whose `instance` is the exporter itself, not the host that the alert is about',
  ),
};

/** The same settings for a system that has words of its own for services and hosts; they are looked at first. */
export function subjectSettings(own: { readonly services?: readonly string[]; readonly hosts?: readonly string[] }) {
  return {
    ...SUBJECT_SETTINGS,
    service_labels: serviceLabels([...(own.services ?? []), ...SERVICE_LABELS]),
    host_labels: hostLabels([...(own.hosts ?? []), ...HOST_LABELS]),
  };
}

function serviceLabels(names: readonly string[]) {
  return Names.default(() => [...names]).describe('Labels that name the service, the first that is there counts');
}

function hostLabels(names: readonly string[]) {
  return Names.default(() => [...names]).describe('Labels that name the host; an address is preferred to a name');
}

type SubjectSettings = z.infer<z.ZodObject<typeof SUBJECT_SETTINGS>>;

/** Tells what an alert is about from its labels. */
export interface Subject {
  /** Null when no label says so. */
  serviceOf(labels: Labels): string | null;
  /** An address where one is known, else a host's name, else null; without port. */
  hostOf(labels: Labels): string | null;
}

/** Compiles the settings once, so that an alert costs a few look-ups. */
export function createSubject(settings: SubjectSettings): Subject {
  const isExporter = jobTest(settings.exporter_jobs);
  const hasForeignInstance = jobTest(settings.foreign_instance_jobs);
  const other_host_labels = settings.host_labels.filter((name) => name !== 'instance');

  function serviceOf(labels: Labels): string | null {
    const job = labelOf(labels, 'job');
    if (!isExporter(job)) return first(labels, settings.service_labels);
    for (const name of settings.workload_labels) {
      const value = labelOf(labels, name);
      // An exporter in Kubernetes is scraped in a container of its own, and that label says nothing about the subject.
      if (value.trim() !== '' && value !== job && !isExporter(value)) return value;
    }
    return null;
  }

  function hostOf(labels: Labels): string | null {
    const names = hasForeignInstance(labelOf(labels, 'job')) ? other_host_labels : settings.host_labels;
    let name: string | null = null;
    for (const label of names) {
      const value = labelOf(labels, label);
      if (value === '') continue;
      const host = hostIn(value);
      if (host !== null && isIP(host) !== 0) return host;
      name ??= host;
    }
    return name;
  }

  return { serviceOf, hostOf };
}

/** The host of `10.0.0.7:9100`, `[2001:db8::1]:443`, `2001:db8::1`, `https://shop.example.com/health`; null when none is left. */
export function hostIn(text: string): string | null {
  const bare = withoutAddressParts(text.trim());
  const bracketed = /^\[([^\]]*)\](?::\d*)?$/.exec(bare);
  const host = bracketed ? (bracketed[1] ?? '') : withoutPort(bare);
  const zoneless = host.includes('%') && isIP(host) === 6 ? host.slice(0, host.indexOf('%')) : host;
  return zoneless === '' ? null : zoneless;
}

function withoutAddressParts(text: string): string {
  if (!/[/?#]/.test(text)) return text;
  const scheme = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?/i.exec(text);
  const rest = scheme ? text.slice(scheme[0].length) : text;
  const end = rest.search(/[/?#]/);
  return end === -1 ? rest : rest.slice(0, end);
}

function withoutPort(text: string): string {
  const colon = text.lastIndexOf(':');
  if (colon === -1) return text;
  // Only an address of version 6 has two colons, and its last part looks like a port.
  if (text.indexOf(':') !== colon && isIP(text) === 6) return text;
  return /^\d*$/.test(text.slice(colon + 1)) ? text.slice(0, colon) : text;
}

function first(labels: Labels, names: readonly string[]): string | null {
  for (const name of names) {
    const value = labelOf(labels, name);
    if (value.trim() !== '') return value;
  }
  return null;
}

/** `prometheus-node_exporter` is a node-exporter: an entry counts wherever it stands between separators, - and _ alike. */
function jobTest(jobs: readonly string[]): (job: string) => boolean {
  if (jobs.length === 0) return () => false;
  const words = jobs.map((job) => job.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/[-_]/g, '[-_]'));
  const pattern = new RegExp(`(?:^|[^a-z0-9])(?:${words.join('|')})(?![a-z0-9])`, 'i');
  return (job) => job !== '' && job.length <= 1_000 && pattern.test(job);
}
