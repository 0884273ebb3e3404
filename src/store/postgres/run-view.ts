import type { NewRunHeader, RunEvent, RunState, Step, StoredEvent } from '../../domain/run.js';
import type { Delivery, Page, PageRequest, RunFilter, RunSummary, RunView, Stats } from '../../domain/store.js';
import { fold } from '../../domain/transition.js';
import type { Db } from '../db.js';
import type { EventFeed } from './event-feed.js';
import { checkCursor, Conditions, pageOf } from './page.js';
import type { Progress } from './run-rows.js';

/** Answers questions about runs. */
export function createRunView(db: Db, feed: EventFeed): RunView {
  return {
    get: (run_id) => get(db, run_id),
    list: (filter, page) => list(db, filter, page),
    events: (run_id, after) => events(db, run_id, after),
    onEvents: (run_id, listener) => feed.listen(run_id, listener),
    stats: (since) => stats(db, since),
  };
}

async function get(db: Db, run_id: string): Promise<(RunSummary & { steps: Step[]; deliveries: Delivery[] }) | null> {
  const changes = await db.query<{ events: RunEvent[] }>({
    text: 'select events from run_changes where run_id = $1 order by seq',
    values: [run_id],
  });
  if (changes.length === 0) return null;
  const {
    steps,
    joined: _joined,
    ...header
  } = fold(
    null,
    changes.flatMap((change) => change.events),
  );
  const deliveries = await db.query<Delivery>({
    text: 'select outbox_id, kind, channel, target, state, attempts, error, at from deliveries where run_id = $1 order by outbox_id, channel',
    values: [run_id],
  });
  return { ...header, steps: Object.values(steps), deliveries };
}

/** Runs that began before runs could begin others say nothing of that. */
type StoredHeader = Omit<NewRunHeader, 'parent_run_id' | 'depth'> &
  Partial<Pick<NewRunHeader, 'parent_run_id' | 'depth'>>;

async function list(db: Db, filter: RunFilter, page: PageRequest): Promise<Page<RunSummary>> {
  const conditions = new Conditions()
    .add('run_id < $', checkCursor(page))
    .add('state = $', filter.state)
    .add('playbook_id = $', filter.playbook_id)
    .add('service_name = $', filter.service_name)
    .add('created_at >= $', filter.since);
  const rows = await db.query<{ created_at: string; doc: Progress; begun: StoredHeader; seq: number }>({
    text: `select created_at, doc,
        (select events -> 0 -> 'run' from run_changes where run_changes.run_id = runs.run_id and seq = 1) as begun,
        (select seq + json_array_length(events) - 1 from run_changes where run_changes.run_id = runs.run_id order by seq desc limit 1) as seq
      from runs ${conditions.where} order by run_id desc limit ${conditions.param(page.limit + 1)}`,
    values: conditions.values,
  });
  return pageOf(
    rows.map(({ created_at, doc, begun, seq }) => ({
      parent_run_id: null,
      depth: 0,
      ...begun,
      ...doc,
      created_at,
      seq,
    })),
    page.limit,
    (run) => run.run_id,
  );
}

async function events(db: Db, run_id: string, after: number): Promise<StoredEvent[]> {
  // The change that holds the first event asked for may have begun before it.
  const rows = await db.query<{ seq: number; event: RunEvent }>({
    text: `select (seq + place - 1)::int as seq, event
      from run_changes, json_array_elements(events) with ordinality as e(event, place)
      where run_id = $1 and seq + place - 1 > $2
        and seq >= coalesce((select max(seq) from run_changes where run_id = $1 and seq <= $2 + 1), 1)
      order by 1 limit 1000`,
    values: [run_id, after],
  });
  return rows.map((row) => ({ ...row.event, seq: row.seq, run_id }));
}

async function stats(db: Db, since: string): Promise<Stats> {
  const alerts = await db.query<Stats['alerts'][number]>({
    text: 'select action, reason, count(*) as count from alerts where received_at >= $1 and action is not null group by 1, 2 order by 3 desc',
    values: [since],
  });
  const repeats = await db.query<{ reason: string; count: number }>({
    text: 'select item ->> 2 as reason, count(*) as count from repeats, json_array_elements(items) as item where received_at >= $1 group by 1',
    values: [since],
  });
  const runs = await db.query<{ state: RunState; outcome: string | null; count: number }>({
    text: 'select state, outcome, count(*) as count from runs where created_at >= $1 group by 1, 2 order by 3 desc',
    values: [since],
  });
  const [undecided] = await db.query<{ count: number }>({
    text: 'select count(*) as count from alerts where due_at is not null and action is null',
  });
  return { alerts: withRepeats(alerts, repeats), runs, undecided: undecided?.count ?? 0 };
}

function withRepeats(alerts: Stats['alerts'], repeats: readonly { reason: string; count: number }[]): Stats['alerts'] {
  const counts = new Map(alerts.map((row) => [`${row.action} ${row.reason ?? ''}`, { ...row }]));
  for (const { reason, count } of repeats) {
    const key = `drop ${reason}`;
    counts.set(key, { action: 'drop', reason, count: (counts.get(key)?.count ?? 0) + count });
  }
  return [...counts.values()].sort((a, b) => b.count - a.count);
}
