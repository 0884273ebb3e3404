import { setMaxListeners } from 'node:events';
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { RunEventFeeder } from './bus/run-event-feeder.js';
import { openCatalog } from './catalog/catalog.js';
import type { Config, Settings } from './config.js';
import type { Alert } from './domain/alert.js';
import type { CatalogContent } from './domain/catalog.js';
import type { Clock } from './domain/clock.js';
import { instant } from './domain/clock.js';
import type { ConnectionCheck } from './domain/connection.js';
import { durationMs } from './domain/duration.js';
import { FixpointError, messageOf } from './domain/errors.js';
import { createIds } from './domain/id.js';
import type { Log } from './domain/log.js';
import type { CheckedPlaybook, Mode } from './domain/playbook.js';
import { compileRules } from './domain/rule-match.js';
import type { NewRunHeader } from './domain/run.js';
import type { Store } from './domain/store.js';
import { fold } from './domain/transition.js';
import type { ExecutorModule } from './domain/executor.js';
import { createExecutors, executorModules } from './executor/registry.js';
import { openIncidentDesk } from './incident-desk.js';
import { createMetrics } from './http/metrics.js';
import { createBacktests } from './backtesting.js';
import { createChildRuns, openChildrenOf } from './child-runs.js';
import { keepRules } from './keep-rules.js';
import { createHealth, createReadiness } from './http/readiness.js';
import { firstAsker } from './domain/proof.js';
import { createProbeServer, createServer } from './http/server.js';
import { hashOf, newToken } from './http/token-text.js';
import { createIngest } from './ingest/ingest.js';
import { compileIntake } from './ingest/intake-entries.js';
import { createNotifiers } from './notifier/registry.js';
import { openLimits } from './open-limits.js';
import { buildReport } from './report/build.js';
import { renderHtml } from './report/render-html.js';
import { renderText } from './report/render-text.js';
import { createReporter } from './report/reporter.js';
import { openingEvents, Scheduler } from './schedule/scheduler.js';
import { SecretVault } from './schedule/secrets.js';
import { openConditions } from './source/registry.js';
import { openStore } from './store/open.js';
import { Pruner } from './store/pruner.js';
import { openSuppressions } from './suppressions.js';
import type { Policy } from './triage/deps.js';
import { Triage } from './triage/triage.js';
import { dialed, openBus } from './open-bus.js';
import { openSources, webhookEnvelopes } from './open-sources.js';
import { forThePages, httpConfigOf } from './for-the-pages.js';
import { retentionOf } from './retention-policy.js';
import { announcingPause, createRunsByHand, peopleOf } from './runs-by-hand.js';
import { createEnrich } from './metric-lookup.js';
import { openReconciling } from './reconciling.js';
import { openWebhookSenders, sourceSecretsOf } from './webhook-senders.js';

/** Parts of the work that processes can share out; they need Kafka and Postgres between them. */
export const ROLES = ['ingest', 'triage', 'schedule'] as const;
export type WorkRole = (typeof ROLES)[number];

export interface AppOptions {
  readonly config: Config;
  readonly roles: readonly WorkRole[];
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  /** More executors than the registry's; the benchmarks bring one that does nothing. */
  readonly executors?: readonly ExecutorModule[];
}

/** A running Fixpoint. */
export interface App {
  /** Where it listens: `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly store: Store;
  /** One line on what it stands on, for the start-up message. */
  readonly description: string;
  readonly catalog: CatalogContent;
  /** The admin token that was made because there was none; it is nowhere to be found again. */
  readonly newToken: string | null;
  /** Dials everything that is configured. */
  check(signal: AbortSignal): Promise<ConnectionCheck[]>;
  /** Stops everything in the reverse order of its start. May be called twice. */
  stop(): Promise<void>;
}

/** The time that everything below is handed. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (delay_ms, wake) => {
    // A timer takes 31 bits of milliseconds; a longer wait is cut into pieces.
    const longest = 2 ** 31 - 1;
    let timer = setTimeout(fire, Math.min(delay_ms, longest));
    let left = delay_ms - longest;
    function fire(): void {
      if (left <= 0) return wake();
      timer = setTimeout(fire, Math.min(left, longest));
      left -= longest;
    }
    return () => clearTimeout(timer);
  },
};

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MAX_WAITING = 100_000;
/** Connections that wait to be taken: beyond Node's 511 a burst of senders is cut off without an answer. The system may allow fewer. */
const BACKLOG = 4_096;

/**
 * Builds every part and wires them, in one straight line so that it can be read from top to bottom: store, channels, executors, catalog,
 * scheduler, triage, bus, intake, HTTP. What is started is put on the stack of stops; a start that fails half-way stops what it has begun.
 */
export async function startApp(options: AppOptions): Promise<App> {
  const { config, clock, log, version } = options;
  const { settings } = config;
  const roles = new Set(options.roles);
  refuseSplitWithoutKafka(settings, roles);
  // While the store is away every run listens to the one signal that ends the wait; Node would take more than ten for a leak.
  setMaxListeners(MAX_WAITING);
  const stops: (() => Promise<void>)[] = [];
  const stop = stopAll(stops, log);
  try {
    const ids = createIds(() => clock.now(), randomBytes);
    const metrics = createMetrics({ clock, version });

    const notifiers = createNotifiers(settings.notifiers, {
      clock,
      log,
      report_notify: settings.report.notify ?? null,
    });
    stops.push(() => notifiers.stop());

    const store = await openStore({
      url: settings.database_url ?? null,
      directory: settings.data_dir,
      seed: `${ROOT}dist/seed`,
      migrations: `${ROOT}migrations`,
      clock,
      ids,
      hears: notifiers.default_names.length > 0,
      feeds: settings.kafka.brokers !== undefined && settings.kafka.run_events,
      onError: (error) => log.warn({ error: messageOf(error) }, 'trouble with the store'),
    });
    stops.push(() => store.stop());
    const incidents = openIncidentDesk(settings, {
      store,
      channels: notifiers.names,
      clock,
      log,
      metrics,
      noticed: () => reporter.wake(),
    });
    stops.push(() => incidents.stop());
    const newToken = await makeFirstToken(store, settings, ids.next(), clock);

    const executors = createExecutors(
      settings.executors,
      {
        clock,
        notify: (notice, signal) => notifiers.notify(notice, signal),
        runs: { begin: (playbook_id, by) => children.begin(playbook_id, by) },
      },
      [...executorModules, ...(options.executors ?? [])],
    );
    stops.push(() => executors.stop());
    const sourceApis = openConditions(settings.sources, { clock });
    stops.push(() => sourceApis.stop());
    const senders = openWebhookSenders(settings.sources, { clock, log });
    stops.push(() => senders.stop());
    const conditions = [...executors.conditions(), ...sourceApis.conditions()];

    const catalog = await openCatalog({
      dir: settings.playbooks_dir,
      kinds: executors.specs(),
      clock,
      watch: true,
      log,
    });
    stops.push(() => catalog.stop());
    let policy = await policyOf(catalog.content(), store, settings, clock);
    catalog.onChange((content) => {
      // The versions are kept before any run may hold them.
      policyOf(content, store, settings, clock).then(
        (next) => (policy = next),
        (error: unknown) =>
          log.error({ error: messageOf(error) }, 'changed playbooks could not be kept; the old ones stay in force'),
      );
    });

    const vault = new SecretVault(settings.secrets, randomBytes(16).toString('hex'));
    const scheduler = new Scheduler({
      runs: store.runs,
      pause: store.pause,
      executor: (kind) => executors.get(kind) ?? undefined,
      specs: executors.specs(),
      vault,
      children: openChildrenOf,
      condition: (alert) => firstAsker(conditions, alert),
      incident: (alert) => incidents.of(alert),
      proof: {
        within_ms: durationMs(settings.schedule.verify_within),
        hold_ms: durationMs(settings.schedule.verify_hold),
      },
      modeOf: (playbook_id) => policy.modeOf(playbook_id),
      frozen: (run) => suppressing.frozen(run),
      clock,
      random: Math.random,
      newId: () => ids.next(),
      worker: { name: workerName(settings), incarnation: ids.next() },
      lease_ms: durationMs(settings.schedule.lease),
      log,
      meter: {
        stepEnded: (kind, outcome, seconds) => metrics.stepAttempted(kind, outcome, seconds),
        runEnded: (playbook_id, state, seconds) => {
          metrics.runReached(playbook_id, state);
          metrics.runFinished(playbook_id, seconds);
          reporter.wake();
        },
      },
    });
    const reporter = createReporter({
      outbox: store.outbox,
      runView: store.runView,
      notify: (notice, signal) => notifiers.notify(notice, signal),
      channels: notifiers.default_names,
      clock,
      language: settings.language,
      publicUrl: settings.public_url ?? null,
      incidentOf: (alert) => incidents.of(alert),
      log,
      meter: { delivered: (channel, state) => metrics.notified(channel, state === 'sent' ? 'sent' : 'failed') },
    });
    const freezeChanged = (): void => scheduler.lookAgain();
    const suppressing = await openSuppressions({ settings, store, catalog, clock, log, metrics, freezeChanged });
    stops.push(() => suppressing.stop());
    if (roles.has('schedule')) {
      await scheduler.start();
      stops.push(() => scheduler.stop());
      incidents.start();
      reporter.start();
      stops.push(() => reporter.stop());
      const pruner = new Pruner({
        retention: store.retention,
        policy: retentionOf(settings),
        clock,
        log,
        meter: { pruned: (what, count) => metrics.pruned(what, count) },
      });
      pruner.start();
      stops.push(() => pruner.stop());
    }

    function open(header: NewRunHeader, checked: CheckedPlaybook, joined: readonly Alert[], resolved = false) {
      metrics.runReached(header.playbook_id, 'pending');
      if (roles.has('schedule')) return scheduler.open(header, checked.playbook, { joined, resolved });
      // Another process claims it.
      const events = openingEvents(header, { joined, resolved }, clock);
      return { run: { run: fold(null, events), events, holder: null }, go: () => undefined };
    }

    const children = createChildRuns({
      runs: store.runs,
      playbooks: () => policy.playbooks,
      modeOf: (playbook_id) => policy.modeOf(playbook_id),
      open: (header, checked, resolved) => open(header, checked, [], resolved),
      wake: (run_id) => scheduler.wake(run_id),
    });

    const { limits, matched, start } = openLimits(settings, { store, notifiers, metrics, clock, ids, log });
    stops.push(await start(roles), keepRules({ catalog, history: store.ruleHistory, clock, log }));
    const reconciling = openReconciling(settings, { store, clock, log });
    const triage = new Triage({
      store: store.triage,
      limits,
      matched,
      policy: () => policy,
      enrich: createEnrich(settings, () => catalog.content().rules, executors.metric(), clock),
      open: (header, checked, joined) => reconciling.hearing(header, open(header, checked, joined)),
      wake: (run_id) => scheduler.wake(run_id),
      suppressions: suppressing.keeper,
      maxRunsPerOccurrence: settings.max_runs_per_occurrence,
      ids,
      clock,
      log,
      meter: { decided: incidents.hearing((action, reason, count) => metrics.alertDecided(action, reason, count)) },
    });
    const { bus, queue, runEvents } = await openBus(settings, store, {
      clock,
      log,
      meter: { handled: (seconds, outcome) => metrics.busHandled(seconds, outcome) },
    });
    stops.push(() => bus.stop());
    if (queue !== bus) stops.push(() => queue.stop());
    if (roles.has('schedule') && runEvents && settings.kafka.run_events) {
      const feeder = new RunEventFeeder({
        feed: store.runFeed,
        bus: runEvents,
        holder: ids.next(),
        clock,
        log,
        meter: { fed: (events) => metrics.runEventsFed(events) },
      });
      feeder.start();
      stops.push(() => feeder.stop());
    }
    metrics.readBusLag(() => bus.lag());
    if (roles.has('triage')) await queue.subscribe((batch) => triage.handle(batch));

    const health = createHealth(
      [
        { name: 'store', check: () => store.ready() },
        { name: settings.kafka.brokers ? 'kafka' : 'bus', check: () => dialed(bus) },
      ],
      clock,
    );
    const probe = {
      metricsText: () => metrics.text(),
      readiness: createReadiness(health),
      store,
      adminToken: settings.admin_token ?? null,
      sourceSecrets: sourceSecretsOf(settings),
      senderProofs: senders.proofs,
      clock,
      ids,
      log,
      config: httpConfigOf(settings, ROOT),
      version,
    };
    stops.push(() => reconciling.stop());
    const server = roles.has('ingest')
      ? createServer({
          ...probe,
          ...forThePages({
            executors,
            notifiers,
            catalog,
            bus,
            health,
            roles,
            clock,
            default_mode: settings.default_mode,
          }),
          envelopes: webhookEnvelopes(),
          ingest: reconciling.start(
            createIngest({
              ...openSources(settings),
              work: compileIntake(settings.intake, settings.metric_from_text),
              leftOut: (source, left_out) => reconciling.leftOut(source, left_out),
              gates: senders.gates,
              bus,
              deadLetters: countingLetters(store, (source) => metrics.deadLetter(source)),
              ids,
              clock,
              meter: {
                accepted: (source, count) => metrics.alertsAccepted(source, count),
                rejected: (source, count) => metrics.alertsRejected(source, count),
                remark: (source, text) => {
                  metrics.alertRemarks(source, 1);
                  log.warn({ source, remark: text }, 'a payload was understood with a remark');
                },
              },
            }),
          ),
          store: { ...store, pause: announcingPause(store.pause, (paused) => scheduler.setPaused(paused)) },
          catalog,
          rules: () => policy.rules,
          suppressions: suppressing.keeper,
          executorSpecs: executors.specs(),
          startRun: createRunsByHand({ runs: store.runs, ids, policy: () => policy, open }),
          people: peopleOf(store.runs, scheduler, clock),
          backtest: createBacktests({ settings, store, catalog, clock }),
          incidents,
          reports: {
            build: (run_id, language) =>
              buildReport(run_id, {
                runView: store.runView,
                language,
                publicUrl: settings.public_url ?? null,
                incidentOf: (alert) => incidents.of(alert),
              }),
            text: renderText,
            html: renderHtml,
          },
        })
      : createProbeServer(probe);
    stops.push(() => server.close());
    const url = await listen(server, settings);
    if (roles.has('triage') && queue !== bus) {
      // Not awaited: after a crash the group waits up to 10 s for the dead member, and the intake must not.
      bus
        .subscribe((batch) => triage.handle(batch))
        .catch((error: unknown) => log.error({ error: messageOf(error) }, 'alerts cannot be read from Kafka'));
    }

    return {
      url,
      store,
      description: `${store.description}${settings.kafka.brokers ? ` · kafka ${settings.kafka.brokers.join(',')}` : ''}`,
      get catalog() {
        return catalog.content();
      },
      newToken,
      async check(signal) {
        const lines = await Promise.all([
          store.check(signal).then((line) => [line]),
          bus.check(signal).then((line) => [line]),
          executors.check(signal),
          sourceApis.check(signal),
          suppressing.check(signal),
          notifiers.check(signal),
        ]);
        return lines.flat();
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function stopAll(stops: (() => Promise<void>)[], log: Log): () => Promise<void> {
  let stopped: Promise<void> | null = null;
  async function run(): Promise<void> {
    for (const stop of stops.reverse()) {
      try {
        await stop();
      } catch (error) {
        log.warn({ error: messageOf(error) }, 'a part did not stop cleanly');
      }
    }
  }
  return () => (stopped ??= run());
}

function refuseSplitWithoutKafka(settings: Settings, roles: ReadonlySet<WorkRole>): void {
  if (roles.size === 0) throw new FixpointError('invalid', `--roles: expected at least one of ${ROLES.join(', ')}`);
  if (ROLES.every((role) => roles.has(role))) return;
  const missing = [
    settings.kafka.brokers ? null : 'KAFKA_BROKERS',
    settings.database_url ? null : 'DATABASE_URL',
  ].filter((name) => name !== null);
  if (missing.length > 0)
    throw new FixpointError(
      'invalid',
      `--roles ${[...roles].join(',')}: work is shared out through Kafka and Postgres; set ${missing.join(' and ')}`,
    );
}

/** Stable over restarts of the same service on the same host, so that it takes its own work up again at once. Replicas may share it. */
function workerName(settings: Settings): string {
  if (settings.database_url === undefined) return 'embedded';
  const place = settings.port === 0 ? randomBytes(4).toString('hex') : String(settings.port);
  return `${hostname()}:${settings.host}:${place}`.replaceAll('#', '_');
}

async function makeFirstToken(
  store: Store,
  settings: Settings,
  token_id: string,
  clock: Clock,
): Promise<string | null> {
  if (settings.admin_token !== undefined || (await store.tokens.count()) > 0) return null;
  const token = newToken();
  const hash = hashOf(token);
  await store.tokens.add({ token_id, name: 'first admin', role: 'admin', created_at: instant(clock.now()), hash });
  return token;
}

/** Keeps the versions in force, then compiles their rules: a run can only begin with a version that is kept. */
async function policyOf(content: CatalogContent, store: Store, settings: Settings, clock: Clock): Promise<Policy> {
  await store.playbooks.record([...content.playbooks.values()], instant(clock.now()));
  const modeOf = (playbook_id: string): Mode | null => {
    const checked = content.playbooks.get(playbook_id);
    return checked ? (checked.playbook.mode ?? settings.default_mode) : null;
  };
  return { rules: compileRules(content.rules), playbooks: content.playbooks, modeOf };
}

function countingLetters(store: Store, count: (source: string) => void): Pick<Store['deadLetters'], 'add'> {
  return {
    async add(letter) {
      const id = await store.deadLetters.add(letter);
      count(letter.source);
      return id;
    },
  };
}

async function listen(server: FastifyInstance, settings: Settings): Promise<string> {
  try {
    return await server.listen({ host: settings.host, port: settings.port, backlog: BACKLOG });
  } catch (error) {
    throw new FixpointError(
      'unavailable',
      `cannot listen on ${settings.host}:${settings.port}: ${messageOf(error)}. Set PORT or HOST.`,
      { cause: error },
    );
  }
}
