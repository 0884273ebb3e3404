import type { ConnectionCheck } from '../../domain/connection.js';
import type { ExecutorModule } from '../../domain/executor.js';
import { messageOf } from '../../domain/errors.js';
import { Cluster } from './cluster.js';
import type { Right } from './cluster.js';
import { isConfigured, KubernetesConfig } from './config.js';
import { KubernetesScale, SCALE_RIGHTS, scaleSpec } from './scale.js';

/** A right, and whether the kind works without it. */
export type NeededRight = Right & { readonly required: boolean };

/** What each kind needs to be allowed in the namespaces that it works in. */
export const KUBERNETES_RIGHTS: Readonly<Record<string, readonly NeededRight[]>> = {
  [scaleSpec.kind]: SCALE_RIGHTS,
};

/** Scales workloads of one Kubernetes cluster. Nothing is dialled, and no credential used, unless the configuration names it. */
export const kubernetesModule: ExecutorModule<KubernetesConfig> = {
  name: 'kubernetes',
  config: KubernetesConfig,
  specs: [scaleSpec],
  create(config, deps) {
    const cluster = new Cluster(config, deps.clock);
    return {
      executors: { [scaleSpec.kind]: new KubernetesScale(config, cluster, deps.clock) },
      check: async (signal) => (isConfigured(config) ? checkCluster(config, cluster, signal) : []),
      stop: async () => undefined, // every request has a connection of its own
    };
  },
};

/** One line for the cluster, and one for each namespace that names the rights that are missing there. */
async function checkCluster(
  config: KubernetesConfig,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<ConnectionCheck[]> {
  const name = 'executors.kubernetes';
  try {
    const { name: cluster_name, server, default_namespace } = await cluster.identity();
    const mapped = Object.values(config.services).map((service) => service.namespace ?? default_namespace);
    const namespaces = [...new Set([default_namespace, ...mapped])].sort();
    const lines: ConnectionCheck[] = [];
    for (const namespace of namespaces) {
      const missing = await missingRights(cluster, namespace, signal);
      const blocking = missing.filter((right) => right.required);
      lines.push({
        name,
        target: `${server} namespace ${namespace}`,
        ok: blocking.length === 0,
        message: messageAbout(cluster_name, missing),
        required: false,
      });
    }
    return lines;
  } catch (error) {
    const target = config.server ?? config.kubeconfig ?? 'in cluster';
    return [{ name, target, ok: false, message: messageOf(error), required: false }];
  }
}

async function missingRights(cluster: Cluster, namespace: string, signal: AbortSignal): Promise<NeededRight[]> {
  const missing: NeededRight[] = [];
  for (const right of Object.values(KUBERNETES_RIGHTS).flat())
    if (!(await cluster.may(right, namespace, signal))) missing.push(right);
  return missing;
}

function messageAbout(cluster: string, missing: readonly NeededRight[]): string {
  if (missing.length === 0) return `cluster ${cluster}: every right that kubernetes_scale needs is granted`;
  const shown = missing.map(({ verb, group, resource, required }) => {
    const full = group === '' ? resource : `${resource}.${group}`;
    return `${verb} ${full}${required ? '' : ' (optional)'}`;
  });
  return `cluster ${cluster}: not granted: ${shown.join(', ')}; grant it with a Role or ClusterRole`;
}
