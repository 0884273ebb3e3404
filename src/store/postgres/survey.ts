import type { Backlog, CountedAlerts, HourCount, RunFigures, Survey, WorkerState } from '../../domain/survey.js';
import type { Db } from '../db.js';
import { idFrom } from '../../domain/ulid-time.js';
import { ID_SLACK_MS } from './page.js';

/** A figure that grows with what is stored stops here: beyond it nobody reads the digits, and counting takes its time. */
const MOST = 10_000;
/** Dead letters that are looked at: which were not replayed has no index. */
const NEWEST_LETTERS = 1_000;

/** What is asked of everything at once, in Postgres. */
export function createSurvey(db: Db): Survey {
  return {
    alertsByHour: (after, below, limit) => alertsByHour(db, after, below, limit),
    repeatsByHour: (after, below, limit) => repeatsByHour(db, after, below, limit),
    backlog: () => backlog(db),
    openRuns: (limit) => openRuns(db, limit),
    workers: (limit) => workers(db, limit),
    runFigures: (since, playbook_id, limit) => runFigures(db, since, playbook_id, limit),
  };
}

const HOUR = "(extract(epoch from date_trunc('hour', received_at at time zone 'UTC')) * 1000)::bigint";

async function alertsByHour(db: Db, after: string, below: string, limit: number): Promise<CountedAlerts> {
  const { last_id, previous_id } = await lastOf(db, 'alerts', 'alert_id', { after, below, limit });
  if (last_id === null) return { counts: [], last_id, previous_id };
  const counts = await db.query<HourCount>({
    text: `select ${HOUR} as hour, action, reason, count(*) as count
      from alerts where alert_id > $1 and alert_id <= $2 group by 1, 2, 3`,
    values: [after, last_id],
  });
  return { counts, last_id, previous_id };
}

async function repeatsByHour(db: Db, after: string, below: string, limit: number): Promise<CountedAlerts> {
  const { last_id, previous_id } = await lastOf(db, 'repeats', 'first_id', { after, below, limit });
  if (last_id === null) return { counts: [], last_id, previous_id };
  const counts = await db.query<HourCount>({
    // The fifth part of an item says how the repeat of a held alert is held with it.
    text: `select ${HOUR} as hour, case when item -> 4 is null then 'drop' else 'hold' end as action, item ->> 2 as reason,
        count(*) as count
      from repeats, json_array_elements(items) as item where first_id > $1 and first_id <= $2 group by 1, 2, 3`,
    values: [after, last_id],
  });
  return { counts, last_id, previous_id };
}

/** The highest of the lowest `limit` ids between two; where there is none, the one before them. */
async function lastOf(
  db: Db,
  table: 'alerts' | 'repeats',
  id: 'alert_id' | 'first_id',
  { after, below, limit }: { readonly after: string; readonly below: string; readonly limit: number },
): Promise<Pick<CountedAlerts, 'last_id' | 'previous_id'>> {
  // Without the upper end: a database that knows nothing of the table would rather read and sort all that is between the two.
  const [edge] = await db.query<{ id: string }>({
    text: `select ${id} as id from ${table} where ${id} > $1 order by ${id} offset $2 limit 1`,
    values: [after, limit - 1],
  });
  if (edge !== undefined && edge.id < below) return { last_id: edge.id, previous_id: null };
  const [last] = await db.query<{ id: string }>({
    text: `select ${id} as id from ${table} where ${id} < $1 order by ${id} desc limit 1`,
    values: [below],
  });
  const highest = last?.id ?? null;
  if (highest !== null && highest > after) return { last_id: highest, previous_id: null };
  return { last_id: null, previous_id: highest };
}

/** Held by a worker or by none: both are ranges of the index of open runs. */
const OPEN_RUNS =
  "select run_id from runs where open and lease_owner is null union all select run_id from runs where open and lease_owner >= ''";

async function backlog(db: Db): Promise<Backlog> {
  // Each names a range of its partial index, if only the whole: a database that knows nothing of the tables would rather read them whole.
  const few = (from: string): string => `(select count(*) from (select 1 from ${from} limit ${MOST}) as few)`;
  const [row] = await db.query<Backlog>({
    text: `select exists (select from alerts) as any_alerts,
        ${few("alerts where due_at > '-infinity' and action is null")} as undecided,
        ${few(`(${OPEN_RUNS}) as all_open`)} as open_runs,
        ${few('runs where open and lease_owner is null')} as unheld_runs,
        ${few("approvals where state = 'pending' and approval_id >= ''")} as pending_approvals,
        ${few("outbox where next_at > '-infinity'")} as outbox_waiting,
        (select count(*) from (select replayed_at from dead_letters order by dead_letter_id desc limit ${NEWEST_LETTERS}) as few
          where replayed_at is null) as dead_letters`,
  });
  if (row === undefined) throw new Error('a statement without a table answered no row');
  return row;
}

function openRuns(db: Db, limit: number): Promise<{ run_id: string; seq: number }[]> {
  return db.query({
    text: `select run_id, (select seq + json_array_length(events) - 1 from run_changes
          where run_changes.run_id = newest.run_id order by seq desc limit 1) as seq
      from (select run_id from (${OPEN_RUNS}) as all_open order by run_id desc limit $1) as newest`,
    values: [limit],
  });
}

function workers(db: Db, limit: number): Promise<WorkerState[]> {
  return db.query({
    text: `select worker_id, name, since, until as lease_until, until > clock_timestamp() as alive,
        (select count(*) from runs where runs.open and runs.lease_owner = workers.worker_id) as runs_held
      from workers order by until > clock_timestamp() desc, until desc, worker_id limit $1`,
    values: [limit],
  });
}

interface GroupRow {
  readonly playbook_id: string;
  readonly state: RunFigures['last_run']['state'];
  readonly outcome: RunFigures['last_run']['outcome'];
  readonly count: number;
}

interface LastRow extends Omit<GroupRow, 'count'> {
  readonly run_id: string;
  readonly created_at: string;
  readonly median_duration_ms: number | null;
}

async function runFigures(
  db: Db,
  since: string,
  playbook_id: string | null,
  limit: number,
): ReturnType<Survey['runFigures']> {
  // The filter comes after the limit: how many rows are looked at must not depend on how rare the playbook is.
  const newest = `with looked_at as (select run_id, playbook_id, state, outcome, created_at, finished_at, dry_run from runs
      where run_id > $1 and created_at >= $2 order by run_id desc limit $4),
    newest as (select * from looked_at where not dry_run and ($3::text is null or playbook_id = $3))`;
  const values = [idFrom(since, -ID_SLACK_MS), since, playbook_id, limit];
  const counts = await db.query<GroupRow>({
    text: `${newest} select playbook_id, state, outcome, count(*) as count from newest group by 1, 2, 3 order by 1, 2, 3`,
    values,
  });
  const lasts = await db.query<LastRow>({
    text: `${newest}, each as (select playbook_id, max(run_id) as run_id,
          percentile_cont(0.5) within group (order by extract(epoch from finished_at - created_at)) as median
        from newest group by 1)
      select each.playbook_id, each.run_id, round(median * 1000)::bigint as median_duration_ms, state, outcome, created_at
      from each join newest using (run_id) order by each.playbook_id`,
    values,
  });
  const [looked] = await db.query<{ count: number }>({
    text: 'select count(*) as count from (select 1 from runs where run_id > $1 and created_at >= $2 limit $3) as looked',
    values: [idFrom(since, -ID_SLACK_MS), since, limit + 1],
  });
  const items = lasts.map(({ playbook_id: id, median_duration_ms, ...last_run }) => ({
    playbook_id: id,
    runs: counts
      .filter((row) => row.playbook_id === id)
      .map(({ state, outcome, count }) => ({ state, outcome, count })),
    median_duration_ms,
    last_run,
  }));
  return { items, complete: (looked?.count ?? 0) <= limit };
}
