import type { RunState } from '../../domain/run/run.js';
import type { Stats } from '../../domain/run/run-view.js';
import { idFrom } from '../../domain/ulid-time.js';
import type { Db } from '../db.js';
import { AFTER_ALL, ID_SLACK_MS } from './page.js';

/** Rows that are counted at once (the embedded database answers nothing else meanwhile), and at most. A row of repeats holds a delivery's. */
const STEP = 5_000;
const MAX_ALERTS = 100_000;
const REPEAT_STEP = 500;
const MAX_REPEAT_ROWS = 10_000;
const MAX_RUNS = 20_000;
const MAX_UNDECIDED = 10_000;

interface Counted {
  readonly action: string | null;
  readonly reason: string | null;
  readonly count: number;
}

interface CountedStep extends Counted {
  /** The lowest id of those that were looked at. */
  readonly last_id: string;
}

/** What was decided and done since an instant: of the newest, so many and no more. */
export async function readStats(db: Db, since: string): Promise<Stats> {
  const alerts = await walk(db, since, ALERTS);
  const repeats = await walk(db, since, REPEATS);
  const runs = await db.query<{ state: RunState; outcome: string | null; count: number }>({
    text: `select state, outcome, count(*) as count from (
        select state, outcome, created_at from runs where run_id >= $2 order by run_id desc limit $3
      ) as newest where created_at >= $1 group by 1, 2 order by 3 desc`,
    values: [since, idFrom(since, -ID_SLACK_MS), MAX_RUNS],
  });
  const [undecided] = await db.query<{ count: number }>({
    text: `select count(*) as count from (select 1 from alerts where due_at > '-infinity' and action is null limit ${MAX_UNDECIDED}) as few`,
  });
  return {
    alerts: sumsOf([...alerts.counts, ...repeats.counts]),
    runs,
    undecided: undecided?.count ?? 0,
    complete: alerts.complete && repeats.complete && runs.reduce((sum, { count }) => sum + count, 0) < MAX_RUNS,
  };
}

interface Walk {
  readonly text: string;
  readonly step: number;
  readonly most: number;
}

/** The newest rows below an id, without a floor: a database that knows nothing of the table would rather read and sort all that is above it. */
const ALERTS: Walk = {
  text: `select action, reason, count(*) filter (where received_at >= $2 and action is not null) as count,
      min(alert_id) as last_id
    from (select alert_id, action, reason, received_at from alerts where alert_id < $1 order by alert_id desc limit $3) as newest
    group by 1, 2`,
  step: STEP,
  most: MAX_ALERTS,
};
const REPEATS: Walk = {
  // The fifth part of an item says how the repeat of a held alert is held with it.
  text: `select case when item -> 4 is null then 'drop' else 'hold' end as action, item ->> 2 as reason,
      count(item) filter (where received_at >= $2) as count, min(first_id) as last_id
    from (select first_id, received_at, items from repeats where first_id < $1 order by first_id desc limit $3) as newest
      left join lateral json_array_elements(items) as item on true
    group by 1, 2`,
  step: REPEAT_STEP,
  most: MAX_REPEAT_ROWS,
};

async function walk(
  db: Db,
  since: string,
  { text, step, most }: Walk,
): Promise<{ counts: Counted[]; complete: boolean }> {
  const floor = idFrom(since, -ID_SLACK_MS);
  const counts: Counted[] = [];
  let above = AFTER_ALL;
  for (let looked = 0; looked < most; looked += step) {
    const rows = await db.query<CountedStep>({ text, values: [above, since, step] });
    for (const { action, reason, count } of rows) if (count > 0) counts.push({ action, reason, count });
    const last = rows.reduce((lowest, { last_id }) => (last_id < lowest ? last_id : lowest), above);
    if (last === above || last < floor) return { counts, complete: true };
    above = last;
  }
  return { counts, complete: false };
}

function sumsOf(counts: readonly Counted[]): Stats['alerts'] {
  const sums = new Map<string, { action: string; reason: string | null; count: number }>();
  for (const { action, reason, count } of counts) {
    if (action === null) continue;
    const key = `${action} ${reason ?? ''}`;
    sums.set(key, { action, reason, count: (sums.get(key)?.count ?? 0) + count });
  }
  return [...sums.values()].sort((a, b) => b.count - a.count);
}
