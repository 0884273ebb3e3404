import type { AlertStatus, ParsedAlert } from '../../domain/alert/alert.js';
import { instant } from '../../domain/clock.js';
import type { ErrorDetail } from '../../domain/errors.js';
import { labelsFingerprint } from '../../domain/alert/label.js';
import type { Foreign } from '../foreign.js';
import { came, complain, isForeign, place, readName, readText } from '../foreign.js';
import { readInstant } from '../instant.js';
import { ownLabels, present } from '../own-labels.js';
import { readSeverity } from '../remarks.js';
import { readObject, readScalar } from '../scalar.js';
import { identity, storableText } from '../storable.js';
import { webLinks } from '../web-links.js';
import type { Reading } from './reading.js';
import { readTags } from './reading.js';

/** An issue alert: a rule took notice of an event. Its condition is the issue, which lasts until it is resolved. */
export function readEventAlert(data: Foreign, reading: Reading): ParsedAlert {
  const { details } = reading;
  const event = readObject(data, 'event', 'data', details) ?? {};
  const rule = readText(data, 'triggered_rule', 'data', details) || titleOfRule(data, details);
  return fromEvent(event, 'data.event', rule, readScalar(event, 'issue_id', 'data.event', details), reading);
}

/** The body of the WebHooks plugin, which self-hosted Sentry still has. */
export function readPlugin(payload: Foreign, reading: Reading): ParsedAlert {
  const { details } = reading;
  const rules = payload['triggering_rules'];
  const first: unknown = Array.isArray(rules) ? rules[0] : null;
  if (first !== null && first !== undefined && typeof first !== 'string')
    complain(details, 'triggering_rules[0]', `expected a text, came ${came(first)}`);
  const event = readObject(payload, 'event', '', details) ?? {};
  const about: Foreign = {
    ...event,
    level: payload['level'] ?? event['level'],
    culprit: payload['culprit'] ?? event['culprit'],
    message: payload['message'] ?? event['message'],
    web_url: payload['url'] ?? event['web_url'],
    project: payload['project_slug'] ?? payload['project'] ?? event['project'],
  };
  return fromEvent(
    about,
    'event',
    typeof first === 'string' ? storableText(first) : null,
    readScalar(payload, 'id', '', details),
    reading,
  );
}

/** An issue itself: created, resolved, archived … A text says why it is no alert. */
export function readIssue(data: Foreign, action: string, reading: Reading): ParsedAlert | string {
  const { details, now } = reading;
  const status = STATUS.get(action);
  if (status === undefined) return `an issue that was ${storableText(action.slice(0, 50))} is no alert`;
  const at = 'data.issue';
  const issue = readObject(data, 'issue', 'data', details) ?? {};
  const text = (key: string): string | null => readText(issue, key, at, details) || null;
  const project = isForeign(issue['project']) ? issue['project'] : {};
  const id = readScalar(issue, 'id', at, details);
  if (id === null && details.length === 0) complain(details, `${at}.id`, "expected the issue's id, came nothing");
  const metadata = isForeign(issue['metadata']) ? issue['metadata'] : {};
  const own = {
    severity: text('level'),
    project: readText(project, 'slug', `${at}.project`, details) ?? readText(project, 'name', `${at}.project`, details),
    platform: text('platform'),
    issue: text('shortId'),
    issue_status: text('status'),
    issue_substatus: text('substatus'),
    error_type: typeof metadata['type'] === 'string' ? readText(metadata, 'type', `${at}.metadata`, details) : null,
  };
  const labels = ownLabels([], own, 'tag');
  const alert_name = readName(issue, 'title', at, details);
  return {
    source_system: 'sentry',
    alert_name,
    severity: readSeverity(own.severity ?? '', reading.remarks),
    status,
    service_name: reading.subject.serviceOf(labels),
    host_ip: null,
    metric_value: null,
    // One that is back began again now: what it was before has ended.
    timestamp: (action === 'unresolved' ? null : readInstant(issue, 'firstSeen', at, details)) ?? instant(now),
    labels,
    description: described(alert_name, text('culprit')),
    ...keysOf(id),
    metric_unit: null,
    ends_at: status === 'resolved' ? instant(now) : null,
    annotations: present({ count: readScalar(issue, 'count', at, details), culprit: text('culprit') }),
    links: webLinks({ generator: text('web_url') ?? text('permalink') }),
  };
}

/** An archived issue is one that people have put aside: no run works on it any more. */
const STATUS: ReadonlyMap<string, AlertStatus> = new Map([
  ['created', 'firing'],
  ['unresolved', 'firing'],
  ['resolved', 'resolved'],
  ['archived', 'resolved'],
  ['ignored', 'resolved'],
]);

function fromEvent(
  event: Foreign,
  at: string,
  rule: string | null,
  issue_id: string | null,
  reading: Reading,
): ParsedAlert {
  const { details, now } = reading;
  const text = (key: string): string | null => readText(event, key, at, details) || null;
  const title = text('title') ?? text('message');
  const where = placeOf(text('url'));
  const own = {
    severity: text('level'),
    project: where.project ?? readScalar(event, 'project', at, details),
    organization: where.organization,
    platform: text('platform'),
    release: text('release'),
    issue_id,
  };
  const labels = ownLabels(readTags(event, at, details), own, 'tag');
  const alert_name = rule ?? title ?? '';
  if (alert_name.trim() === '' && details.length === 0)
    complain(details, 'data.triggered_rule', 'expected the name of the rule, came nothing');
  const culprit = text('culprit');
  return {
    source_system: 'sentry',
    alert_name,
    severity: readSeverity(labels['severity'] ?? '', reading.remarks),
    status: 'firing',
    service_name: reading.subject.serviceOf(labels),
    host_ip: reading.subject.hostOf(labels),
    metric_value: null,
    timestamp: readInstant(event, 'datetime', at, details) ?? instant(now),
    labels,
    description: described(title ?? alert_name, culprit),
    ...keysOf(issue_id, { rule: alert_name, project: own.project ?? '', hashes: hashesOf(event) }),
    metric_unit: null,
    ends_at: null,
    annotations: present({ culprit, message: text('message'), location: text('location'), event_id: text('event_id') }),
    links: webLinks({ generator: text('web_url') }),
  };
}

/** Two texts that fit may be too long together. */
function described(title: string, culprit: string | null): string {
  return culprit === null ? title : storableText(`${title} (${culprit})`);
}

/** The issue: an alert about it and its own resolve are the same condition. */
function keysOf(id: string | null, without: Readonly<Record<string, string>> = {}) {
  const fingerprint = id === null ? labelsFingerprint(without) : identity(`issue:${id}`);
  return { fingerprint, group_key: identity(`sentry:${fingerprint}`), occurrence_id: fingerprint };
}

/** What Sentry itself groups events by. */
function hashesOf(event: Foreign): string {
  const { hashes } = event;
  return Array.isArray(hashes)
    ? hashes
        .slice(0, 20)
        .filter((hash) => typeof hash === 'string')
        .join(' ')
    : '';
}

/** `https://sentry.io/api/0/projects/<organization>/<project>/events/…`: the event itself has only the project's number. */
function placeOf(url: string | null): { readonly organization: string | null; readonly project: string | null } {
  const [, organization = null, project = null] =
    /\/projects\/([^/?#]{1,200})\/([^/?#]{1,200})\//.exec(url ?? '') ?? [];
  return { organization, project };
}

function titleOfRule(data: Foreign, details: ErrorDetail[]): string | null {
  const rule = readObject(data, 'issue_alert', 'data', details);
  return rule === null ? null : readText(rule, 'title', place('data', 'issue_alert'), details) || null;
}
