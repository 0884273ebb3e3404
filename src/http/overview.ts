import { OverviewAnswer, SystemAnswer } from '../domain/api/overview.js';
import type { RunItem, RunProgress } from '../domain/api/run.js';
import { instant } from '../domain/clock.js';
import { messageOf } from '../domain/errors.js';
import { isRunFinished } from '../domain/run/run.js';
import { AlertHours } from './alert-hours.js';
import type { Auth } from './auth.js';
import type { HttpDeps } from './deps.js';
import { recent } from './recent.js';
import { answers } from './route.js';
import type { Api } from './route.js';
import { progressOf, tasksOf } from './run-progress.js';
import { stormNow } from './storms.js';

const MAX_ITEMS = 20;
const MAX_WORKERS = 200;
/** However many pages are open, everything is looked at once a second at most. */
const GOOD_FOR_MS = 1_000;
const tags = ['system'];

/** What is going on, and how the service fares: one answer each, so that a page is there at once. */
export function overviewRoutes(app: Api, deps: HttpDeps, auth: Auth): void {
  const onRequest = auth.require('read');
  const overview = recent(createOverview(deps), GOOD_FOR_MS, deps.clock);
  const system = recent(() => systemOf(deps), GOOD_FOR_MS, deps.clock);
  const summary = 'What is going on: alerts by the hour, and what is open';
  app.get('/api/v1/overview', { onRequest, schema: { tags, summary, ...answers(200, OverviewAnswer) } }, () =>
    overview(),
  );
  const fares = 'How the service fares: its parts, what waits, and who works';
  app.get('/api/v1/system', { onRequest, schema: { tags, summary: fares, ...answers(200, SystemAnswer) } }, () =>
    system(),
  );
}

function createOverview(deps: HttpDeps): () => Promise<OverviewAnswer> {
  const { store, clock } = deps;
  const alertHours = new AlertHours(store.survey, clock);
  const runs = createRunsUnderWay(deps);
  const page = { limit: MAX_ITEMS, cursor: null };
  return async () => {
    const now = clock.now();
    const backlog = await store.survey.backlog();
    const { hours, complete } = await alertHours.look(now);
    const by_priority = await store.incidents.countOpen();
    const approvals = await store.approvals.list({ state: 'pending' }, page);
    const letters = backlog.any_alerts ? null : await store.deadLetters.list({ limit: 1, cursor: null });
    return {
      at: instant(now),
      since: hours[0]?.at ?? instant(now),
      any_alerts: backlog.any_alerts,
      alerts_by_hour: hours,
      alerts_complete: complete,
      incidents: {
        open: Object.values(by_priority).reduce((sum, count) => sum + count, 0),
        by_priority,
        items: [...(await store.incidents.worst(MAX_ITEMS, instant(now)))],
      },
      runs: { open: backlog.open_runs, items: await runs() },
      approvals: { pending: backlog.pending_approvals, items: [...approvals.items] },
      pause: await store.pause.read(),
      storm: stormNow(await store.storm.current(instant(deps.clock.now()))),
      undecided: backlog.undecided,
      last_refused:
        letters?.items[0] === undefined ? null : { ...letters.items[0], details: [...letters.items[0].details] },
    };
  };
}

type RunUnderWay = RunItem & { readonly progress: RunProgress };

/** The newest runs under way. Each is put together again only when it has changed: a run may be made of a thousand events. */
function createRunsUnderWay(deps: HttpDeps): () => Promise<RunUnderWay[]> {
  const { store } = deps;
  let known = new Map<string, RunUnderWay>();
  return async () => {
    const next = new Map<string, RunUnderWay>();
    for (const { run_id, seq } of await store.survey.openRuns(MAX_ITEMS)) {
      const before = known.get(run_id);
      const item = before?.seq === seq ? before : await read(run_id);
      if (item !== null) next.set(run_id, item);
    }
    known = next;
    return [...next.values()];
  };

  async function read(run_id: string): Promise<RunUnderWay | null> {
    const run = await store.runView.get(run_id);
    // It has ended, or was pruned, since its id was read.
    if (run === null || isRunFinished(run.state)) return null;
    const { steps, deliveries: _deliveries, ...header } = run;
    return { ...header, progress: progressOf(steps, tasksOf(run, deps)) };
  }
}

async function systemOf(deps: HttpDeps): Promise<SystemAnswer> {
  const { store, process, version, log } = deps;
  const lag = process.busLag().catch((error: unknown) => {
    log.warn({ error: messageOf(error) }, 'the bus does not tell what waits in it');
    return null;
  });
  const [health, backlog, workers, bus_lag] = await Promise.all([
    process.health(),
    store.survey.backlog(),
    store.survey.workers(MAX_WORKERS),
    lag,
  ]);
  const { any_alerts: _any, pending_approvals: _pending, ...waiting } = backlog;
  const { started_at, roles, default_mode } = process;
  return {
    version,
    started_at,
    roles: [...roles],
    default_mode,
    store: store.description,
    health: [...health],
    stuck: store.stuck().slice(0, MAX_ITEMS),
    ...waiting,
    bus_lag,
    workers: [...workers],
  };
}
