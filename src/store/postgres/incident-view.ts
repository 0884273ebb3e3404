import type {
  Incident,
  IncidentAlert,
  IncidentDetail,
  IncidentEntry,
  IncidentEntryType,
  IncidentRun,
  Priority,
} from '../../domain/incident/incident.js';
import { briefOf, worseFirst } from '../../domain/incident/incident.js';
import { FIXPOINT, incidentAt } from '../../domain/incident/incident-change.js';
import type { IncidentRecord } from '../../domain/incident/incident-change.js';
import type { IncidentStore } from '../../domain/incident/incident-store.js';
import type { Db } from '../db.js';
import { occurrenceKeyOf, serviceKey } from './incident-key.js';
import { checkCursor, Conditions, pageOf } from './page.js';

/** What one answer tells at most of an incident's alerts and runs, and of its timeline's own lines. */
const MAX_LISTED = 200;
const MAX_LINES = 3_000;
/** Deliveries of repeats that are looked through to count an incident's. */
const MAX_DELIVERIES = 2_000;

/** Unresolved ones that are put in order by their clocks; which these are, columns tell. */
const MAX_SORTED = 500;

type View = Pick<IncidentStore, 'get' | 'list' | 'ofAlert' | 'countOpen' | 'worst'>;

/** Answers questions about incidents. */
export function createIncidentView(db: Db): View {
  return {
    get: (incident_id, now) => get(db, incident_id, now),
    list: (filter, page, now) => list(db, filter, page, now),
    ofAlert: (alert) => ofAlert(db, alert),
    worst: (limit, now) => worst(db, limit, now),
    countOpen: async () => {
      const rows = await db.query<{ priority: Priority; count: number }>({
        name: 'count-open-incidents',
        text: "select priority, count(*) as count from incidents where state <> 'resolved' group by priority",
      });
      return Object.fromEntries(rows.map(({ priority, count }) => [priority, count]));
    },
  };
}

async function list(db: Db, ...[filter, page, now]: Parameters<View['list']>): ReturnType<View['list']> {
  const { service_name } = filter;
  const conditions = new Conditions()
    .add('incident_id < $', checkCursor(page))
    .add('state = $', filter.state)
    // Written as the index of those is, so that the planner finds it.
    .add("(state <> 'resolved') = $", filter.open)
    .add('severity = $', filter.severity)
    .add('priority = $', filter.priority)
    .add('assignee = $', filter.assignee)
    .add('opened_at >= $', filter.since)
    .add(
      'incident_id in (select incident_id from incident_keys where key = $)',
      service_name === undefined ? undefined : serviceKey(service_name),
    );
  const rows = await db.query<{ doc: IncidentRecord }>({
    text: `select doc from incidents ${conditions.where} order by incident_id desc limit ${conditions.param(page.limit + 1)}`,
    values: conditions.values,
  });
  return pageOf(
    rows.map(({ doc }) => incidentAt(doc, now)),
    page.limit,
    (incident) => incident.incident_id,
  );
}

async function worst(db: Db, limit: number, now: string): Promise<Incident[]> {
  const rows = await db.query<{ doc: IncidentRecord }>({
    text: `select doc from incidents where state <> 'resolved'
      order by priority, state = 'acknowledged', incident_id desc limit ${MAX_SORTED}`,
  });
  const incidents = rows.map(({ doc }) => incidentAt(doc, now));
  return incidents.sort(worseFirst).slice(0, limit);
}

async function get(db: Db, incident_id: string, now: string): Promise<IncidentDetail | null> {
  const [row] = await db.query<{ doc: IncidentRecord }>({
    text: 'select doc from incidents where incident_id = $1',
    values: [incident_id],
  });
  if (!row) return null;
  const alerts = await alertsOf(db, incident_id);
  const runs = await runsOf(db, incident_id);
  const written = await db.query<Omit<IncidentEntry, 'alert_id' | 'run_id'>>({
    text: 'select at, type, who, message from incident_entries where incident_id = $1 order by seq limit $2',
    values: [incident_id, MAX_LINES],
  });
  const own = written.map((entry) => ({ ...entry, alert_id: null, run_id: null }));
  const timeline = [...own, ...alerts.flatMap(alertLines), ...runs.flatMap(runLines)];
  timeline.sort((a, b) => (a.at === b.at ? rankOf(a) - rankOf(b) : a.at < b.at ? -1 : 1));
  return { ...incidentAt(row.doc, now), alerts, runs, timeline };
}

async function alertsOf(db: Db, incident_id: string): Promise<IncidentAlert[]> {
  const rows = await db.query<Omit<IncidentAlert, 'repeat_count'> & { content_ids: string[] }>({
    text: `select alert_id, alert_name, severity, service_name, started_at, joined_at, ended_at as resolved_at, content_ids,
        (select doc ->> 'host_ip' from alerts where alerts.alert_id = incident_alerts.alert_id) as host_ip
      from incident_alerts where incident_id = $1 order by alert_id desc limit $2`,
    values: [incident_id, MAX_LISTED],
  });
  const alerts = rows.reverse();
  const [oldest] = alerts;
  if (!oldest) return [];
  const counts = await countRepeats(db, oldest.alert_id, [...new Set(alerts.flatMap((alert) => alert.content_ids))]);
  return alerts.map(({ content_ids, ...alert }) => ({
    ...alert,
    repeat_count: content_ids.reduce((sum, id) => sum + (counts.get(id) ?? 0), 0),
  }));
}

async function countRepeats(db: Db, since_id: string, of: readonly string[]): Promise<Map<string, number>> {
  const rows = await db.query<{ of: string; count: number }>({
    text: `select item ->> 1 as of, count(*) as count
      from (select items from repeats where first_id >= $1 order by first_id desc limit $3) as latest, json_array_elements(items) as item
      where item ->> 1 = any($2::text[]) group by 1`,
    values: [since_id, of, MAX_DELIVERIES],
  });
  return new Map(rows.map((row) => [row.of, row.count]));
}

async function runsOf(db: Db, incident_id: string): Promise<IncidentRun[]> {
  const rows = await db.query<IncidentRun>({
    text: `select runs.run_id, playbook_id, service_name, state, outcome, created_at, finished_at
      from (select run_id from incident_runs where incident_id = $1 order by run_id desc limit $2) as linked join runs using (run_id)
      order by runs.run_id`,
    values: [incident_id, MAX_LISTED],
  });
  return rows;
}

/** What comes first where several things are told at one instant: causes before what follows from them. */
const ORDER: readonly IncidentEntryType[] = ['opened', 'reopened', 'alert_joined', 'merged', 'run_started'];
const LAST: readonly IncidentEntryType[] = ['run_ended', 'alert_resolved', 'resolved'];

function rankOf({ type }: IncidentEntry): number {
  const first = ORDER.indexOf(type);
  return first >= 0 ? first : ORDER.length + 1 + LAST.indexOf(type);
}

function alertLines({
  alert_id,
  alert_name,
  severity,
  service_name,
  joined_at,
  resolved_at,
}: IncidentAlert): IncidentEntry[] {
  const message = `${alert_name} (${severity})${service_name === null ? '' : ` on ${service_name}`}`;
  const line = { who: FIXPOINT, message, alert_id, run_id: null };
  const joined: IncidentEntry = { ...line, at: joined_at, type: 'alert_joined' };
  return resolved_at === null ? [joined] : [joined, { ...line, at: resolved_at, type: 'alert_resolved' }];
}

function runLines({ run_id, playbook_id, state, outcome, created_at, finished_at }: IncidentRun): IncidentEntry[] {
  const line = { who: FIXPOINT, alert_id: null, run_id };
  const started: IncidentEntry = { ...line, at: created_at, type: 'run_started', message: playbook_id };
  if (finished_at === null) return [started];
  const message = `${playbook_id} ${state}${outcome === null ? '' : `, ${outcome}`}`;
  return [started, { ...line, at: finished_at, type: 'run_ended', message }];
}

async function ofAlert(db: Db, alert: Parameters<View['ofAlert']>[0]): ReturnType<View['ofAlert']> {
  const { alert_id, source_system, occurrence_id, received_at } = alert;
  // The place of the last opening that is not younger than this alert; one that had ended before was of another occurrence.
  const [row] = await db.query<{ doc: IncidentRecord }>({
    name: 'incident-of-alert',
    text: `select doc from (
        select incident_id, ended_at from incident_alerts where occurrence_key = $1 and alert_id <= $2 order by alert_id desc limit 1
      ) as place join incidents using (incident_id) where ended_at is null or ended_at >= $3`,
    values: [occurrenceKeyOf(source_system, occurrence_id), alert_id, received_at],
  });
  return row ? briefOf(incidentAt(row.doc, received_at)) : null;
}
