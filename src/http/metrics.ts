import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { incidentMetrics } from './incident-metrics.js';
import type { IncidentMetrics } from './incident-metrics.js';
import { sleep } from '../domain/clock.js';
import type { Clock } from '../domain/clock.js';

/** Everything that Fixpoint counts of itself, as small functions that the roof hands to whoever does the thing counted. */
export interface Metrics extends IncidentMetrics {
  alertsAccepted(source: string, count: number): void;
  alertsRejected(source: string, count: number): void;
  /** What a source remarks about payloads: unknown severity words, alerts that the sender cut off. */
  alertRemarks(source: string, count: number): void;
  alertDecided(action: string, reason: string | null, count?: number): void;
  /** A run has got into `state`. */
  runReached(playbook_id: string, state: string): void;
  /** A run has finished after `seconds` from its start. */
  runFinished(playbook_id: string, seconds: number): void;
  /** An attempt ended; those that failed or are in doubt count as executor errors too. */
  stepAttempted(kind: string, outcome: string, seconds: number): void;
  /** A call of the bus's handler ended. */
  busHandled(seconds: number, outcome: 'ok' | 'error'): void;
  deadLetter(source: string): void;
  /** Deliveries whose body was kept for people to look at, or was not because more came than is written. */
  payloads(outcome: 'kept' | 'dropped', count: number): void;
  /** Events of runs that were published for other consumers. */
  runEventsFed(count: number): void;
  notified(channel: string, outcome: 'sent' | 'failed'): void;
  /** Rows that were removed because they are older, or more, than is kept. */
  pruned(what: string, count: number): void;
  /** How what holds alerts back is asked for at each scrape; given again, the later one counts. */
  readSuppressions(read: () => readonly SuppressionCount[]): void;
  /** How hard it storms; the scope is a service, or empty for all of them. */
  stormLevel(scope: string, level: number): void;
  /** How the backlog is asked for at each scrape; given again, the later one counts. */
  readBusLag(read: () => Promise<number>): void;
  /** How what the database never gets done is asked for at each scrape; given again, the later one counts. */
  readStuck(read: () => readonly string[]): void;
  /** The Prometheus text of all of it. */
  text(): Promise<string>;
}

/** How many silences, maintenance windows or inhibition rules are in a state. */
interface SuppressionCount {
  readonly kind: string;
  readonly state: string;
  readonly count: number;
}

/** A scrape does not wait longer than this for the backlog. */
const LAG_WITHIN_MS = 2_000;
const PREFIX = 'fixpoint_';
const RUN_SECONDS = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 1_800, 3_600];
const STEP_SECONDS = [0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
const HANDLER_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5];

/** The metrics of one process, in a registry of their own: two apps in one process do not mix. */
export function createMetrics(options: { readonly clock: Clock; readonly version: string }): Metrics {
  const registry = new Registry();
  // The default of 10 ms would wake an idle process a hundred times a second.
  collectDefaultMetrics({ register: registry, prefix: PREFIX, eventLoopMonitoringPrecision: 100 });
  const build = gauge(registry, 'build_info', 'Always 1; the label says which Fixpoint this is', ['version']);
  build.set({ version: options.version }, 1);
  return {
    ...alertMetrics(registry),
    ...runMetrics(registry),
    ...busMetrics(registry, options.clock),
    ...incidentMetrics(registry, options.clock),
    ...suppressionMetrics(registry),
    ...storeMetrics(registry),
    text: () => registry.metrics(),
  };
}

function alertMetrics(registry: Registry) {
  const accepted = counter(registry, 'alerts_accepted_total', 'Alerts accepted durably', ['source']);
  const rejected = counter(registry, 'alerts_rejected_total', 'Alerts refused among valid ones', ['source']);
  const remarks = counter(registry, 'alert_remarks_total', 'Alerts that were understood with a remark', ['source']);
  const decided = counter(registry, 'alerts_decided_total', 'Decisions', ['action', 'reason']);
  const pruned = counter(registry, 'pruned_total', 'Removed because older or more than is kept', ['what']);
  const storm = gauge(registry, 'storm_level', '1: writes of new runs need approval; 2: nothing new starts', [
    'service',
  ]);
  const payloads = counter(
    registry,
    'payloads_total',
    'Deliveries whose body was kept to be looked at, or dropped because more came than is written',
    ['outcome'],
  );
  const letters = counter(registry, 'dead_letters_total', 'Bodies kept because they could not be used', ['source']);
  return {
    alertsAccepted: (source, count) => accepted.inc({ source }, count),
    alertsRejected: (source, count) => rejected.inc({ source }, count),
    alertRemarks: (source, count) => remarks.inc({ source }, count),
    alertDecided: (action, reason, count = 1) => decided.inc({ action, reason: reason ?? '' }, count),
    deadLetter: (source) => letters.inc({ source }),
    payloads: (outcome, count) => payloads.inc({ outcome }, count),
    stormLevel: (scope, level) =>
      level === 0 && scope !== '' ? storm.remove({ service: scope }) : storm.set({ service: scope }, level),
    pruned: (what, count) => pruned.inc({ what }, count),
  } satisfies Partial<Metrics>;
}

function suppressionMetrics(registry: Registry) {
  let read: () => readonly SuppressionCount[] = () => [];
  const counts = gauge(
    registry,
    'suppressions',
    'Silences, maintenance windows and inhibition rules that are in force or will be',
    ['kind', 'state'],
    () => {
      counts.reset();
      for (const { kind, state, count } of read()) counts.set({ kind, state }, count);
      return Promise.resolve();
    },
  );
  return { readSuppressions: (reader) => void (read = reader) } satisfies Partial<Metrics>;
}

function storeMetrics(registry: Registry) {
  let read: () => readonly string[] = () => [];
  const what =
    'Runs and alerts whose rows this process cannot write while it writes all else: locked from outside, or too much';
  const stuck = gauge(registry, 'store_stuck', what, [], () => {
    stuck.set(read().length);
    return Promise.resolve();
  });
  return { readStuck: (reader) => void (read = reader) } satisfies Partial<Metrics>;
}

function runMetrics(registry: Registry) {
  const reached = counter(registry, 'runs_total', 'Runs that got into a state', ['playbook_id', 'state']);
  const runs = histogram(registry, 'run_duration_seconds', 'From start to end of a run', ['playbook_id'], RUN_SECONDS);
  const attempts = counter(registry, 'step_attempts_total', 'Attempts of steps that ended', ['kind', 'outcome']);
  const steps = histogram(registry, 'step_duration_seconds', 'Of one attempt of a step', ['kind'], STEP_SECONDS);
  const errors = counter(registry, 'executor_errors_total', 'Attempts that failed or are in doubt', ['kind']);
  const notices = counter(registry, 'notifications_total', 'Reports and notices by channel', ['channel', 'outcome']);
  return {
    runReached: (playbook_id, state) => reached.inc({ playbook_id, state }),
    runFinished: (playbook_id, seconds) => runs.observe({ playbook_id }, seconds),
    stepAttempted: (kind, outcome, seconds) => {
      attempts.inc({ kind, outcome });
      steps.observe({ kind }, seconds);
      if (outcome === 'failed' || outcome === 'in_doubt') errors.inc({ kind });
    },
    notified: (channel, outcome) => notices.inc({ channel, outcome }),
  } satisfies Partial<Metrics>;
}

function busMetrics(registry: Registry, clock: Clock) {
  const handled = histogram(registry, 'bus_handler_seconds', 'Of one handler call', ['outcome'], HANDLER_SECONDS);
  const fed = counter(registry, 'run_events_published_total', 'Events of runs published for other consumers', []);
  let read: (() => Promise<number>) | null = null;
  const lag = gauge(
    registry,
    'bus_lag',
    'Alerts that wait to be decided; absent when it cannot be told',
    [],
    async () => {
      const count = read === null ? null : await within(clock, LAG_WITHIN_MS, read());
      if (count === null) lag.remove();
      else lag.set(count);
    },
  );
  return {
    busHandled: (seconds, outcome) => handled.observe({ outcome }, seconds),
    runEventsFed: (count) => fed.inc(count),
    readBusLag: (reader) => void (read = reader),
  } satisfies Partial<Metrics>;
}

/** Null when the answer is late or a failure: one figure that cannot be had must not cost the whole scrape. */
async function within(clock: Clock, ms: number, answer: Promise<number>): Promise<number | null> {
  const answered = new AbortController();
  try {
    return await Promise.race([answer.catch(() => null), sleep(clock, ms, answered.signal).then(() => null)]);
  } finally {
    answered.abort();
  }
}

function counter<Label extends string>(registry: Registry, name: string, help: string, labelNames: Label[]) {
  return new Counter({ name: PREFIX + name, help, labelNames, registers: [registry] });
}

function histogram<Label extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: Label[],
  buckets: number[],
) {
  return new Histogram({ name: PREFIX + name, help, labelNames, buckets, registers: [registry] });
}

function gauge<Label extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: Label[],
  collect?: () => Promise<void>,
) {
  return new Gauge({ name: PREFIX + name, help, labelNames, registers: [registry], ...(collect && { collect }) });
}
