import type { ConnectionCheck } from '../domain/connection.js';
import type { ConditionSource } from '../domain/run/proof.js';
import type { SilenceSource, SourceDeps, SourceModule } from '../domain/source.js';
import { alertmanager } from './alertmanager/alertmanager.js';
import { argocd } from './argocd/argocd.js';
import { azure } from './azure/azure.js';
import { cloudevents } from './cloudevents/cloudevents.js';
import { cloudwatch } from './cloudwatch/cloudwatch.js';
import { datadog } from './datadog/datadog.js';
import { elastic } from './elastic/elastic.js';
import { generic } from './generic/generic.js';
import { github } from './github/github.js';
import { gitlab } from './gitlab/gitlab.js';
import { grafana } from './grafana/grafana.js';
import { sentry } from './sentry/sentry.js';
import { zabbix } from './zabbix/zabbix.js';

/** Every monitoring system that Fixpoint understands, the most telling shape first: `POST /webhook/alert` asks them in this order. */
export const sources: readonly SourceModule[] = [
  zabbix,
  grafana,
  alertmanager,
  azure,
  cloudwatch,
  sentry,
  datadog,
  elastic,
  github,
  gitlab,
  argocd,
  cloudevents,
  generic,
];

/** The silences of the first system whose slice says where they are read; null when none does. */
export function openSilences(
  config: Readonly<Record<string, unknown>>,
  deps: SourceDeps,
  modules: readonly SourceModule[] = sources,
): SilenceSource | null {
  for (const module of modules) {
    const open = module.openSilences?.(config[module.name] ?? module.config.parse(undefined), deps);
    if (open) return open;
  }
  return null;
}

/** The APIs of all systems that can be asked about their alerts' conditions and whose slice says where. */
export interface Conditions {
  conditions(): readonly ConditionSource[];
  /** Dials everything that is configured. */
  check(signal: AbortSignal): Promise<ConnectionCheck[]>;
  /** Ends what is under way; may be called twice. */
  stop(): Promise<void>;
}

/** Opens them by the validated slices `sources.<name>` of the configuration; nothing is dialled before the first question. */
export function openConditions(
  config: Readonly<Record<string, unknown>>,
  deps: SourceDeps,
  modules: readonly SourceModule[] = sources,
): Conditions {
  const open = modules.flatMap(
    (module) => module.openConditions?.(config[module.name] ?? module.config.parse(undefined), deps) ?? [],
  );
  return {
    conditions: () => open,
    check: async (signal) => (await Promise.all(open.map((one) => one.check(signal)))).flat(),
    async stop() {
      await Promise.allSettled(open.map((one) => one.stop()));
    },
  };
}
