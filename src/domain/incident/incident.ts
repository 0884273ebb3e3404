import { z } from 'zod';
import { Instant, Severity } from '../alert/alert.js';

/** How urgent an incident is among others: P0 is the worst. */
export const Priority = z.enum(['P0', 'P1', 'P2', 'P3', 'P4']);
export type Priority = z.infer<typeof Priority>;

/** A grade of impact (how much is affected) or of urgency (how soon it hurts). */
export const Grade = z.enum(['high', 'medium', 'low']);
export type Grade = z.infer<typeof Grade>;

/**
 * `open`: nobody has taken it yet; a person moves it on by acknowledging. `acknowledged`: somebody works at it. `resolved`: its last alert has
 * resolved, or a person said so; a new firing soon after opens it again.
 */
export const IncidentState = z.enum(['open', 'acknowledged', 'resolved']);
export type IncidentState = z.infer<typeof IncidentState>;

/** Trouble that people work at: alerts that belong together, from the first firing to the last resolve. */
export const Incident = z.object({
  incident_id: z.string(),
  title: z.string(),
  state: IncidentState,
  service_names: z.array(z.string()).describe('In the order in which they fired; at most the first 100'),
  severity: Severity.describe('The worst that was ever told'),
  current_severity: Severity.nullable().describe('The worst of what fires now; null when nothing does'),
  impact: Grade,
  urgency: Grade,
  priority: Priority,
  priority_by: z.string().nullable().describe('Who set impact and urgency; null: they come from the alerts'),
  response_level: z.int().describe('1 (everybody) to 5, by priority'),
  assignee: z.string().nullable(),
  alert_count: z.int().describe('Alerts that belong to it; repeats do not count'),
  firing_count: z.int().describe('How many of them fire now'),
  opened_at: Instant,
  acknowledged_at: Instant.nullable(),
  acknowledged_by: z.string().nullable(),
  acknowledge_by: Instant.nullable().describe('Until when somebody has to take it; null: no clock'),
  acknowledge_breached: z.boolean(),
  resolve_by: Instant.nullable().describe('Until when it has to be resolved; null: no clock'),
  resolve_breached: z.boolean(),
  resolved_at: Instant.nullable(),
  resolved_by: z.string().nullable().describe('Who said so; null: its last alert has resolved, or it is not resolved'),
  reopened_at: Instant.nullable(),
  reopen_count: z.int(),
  merged_into: z.string().nullable().describe('The older incident that it turned out to be part of'),
});
export type Incident = z.infer<typeof Incident>;

/** Puts in order what needs somebody first: by priority, then what nobody has taken, then the clock that runs out first, then the newest. */
export function worseFirst(a: Incident, b: Incident): number {
  if (a.priority !== b.priority) return a.priority < b.priority ? -1 : 1;
  const [isTaken, isOtherTaken] = [a.state === 'acknowledged', b.state === 'acknowledged'];
  if (isTaken !== isOtherTaken) return isTaken ? 1 : -1;
  const [clock, other] = [nextClock(a), nextClock(b)];
  if (clock !== other) return clock < other ? -1 : 1;
  return a.incident_id < b.incident_id ? 1 : -1;
}

/** When the next of its clocks runs out, or did; without one it comes after all others. */
function nextClock({ acknowledge_by, acknowledged_at, resolve_by }: Incident): string {
  const clocks = [acknowledged_at === null ? acknowledge_by : null, resolve_by];
  return clocks.reduce<string>((first, at) => (at !== null && at < first ? at : first), '~');
}

/** What can stand in the timeline of an incident. */
export const IncidentEntryType = z.enum([
  'opened',
  'alert_joined',
  'alert_resolved',
  'run_started',
  'run_ended',
  'merged',
  'acknowledged',
  'assigned',
  'note',
  'priority_changed',
  'clock_warning',
  'clock_breached',
  'resolved',
  'reopened',
  'omitted',
]);
export type IncidentEntryType = z.infer<typeof IncidentEntryType>;

/** One line of an incident's timeline. */
export const IncidentEntry = z.object({
  at: Instant,
  type: IncidentEntryType,
  who: z.string().describe('The name of a token; `fixpoint` for what follows from alerts and clocks'),
  message: z.string(),
  alert_id: z.string().nullable(),
  run_id: z.string().nullable(),
});
export type IncidentEntry = z.infer<typeof IncidentEntry>;

/** One alert of an incident, from its first firing to its resolve. */
export const IncidentAlert = z.object({
  alert_id: z.string(),
  alert_name: z.string(),
  severity: Severity.describe('As it was told last'),
  service_name: z.string().nullable(),
  host_ip: z.string().nullable().describe('null where it named none, or is not kept any more'),
  started_at: Instant,
  joined_at: Instant,
  resolved_at: Instant.nullable(),
  repeat_count: z.int().describe('Repeats that say nothing new, among the latest 2,000 deliveries that had any'),
});
export type IncidentAlert = z.infer<typeof IncidentAlert>;

/** One run that an incident's alerts started or joined. */
export const IncidentRun = z.object({
  run_id: z.string(),
  playbook_id: z.string(),
  service_name: z.string().nullable(),
  state: z.string(),
  outcome: z.string().nullable(),
  created_at: Instant,
  finished_at: Instant.nullable(),
});
export type IncidentRun = z.infer<typeof IncidentRun>;

/** An incident with everything that belongs to it; each list is bounded, the newest stay. */
export const IncidentDetail = Incident.extend({
  alerts: z.array(IncidentAlert).describe('The newest 200, oldest first'),
  runs: z.array(IncidentRun).describe('The newest 200, oldest first'),
  timeline: z.array(IncidentEntry).describe('Oldest first'),
});
export type IncidentDetail = z.infer<typeof IncidentDetail>;

/** What a playbook, a report or a notice knows of an incident. */
export type IncidentBrief = Pick<
  Incident,
  'incident_id' | 'title' | 'state' | 'priority' | 'severity' | 'service_names'
>;

/** What an expression may ask `incident` for. */
export const INCIDENT_FIELDS: readonly (keyof IncidentBrief)[] = [
  'incident_id',
  'title',
  'state',
  'priority',
  'severity',
  'service_names',
];

/** The part of an incident that is handed to those who only name it. */
export function briefOf(incident: IncidentBrief): IncidentBrief {
  const { incident_id, title, state, priority, severity, service_names } = incident;
  return { incident_id, title, state, priority, severity, service_names };
}

/** What a person tells an incident. */
export type IncidentCommand = { readonly by: string } & (
  | { readonly type: 'acknowledge'; readonly comment: string | null }
  | { readonly type: 'resolve'; readonly comment: string | null }
  | { readonly type: 'reopen'; readonly comment: string | null }
  | { readonly type: 'assign'; readonly assignee: string | null }
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'priority'; readonly impact: Grade; readonly urgency: Grade }
);
