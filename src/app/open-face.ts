import type { FastifyInstance } from 'fastify';
import { createBacktests } from './backtesting.js';
import type { Settings } from '../config.js';
import type { Bus } from '../domain/bus.js';
import type { Catalog } from '../domain/catalog.js';
import type { Clock } from '../domain/clock.js';
import { FixpointError, messageOf } from '../domain/errors.js';
import type { Ids } from '../domain/id.js';
import type { Log } from '../domain/log.js';
import type { Store } from '../domain/store.js';
import type { Executors } from '../executor/registry.js';
import { forThePages, httpConfigOf } from './for-the-pages.js';
import type { HttpDeps } from '../http/deps.js';
import type { Metrics } from '../http/metrics.js';
import { createHealth, createReadiness } from '../http/readiness.js';
import { createProbeServer, createServer } from '../http/server.js';
import type { IncidentDesk } from './incident-desk.js';
import { compileIntake } from '../ingest/intake-entries.js';
import { createIngest } from '../ingest/ingest.js';
import type { Ingest } from '../ingest/ingest.js';
import type { PayloadKeeper } from '../ingest/payload-keeper.js';
import type { Notifiers } from '../notifier/registry.js';
import { openPayloadKeeper } from './keep-payloads.js';
import { dialed } from './open-bus.js';
import { handSubject, openSources, webhookEnvelopes } from './open-sources.js';
import type { Reconciling } from './reconciling.js';
import { buildReport } from '../report/build.js';
import { renderHtml } from '../report/render-html.js';
import { renderText } from '../report/render-text.js';
import { announcingPause, peopleOf } from './runs-by-hand.js';
import type { StartRun } from './runs-by-hand.js';
import type { Scheduler } from '../schedule/scheduler.js';
import { createStormDesk } from './storm-desk.js';
import type { Suppressing } from './suppressions.js';
import type { Policy } from '../triage/deps.js';
import { PACKAGE_ROOT } from '../package-root.js';
import type { WebhookSenders } from './webhook-senders.js';
import { sourceSecretsOf } from './webhook-senders.js';
import type { WorkRole } from './work-roles.js';

/** Connections that wait to be taken: beyond Node's 511 a burst of senders is cut off without an answer. The system may allow fewer. */
const BACKLOG = 4_096;

/** What people and other programs reach through HTTP, all of it started already. */
interface FaceParts {
  readonly roles: ReadonlySet<WorkRole>;
  readonly store: Store;
  readonly bus: Bus;
  readonly catalog: Catalog;
  readonly policy: () => Policy;
  readonly executors: Executors;
  readonly notifiers: Notifiers;
  readonly scheduler: Scheduler;
  readonly suppressing: Suppressing;
  readonly incidents: IncidentDesk;
  readonly foresee: HttpDeps['foresee'];
  readonly reconciling: Reconciling;
  readonly senders: WebhookSenders;
  readonly startRun: StartRun;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** Fixpoint's own version. */
  readonly version: string;
}

/** Builds the HTTP face, which does not listen yet: all of it where this process takes alerts in, else the probes alone. */
export function openFace(settings: Settings, parts: FaceParts): FastifyInstance {
  const { roles, store, bus, metrics, senders, clock, ids, log, version } = parts;
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
    config: httpConfigOf(settings, PACKAGE_ROOT),
    version,
  };
  if (!roles.has('ingest')) return createProbeServer(probe);
  const { catalog, policy, executors, notifiers, scheduler, suppressing, incidents, startRun } = parts;
  const payloads = openPayloadKeeper(settings, parts);
  const server = createServer({
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
    subject: handSubject(settings),
    ingest: openIngest(settings, parts, payloads),
    store: { ...store, pause: announcingPause(store.pause, (paused) => scheduler.setPaused(paused)) },
    catalog,
    rules: () => policy().rules,
    foresee: parts.foresee,
    suppressions: suppressing.keeper,
    executorSpecs: executors.specs(),
    startRun,
    people: peopleOf(store.runs, scheduler, clock),
    backtest: createBacktests({ settings, store, catalog, clock, inForce: () => suppressing.keeper.set.content }),
    incidents,
    endStorms: createStormDesk(settings, { store, notifiers, clock, ids, log }),
    reports: reportsOf(settings, store, incidents),
  });
  // After the last answer and before the store stops: what waits is written.
  server.addHook('onClose', () => payloads?.stop());
  return server;
}

/** Listens where the settings say, and answers the address; `unavailable` names what to change when that place is taken. */
export async function listen(server: FastifyInstance, settings: Settings): Promise<string> {
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

function openIngest(settings: Settings, parts: FaceParts, payloads: PayloadKeeper | null): Ingest {
  const { store, bus, metrics, reconciling, senders, clock, ids, log } = parts;
  return reconciling.start(
    createIngest({
      ...openSources(settings),
      work: compileIntake(settings.intake, settings.metric_from_text),
      leftOut: (source, left_out) => reconciling.leftOut(source, left_out),
      gates: senders.gates,
      bus,
      payloads,
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
  );
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

function reportsOf(settings: Settings, store: Store, incidents: IncidentDesk): HttpDeps['reports'] {
  return {
    build: (run_id, language) =>
      buildReport(run_id, {
        runView: store.runView,
        language,
        publicUrl: settings.public_url ?? null,
        incidentOf: (alert) => incidents.of(alert),
      }),
    text: renderText,
    html: renderHtml,
  };
}
