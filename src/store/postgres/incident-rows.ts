import type { IncidentBook } from '../../domain/incident/incident-book.js';
import { instant } from '../../domain/clock.js';
import { nextNewsAt } from '../../domain/incident/incident-news.js';
import type { FoundIncident, IncidentKey, Member } from '../../domain/incident/incident-member.js';
import type { IncidentRecord } from '../../domain/incident/incident-change.js';
import type { IncidentRules } from '../../domain/incident/incident-rules.js';
import type { Queryable } from '../db.js';

/** Incidents with their keys. */
export async function readIncidents(tx: Queryable, ids: readonly string[]): Promise<FoundIncident[]> {
  if (ids.length === 0) return [];
  const rows = await tx.query<{ doc: IncidentRecord; keys: IncidentKey[] }>({
    name: 'read-incidents',
    text: `select doc, (select coalesce(json_agg(json_build_object('key', key, 'service_name', service_name) order by key), '[]')
        from incident_keys where incident_keys.incident_id = incidents.incident_id) as keys
      from incidents where incident_id = any($1::text[])`,
    values: [ids],
  });
  return rows.map(({ doc, keys }) => ({ record: doc, keys }));
}

/** Incidents that have one of these keys and are open, or ended since `since`. */
export async function incidentsOfKeys(tx: Queryable, keys: readonly string[], since: string): Promise<string[]> {
  if (keys.length === 0) return [];
  const rows = await tx.query<{ incident_id: string }>({
    name: 'incidents-of-keys',
    text: `select incident_id from incident_keys where open and key = any($1::text[])
      union select incident_id from incident_keys where not open and key = any($1::text[]) and ended_at >= $2`,
    values: [keys, since],
  });
  return rows.map((row) => row.incident_id);
}

/** What is known of these occurrences: places that have not ended, and those of these alerts. */
export async function readMembers(
  tx: Queryable,
  occurrence_keys: readonly string[],
  alert_ids: readonly string[],
): Promise<Member[]> {
  if (occurrence_keys.length === 0) return [];
  return tx.query<Member>({
    name: 'read-incident-members',
    text: `select occurrence_key, alert_id, incident_id, alert_name, service_name, severity, started_at, joined_at, ended_at, content_ids
      from incident_alerts where occurrence_key = any($1::text[]) and (ended_at is null or alert_id = any($2::text[]))`,
    values: [occurrence_keys, alert_ids],
  });
}

/** Writes everything that a book has changed. */
export async function writeBook(tx: Queryable, book: IncidentBook, rules: IncidentRules): Promise<void> {
  for (const { from, into } of book.merges) await moveToSurvivor(tx, from, into);
  const changed = book.changed;
  await writeRecords(
    tx,
    changed.map(({ record }) => record),
    rules,
  );
  await writeKeys(tx, changed);
  await writeMembers(tx, book.changedMembers);
  const runs = [...book.runs].map(([run_id, incident_id]) => ({ run_id, incident_id }));
  await insertJson(
    tx,
    runs,
    `insert into incident_runs (run_id, incident_id) select run_id, incident_id from json_to_recordset($1::json) as x(run_id text, incident_id text)
      on conflict (run_id) do nothing`,
  );
  await insertJson(
    tx,
    book.entries,
    `insert into incident_entries (incident_id, seq, at, type, who, message) select incident_id, seq, at, type, who, message
      from json_to_recordset($1::json) as x(incident_id text, seq int, at timestamptz, type text, who text, message text)`,
  );
}

/** Alerts and runs belong to the incident that goes on; what was written into the other timeline stays there. */
async function moveToSurvivor(tx: Queryable, from: string, into: string): Promise<void> {
  for (const table of ['incident_alerts', 'incident_runs'] as const)
    await tx.query({
      name: `move-${table}`,
      text: `update ${table} set incident_id = $2 where incident_id = $1`,
      values: [from, into],
    });
}

async function writeRecords(tx: Queryable, records: readonly IncidentRecord[], rules: IncidentRules): Promise<void> {
  const rows = records.map((record) => {
    const next = nextNewsAt(record, rules);
    const {
      incident_id: i,
      state: st,
      priority: p,
      severity: se,
      assignee: a,
      opened_at: oa,
      resolved_at: ra,
    } = record;
    return { i, st, p, se, a, oa, ra, na: next === null ? null : instant(next), d: record };
  });
  await insertJson(
    tx,
    rows,
    `insert into incidents (incident_id, state, priority, severity, assignee, opened_at, resolved_at, next_at, doc)
      select i, st, p, se, a, oa, ra, na, d
      from json_to_recordset($1::json) as x(i text, st text, p text, se text, a text, oa timestamptz, ra timestamptz, na timestamptz, d json)
      on conflict (incident_id) do update set state = excluded.state, priority = excluded.priority, severity = excluded.severity,
        assignee = excluded.assignee, resolved_at = excluded.resolved_at, next_at = excluded.next_at, doc = excluded.doc`,
  );
}

/** Keys change hands: all are taken away before any is given. */
async function writeKeys(tx: Queryable, changed: IncidentBook['changed']): Promise<void> {
  const rows = changed.flatMap(({ record, keys }) =>
    (keys ?? []).map((key) => ({
      ...key,
      incident_id: record.incident_id,
      open: record.state !== 'resolved',
      ended_at: record.resolved_at,
    })),
  );
  const ids = changed.filter(({ keys }) => keys !== null).map(({ record }) => record.incident_id);
  if (ids.length > 0)
    await tx.query({
      name: 'take-incident-keys',
      text: 'delete from incident_keys where incident_id = any($1::text[])',
      values: [ids],
    });
  await insertJson(
    tx,
    rows,
    `insert into incident_keys (incident_id, key, service_name, open, ended_at) select incident_id, key, service_name, open, ended_at
      from json_to_recordset($1::json) as x(incident_id text, key text, service_name text, open boolean, ended_at timestamptz)`,
  );
}

async function writeMembers(tx: Queryable, members: readonly Member[]): Promise<void> {
  await insertJson(
    tx,
    members,
    `insert into incident_alerts (occurrence_key, alert_id, incident_id, alert_name, service_name, severity, started_at, joined_at, ended_at, content_ids)
      select occurrence_key, alert_id, incident_id, alert_name, service_name, severity, started_at, joined_at, ended_at, content_ids
      from json_to_recordset($1::json) as x(occurrence_key text, alert_id text, incident_id text, alert_name text, service_name text, severity text, started_at timestamptz, joined_at timestamptz, ended_at timestamptz, content_ids json)
      on conflict (occurrence_key, alert_id) do update set incident_id = excluded.incident_id, severity = excluded.severity,
        ended_at = excluded.ended_at, content_ids = excluded.content_ids`,
  );
}

async function insertJson(tx: Queryable, rows: readonly unknown[], text: string): Promise<void> {
  if (rows.length > 0) await tx.query({ text, values: [JSON.stringify(rows)] });
}
