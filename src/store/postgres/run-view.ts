import type { RunEvent, RunHeader, RunState, Step, StoredEvent } from '../../domain/run.js';
import type { Delivery, Page, PageRequest, RunFilter, RunSummary, RunView, Stats } from '../../domain/store.js';
import type { Db } from '../db.js';
import type { EventFeed } from './event-feed.js';
import { checkCursor, Conditions, pageOf } from './page.js';

const SEQ = '(select max(seq) from run_events where run_events.run_id = runs.run_id) as seq';

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
  const [row] = await db.query<{ doc: RunHeader; seq: number }>({
    text: `select doc, ${SEQ} from runs where run_id = $1`,
    values: [run_id],
  });
  if (!row) return null;
  const steps = await db.query<{ doc: Step }>({
    text: 'select doc from steps where run_id = $1 order by ordinal',
    values: [run_id],
  });
  const deliveries = await db.query<Delivery>({
    text: 'select outbox_id, kind, channel, target, state, attempts, error, at from deliveries where run_id = $1 order by outbox_id, channel',
    values: [run_id],
  });
  return { ...row.doc, seq: row.seq, steps: steps.map((step) => step.doc), deliveries };
}

async function list(db: Db, filter: RunFilter, page: PageRequest): Promise<Page<RunSummary>> {
  const conditions = new Conditions()
    .add('run_id < $', checkCursor(page))
    .add('state = $', filter.state)
    .add('playbook_id = $', filter.playbook_id)
    .add('service_name = $', filter.service_name)
    .add('created_at >= $', filter.since);
  const rows = await db.query<{ doc: RunHeader; seq: number }>({
    text: `select doc, ${SEQ} from runs ${conditions.where} order by run_id desc limit ${conditions.param(page.limit + 1)}`,
    values: conditions.values,
  });
  return pageOf(
    rows.map((row) => ({ ...row.doc, seq: row.seq })),
    page.limit,
    (run) => run.run_id,
  );
}

async function events(db: Db, run_id: string, after: number): Promise<StoredEvent[]> {
  const rows = await db.query<{ seq: number; doc: RunEvent }>({
    text: 'select seq, doc from run_events where run_id = $1 and seq > $2 order by seq limit 1000',
    values: [run_id, after],
  });
  return rows.map((row) => ({ ...row.doc, seq: row.seq, run_id }));
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
