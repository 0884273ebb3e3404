import { statfs } from 'node:fs/promises';
import { FixpointError, messageOf } from '../domain/errors.js';
import type { ConnectionCheck } from '../domain/connection.js';
import type { Ids } from '../domain/id.js';
import type { Clock } from '../domain/clock.js';
import type { Store } from '../domain/store.js';
import { Committer } from './committer.js';
import type { Db } from './db.js';
import { migrate } from './migrate.js';
import { createAlertView } from './postgres/alerts.js';
import { createApprovalView } from './postgres/approvals.js';
import { createBudgets } from './postgres/budgets.js';
import { writeRows } from './postgres/commit.js';
import { whatItChanges } from './postgres/what-it-changes.js';
import type { Rows } from './postgres/commit.js';
import { createDeadLetters } from './postgres/dead-letters.js';
import { EventFeed } from './postgres/event-feed.js';
import { GiveBack } from './postgres/give-back.js';
import { Glance } from './postgres/glance.js';
import { createHoldStore } from './postgres/holds.js';
import { createIncidentStore } from './postgres/incidents.js';
import { createOccurrenceView } from './postgres/open-occurrences.js';
import { createNotices, createOutbox } from './postgres/outbox.js';
import { createPayloads } from './postgres/payloads.js';
import { createRetention } from './postgres/retention.js';
import { createRuleCounts, createRuleHistory } from './postgres/rule-history.js';
import { createRunStore } from './postgres/runs.js';
import { createRunFeed } from './postgres/run-feed.js';
import { createRunView } from './postgres/run-view.js';
import { createSuppressionStore } from './postgres/suppressions.js';
import { createSearch } from './postgres/search.js';
import { createSessions } from './postgres/sessions.js';
import { createStormStore } from './postgres/storms.js';
import { createSurvey } from './postgres/survey.js';
import { createTriageStore } from './postgres/triage.js';
import { createAudit } from './postgres/audit.js';
import { createPauseSwitch, createPlaybookStore, createTokens } from './postgres/upkeep.js';
import { createUnmatched } from './postgres/unmatched.js';
import { vacuumNext } from './postgres/vacuum.js';

/** How many operations share one commit at most: more helps throughput little and waiting a lot (measured: 64 to 128). */
const MAX_BATCH = 128;
/** How many commits are under way at once on a real Postgres. */
const LANES = 2;
/** How often the embedded store looks whether its log has grown enough for a checkpoint. */
const CHECKPOINT_EVERY_MS = 60_000;
/** How often it looks whether a table needs a vacuum, and how soon again after one that did. */
const VACUUM_EVERY_MS = 30_000;
const VACUUM_AGAIN_MS = 1_000;
/** How often it looks whether a table is mostly empty, and what counts as quiet: what that costs nobody should wait for. */
const GIVE_BACK_EVERY_MS = 600_000;
const QUIET_MS = 30_000;
const QUIET_STATEMENTS = 100;

export interface StoreOptions {
  /** Postgres' address; null for the embedded store in `directory`. */
  readonly url: string | null;
  readonly directory: string;
  /** A prepared empty database for the first start of the embedded store; null or absent on disk: it is made on the spot. */
  readonly seed: string | null;
  readonly migrations: string;
  readonly clock: Clock;
  readonly ids: Ids;
  /** False when no channel is configured: then nothing is queued for anybody. */
  readonly hears: boolean;
  /** True when run events are for other consumers too: then changes of runs are kept in the feed until they were told. */
  readonly feeds?: boolean;
  /** Hears of trouble that no caller waits for. */
  readonly onError: (error: unknown) => void;
}

/** Opens the store and brings its tables up to date. Rejects with a clear error when the database cannot be reached or used. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { db, description, stopUpkeep } = await openDb(options);
  try {
    await migrate(db, options.migrations);
  } catch (error) {
    stopUpkeep();
    await db.stop();
    throw explained(error, description);
  }
  const committer = new Committer<Rows>({
    write: (rows) => writeRows(db, rows),
    lanes: db.lanes,
    max: MAX_BATCH,
    keyOf: whatItChanges,
    now: () => options.clock.monotonic(),
    onRefused: options.onError,
    onFailing: options.onError,
  });
  const feed = new EventFeed();
  const glance = new Glance(db, options.clock);
  const runs = createRunStore(db, committer, feed, { glance, hears: options.hears });
  return {
    triage: createTriageStore(db, committer, feed, runs, { glance, hears: options.hears }),
    alerts: createAlertView(db),
    occurrences: createOccurrenceView(db),
    runs,
    runView: createRunView(db, feed),
    approvals: createApprovalView(db),
    budgets: createBudgets(db),
    storm: createStormStore(db),
    unmatched: createUnmatched(db),
    ruleHistory: createRuleHistory(db),
    ruleCounts: createRuleCounts(db),
    outbox: createOutbox(db),
    notices: createNotices(db),
    deadLetters: createDeadLetters(db, options.ids),
    payloads: createPayloads(db),
    tokens: createTokens(db),
    sessions: createSessions(db),
    survey: createSurvey(db),
    search: createSearch(db),
    audit: createAudit(db),
    playbooks: createPlaybookStore(db),
    pause: createPauseSwitch(db),
    retention: createRetention(db, options.clock),
    runFeed: createRunFeed(db),
    incidents: createIncidentStore(db, options.ids, glance),
    suppressions: createSuppressionStore(db, glance),
    holds: createHoldStore(db),
    sharedNow: () => sharedNow(db),
    ready: () => ready(db, committer),
    stuck: () => committer.stuck,
    description,
    check: () => checkDb(db, description),
    stop: async () => {
      stopUpkeep();
      await db.stop();
    },
  };
}

/** Opens the database alone; its tables are whatever they are. `description` holds no credentials. */
export async function openDb(options: StoreOptions): Promise<{ db: Db; description: string; stopUpkeep: () => void }> {
  if (options.url !== null) {
    const { openPool } = await import('./postgres/pool.js');
    return {
      db: openPool(options.url, { lanes: LANES, feeds: options.feeds ?? false, onError: options.onError }),
      description: `postgres ${addressOf(options.url)}`,
      stopUpkeep: () => undefined,
    };
  }
  const { openEmbedded } = await import('./postgres/embedded.js');
  const db = await openEmbedded(options.directory, options.seed);
  // The embedded database has one session.
  if (options.feeds) await db.script('set fixpoint.run_feed = on');
  const { clock, onError } = options;
  const stops = [
    repeat({ clock, onError, first_ms: CHECKPOINT_EVERY_MS }, async () => {
      await db.checkpoint();
      return CHECKPOINT_EVERY_MS;
    }),
    repeat({ clock, onError, first_ms: VACUUM_EVERY_MS }, async () =>
      (await vacuumNext(db)) === null ? VACUUM_EVERY_MS : VACUUM_AGAIN_MS,
    ),
    repeat({ clock, onError, first_ms: GIVE_BACK_EVERY_MS }, whenQuiet(db, givingBack(db, options.directory))),
  ];
  const stopUpkeep = (): void => stops.forEach((stop) => stop());
  return { db, description: `embedded store in ${options.directory}`, stopUpkeep };
}

function givingBack(db: Db, directory: string): () => Promise<boolean> {
  const giveBack = new GiveBack(db, async () => {
    const { bavail, bsize } = await statfs(directory);
    return bavail * bsize;
  });
  return async () => (await giveBack.next()) !== null;
}

/** Work for `repeat` that waits until there is little else to do; it answers whether it may have more. */
function whenQuiet(db: Db, work: () => Promise<boolean>): () => Promise<number> {
  let seen = -Infinity;
  return async () => {
    const busy = db.activity() - seen > QUIET_STATEMENTS;
    const more = !busy && (await work());
    seen = db.activity();
    return busy || more ? QUIET_MS : GIVE_BACK_EVERY_MS;
  };
}

/** Does `work` again and again, each time after as long as the last time answered. The answer ends it. */
function repeat(
  options: Pick<StoreOptions, 'clock' | 'onError'> & { first_ms: number },
  work: () => Promise<number>,
): () => void {
  const { clock, onError, first_ms } = options;
  let stopped = false;
  let cancel = (): void => undefined;
  function arm(wait_ms: number): void {
    if (!stopped) cancel = clock.after(wait_ms, () => void turn());
  }
  async function turn(): Promise<void> {
    try {
      arm(await work());
    } catch (error) {
      if (!stopped) onError(error);
      arm(first_ms);
    }
  }
  arm(first_ms);
  return () => {
    stopped = true;
    cancel();
  };
}

async function sharedNow(db: Db): Promise<number | null> {
  if (db.kind === 'embedded') return null;
  const [row] = await db.query<{ now: number }>({
    text: 'select (extract(epoch from clock_timestamp()) * 1000)::int8 as now',
  });
  return row?.now ?? null;
}

async function ready(db: Db, committer: Committer<Rows>): Promise<void> {
  if (committer.nothingGetsThrough)
    throw new FixpointError('unavailable', 'the database answers, but no commit ends in time: is a table locked?');
  const { failing } = committer;
  if (failing !== null) throw new FixpointError('unavailable', `the database answers, but keeps nothing: ${failing}`);
  try {
    await db.query({ text: 'select 1' });
  } catch (error) {
    if (error instanceof FixpointError) throw error;
    throw new FixpointError('unavailable', `the database does not answer: ${messageOf(error)}`, { cause: error });
  }
}

/** Whether the database answers, and as what; never rejects. */
export async function checkDb(db: Db, target: string): Promise<ConnectionCheck> {
  try {
    const [row] = await db.query<{ version: string }>({ text: "select current_setting('server_version') as version" });
    return { name: 'store', target, ok: true, message: `PostgreSQL ${row?.version ?? '?'}`, required: true };
  } catch (error) {
    return {
      name: 'store',
      target,
      ok: false,
      message: `does not answer: ${reasonOf(error)}. Check DATABASE_URL.`,
      required: true,
    };
  }
}

function explained(error: unknown, description: string): unknown {
  if (error instanceof FixpointError && error.code !== 'unavailable') return error;
  return new FixpointError('unavailable', `cannot use ${description}: ${reasonOf(error)}. Check DATABASE_URL.`, {
    cause: error,
  });
}

/** The driver's own words. */
function reasonOf(error: unknown): string {
  return messageOf(error instanceof FixpointError ? (error.cause ?? error) : error);
}

/** A database address without its credentials. */
function addressOf(url: string): string {
  try {
    const parsed = new URL(url);
    return `${parsed.hostname}${parsed.port ? `:${parsed.port}` : ''}${parsed.pathname}`;
  } catch {
    return '(an address that is no URL)';
  }
}
