import type { Alert } from '../../domain/alert/alert.js';
import type { Decision } from '../../domain/decision/decision.js';
import { idOf } from '../../domain/id.js';
import type { StoredAlert } from '../../domain/decision/alert-view.js';
import type { DecidedBatch } from '../../domain/triage-store.js';
import type { Db } from '../db.js';

/** An alert as its row has it. */
export interface AlertColumns {
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

/** The repeats of one delivery. */
export interface RepeatColumns {
  readonly first_id: string;
  readonly received_at: string;
  readonly items: readonly RepeatItem[];
}

/** One repeat by itself. */
export interface Repeat {
  readonly alert_id: string;
  readonly received_at: string;
  readonly item: RepeatItem;
}

/** The repeats of a delivery one by one. */
export function expand(row: RepeatColumns): Repeat[] {
  const prefix = row.first_id.slice(0, 22);
  return row.items.map((item) => ({ alert_id: idOf(prefix, item[0]), received_at: row.received_at, item }));
}

/** The repeat of this id, whose delivery's ids begin with `prefix`; null where none is kept. */
export async function repeatOf(db: Db, prefix: string, alert_id: string): Promise<Repeat | null> {
  const rows = await db.query<RepeatColumns>({
    text: "select first_id, received_at, items from repeats where first_id >= $1 and first_id <= $1 || 'ZZZZ'",
    values: [prefix],
  });
  return rows.flatMap(expand).find((repeat) => repeat.alert_id === alert_id) ?? null;
}

/** Puts repeats together from what they repeat; one whose alert is gone is left out. */
export async function whole(db: Db, repeats: readonly Repeat[]): Promise<StoredAlert[]> {
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

/** An alert with its decisions. */
export function stored(row: AlertColumns): StoredAlert {
  return { ...row.doc, decision: row.decisions.at(-1) ?? null, decisions: row.decisions };
}
