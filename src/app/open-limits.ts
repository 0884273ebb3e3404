import type { Settings } from '../config.js';
import type { Severity } from '../domain/alert/alert.js';
import type { Clock } from '../domain/clock.js';
import { durationMs } from '../domain/duration.js';
import { FixpointError } from '../domain/errors.js';
import type { Ids } from '../domain/id.js';
import type { Log } from '../domain/log.js';
import { didYouMean } from '../domain/nearest.js';
import type { PlainNotice } from '../domain/notifier.js';
import type { Store } from '../domain/store.js';
import type { StormPolicy } from '../domain/decision/storm.js';
import type { Metrics } from '../http/metrics.js';
import type { Notifiers } from '../notifier/registry.js';
import { stormNotice } from '../report/storm-notice.js';
import { UnmatchedTeller } from '../report/unmatched-teller.js';
import type { Limits } from '../triage/limits.js';
import { RuleCounter } from '../triage/rule-counter.js';
import { StormWatch } from '../triage/storm-watch.js';
import type { StormNews } from '../triage/storm-watch.js';

interface LimitDeps {
  readonly store: Store;
  readonly notifiers: Pick<Notifiers, 'names' | 'default_names'>;
  readonly metrics: Pick<Metrics, 'stormLevel'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}

/** What limits triage in this process, and the small loops behind it. */
export interface OpenLimits {
  readonly limits: Limits;
  /** The same as all processes together have used it up by now, for whoever asks what would be; it uses up nothing. */
  readonly glance: () => Promise<Limits>;
  /** Counts that a rule has taken an alert. */
  readonly matched: (rule_id: string) => void;
  /** Begins what the roles of this process ask for; what it answers ends it. */
  readonly start: (roles: ReadonlySet<string>) => Promise<() => Promise<void>>;
}

/** Builds what limits how much is started, and tells people what is not. Nothing of it runs that is not configured. */
export function openLimits(settings: Settings, deps: LimitDeps): OpenLimits {
  const { storm, flapping, notify_unmatched: told } = settings;
  refuseUnknown(storm.notify, 'storm.notify', deps.notifiers.names);
  refuseUnknown(told?.notify, 'notify_unmatched', deps.notifiers.names);
  const policy = policyOf(storm);
  const watch = policy && watchOf(policy, settings, deps);
  const teller = told && new UnmatchedTeller({ ...deps, ...tellingOf(settings, deps, told.notify) });
  const severities: readonly Severity[] = told ? [told.severity].flat() : [];
  const counter = new RuleCounter({ counts: deps.store.ruleCounts, clock: deps.clock, log: deps.log });
  const limits: Limits = {
    budgets: deps.store.budgets,
    grouping: {
      by: settings.group_by ?? null,
      wait_ms: durationMs(settings.group_wait),
      interval_ms: durationMs(settings.group_interval),
    },
    storm: watch,
    flapping:
      flapping.changes === 0
        ? null
        : {
            changes: flapping.changes,
            within_ms: durationMs(flapping.within),
            quiet_ms: durationMs(flapping.quiet),
          },
    unmatched: new Set(severities),
  };
  return {
    matched: (rule_id) => counter.matched(rule_id),
    limits,
    glance: async () => (watch ? { ...limits, storm: await watch.glance() } : limits),
    async start(roles) {
      const stops = [() => counter.stop()];
      if (watch && roles.has('triage')) {
        await watch.start();
        stops.push(() => watch.stop());
      }
      if (teller && roles.has('schedule')) {
        teller.start();
        stops.push(() => teller.stop());
      }
      return async () => {
        for (const stop of stops) await stop();
      };
    },
  };
}

function tellingOf({ language }: Settings, { store }: LimitDeps, channels: readonly string[]) {
  return { unmatched: store.unmatched, channels, language };
}

/** Null while no limit is set. */
function policyOf({
  starts_per_minute,
  alerts_per_minute,
  per_service,
  notify_only_at,
  calm,
}: Settings['storm']): StormPolicy | null {
  const limits = [starts_per_minute, alerts_per_minute, per_service.starts_per_minute, per_service.alerts_per_minute];
  if (limits.every((limit) => limit === 0)) return null;
  return {
    overall: { starts_per_minute, alerts_per_minute },
    per_service,
    notify_only_at,
    calm_ms: durationMs(calm),
  };
}

function watchOf(policy: StormPolicy, settings: Settings, deps: LimitDeps): StormWatch {
  const { store, notifiers, metrics, clock, ids, log } = deps;
  const channels = settings.storm.notify ?? null;
  const hears = (channels ?? notifiers.default_names).length > 0;
  return new StormWatch({
    store: store.storm,
    policy,
    clock,
    ids,
    log,
    tell: (news: StormNews): PlainNotice | null =>
      hears ? { ...stormNotice(news, settings.language), channels } : null,
    meter: { stormLevel: (scope, level) => metrics.stormLevel(scope, level) },
  });
}

function refuseUnknown(channels: readonly string[] | undefined, key: string, names: readonly string[]): void {
  for (const [index, name] of (channels ?? []).entries())
    if (!names.includes(name))
      throw new FixpointError(
        'invalid',
        `${key}[${index}]: there is no channel ${name} under notifiers${didYouMean(name, names)}`,
      );
}
