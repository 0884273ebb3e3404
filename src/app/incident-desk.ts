import type { Alert } from '../domain/alert/alert.js';
import type { Clock } from '../domain/clock.js';
import { instant } from '../domain/clock.js';
import type { Settings } from '../config.js';
import { FixpointError } from '../domain/errors.js';
import type { Incident, IncidentBrief, IncidentCommand } from '../domain/incident/incident.js';
import { createConnections } from '../domain/incident/incident-connections.js';
import type { IncidentRules } from '../domain/incident/incident-rules.js';
import type { IncidentStore, IncidentTiming } from '../domain/incident/incident-store.js';
import type { Log } from '../domain/log.js';
import type { IncidentMetrics } from '../http/incident-metrics.js';
import { TopologyConfig } from '../executor/topology/topology.js';
import { composeIncidents } from '../report/incident-notice.js';
import { IncidentFollower } from '../triage/incident-follower.js';

/** One process decides everything: it hears of it by itself, and looks only for what a kill left behind. */
const LOOK_ALONE_MS = 5_000;
/** Others may decide what this process never hears of. */
const LOOK_TOGETHER_MS = 1_000;
/** A step that names its incident waits for so many looks at most. */
const MAX_ROUNDS = 20;

interface DeskParts {
  readonly store: { readonly incidents: IncidentStore };
  /** Names of the configured channels. */
  readonly channels: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: IncidentMetrics;
  /** A notice was queued. */
  readonly noticed: () => void;
}

/** Where incidents are looked after. */
export interface IncidentDesk {
  start(): void;
  stop(): Promise<void>;
  /** Hears with the given listener what is decided here, and looks at it soon. */
  hearing<Args extends [string, string | null, ...unknown[]]>(
    listener: (...args: Args) => void,
  ): (...args: Args) => void;
  act(incident_id: string, command: IncidentCommand): Promise<Incident>;
  /** The incident of an alert that was decided, however short ago; null where it belongs to none. */
  of(alert: Alert | null): Promise<IncidentBrief | null>;
}

/** Builds what looks after incidents, with the dependencies that `executors.topology` knows. Refuses channels that are not configured. */
export function openIncidentDesk(settings: Settings, parts: DeskParts): IncidentDesk {
  const { clock, log, metrics, noticed } = parts;
  const store = parts.store.incidents;
  const rules = rulesOf(settings, parts.channels);
  const meter = { timed: (timing: IncidentTiming) => metrics.incidentTimed(timing) };
  const isShared = settings.database_url !== undefined;
  const look_every_ms = isShared ? LOOK_TOGETHER_MS : LOOK_ALONE_MS;
  const follower = new IncidentFollower({ store, rules, clock, log, look_every_ms, meter, noticed });
  metrics.readOpenIncidents(() => store.countOpen());
  return {
    start: () => follower.start(),
    stop: () => follower.stop(),
    hearing: (listener) => {
      return (...args) => {
        listener(...args);
        // Repeats change nothing, and a storm of them is the hottest path of all.
        if (args[1] !== 'duplicate') follower.wake();
      };
    },
    async act(incident_id, command) {
      const { incident, timings } = await store.act(incident_id, command, rules, instant(clock.now()));
      for (const timing of timings) meter.timed(timing);
      return incident;
    },
    async of(alert) {
      if (alert === null) return null;
      for (let left = MAX_ROUNDS; ; left--) {
        const found = await store.ofAlert(alert);
        if (found !== null || left <= 0) return found;
        // When nothing is left to be taken in, the next look tells.
        if (!(await follower.round()).more) left = 1;
      }
    },
  };
}

function rulesOf(settings: Settings, configured: readonly string[]): IncidentRules {
  const { incidents: config, language } = settings;
  const topology = TopologyConfig.safeParse(settings.executors['topology'] ?? {});
  const services = topology.success ? topology.data.services : {};
  const calls = Object.fromEntries(
    Object.entries(services).map(([name, { downstream, databases }]) => [name, [...downstream, ...databases]]),
  );
  const channels = config.notify;
  for (const [index, name] of (channels ?? []).entries())
    if (!configured.includes(name)) throw unknownChannel(index, name, configured);
  return {
    config,
    connected: createConnections(calls, config.depth),
    compose: channels === undefined ? null : (news) => composeIncidents(news, { language, channels }),
  };
}

function unknownChannel(index: number, name: string, configured: readonly string[]): FixpointError {
  const path = `incidents.notify[${index}]`;
  const there = configured.join(', ') || 'none is configured';
  const message = `expected a configured notifier (${there}), got ${JSON.stringify(name)}`;
  return new FixpointError('invalid', `${path}: ${message}`, { details: [{ path, message }] });
}
