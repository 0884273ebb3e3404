import { z } from 'zod';
import type { AlertStatus, ParsedAlert } from '../../domain/alert/alert.js';
import { instant } from '../../domain/clock.js';
import type { ErrorDetail } from '../../domain/errors.js';
import type { Labels } from '../../domain/alert/label.js';
import { labelOf, labelsFingerprint, severityWordIn } from '../../domain/alert/label.js';
import { parseQuantity } from '../../domain/alert/quantity.js';
import type { ParsedPayload, Source, SourceModule } from '../../domain/source.js';
import { FIGURE_SETTINGS } from '../figure.js';
import type { Flat } from '../flat.js';
import { flatText, flatten } from '../flat.js';
import { came, complain, isForeign } from '../foreign.js';
import { ownLabels, present } from '../own-labels.js';
import { createRemarks, readSeverity } from '../remarks.js';
import { identity, storableText } from '../storable.js';
import type { Subject } from '../subject.js';
import { SUBJECT_SETTINGS, createSubject, hostIn } from '../subject.js';
import { readTagList, tagLabels } from '../tag-list.js';
import { webLinks } from '../web-links.js';
import { splitTitle } from './title.js';

const DatadogConfig = z
  .strictObject({ secret: z.string().min(1).optional(), ...FIGURE_SETTINGS, ...SUBJECT_SETTINGS })
  .prefault({});
type DatadogConfig = z.infer<typeof DatadogConfig>;

/** Datadog's webhooks integration, with the payload of docs/sources/datadog.md or another of its variables. */
export const datadog: SourceModule<DatadogConfig> = {
  name: 'datadog',
  config: DatadogConfig,
  recognizes,
  create: createDatadog,
};

function createDatadog(config: DatadogConfig): Source {
  const subject = createSubject(config);
  return { parse: (payload, now) => parse(payload, now, subject) };
}

/** By what only Datadog's variables are called, or by the payload that is sent where none was written. */
function recognizes(payload: unknown): boolean {
  if (!isForeign(payload)) return false;
  const flat = flatten(payload);
  const has = (name: string): boolean => flat.has(name);
  if (has('alerttransition') || has('alertcyclekey') || (has('alertscope') && has('alertid'))) return true;
  return has('eventtype') && has('lastupdated') && has('title') && (has('orgid') || has('orgname'));
}

function parse(
  payload: unknown,
  now: number,
  subject: Subject,
): ParsedPayload | { readonly unusable: readonly ErrorDetail[] } {
  if (!isForeign(payload))
    return { unusable: [{ path: '', message: `expected a Datadog webhook (an object), came ${came(payload)}` }] };
  const flat = flatten(payload);
  const details: ErrorDetail[] = [];
  const remarks = createRemarks();
  const read = (...names: string[]): string | null => flatText(flat, names, details);
  const title = splitTitle(read('alerttitle', 'eventtitle', 'title') ?? '');
  const transition = read('alerttransition') ?? title.transition;
  const kind = read('alerttype', 'eventalerttype');
  const status = statusOf(transition, kind, details);
  const scope = scopeOf(read('alertscope') ?? title.scope ?? '');
  const monitor_id = read('alertid', 'monitorid');
  const aggregation_key = read('aggregkey', 'aggregationkey');
  const labels = labelsOf(flat, scope, monitor_id, read, details);
  const word = severityWord(labels, monitorPriority(read) ?? title.priority, transition, kind, status);
  const happened_at = readDate(flat, details) ?? instant(now);
  const quantity = parseQuantity(read('metricvalue', 'alertvalue', 'value') ?? '');
  const alert_name = title.name || (read('alertquery', 'alertmetric') ?? '');
  if (alert_name === '' && details.length === 0)
    complain(details, 'alert_title', `expected the monitor's title, came ${came(payload['alert_title'])}`);
  if (details.length > 0) return { unusable: details };
  const fingerprint = fingerprintOf({ monitor_id, aggregation_key, alert_name, scope, org: read('orgid') ?? '' });
  const cycle = read('alertcyclekey');
  const host = read('host', 'hostname');
  const severity = readSeverity(word, remarks);
  const alert: ParsedAlert = {
    source_system: 'datadog',
    alert_name,
    severity,
    status,
    service_name: subject.serviceOf(labels),
    host_ip: subject.hostOf(labels) ?? (host === null ? null : hostIn(host)),
    metric_value: quantity === null ? null : quantity.value,
    timestamp: happened_at,
    labels: word === '' || word === WELL || labelOf(labels, 'severity') !== '' ? labels : { ...labels, severity: word },
    description: bare(read('textonlymsg', 'eventmsg', 'body', 'message', 'text')) || read('alertstatus') || alert_name,
    fingerprint,
    metric_unit: quantity === null ? null : (quantity.unit ?? read('metricunit', 'unit')),
    ends_at: status === 'resolved' ? happened_at : null,
    annotations: present({
      alert_status: read('alertstatus'),
      alert_query: read('alertquery'),
      transition,
      title: read('alerttitle', 'eventtitle', 'title'),
    }),
    links: webLinks({
      generator: read('link', 'url'),
      snapshot: read('snapshot'),
      runbook: read('runbook', 'runbookurl'),
    }),
    group_key: identity(`datadog:${aggregation_key ?? monitor_id ?? fingerprint}`),
    // Monitors with several groups may share a cycle's key.
    occurrence_id: cycle === null ? fingerprint : identity(`${cycle} ${fingerprint}`),
  };
  return details.length > 0 ? { unusable: details } : { alerts: [alert], rejected: [], remarks: remarks.list() };
}

/** Recovered is over; No Data is not: silence is not health. */
function statusOf(transition: string | null, kind: string | null, details: ErrorDetail[]): AlertStatus {
  const word = (transition ?? '').toLowerCase();
  if (/recover|resolved|^ok$/.test(word)) return 'resolved';
  if (/trigger|warn|no data|renotify|alert/.test(word)) return 'firing';
  const type = (kind ?? '').toLowerCase();
  if (word === '' && type === 'success') return 'resolved';
  if (word === '' && /^(?:error|warning|alert|critical)$/.test(type)) return 'firing';
  const what = word === '' ? 'nothing' : JSON.stringify((transition ?? '').slice(0, 50));
  complain(
    details,
    'alert_transition',
    `expected $ALERT_TRANSITION (Triggered, Warn, No Data, Recovered …), came ${what}`,
  );
  return 'firing';
}

/** `host:web-1,env:prod` in any order is the same group; `*` is the monitor as a whole. */
function scopeOf(text: string): readonly string[] {
  const tags = text.replace(/^\{|\}$/g, '').split(',', 1_000);
  return tags
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '' && tag !== '*')
    .sort();
}

function labelsOf(
  flat: Flat,
  scope: readonly string[],
  monitor_id: string | null,
  read: (...names: string[]) => string | null,
  details: ErrorDetail[],
): Labels {
  const tags = flat.get('tags');
  const listed = tagLabels(readTagList(tags?.value, tags?.at ?? 'tags', details));
  // What the group is counts more than what the monitor is tagged with.
  const grouped = tagLabels(scope);
  const own = {
    monitor_id,
    metric_name: read('alertmetric'),
    event_type: read('eventtype'),
    hostname: read('host', 'hostname'),
  };
  return ownLabels(new Map([...listed, ...grouped]), own, 'tag');
}

/** The severity of what is over, where nothing else is said. */
const WELL = 'success';

/** `$ALERT_PRIORITY`, under its own name or as people call it; `$PRIORITY` is the event's, `normal` or `low`, and says nothing of the monitor. */
function monitorPriority(read: (...names: string[]) => string | null): string | null {
  const [own, other] = [read('alertpriority'), read('priority')];
  return own ?? (other !== null && /^p[1-5]$/i.test(other) ? other : null);
}

/** A tag, else the monitor's priority, else how loud the transition is. */
function severityWord(
  labels: Labels,
  priority: string | null,
  transition: string | null,
  kind: string | null,
  status: AlertStatus,
): string {
  const tagged = severityWordIn(labels);
  if (tagged !== '') return tagged;
  if (priority !== null && /^p[1-5]$/i.test(priority)) return priority;
  if (/warn|no data/i.test(transition ?? '')) return 'warning';
  return status === 'resolved' ? WELL : (kind ?? '');
}

/** When it happened: milliseconds since 1970, as text or number. */
function readDate(flat: Flat, details: ErrorDetail[]): string | null {
  const text = flatText(flat, ['date', 'lastupdated'], details);
  if (text === null) return null;
  const number = Number(text);
  // Seconds, where somebody divided them.
  const epoch_ms = number < 100_000_000_000 ? number * 1_000 : number;
  if (/^\d{9,15}$/.test(text) && epoch_ms <= 253_402_300_799_999) return new Date(epoch_ms).toISOString();
  const at = flat.get('date')?.at ?? 'last_updated';
  complain(details, at, `expected $DATE (milliseconds since 1970), came ${JSON.stringify(text.slice(0, 50))}`);
  return null;
}

/** The monitor and its group. Without the monitor's id what Datadog itself groups its events by, else the monitor's title. */
function fingerprintOf(of: {
  readonly monitor_id: string | null;
  readonly aggregation_key: string | null;
  readonly alert_name: string;
  readonly scope: readonly string[];
  readonly org: string;
}): string {
  const monitor =
    of.monitor_id !== null
      ? { monitor_id: of.monitor_id }
      : of.aggregation_key !== null
        ? { aggregation_key: of.aggregation_key }
        : { title: of.alert_name };
  return labelsFingerprint({ ...monitor, org: of.org, scope: of.scope.join(',') });
}

/** Datadog puts Markdown between `%%%`. */
function bare(text: string | null): string {
  return storableText((text ?? '').replaceAll('%%%', '').trim());
}
