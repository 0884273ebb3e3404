import type { Occurrence } from '../../domain/triage-store.js';
import type { Db } from '../db.js';

/** What one operation adds to a commit, as rows that one JSON text per table carries. */
export interface Rows {
  changes?: ChangeRow[];
  runs?: RunRow[];
  outbox?: OutboxRow[];
  approvals?: ApprovalRow[];
  /** Services that were written to. */
  writes?: { s: string; a: string }[];
  /** Runs that have ended: their occurrences hear of it. */
  finished?: string[];
  alerts?: AlertRow[];
  repeats?: { f: string; a: string; i: unknown }[];
  occurrences?: OccurrenceRow[];
  /** Occurrences that were only looked at: the commit fails when one has changed since. The same list may stand in many operations. */
  seen?: readonly { readonly key: string; readonly version: number }[];
  poke?: string[];
  /** Open runs that alerts join: the commit fails when one of them has ended. */
  joined?: string[];
  /** Services that are taken not to have been written to since: the commit fails when one was. */
  unwritten?: { s: string; a: string | null }[];
  /** Alerts that hold others back from now on, by their occurrence; null: of this occurrence none does any more. */
  sources?: { k: string; d: unknown }[];
  /** What limits what rules start: the commit fails when one has changed since it was looked at. */
  budgets?: BudgetRow[];
  /** Alerts that no rule takes and that somebody is to hear of. */
  unmatched?: UnmatchedRow[];
}

export interface BudgetRow {
  readonly k: string;
  readonly s: readonly string[];
  readonly r: string | null;
  readonly e: string;
  /** The version it was decided on. */
  readonly v: number;
}

export interface UnmatchedRow {
  readonly i: string;
  readonly na: string;
  readonly sv: string | null;
  readonly se: string;
  readonly d: string;
  readonly ra: string;
}

/** The events of one change, and the number of the first. */
export interface ChangeRow {
  readonly r: string;
  readonly s: number;
  readonly e: readonly unknown[];
}

export interface RunRow {
  readonly r: string;
  readonly p: string;
  readonly v: string;
  readonly n: string | null;
  readonly g: string;
  readonly dry: boolean;
  readonly st: string;
  readonly oc: string | null;
  readonly op: boolean;
  readonly ca: string;
  readonly fa: string | null;
  readonly d: unknown;
  /** Only for a new run: who holds it. */
  readonly l: string | null;
  /** The holder is to look at it. */
  readonly pk: boolean;
}

export interface OutboxRow {
  readonly i: string;
  readonly r: string;
  readonly k: string;
  readonly s: string | null;
  readonly m: string;
  readonly a: string;
}

export interface ApprovalRow {
  readonly i: string;
  readonly r: string;
  readonly t: string;
  readonly st: string;
  readonly at: string;
  readonly d: unknown;
}

export interface AlertRow {
  readonly i: string;
  readonly so: string;
  readonly na: string;
  readonly se: string;
  readonly st: string;
  readonly sv: string | null;
  readonly fp: string;
  readonly ra: string;
  readonly d: unknown;
  readonly ac: string | null;
  readonly re: string | null;
  readonly ru: string | null;
  readonly de: unknown;
  readonly du: string | null;
  /** What a hold depends on besides the time. */
  readonly hb: string | undefined;
}

export interface OccurrenceRow extends Occurrence {
  /** The version it was decided on. */
  readonly expected: number;
}

type Table = keyof Rows;

/** What a table's rows do. `rows` answers them as `x`, or is a list of texts where a part names no columns; `count` is how many there are. */
interface Part {
  readonly table: Table;
  /** The columns of the rows, as JSON names them. */
  readonly columns?: string;
  /** Those that hold most of what is written: as a part of one large text the database would read them three times, by themselves once. */
  readonly documents?: readonly string[];
  /** A change of the database, as one part of the statement. */
  readonly change?: (rows: string) => string;
  /** What has to be true for the commit to take place. */
  readonly check?: (rows: string, count: string) => string;
}

/** An alert that is held for the same reason for days is one line of its history, not a thousand. */
const HELD_AGAIN = `excluded.action = 'hold' and alerts.decisions -> -1 ->> 'action' = 'hold'
      and (alerts.decisions -> -1 ->> 'reason') = excluded.reason and (alerts.decisions -> -1 ->> 'by') = (excluded.decisions -> -1 ->> 'by')`;

const PARTS: readonly Part[] = [
  {
    table: 'changes',
    columns: 'r text, s int',
    documents: ['e'],
    // The primary key is the fence: whoever comes second with a number has decided on an old state.
    change: (rows) => `e as (insert into run_changes (run_id, seq, events)
  select r, s, e from ${rows})`,
  },
  {
    table: 'runs',
    columns:
      'r text, p text, v text, n text, g text, dry boolean, st text, oc text, op boolean, ca timestamptz, fa timestamptz, l text, pk boolean',
    documents: ['d'],
    // A run that leaves the open ones gives up its lease in the same stroke.
    change: (
      rows,
    ) => `r as (insert into runs (run_id, playbook_id, playbook_version, service_name, group_key, dry_run, state, outcome, open, created_at, finished_at, doc, lease_owner, lease_epoch, wake_at, poked)
  select r, p, v, n, g, dry, st, oc, op, ca, fa, d, l, case when l is null then 0 else 1 end, case when l is null then ca end, pk
  from ${rows}
  on conflict (run_id) do update set state = excluded.state, outcome = excluded.outcome, open = excluded.open, finished_at = excluded.finished_at, doc = excluded.doc,
    lease_owner = case when excluded.open then runs.lease_owner end, poked = runs.poked or excluded.poked)`,
  },
  {
    table: 'outbox',
    columns: 'i text, r text, k text, s text, m text, a timestamptz',
    change: (rows) => `o as (insert into outbox (outbox_id, run_id, kind, step_id, message, created_at, next_at)
  select i, r, k, s, m, a, least(a, now()) from ${rows})`,
  },
  {
    table: 'approvals',
    columns: 'i text, r text, t text, st text, at timestamptz, d json',
    change: (rows) => `ap as (insert into approvals (approval_id, run_id, step_id, state, requested_at, doc)
  select i, r, t, st, at, d from ${rows}
  on conflict (approval_id) do update set state = excluded.state, doc = excluded.doc)`,
  },
  {
    table: 'writes',
    columns: 's text, a timestamptz',
    change: (rows) => `w as (insert into service_writes (service_name, at)
  select s, max(a) from ${rows} group by s
  on conflict (service_name) do update set at = greatest(service_writes.at, excluded.at))`,
  },
  {
    table: 'finished',
    change: (rows) =>
      `f as (update occurrences set run_open = false, version = version + 1 where run_id = any(${rows}::text[]) and run_open)`,
  },
  {
    table: 'alerts',
    columns:
      'i text, so text, na text, se text, st text, sv text, fp text, ra timestamptz, ac text, re text, ru text, du timestamptz, hb text',
    documents: ['d', 'de'],
    // Only an alert that still waits for its decision may be decided: a second decision of a redelivery is a conflict.
    change: (
      rows,
    ) => `al as (insert into alerts (alert_id, source_system, alert_name, severity, status, service_name, fingerprint, received_at, doc, action, reason, run_id, decisions, due_at, held_by)
  select i, so, na, se, st, sv, fp, ra, d, ac, re, ru, de, du, hb
  from ${rows}
  on conflict (alert_id) do update set action = excluded.action, reason = excluded.reason, run_id = excluded.run_id, due_at = excluded.due_at, held_by = excluded.held_by,
    decisions = ((case when ${HELD_AGAIN} then alerts.decisions::jsonb - -1 else alerts.decisions::jsonb end) || excluded.decisions::jsonb)::json
    where alerts.due_at is not null
  returning 1)`,
    check: (_rows, count) => `(select count(*) from al) = ${count}::int`,
  },
  {
    table: 'repeats',
    columns: 'f text, a timestamptz, i json',
    change: (rows) => `re as (insert into repeats (first_id, received_at, items) select f, a, i from ${rows})`,
  },
  {
    table: 'occurrences',
    columns:
      'key text, open boolean, alert_id text, started_at timestamptz, resolved_at timestamptz, runs_used int, run_id text, run_open boolean, run_ids json, content_hash text, content_alert_id text, history json, version int, expected int',
    change: (
      rows,
    ) => `oc as (insert into occurrences (key, open, alert_id, started_at, resolved_at, runs_used, run_id, run_open, run_ids, content_hash, content_alert_id, history, version, based_on)
  select key, open, alert_id, started_at, resolved_at, runs_used, run_id, run_open, run_ids, content_hash, content_alert_id, history,
    case when expected = 0 then greatest(version, 1) else expected + 1 end, expected
  from ${rows}
  on conflict (key) do update set open = excluded.open, alert_id = excluded.alert_id, started_at = excluded.started_at, resolved_at = excluded.resolved_at,
    runs_used = excluded.runs_used, run_id = excluded.run_id, run_open = excluded.run_open, run_ids = excluded.run_ids,
    content_hash = excluded.content_hash, content_alert_id = excluded.content_alert_id, history = excluded.history, version = excluded.version,
    based_on = excluded.based_on, untold = true
    where occurrences.version = excluded.based_on
  returning 1)`,
    check: (_rows, count) => `(select count(*) from oc) = ${count}::int`,
  },
  {
    table: 'unwritten',
    columns: 's text, a timestamptz',
    // Not a look but a change, of nothing: it waits for a write that is being committed at this moment, and then sees it. A run that writes
    // and ends in one stroke would else be missed by a commit that had waited for that end.
    change: (rows) => `uw as (insert into service_writes (service_name, at)
  select s, coalesce(a, 'epoch') from ${rows}
  on conflict (service_name) do update set at = service_writes.at where service_writes.at = excluded.at
  returning 1)`,
    check: (_rows, count) => `(select count(*) from uw) = ${count}::int`,
  },
  {
    table: 'seen',
    columns: 'key text, version int',
    check: (rows, count) =>
      `(select count(*) from ${rows} join occurrences on occurrences.key = x.key and occurrences.version = x.version) = ${count}::int`,
  },
  {
    table: 'poke',
    change: (rows) => `p as (update runs set poked = true where run_id = any(${rows}::text[]) and open)`,
  },
  {
    table: 'joined',
    check: (rows, count) => `(select count(*) from runs where run_id = any(${rows}::text[]) and open) = ${count}::int`,
  },
  {
    table: 'sources',
    columns: 'k text, d json',
    change: (rows) => `so as (insert into inhibition_sources (key, doc)
  select distinct on (k) k, d from ${rows} where json_typeof(d) = 'object'
  on conflict (key) do update set doc = excluded.doc, changed = default),
  sv as (delete from inhibition_sources where key = any(array(
    select k from ${rows} where json_typeof(d) is distinct from 'object')))`,
  },
  {
    table: 'budgets',
    columns: 'k text, s json, r text, e timestamptz, v int',
    change: (rows) => `b as (insert into budgets (key, starts, run_id, ends_at, version)
  select k, s, r, e, v + 1 from ${rows}
  on conflict (key) do update set starts = excluded.starts, run_id = excluded.run_id, ends_at = excluded.ends_at, version = excluded.version
    where budgets.version = excluded.version - 1
  returning 1)`,
    check: (_rows, count) => `(select count(*) from b) = ${count}::int`,
  },
  {
    table: 'unmatched',
    columns: 'i text, na text, sv text, se text, d text, ra timestamptz',
    change: (
      rows,
    ) => `um as (insert into unmatched (alert_id, alert_name, service_name, severity, description, received_at)
  select i, na, sv, se, d, ra from ${rows}
  on conflict (alert_id) do nothing)`,
  },
];

/** NUL, or half of a character, as JSON.stringify (well-formed, ECMA-262 25.5.2.3) writes them; a backslash of the text itself is two. */
const UNREADABLE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

/** Statements by the database's kind and the tables that they write: one that names only what there is costs the database much less. */
const statements = new Map<string, string>();

/** Writes the rows of many operations in one statement, which is one transaction. It fails as a whole. */
export async function writeRows(db: Db, operations: readonly Rows[]): Promise<void> {
  const parts: Part[] = [];
  const values: unknown[] = [];
  let tables = 0;
  for (const [place, part] of PARTS.entries()) {
    const rows = rowsOf(operations, part.table);
    if (rows.length === 0) continue;
    parts.push(part);
    tables += 2 ** place;
    values.push(...valuesOf(db, part, rows));
    if (part.check) values.push(rows.length);
  }
  if (parts.length === 0) return;
  // Postgres keeps 63 characters of a name: with the tables written out, statements with the same beginning were refused as one.
  const name = `commit-${tables.toString(36)}`;
  const key = `${db.kind} ${name}`;
  let text = statements.get(key);
  if (text === undefined) statements.set(key, (text = statementOf(db, parts)));
  await db.query({ name, text, values });
}

/** The parameters that `rowsFrom` asks for. */
function valuesOf(db: Db, { columns, documents }: Part, rows: readonly unknown[]): unknown[] {
  if (columns === undefined) return [rows];
  if (documents === undefined) return [JSON.stringify(rows)];
  const records = rows as readonly Record<string, unknown>[]; // a row is an object of its columns
  const lists = documents.map((name) => db.jsonList.value(records.map((row) => documentOf(row[name]))));
  return [JSON.stringify(records.map((row) => besides(row, documents))), ...lists];
}

/** Within `json` Postgres takes what no question about it can read afterwards: refused here in the words that it has for other columns. */
function documentOf(value: unknown): string {
  const text = JSON.stringify(value);
  if (!text.includes('\\u') || !UNREADABLE.test(text)) return text;
  throw Object.assign(new Error('unsupported Unicode escape sequence in a document'), { code: '22P05' });
}

/** JSON leaves out what is undefined. */
function besides(row: Readonly<Record<string, unknown>>, documents: readonly string[]): unknown {
  const rest: Record<string, unknown> = { ...row };
  for (const name of documents) rest[name] = undefined;
  return rest;
}

function statementOf(db: Db, parts: readonly Part[]): string {
  const changes: string[] = [];
  const checks: string[] = [];
  let places = 0;
  const next = (): string => `$${(places += 1)}`;
  for (const part of parts) {
    const rows = rowsFrom(db, part, next);
    if (part.change) changes.push(part.change(rows));
    if (part.check) checks.push(part.check(rows, next()));
  }
  const answer = checks.length === 0 ? '1' : `fixpoint_conflict_unless(${checks.join('\n  and ')})`;
  return `${changes.length === 0 ? '' : `with ${changes.join(',\n')}\n`}select ${answer}`;
}

/** What answers the rows of a part; `next` is where the next parameter stands. */
function rowsFrom({ jsonList }: Db, { columns, documents }: Part, next: () => string): string {
  if (columns === undefined) return next();
  const records = `json_to_recordset(${next()}::json)`;
  if (documents === undefined) return `${records} as x(${columns})`;
  const names = columns.split(', ').map((column) => column.replace(/ .*/, ''));
  const lists = documents.map(() => jsonList.rows(next()));
  return `rows from (${records} as (${columns}), ${lists.join(', ')}) as x(${[...names, ...documents].join(', ')})`;
}

function rowsOf(operations: readonly Rows[], table: Table): readonly unknown[] {
  // A storm repeats the same occurrences in every request: each is checked once in a commit.
  if (table === 'seen') return distinctSeen(operations);
  if (table === 'unwritten') return distinctUnwritten(operations);
  if (table === 'runs') return runRows(operations);
  const all: unknown[] = [];
  for (const operation of operations) {
    const rows = operation[table];
    if (rows) for (const row of rows) all.push(row);
  }
  return table === 'joined' ? [...new Set(all)] : all;
}

/** One statement changes a row once: whom another operation of the commit pokes has the mark in the row that it writes itself. */
function runRows(operations: readonly Rows[]): RunRow[] {
  const poked = new Set(operations.flatMap((operation) => operation.poke ?? []));
  const rows = operations.flatMap((operation) => operation.runs ?? []);
  return poked.size === 0 ? rows : rows.map((row) => (poked.has(row.r) ? { ...row, pk: true } : row));
}

function distinctSeen(operations: readonly Rows[]): { key: string; version: number }[] {
  const lists = new Set(operations.flatMap(({ seen }) => (seen === undefined ? [] : [seen])));
  const rows = new Map<string, { key: string; version: number }>();
  for (const list of lists) for (const row of list) rows.set(`${row.version} ${row.key}`, row);
  return [...rows.values()];
}

function distinctUnwritten(operations: readonly Rows[]): { s: string; a: string | null }[] {
  const services = new Map<string, { s: string; a: string | null }>();
  for (const operation of operations)
    for (const row of operation.unwritten ?? []) services.set(`${row.a ?? ''} ${row.s}`, row);
  return [...services.values()];
}
