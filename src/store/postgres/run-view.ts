import type { NewRunHeader, RunEvent, Step, StoredEvent } from '../../domain/run/run.js';
import type { Delivery } from '../../domain/outbox.js';
import type { Page, PageRequest } from '../../domain/page.js';
import type { RunFilter, RunSummary, RunView } from '../../domain/run/run-view.js';
import { fold } from '../../domain/run/transition.js';
import type { Db } from '../db.js';
import type { EventFeed } from './event-feed.js';
import { checkCursor, Conditions, pageOf } from './page.js';
import type { Progress } from './run-rows.js';
import { readStats } from './stats.js';

/** How much of a parent's id its children share: the time of a ULID. */
const CHILD_BEGIN = 10;
/** Runs whose events are in memory at once. */
const READ_AT_ONCE = 10;

/** Answers questions about runs. */
export function createRunView(db: Db, feed: EventFeed): RunView {
  return {
    get: (run_id) => get(db, run_id),
    list: (filter, page) => list(db, filter, page),
    events: (run_id, after) => events(db, run_id, after),
    onEvents: (run_id, listener) => feed.listen(run_id, listener),
    stats: (since) => readStats(db, since),
    steps: (run_ids) => steps(db, run_ids),
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
    ending: _ending,
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
  if (filter.parent_run_id !== undefined) ofParent(conditions, filter.parent_run_id);
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

/** A run's children have ids that begin as its own does, which is a short range; their first event says whose they are. */
function ofParent(conditions: Conditions, parent_run_id: string): void {
  const begin = parent_run_id.slice(0, CHILD_BEGIN);
  conditions
    .add('run_id >= $', begin)
    .add("run_id < $ || '~'", begin)
    .add(
      `(select events -> 0 -> 'run' ->> 'parent_run_id' from run_changes where run_changes.run_id = runs.run_id and seq = 1) = $`,
      parent_run_id,
    );
}

async function steps(db: Db, run_ids: readonly string[]): Promise<Map<string, readonly Step[]>> {
  const found = new Map<string, readonly Step[]>();
  for (let from = 0; from < run_ids.length; from += READ_AT_ONCE) {
    const rows = await db.query<{ run_id: string; events: RunEvent[] }>({
      text: 'select run_id, events from run_changes where run_id = any($1::text[]) order by run_id, seq',
      values: [run_ids.slice(from, from + READ_AT_ONCE)],
    });
    const eventsOf = new Map<string, RunEvent[]>();
    for (const { run_id, events } of rows) eventsOf.set(run_id, [...(eventsOf.get(run_id) ?? []), ...events]);
    for (const [run_id, all] of eventsOf) found.set(run_id, Object.values(fold(null, all).steps));
  }
  return found;
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
