import { z } from 'zod';
import { Duration, durationMs } from '../../domain/duration.js';
import { HttpTls, HttpUrl } from '../http-target.js';

/** A Kubernetes object's name, or a namespace's. */
export const ObjectName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, 'expected a Kubernetes name: lower case letters, digits, - and .');

/** The kinds of object that have replicas of their own; case does not matter. */
export const WorkloadKind = z
  .string()
  .transform((text) => text.toLowerCase())
  .pipe(z.enum(['deployment', 'statefulset']))
  .describe('deployment or statefulset');
export type WorkloadKind = z.infer<typeof WorkloadKind>;

/** How Kubernetes itself writes a kind. */
export const KIND_NAMES: Readonly<Record<WorkloadKind, string>> = {
  deployment: 'Deployment',
  statefulset: 'StatefulSet',
};

const Wait = Duration.refine((text) => durationMs(text) >= 50 && durationMs(text) <= 300_000, {
  error: 'expected a duration from 50ms to 5m',
});

/** The slice `executors.kubernetes`. Without `kubeconfig`, `in_cluster` or `server` nothing is ever dialled. */
export const KubernetesConfig = z
  .strictObject({
    kubeconfig: z.string().min(1).optional().describe('Path of a kubeconfig file'),
    context: z.string().min(1).optional().describe('Context of the kubeconfig; default: its current one'),
    in_cluster: z.boolean().default(false).describe('Use the service account of the pod that Fixpoint runs in'),
    server: HttpUrl.optional().describe('Address of the API server, with `token` and `tls`'),
    token: z.string().min(1).optional().meta({ secret: true, description: 'Bearer token for `server`' }),
    tls: HttpTls.optional(),
    cluster_name: z.string().min(1).max(200).optional().describe("The cluster's name in records and reports"),
    namespace: ObjectName.optional().describe("Where nothing else names one; default: the context's, else `default`"),
    services: z
      .record(
        z.string().min(1).max(253),
        z.strictObject({
          namespace: ObjectName.optional(),
          kind: WorkloadKind.optional(),
          name: ObjectName.optional(),
        }),
      )
      .default({})
      .describe('Which object a service is, where it does not bear its name'),
    min_replicas: z.int().min(0).max(10_000).default(1).describe('No playbook scales below this'),
    max_replicas: z.int().min(1).max(10_000).optional().describe('No playbook scales above this'),
    poll_interval: Wait.default('2s').describe('How often a rollout is looked at'),
    request_timeout: Wait.default('10s').describe('How long one request may take'),
  })
  .superRefine((config, context) => {
    const ways = [config.kubeconfig !== undefined, config.in_cluster, config.server !== undefined].filter(Boolean);
    const refuse = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
    if (ways.length > 1) refuse('server', 'expected only one of kubeconfig, in_cluster and server');
    if (config.context !== undefined && config.kubeconfig === undefined) refuse('context', 'needs kubeconfig');
    for (const key of ['token', 'tls'] as const)
      if (config[key] !== undefined && config.server === undefined) refuse(key, 'needs server');
    if (config.server !== undefined && URL.canParse(config.server) && new URL(config.server).username !== '')
      refuse('server', 'expected an address without user name and password; use token');
    if (config.max_replicas !== undefined && config.max_replicas < config.min_replicas)
      refuse('max_replicas', `expected at least min_replicas (${config.min_replicas})`);
  });
export type KubernetesConfig = z.infer<typeof KubernetesConfig>;

/** True when the configuration names a cluster. */
export function isConfigured(config: KubernetesConfig): boolean {
  return config.kubeconfig !== undefined || config.in_cluster || config.server !== undefined;
}
