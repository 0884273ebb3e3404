import type { Grade, IncidentEntry } from '../../../domain/incident/incident.js';

/** What a line of a timeline tells besides its type; `text` where it is in words of its own. */
export type Told =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'by_alert'; readonly alert_name: string; readonly severity: string }
  | { readonly kind: 'fires'; readonly alert_name: string; readonly service_name: string | null }
  | { readonly kind: 'itself' }
  | { readonly kind: 'still_firing'; readonly count: number; readonly comment: string | null }
  | { readonly kind: 'assigned'; readonly to: string | null }
  | { readonly kind: 'clock'; readonly clock: 'acknowledge' | 'resolve'; readonly by: string }
  | { readonly kind: 'graded'; readonly change: string; readonly impact: Grade; readonly urgency: Grade }
  | { readonly kind: 'raised'; readonly change: string; readonly severity: string; readonly services: number }
  | { readonly kind: 'merged'; readonly into: boolean; readonly incident_id: string };

/** What follows from alerts and clocks is told under this name. */
export const OWN = 'fixpoint';

const BY_ALERT = /^by alert (.*) \((critical|warning|info)\)$/s;
const FIRES = /^(.*) fires(?: on (.*))?$/s;
const COMMENTED = /^(?:acknowledged|resolved|reopened)(?: while (\d+) alerts? fires?)?(?:: (.*))?$/s;
const CLOCK = /^(?:nobody has|it has to be) (acknowledge|resolve)d(?: it)? by (\S+)$/;
const GRADED = /^(P\d → P\d): impact (high|medium|low), urgency (high|medium|low)$/;
const RAISED = /^(P\d → P\d): (critical|warning|info), (\d+) services?$/;
const MERGED = /^(into|with) incident ([0-9A-HJKMNP-TV-Z]{26})\b/;

/** Reads what the service writes by itself into an incident's timeline, so that it can be told in the reader's language. What it does not know stays as it came. */
export function readTold({ type, who, message }: IncidentEntry): Told {
  const text: Told = { kind: 'text', text: message };
  switch (type) {
    case 'opened':
      return readByAlert(message) ?? text;
    case 'reopened':
      // A person's comment may say anything: only what the service wrote by itself is taken apart.
      return who === OWN ? (readFires(message) ?? text) : (readCommented(message) ?? text);
    case 'acknowledged':
    case 'resolved':
      return message === 'its last alert has resolved' ? { kind: 'itself' } : (readCommented(message) ?? text);
    case 'assigned':
      return message.startsWith('to ')
        ? { kind: 'assigned', to: message === 'to nobody' ? null : message.slice(3) }
        : text;
    case 'clock_warning':
    case 'clock_breached':
      return readClock(message) ?? text;
    case 'priority_changed':
      return readPriority(message) ?? text;
    case 'merged': {
      const [, how, incident_id] = MERGED.exec(message) ?? [];
      return incident_id === undefined ? text : { kind: 'merged', into: how === 'into', incident_id };
    }
    case 'omitted':
      return { kind: 'nothing' };
    case 'note':
    case 'alert_joined':
    case 'alert_resolved':
    case 'run_started':
    case 'run_ended':
      return text;
  }
}

function readByAlert(message: string): Told | null {
  const [, alert_name, severity] = BY_ALERT.exec(message) ?? [];
  return alert_name === undefined || severity === undefined ? null : { kind: 'by_alert', alert_name, severity };
}

function readFires(message: string): Told | null {
  const [, alert_name, service_name] = FIRES.exec(message) ?? [];
  return alert_name === undefined ? null : { kind: 'fires', alert_name, service_name: service_name ?? null };
}

function readCommented(message: string): Told | null {
  const found = COMMENTED.exec(message);
  if (found === null) return null;
  const [, count, comment] = found;
  if (count !== undefined) return { kind: 'still_firing', count: Number(count), comment: comment ?? null };
  return comment === undefined ? { kind: 'nothing' } : { kind: 'text', text: comment };
}

function readClock(message: string): Told | null {
  const [, clock, by] = CLOCK.exec(message) ?? [];
  if (by === undefined || Number.isNaN(Date.parse(by))) return null;
  return { kind: 'clock', clock: clock === 'resolve' ? 'resolve' : 'acknowledge', by };
}

const GRADES: Readonly<Record<string, Grade>> = { high: 'high', medium: 'medium', low: 'low' };

function readPriority(message: string): Told | null {
  const [, change, impact = '', urgency = ''] = GRADED.exec(message) ?? [];
  const [seen, felt] = [GRADES[impact], GRADES[urgency]];
  if (change !== undefined && seen !== undefined && felt !== undefined)
    return { kind: 'graded', change, impact: seen, urgency: felt };
  const [, raised, severity, services] = RAISED.exec(message) ?? [];
  if (raised === undefined || severity === undefined) return null;
  return { kind: 'raised', change: raised, severity, services: Number(services) };
}
