import { printable } from '../domain/api/event-line.js';
import { pageOf } from '../domain/api/page.js';
import { Incident, IncidentDetail } from '../domain/incident/incident.js';
import { ApiClient } from './api-client.js';
import type { ApiOptions } from './api-client.js';
import { outJson, perform, UsageError } from './io.js';
import type { CliIo, ExitCode } from './io.js';
import { tableLines } from './table.js';

export interface IncidentsListOptions extends ApiOptions {
  readonly state?: string | undefined;
  readonly service?: string | undefined;
  readonly severity?: string | undefined;
  readonly priority?: string | undefined;
  readonly assignee?: string | undefined;
  /** An instant, or a duration: that long ago. */
  readonly since?: string | undefined;
  readonly limit?: string | undefined;
  readonly cursor?: string | undefined;
}

export interface IncidentOptions extends ApiOptions {
  readonly incident_id: string;
}

export interface IncidentCommentOptions extends IncidentOptions {
  readonly comment?: string | undefined;
}

export interface IncidentAssignOptions extends IncidentOptions {
  /** Absent with `nobody`. */
  readonly assignee?: string | undefined;
  readonly nobody?: boolean | undefined;
}

export interface IncidentNoteOptions extends IncidentOptions {
  readonly text: string;
}

export interface IncidentPriorityOptions extends IncidentOptions {
  readonly impact: string;
  readonly urgency: string;
}

/** `fixpoint incidents list`: the newest incidents first. */
export async function incidentsList(options: IncidentsListOptions, io: CliIo): Promise<ExitCode> {
  return perform(io, async () => {
    const { state, service: service_name, severity, priority, assignee, since, limit, cursor } = options;
    const query = new URLSearchParams();
    const given = { state, service_name, severity, priority, assignee, since, limit, cursor };
    for (const [name, value] of Object.entries(given)) if (value !== undefined) query.set(name, value);
    const page = await new ApiClient(io, options).get(`/api/v1/incidents?${query.toString()}`, pageOf(Incident));
    if (options.json) {
      outJson(io, page);
      return 0;
    }
    const rows = page.items.map((item) => [
      item.incident_id,
      item.opened_at.slice(0, 19),
      item.priority,
      item.merged_into === null ? item.state : 'merged',
      `${item.firing_count}/${item.alert_count}`,
      item.assignee ?? '',
      clockOf(item),
      item.title,
    ]);
    const head = ['incident', 'opened (UTC)', 'prio', 'state', 'firing', 'assignee', 'clock', 'what'];
    if (rows.length === 0) io.out('no incidents');
    else for (const line of tableLines(head, rows)) io.out(line);
    if (page.next_cursor !== null) io.out(`… more: --cursor ${page.next_cursor}`);
    return 0;
  });
}

/** `fixpoint incidents show`: one incident with its alerts, runs and timeline. */
export async function incidentsShow(options: IncidentOptions, io: CliIo): Promise<ExitCode> {
  return perform(io, async () => {
    const incident = await new ApiClient(io, options).get(pathOf(options.incident_id), IncidentDetail);
    if (options.json) outJson(io, incident);
    else for (const line of linesOf(incident)) io.out(line);
    return 0;
  });
}

/** `fixpoint incidents ack`: somebody works at it. */
export async function incidentsAck(options: IncidentCommentOptions, io: CliIo): Promise<ExitCode> {
  return tell(options, io, 'acknowledge', { comment: options.comment ?? null });
}

/** `fixpoint incidents resolve`: it is over. */
export async function incidentsResolve(options: IncidentCommentOptions, io: CliIo): Promise<ExitCode> {
  return tell(options, io, 'resolve', { comment: options.comment ?? null });
}

/** `fixpoint incidents reopen`: it is not over. */
export async function incidentsReopen(options: IncidentCommentOptions, io: CliIo): Promise<ExitCode> {
  return tell(options, io, 'reopen', { comment: options.comment ?? null });
}

/** `fixpoint incidents assign`: who works at it. */
export async function incidentsAssign(options: IncidentAssignOptions, io: CliIo): Promise<ExitCode> {
  const { assignee, nobody = false } = options;
  return perform(io, async () => {
    if ((assignee === undefined) !== nobody) throw new UsageError('expected a name, or --nobody');
    return tell(options, io, 'assign', { assignee: assignee ?? null });
  });
}

/** `fixpoint incidents note`: a line for the timeline. */
export async function incidentsNote(options: IncidentNoteOptions, io: CliIo): Promise<ExitCode> {
  return tell(options, io, 'notes', { text: options.text });
}

/** `fixpoint incidents priority`: impact and urgency as a person sees them. */
export async function incidentsPriority(options: IncidentPriorityOptions, io: CliIo): Promise<ExitCode> {
  return tell(options, io, 'priority', { impact: options.impact, urgency: options.urgency });
}

function tell(options: IncidentOptions, io: CliIo, what: string, body: object): Promise<ExitCode> {
  return perform(io, async () => {
    const path = `${pathOf(options.incident_id)}/${what}`;
    const incident = await new ApiClient(io, options).post(path, body, IncidentDetail);
    if (options.json) outJson(io, incident);
    else io.out(printable(`${incident.priority} ${incident.title}: ${stateOf(incident)}`));
    return 0;
  });
}

function pathOf(incident_id: string): string {
  return `/api/v1/incidents/${encodeURIComponent(incident_id)}`;
}

function stateOf({ state, assignee, merged_into }: Incident): string {
  if (merged_into !== null) return `merged into ${merged_into}`;
  return assignee === null ? state : `${state}, assigned to ${assignee}`;
}

/** The clock that runs, or what has run out. */
function clockOf({ state, acknowledge_by, acknowledge_breached, resolve_by, resolve_breached }: Incident): string {
  if (state === 'resolved') return '';
  if (state === 'open' && acknowledge_by !== null)
    return acknowledge_breached ? 'not acknowledged in time' : `acknowledge by ${acknowledge_by.slice(0, 16)}`;
  if (resolve_by === null) return '';
  return resolve_breached ? 'not resolved in time' : `resolve by ${resolve_by.slice(0, 16)}`;
}

function linesOf(incident: IncidentDetail): string[] {
  const facts: readonly (readonly [string, string | null])[] = [
    ['incident', incident.incident_id],
    ['what', incident.title],
    ['priority', `${incident.priority} (impact ${incident.impact}, urgency ${incident.urgency})`],
    ['level', String(incident.response_level)],
    ['state', stateOf(incident)],
    ['clock', clockOf(incident) || null],
    ['services', incident.service_names.join(', ') || null],
    ['severity', `${incident.severity}, now ${incident.current_severity ?? 'nothing fires'}`],
    ['alerts', `${incident.alert_count}, ${incident.firing_count} of them fire`],
    ['opened', incident.opened_at],
    ['resolved', incident.resolved_at],
  ];
  const lines = facts.flatMap(([key, value]) => (value === null ? [] : [printable(`${key.padEnd(10)}${value}`)]));
  const alerts = incident.alerts.map((alert) => [
    alert.alert_id,
    alert.severity,
    alert.service_name ?? '',
    alert.resolved_at === null ? 'fires' : 'resolved',
    String(alert.repeat_count),
    alert.alert_name,
  ]);
  if (alerts.length > 0)
    lines.push('', ...tableLines(['alert', 'severity', 'service', 'state', 'repeats', 'name'], alerts));
  const runs = incident.runs.map((run) => [run.run_id, run.state, run.outcome ?? '', run.playbook_id]);
  if (runs.length > 0) lines.push('', ...tableLines(['run', 'state', 'outcome', 'playbook'], runs));
  const story = incident.timeline.map((entry) => [entry.at.slice(0, 19), entry.type, entry.who, entry.message]);
  lines.push('', ...tableLines(['at (UTC)', 'what', 'who', ''], story));
  return lines;
}
