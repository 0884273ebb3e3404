import { setMaxListeners } from 'node:events';
import { randomBytes } from 'node:crypto';
import { RunEventFeeder } from './bus/run-event-feeder.js';
import { openCatalog } from './catalog/catalog.js';
import type { Config } from './config.js';
import type { CatalogContent } from './domain/catalog.js';
import type { Clock } from './domain/clock.js';
import type { ConnectionCheck } from './domain/connection.js';
import { durationMs } from './domain/duration.js';
import { messageOf } from './domain/errors.js';
import { createIds, pooled } from './domain/id.js';
import type { Log } from './domain/log.js';
import type { Store } from './domain/store.js';
import { fold } from './domain/run/transition.js';
import type { ExecutorModule } from './domain/executor.js';
import { createExecutors, executorModules } from './executor/registry.js';
import { openForesight } from './app/foreseeing.js';
import { openIncidentDesk } from './app/incident-desk.js';
import { createMetrics } from './http/metrics.js';
import { createChildRuns, openChildrenOf } from './app/child-runs.js';
import { keepRules } from './app/keep-rules.js';
import { firstAsker } from './domain/run/proof.js';

import { createNotifiers } from './notifier/registry.js';
import { openLimits } from './app/open-limits.js';
import { createReporter } from './report/reporter.js';
import { openingEvents, Scheduler } from './schedule/scheduler.js';
import { SecretVault } from './schedule/secrets.js';
import { openConditions } from './source/registry.js';
import { openStore } from './store/open.js';
import { Pruner } from './store/pruner.js';
import { openSuppressions } from './app/suppressions.js';
import { Triage } from './triage/triage.js';
import { openBus } from './app/open-bus.js';
import { retentionOf } from './retention-policy.js';
import { createEnrich } from './app/metric-lookup.js';
import { openReconciling } from './app/reconciling.js';
import { openWebhookSenders } from './app/webhook-senders.js';
import { makeFirstToken } from './app/first-token.js';
import { listen, openFace } from './app/open-face.js';
import { openPolicy } from './app/open-policy.js';
import { createRunsByHand } from './app/runs-by-hand.js';
import type { OpenRun, StartRun } from './app/runs-by-hand.js';
import { createSharedClock } from './app/shared-clock.js';
import { stopAll } from './app/stops.js';
import { refuseSplitWithoutKafka, workerName } from './app/work-roles.js';
import type { WorkRole } from './app/work-roles.js';
import { PACKAGE_ROOT } from './package-root.js';

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
  /** Begins a run as the API does that is asked for one, without HTTP and without an entry in the audit. */
  readonly startRun: StartRun;
  /** Dials everything that is configured. */
  check(signal: AbortSignal): Promise<ConnectionCheck[]>;
  /** Stops everything in the reverse order of its start. May be called twice. */
  stop(): Promise<void>;
}

const MAX_WAITING = 100_000;

/**
 * Builds every part and wires them, in one straight line so that it can be read from top to bottom: store, channels, executors, catalog,
 * scheduler, triage, bus, intake, HTTP. What is started is put on the stack of stops; a start that fails half-way stops what it has begun.
 */
export async function startApp(options: AppOptions): Promise<App> {
  const { config, log, version } = options;
  const clock = createSharedClock(options.clock);
  const { settings } = config;
  const roles = new Set(options.roles);
  refuseSplitWithoutKafka(settings, roles);
  // While the store is away every run listens to the one signal that ends the wait; Node would take more than ten for a leak.
  setMaxListeners(MAX_WAITING);
  const stops: (() => Promise<void>)[] = [];
  const stop = stopAll(stops, log);
  try {
    const ids = createIds(() => clock.now(), pooled(randomBytes));
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
      seed: `${PACKAGE_ROOT}dist/seed`,
      migrations: `${PACKAGE_ROOT}migrations`,
      clock,
      ids,
      hears: notifiers.default_names.length > 0,
      feeds: settings.kafka.brokers !== undefined && settings.kafka.run_events,
      onError: (error) => log.warn({ error: messageOf(error) }, 'trouble with the store'),
    });
    stops.push(() => store.stop());
    await clock.follow(() => store.sharedNow(), log);
    stops.push(async () => clock.stop());
    const incidents = openIncidentDesk(settings, {
      store,
      channels: notifiers.names,
      clock,
      log,
      metrics,
      noticed: () => reporter.wake(),
    });
    stops.push(() => incidents.stop());
    const newToken = await makeFirstToken(store.tokens, settings, ids.next(), clock, log);

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
    const { policy, whole } = await openPolicy({ settings, catalog, playbooks: store.playbooks, clock, log });

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
      modeOf: (playbook_id) => policy().modeOf(playbook_id),
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

    const open: OpenRun = (header, checked, joined, resolved = false) => {
      metrics.runReached(header.playbook_id, 'pending');
      if (roles.has('schedule')) return scheduler.open(header, checked.playbook, { joined, resolved });
      // Another process claims it.
      const events = openingEvents(header, { joined, resolved }, clock.now());
      return { run: { run: fold(null, events), events, holder: null }, go: () => undefined };
    };

    const children = createChildRuns({
      runs: store.runs,
      clock,
      playbooks: () => policy().playbooks,
      modeOf: (playbook_id) => policy().modeOf(playbook_id),
      open: (header, checked, resolved) => open(header, checked, [], resolved),
      wake: (run_id) => scheduler.wake(run_id),
    });

    // Runs that are open go on meanwhile: what they need stands above.
    await whole();
    const { limits, glance, matched, start } = openLimits(settings, { store, notifiers, metrics, clock, ids, log });
    stops.push(await start(roles), keepRules({ catalog, history: store.ruleHistory, clock, log }));
    const reconciling = openReconciling(settings, { store, clock, log });
    const enrich = createEnrich(settings, () => catalog.content().rules, executors.metric(), clock);
    const triage = new Triage({
      store: store.triage,
      limits,
      matched,
      policy,
      enrich,
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
    metrics.readStuck(() => store.stuck());
    if (roles.has('triage')) await queue.subscribe((batch) => triage.handle(batch));

    stops.push(() => reconciling.stop());
    const startRun = createRunsByHand({ runs: store.runs, ids, policy, open });
    const server = openFace(settings, {
      roles,
      store,
      bus,
      catalog,
      policy,
      executors,
      notifiers,
      scheduler,
      suppressing,
      incidents,
      foresee: openForesight(settings, {
        store: store.triage,
        policy,
        suppressions: suppressing.keeper,
        glance,
        enrich,
        clock,
      }),
      reconciling,
      senders,
      startRun,
      metrics,
      clock,
      ids,
      log,
      version,
    });
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
      startRun,
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
