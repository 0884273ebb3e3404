import type { Alert } from '../../domain/alert.js';
import type { Decision } from '../../domain/decision.js';
import { idOf, splitId } from '../../domain/id.js';
import type { AlertFilter, AlertView, DecidedBatch, Page, PageRequest, StoredAlert } from '../../domain/store.js';
import type { Db } from '../db.js';
import { checkCursor, Conditions, pageOf } from './page.js';

interface AlertColumns {
  readonly alert_id: string;
  readonly doc: Alert;
  readonly decisions: readonly Decision[];
}

type Repeated = DecidedBatch['repeats'][number];

/**
 * place in the batch, the kept alert that it repeats, why nothing was started, the run of its occurrence; of a repeat that is held also until
 * when, by what, and why
 */
type RepeatItem = readonly [
  number,
  string,
  Repeated['reason'],
  string | null,
  (readonly [string | null, string | null, string])?,
];

interface RepeatColumns {
  readonly first_id: string;
  readonly received_at: string;
  readonly items: readonly RepeatItem[];
}

interface Repeat {
  readonly alert_id: string;
  readonly received_at: string;
  readonly item: RepeatItem;
}

/** How many rows of repeats one page looks through at most; each holds the repeats of one delivery. */
const REPEAT_ROWS = 1_000;

/** Answers questions about alerts; repeats that were kept as one line are put together again from what they repeat. */
export function createAlertView(db: Db): AlertView {
  return {
    get: (alert_id) => get(db, alert_id),
    list: (filter, page) => list(db, filter, page),
  };
}

async function get(db: Db, alert_id: string): Promise<StoredAlert | null> {
  const id = splitId(alert_id);
  if (!id) return null;
  const [row] = await db.query<AlertColumns>({
    text: 'select alert_id, doc, decisions from alerts where alert_id = $1',
    values: [alert_id],
  });
  if (row) return stored(row);
  const rows = await db.query<RepeatColumns>({
    text: "select first_id, received_at, items from repeats where first_id >= $1 and first_id <= $1 || 'ZZZZ'",
    values: [id.prefix],
  });
  const repeat = rows.flatMap(expand).find((candidate) => candidate.alert_id === alert_id);
  return repeat ? ((await whole(db, [repeat]))[0] ?? null) : null;
}

async function list(db: Db, filter: AlertFilter, page: PageRequest): Promise<Page<StoredAlert>> {
  const cursor = checkCursor(page);
  const conditions = new Conditions()
    .add('alert_id < $', cursor)
    .add('source_system = $', filter.source_system)
    .add('alert_name = $', filter.alert_name)
    .add('service_name = $', filter.service_name)
    .add('severity = $', filter.severity)
    .add('status = $', filter.status)
    .add('fingerprint = $', filter.fingerprint)
    .add('action = $', filter.action)
    .add('reason = $', filter.reason)
    .add('run_id = $', filter.run_id)
    .add('received_at >= $', filter.since);
  const rows = await db.query<AlertColumns>({
    text: `select alert_id, doc, decisions from alerts ${conditions.where} order by alert_id desc limit ${conditions.param(page.limit + 1)}`,
    values: conditions.values,
  });
  const repeats = await matchingRepeats(db, filter, cursor, page.limit + 1);
  const all = [...rows.map(stored), ...repeats].sort((a, b) => (a.alert_id < b.alert_id ? 1 : -1));
  return pageOf(all, page.limit, (alert) => alert.alert_id);
}

/** Newest first, at most `limit`, out of the newest deliveries before the cursor. */
async function matchingRepeats(
  db: Db,
  filter: AlertFilter,
  cursor: string | null,
  limit: number,
): Promise<StoredAlert[]> {
  if (filter.action !== undefined && filter.action !== 'drop' && filter.action !== 'hold') return [];
  const conditions = new Conditions().add('first_id < $', cursor).add('received_at >= $', filter.since);
  const rows = await db.query<RepeatColumns>({
    text: `select first_id, received_at, items from repeats ${conditions.where} order by first_id desc limit ${conditions.param(Math.min(limit, REPEAT_ROWS))}`,
    values: conditions.values,
  });
  const wanted = rows
    .flatMap(expand)
    .filter(({ alert_id, item }) => {
      if (cursor !== null && alert_id >= cursor) return false;
      if (filter.reason !== undefined && item[2] !== filter.reason) return false;
      if (filter.action !== undefined && (item[4] ? 'hold' : 'drop') !== filter.action) return false;
      return filter.run_id === undefined || item[3] === filter.run_id;
    })
    .sort((a, b) => (a.alert_id < b.alert_id ? 1 : -1));
  const found: StoredAlert[] = [];
  for (let from = 0; from < wanted.length && found.length < limit; from += 500) {
    const alerts = await whole(db, wanted.slice(from, from + 500));
    found.push(...alerts.filter((alert) => fits(alert, filter)));
  }
  return found.slice(0, limit);
}

function fits(alert: Alert, filter: AlertFilter): boolean {
  return (['source_system', 'alert_name', 'service_name', 'severity', 'status', 'fingerprint'] as const).every(
    (field) => filter[field] === undefined || filter[field] === alert[field],
  );
}

function expand(row: RepeatColumns): Repeat[] {
  const prefix = row.first_id.slice(0, 22);
  return row.items.map((item) => ({ alert_id: idOf(prefix, item[0]), received_at: row.received_at, item }));
}

async function whole(db: Db, repeats: readonly Repeat[]): Promise<StoredAlert[]> {
  const kept = await db.query<AlertColumns>({
    text: 'select alert_id, doc, decisions from alerts where alert_id = any($1::text[])',
    values: [[...new Set(repeats.map((repeat) => repeat.item[1]))]],
  });
  const byId = new Map(kept.map((row) => [row.alert_id, row]));
  return repeats.flatMap((repeat) => {
    const row = byId.get(repeat.item[1]);
    return row ? [repeated(repeat, row)] : [];
  });
}

function repeated({ alert_id, received_at, item }: Repeat, row: AlertColumns): StoredAlert {
  const [, of, reason, run_id, hold] = item;
  const first = row.decisions.at(-1);
  const decision: Decision = {
    action: hold ? 'hold' : 'drop',
    reason,
    rule_id: reason === 'duplicate' ? (first?.rule_id ?? null) : null,
    playbook_id: reason === 'duplicate' ? (first?.playbook_id ?? null) : null,
    run_id,
    run_ids: run_id === null ? [] : [run_id],
    until: hold?.[0] ?? null,
    by: hold ? hold[1] : reason === 'duplicate' ? `alert:${of}` : reason === 'filtered' ? (first?.by ?? null) : null,
    explanation: `repeats alert ${of} word for word${REPEATED[reason]}${hold ? hold[2] : reason === 'duplicate' ? occurrenceOf(run_id) : ''}`,
    decided_at: received_at,
  };
  return { ...row.doc, alert_id, received_at, decision, decisions: [decision] };
}

const REPEATED: Readonly<Record<RepeatItem[2], string>> = {
  duplicate: '; its occurrence ',
  no_match: ', and still no rule matches',
  filtered: ', and is filtered as it was',
  silence: ' and is held with it: ',
  maintenance_window: ' and is held with it: ',
  inhibition: ' and is held with it: ',
};

function occurrenceOf(run_id: string | null): string {
  return run_id === null ? 'is open' : `has run ${run_id}`;
}

function stored(row: AlertColumns): StoredAlert {
  return { ...row.doc, decision: row.decisions.at(-1) ?? null, decisions: row.decisions };
}
