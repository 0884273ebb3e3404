import { Severity } from '../alert/alert.js';
import { instant } from '../clock.js';
import { cut } from '../cut.js';
import type { Grade, Incident, IncidentEntryType, IncidentState, Priority } from './incident.js';
import type { IncidentNews, IncidentRules } from './incident-rules.js';
import { impactOf, priorityOf, spanMs } from './incident-rules.js';

/** An incident as it is kept. What depends on the present instant is worked out when somebody asks. */
export interface IncidentRecord {
  readonly incident_id: string;
  state: IncidentState;
  /** The name of the alert that opened it. */
  readonly alert_name: string;
  service_names: string[];
  severity: Severity;
  firing: Record<Severity, number>;
  alert_count: number;
  impact: Grade;
  urgency: Grade;
  priority: Priority;
  priority_by: string | null;
  response_level: number;
  assignee: string | null;
  readonly opened_at: string;
  /** Clocks count from here: when it was opened, or opened again. */
  counted_from: string;
  acknowledged_at: string | null;
  acknowledged_by: string | null;
  acknowledge_by: string | null;
  resolve_by: string | null;
  resolved_at: string | null;
  resolved_by: string | null;
  reopened_at: string | null;
  reopen_count: number;
  merged_into: string | null;
  /** What people were told of since `counted_from`. */
  told: IncidentNews['what'][];
  /** How many lines its timeline has. */
  entries: number;
}

/** A line to be added to a timeline. */
export interface NewEntry {
  readonly incident_id: string;
  readonly seq: number;
  readonly at: string;
  readonly type: IncidentEntryType;
  readonly who: string;
  readonly message: string;
}

/** Who does what follows from alerts and clocks. */
export const FIXPOINT = 'fixpoint';

const MAX_SERVICES = 100;
/** A flapping alert must not fill a timeline: after so many lines only people's are added, and of those so many. */
const MAX_OWN_ENTRIES = 1_000;
export const MAX_ENTRIES = 3_000;
const MAX_TITLE = 300;

/** A new incident over its first alert, which has not joined it yet. */
export function newRecord(
  incident_id: string,
  first: { readonly alert_name: string; readonly severity: Severity; readonly service_name: string | null },
  at: string,
  rules: IncidentRules,
): IncidentRecord {
  const record: IncidentRecord = {
    incident_id,
    state: 'open',
    alert_name: cut(first.alert_name, MAX_TITLE),
    service_names: [],
    severity: first.severity,
    firing: { critical: 0, warning: 0, info: 0 },
    alert_count: 0,
    impact: 'low',
    urgency: 'low',
    priority: 'P4',
    priority_by: null,
    response_level: 5,
    assignee: null,
    opened_at: at,
    counted_from: at,
    acknowledged_at: null,
    acknowledged_by: null,
    acknowledge_by: null,
    resolve_by: null,
    resolved_at: null,
    resolved_by: null,
    reopened_at: null,
    reopen_count: 0,
    merged_into: null,
    told: [],
    entries: 0,
  };
  addService(record, first.service_name);
  regrade(record, rules);
  return record;
}

export function addService(record: IncidentRecord, service_name: string | null): void {
  if (service_name === null || record.service_names.length >= MAX_SERVICES) return;
  const name = cut(service_name, MAX_TITLE);
  if (!record.service_names.includes(name)) record.service_names.push(name);
}

/** Works out impact, urgency and priority from the alerts, unless a person has set them. Answers the priority before where it has changed. */
export function regrade(record: IncidentRecord, rules: IncidentRules): Priority | null {
  if (record.priority_by !== null) return null;
  return setGrades(record, impactOf(record, rules.config), rules.config.urgency[record.severity], rules);
}

/** Sets impact and urgency, and what follows from them. Answers the priority before where it has changed. */
export function setGrades(
  record: IncidentRecord,
  impact: Grade,
  urgency: Grade,
  rules: IncidentRules,
): Priority | null {
  const before = record.priority;
  record.impact = impact;
  record.urgency = urgency;
  record.priority = priorityOf(impact, urgency, rules.config);
  setClocks(record, rules);
  return before === record.priority ? null : before;
}

/** The deadlines of the present priority, from when its clocks began to count. */
export function setClocks(record: IncidentRecord, { config }: IncidentRules): void {
  const { response_level, acknowledge, resolve } = config.priorities[record.priority];
  const from = Date.parse(record.counted_from);
  record.response_level = response_level;
  const until = (span_ms: number): string | null => (span_ms === 0 ? null : instant(from + span_ms));
  record.acknowledge_by = until(spanMs(acknowledge));
  record.resolve_by = until(spanMs(resolve));
}

/** Worse of two. */
export function worse(a: Severity, b: Severity): Severity {
  return Severity.options.indexOf(a) <= Severity.options.indexOf(b) ? a : b;
}

export function firingCount({ firing }: IncidentRecord): number {
  return firing.critical + firing.warning + firing.info;
}

/** The incident as people see it at an instant. */
export function incidentAt(record: IncidentRecord, now: string): Incident {
  const { alert_name: _name, firing, counted_from: _from, told: _told, entries: _entries, ...kept } = record;
  return {
    ...kept,
    title: titleOf(record),
    current_severity: Severity.options.find((severity) => firing[severity] > 0) ?? null,
    firing_count: firingCount(record),
    acknowledge_breached: isLate(record.acknowledge_by, record.acknowledged_at ?? record.resolved_at ?? now),
    resolve_breached: isLate(record.resolve_by, record.resolved_at ?? now),
  };
}

function isLate(by: string | null, at: string): boolean {
  return by !== null && at > by;
}

/** What an incident is called: its first alert, and where. */
export function titleOf({ alert_name, service_names }: IncidentRecord): string {
  const [first, second, ...more] = service_names;
  if (first === undefined) return alert_name;
  const others =
    second === undefined ? '' : more.length === 0 ? ` and ${second}` : ` and ${more.length + 1} other services`;
  return cut(`${alert_name} on ${first}${others}`, MAX_TITLE);
}

/** A line for the timeline; null where it is full of what follows from alerts. `people`: somebody wrote it. */
export function entryOf(
  record: IncidentRecord,
  entry: { readonly at: string; readonly type: IncidentEntryType; readonly who: string; readonly message: string },
): NewEntry | null {
  const isOwn = entry.who === FIXPOINT;
  if (record.entries > (isOwn ? MAX_OWN_ENTRIES : MAX_ENTRIES)) return null;
  record.entries += 1;
  const isLast = isOwn && record.entries > MAX_OWN_ENTRIES;
  return {
    incident_id: record.incident_id,
    seq: record.entries,
    ...entry,
    ...(isLast ? { type: 'omitted', message: 'what follows from alerts and clocks is not written down any more' } : {}),
  };
}

/** What two incidents that are one come to: the younger goes into the older. */
export function mergeRecords(gone: IncidentRecord, into: IncidentRecord, now: string): void {
  for (const severity of Severity.options) into.firing[severity] += gone.firing[severity];
  gone.firing = { critical: 0, warning: 0, info: 0 };
  into.alert_count += gone.alert_count;
  into.severity = worse(into.severity, gone.severity);
  gone.service_names.forEach((name) => addService(into, name));
  into.assignee ??= gone.assignee;
  gone.state = 'resolved';
  gone.resolved_at = now > gone.counted_from ? now : gone.counted_from;
  gone.merged_into = into.incident_id;
}
