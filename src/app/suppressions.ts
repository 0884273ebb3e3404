import type { Settings } from '../config.js';
import type { Alert } from '../domain/alert/alert.js';
import type { Catalog } from '../domain/catalog.js';
import type { Clock } from '../domain/clock.js';
import type { ConnectionCheck } from '../domain/connection.js';
import { messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import type { Run } from '../domain/run/run.js';
import type { Store } from '../domain/store.js';
import { NO_FILE_SUPPRESSIONS } from '../domain/suppression/suppression.js';
import type { Frozen } from '../domain/suppression/suppression-set.js';
import type { Metrics } from '../http/metrics.js';
import { openSilences } from '../source/registry.js';
import { SuppressionKeeper } from '../triage/suppressions.js';

interface SuppressionParts {
  readonly settings: Settings;
  readonly store: Store;
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Runs that wait for the end of a freeze look again. */
  readonly freezeChanged: () => void;
}

/** What holds alerts back and freezes writes in this process, from wherever it is written. */
export interface Suppressing {
  readonly keeper: SuppressionKeeper;
  /** What freezes the writes of a run now. */
  frozen(run: Run): Frozen | null;
  check(signal: AbortSignal): Promise<ConnectionCheck[]>;
  stop(): Promise<void>;
}

/** Loads silences, maintenance windows and inhibition rules, and keeps them as the store, the playbooks folder and Alertmanager have them. */
export async function openSuppressions(parts: SuppressionParts): Promise<Suppressing> {
  const { settings, store, catalog, clock, log, metrics, freezeChanged } = parts;
  const alertmanager = openSilences(settings.sources, { clock });
  const { suppressions, holds } = store;
  const keeper = new SuppressionKeeper({ suppressions, holds, alertmanager, clock, log, freezeChanged });
  const leave = catalog.onChange((content) => {
    keeper.setFile(content.suppressions ?? NO_FILE_SUPPRESSIONS).catch((error: unknown) => {
      log.error({ error: messageOf(error) }, 'changed suppressions could not be put in force; the old ones stay');
    });
  });
  await keeper.setFile(catalog.content().suppressions ?? NO_FILE_SUPPRESSIONS);
  await keeper.start();
  metrics.readSuppressions(() => keeper.set.counts(new Date(clock.now()).toISOString()));
  return {
    keeper,
    frozen: (run) => (keeper.set.canFreeze ? keeper.frozen(alertsOf(run)) : null),
    check: async (signal) => (await alertmanager?.check(signal)) ?? [],
    async stop() {
      leave();
      await keeper.stop();
      await alertmanager?.stop();
    },
  };
}

/** What a run is about: its alerts; one that was started without any is about its service. */
function alertsOf(run: Run): readonly Alert[] {
  if (run.alert !== null) return [run.alert, ...run.joined];
  return [
    {
      alert_id: '',
      source_system: 'manual',
      alert_name: '',
      severity: 'warning',
      status: 'firing',
      service_name: run.service_name,
      host_ip: null,
      metric_value: null,
      timestamp: run.created_at,
      labels: {},
      description: '',
      fingerprint: '',
      metric_unit: null,
      ends_at: null,
      received_at: run.created_at,
      annotations: {},
      links: {},
      group_key: run.group_key,
      occurrence_id: '',
    },
  ];
}
