import type { Alert } from '../../domain/alert/alert.js';
import { cut } from '../../domain/cut.js';
import type { UsedBudget } from '../../domain/decision/budget.js';
import { placeOf, splitId } from '../../domain/id.js';
import { isRunFinished } from '../../domain/run/run.js';
import type { RunEvent } from '../../domain/run/run.js';
import { transition } from '../../domain/run/transition.js';
import type { RunChange, RunStore } from '../../domain/run/run-store.js';
import type { DecidedBatch, Occurrence, RunKey, TriageStore } from '../../domain/triage-store.js';
import type { Committer } from '../committer.js';
import type { Db } from '../db.js';
import type { AlertRow, BudgetRow, OccurrenceRow, Rows, UnmatchedRow } from './commit.js';
import type { EventFeed } from './event-feed.js';
import type { Glance } from './glance.js';
import { rowsOfChange } from './run-rows.js';

/** More of it is not put into a message. */
const LONGEST_DESCRIPTION = 500;

/** The memory of triage in Postgres. */
export function createTriageStore(
  db: Db,
  committer: Committer<Rows>,
  feed: EventFeed,
  runs: RunStore,
  options: { glance: Glance; hears: boolean },
): TriageStore {
  const { glance, hears } = options;
  return {
    occurrences: (keys) => occurrences(db, keys),
    openRuns: (keys) => openRuns(db, keys),
    lastWrites: (services) =>
      db.query({
        // The epoch stands for never: such a row was only ever locked.
        text: "select service_name, at from service_writes where service_name = any($1::text[]) and at > 'epoch'",
        values: [services],
      }),
    commit: async (batch) => {
      const contradicted = await contradictedRuns(runs, batch.not_fixed);
      const answer = await committer.commit(rowsOfBatch(batch, contradicted, hears));
      if (answer === 'conflict') return answer;
      for (const { run } of batch.runs) feed.changed(run.run_id);
      for (const { after } of contradicted) feed.changed(after.run_id);
      return answer;
    },
    decided: (alert_ids) => decided(db, alert_ids),
    keep: (alerts) => keep(db, alerts),
    due: async (now, limit) => {
      if (!(await glance.look({ now })).due) return [];
      const rows = await db.query<{ doc: Alert }>({
        // By the ids that the index of what is due finds: asked for in the order of their ids, Postgres would rather read every alert there is.
        text: `select doc from alerts where alert_id = any(array(select alert_id from alerts where due_at <= $1 order by due_at limit $2))
          order by alert_id`,
        values: [now, limit],
      });
      return rows.map((row) => row.doc);
    },
    countUndecided: async () => {
      const [row] = await db.query<{ count: number }>({
        // Named as a range: without statistics the embedded database reads the whole table for "is not null".
        text: "select count(*) as count from alerts where due_at > '-infinity' and action is null",
      });
      return row?.count ?? 0;
    },
    giveUp: async (alert, decision) => {
      await db.query({
        text: `insert into alerts (${COLUMNS}, action, reason, decisions)
          select ${VALUES}, $2, $3, $4::json from ${RECORDSET}
          on conflict (alert_id) do update set action = excluded.action, reason = excluded.reason, due_at = null,
            decisions = (alerts.decisions::jsonb || excluded.decisions::jsonb)::json where alerts.due_at is not null`,
        values: [JSON.stringify([undecidedRow(alert)]), decision.action, decision.reason, JSON.stringify([decision])],
      });
    },
  };
}

/**
 * A run that ends while an occurrence of it is being written does not see that row, and the row goes on calling it open. It is put right here,
 * where triage looks because a commit was refused.
 */
async function occurrences(db: Db, keys: readonly string[]): Promise<Occurrence[]> {
  await db.query({
    name: 'settle-occurrences',
    text: `update occurrences set run_open = false, version = version + 1
      where key = any($1::text[]) and run_open and not exists (select from runs where runs.run_id = occurrences.run_id collate "C" and runs.open)`,
    values: [keys],
  });
  return db.query<Occurrence>({
    name: 'load-occurrences',
    text: `select key, open, alert_id, started_at, resolved_at, runs_used, run_id, run_open, run_ids, content_hash, content_alert_id, history, version
      from occurrences where key = any($1::text[])`,
    values: [keys],
  });
}

async function openRuns(db: Db, keys: readonly RunKey[]): Promise<{ key: RunKey; run_id: string }[]> {
  if (keys.length === 0) return [];
  const rows = await db.query<{ n: number; run_id: string }>({
    text: `select n, run_id from json_to_recordset($1::json) as x(n int, playbook_id text, group_key text, service_name text)
      join runs on runs.playbook_id = x.playbook_id and md5(runs.group_key) = md5(x.group_key)
        and coalesce(runs.service_name, '') = coalesce(x.service_name, '') and runs.open and not runs.dry_run`,
    values: [JSON.stringify(keys.map((key, n) => ({ n, ...key })))],
  });
  const found: { key: RunKey; run_id: string }[] = [];
  for (const row of rows) {
    const key = keys[row.n];
    if (key) found.push({ key, run_id: row.run_id });
  }
  return found;
}

async function decided(db: Db, alert_ids: readonly string[]): Promise<string[]> {
  const rows = await db.query<{ alert_id: string }>({
    text: 'select alert_id from alerts where alert_id = any($1::text[]) and due_at is null',
    values: [alert_ids],
  });
  const known = new Set(rows.map((row) => row.alert_id));
  for (const prefix of new Set(alert_ids.map((alert_id) => splitId(alert_id)?.prefix ?? ''))) {
    if (prefix === '') continue;
    const repeats = await db.query<{ first_id: string; items: [number, ...unknown[]][] }>({
      text: "select first_id, items from repeats where first_id >= $1 and first_id <= $1 || 'ZZZZ'",
      values: [prefix],
    });
    const places = new Set(repeats.flatMap((row) => row.items.map(([place]) => place)));
    for (const alert_id of alert_ids) {
      const id = splitId(alert_id);
      if (id?.prefix === prefix && places.has(id.index)) known.add(alert_id);
    }
  }
  return [...known];
}

/** An alert's own columns, and where `undecidedRow` of many, as one JSON text, has them. */
const COLUMNS = 'alert_id, source_system, alert_name, severity, status, service_name, fingerprint, received_at, doc';
const VALUES = 'i, so, na, se, st, sv, fp, ra, d';
const RECORDSET =
  'json_to_recordset($1::json) as x(i text, so text, na text, se text, st text, sv text, fp text, ra timestamptz, d json)';

async function keep(db: Db, alerts: readonly Alert[]): Promise<void> {
  await db.query({
    text: `insert into alerts (${COLUMNS}, due_at) select ${VALUES}, ra from ${RECORDSET} on conflict (alert_id) do nothing`,
    values: [JSON.stringify(alerts.map(undecidedRow))],
  });
}

function rowsOfBatch(batch: DecidedBatch, contradicted: readonly RunChange[], hears: boolean): Rows {
  const rows: Rows = {
    alerts: batch.alerts.map(alertRow),
    occurrences: batch.occurrences.map(occurrenceRow),
    seen: batch.seen,
    poke: [...batch.poke, ...batch.joins.map((join) => join.run_id)],
    joined: [...batch.joins.map((join) => join.run_id), ...(batch.open_runs ?? [])],
    unwritten: (batch.last_writes ?? []).map(({ service_name, at }) => ({ s: service_name, a: at })),
  };
  if (batch.sources) {
    const firing = batch.sources.firing.map(({ key, alert }) => ({ k: key, d: alert }));
    rows.sources = [...firing, ...batch.sources.over.map((key) => ({ k: key, d: null }))];
  }
  if (batch.budgets?.length) rows.budgets = batch.budgets.map(budgetRow);
  if (batch.unmatched?.length) rows.unmatched = batch.unmatched.map(unmatchedRow);
  const first = batch.repeats[0];
  if (first) rows.repeats = [{ f: first.alert_id, a: batch.received_at, i: batch.repeats.map(repeatItem) }];
  const changes = [
    ...batch.runs.map(({ run, events, holder }) => rowsOfChange(null, run, events, { holder, hears, outside: false })),
    ...contradicted.map(({ before, after, events }) =>
      rowsOfChange(before, after, events, { holder: null, hears, outside: false }),
    ),
  ];
  for (const more of changes) {
    (rows.changes ??= []).push(...(more.changes ?? []));
    (rows.runs ??= []).push(...(more.runs ?? []));
    (rows.outbox ??= []).push(...(more.outbox ?? []));
    (rows.finished ??= []).push(...(more.finished ?? []));
  }
  return rows;
}

function budgetRow({ key, starts, run_id, ends_at, expected }: UsedBudget): BudgetRow {
  return { k: key, s: starts, r: run_id, e: ends_at, v: expected };
}

function unmatchedRow(alert: Alert): UnmatchedRow {
  const { alert_id, alert_name, service_name, severity, description, received_at } = alert;
  const d = cut(description, LONGEST_DESCRIPTION);
  return { i: alert_id, na: alert_name, sv: service_name, se: severity, d, ra: received_at };
}

function repeatItem(repeat: DecidedBatch['repeats'][number]): unknown {
  const item = [placeOf(repeat.alert_id), repeat.of, repeat.reason, repeat.run_id];
  if (!repeat.hold) return item;
  const { until, by, explanation } = repeat.hold;
  return [...item, [until, by, explanation]];
}

/** The row of an alert that nothing is decided of. All columns stand in it: a spread that is added to costs thirty times as much as one that is not. */
function undecidedRow(alert: Alert): AlertRow {
  return {
    i: alert.alert_id,
    so: alert.source_system,
    na: alert.alert_name,
    se: alert.severity,
    st: alert.status,
    sv: alert.service_name,
    fp: alert.fingerprint,
    ra: alert.received_at,
    d: alert,
    ac: null,
    re: null,
    ru: null,
    de: null,
    du: null,
    hb: undefined,
  };
}

function alertRow({ alert, decision, held_by }: DecidedBatch['alerts'][number]): AlertRow {
  return {
    ...undecidedRow(alert),
    ac: decision.action,
    re: decision.reason,
    ru: decision.run_id,
    de: [decision],
    // A hold whose end nobody knows is over when what it depends on is gone.
    du: decision.action === 'hold' ? (decision.until ?? 'infinity') : null,
    hb: held_by,
  };
}

/** Written out for the same reason: one column more is added. */
function occurrenceRow({ occurrence, expected }: DecidedBatch['occurrences'][number]): OccurrenceRow {
  return {
    key: occurrence.key,
    open: occurrence.open,
    alert_id: occurrence.alert_id,
    started_at: occurrence.started_at,
    resolved_at: occurrence.resolved_at,
    runs_used: occurrence.runs_used,
    run_id: occurrence.run_id,
    run_open: occurrence.run_open,
    run_ids: occurrence.run_ids,
    content_hash: occurrence.content_hash,
    content_alert_id: occurrence.content_alert_id,
    history: occurrence.history ?? null,
    version: occurrence.version,
    expected,
  };
}

/**
 * What tells finished runs that their alerts still fire: in the commit of the decision that says so, so that neither is known without the
 * other. A run that changes between this look and the commit makes it a conflict, and the batch is decided again.
 */
async function contradictedRuns(runs: RunStore, contradictions: DecidedBatch['not_fixed']): Promise<RunChange[]> {
  const changes: RunChange[] = [];
  for (const { run_id, alert_id, received_at, at } of contradictions) {
    const loaded = await runs.load(run_id);
    if (!loaded || !isRunFinished(loaded.run.state) || loaded.run.outcome === 'not_fixed') continue;
    // An alert that waited to be decided while the run was still at work says nothing about what came of it.
    if (loaded.run.finished_at !== null && received_at <= loaded.run.finished_at) continue;
    const reason = `alert ${alert_id} fires again after the run has ended`;
    const events: RunEvent[] = [
      { type: 'outcome_changed', at, outcome: 'not_fixed', reason, by: `alert:${alert_id}` },
      { type: 'notice', at, kind: 'escalate', step_id: null, about: 'not_fixed', message: reason },
    ];
    changes.push({ before: loaded.run, after: events.reduce(transition, loaded.run), events });
  }
  return changes;
}
