import { z } from 'zod';
import type { AlertStatus, ParsedAlert } from '../../domain/alert/alert.js';
import { instant } from '../../domain/clock.js';
import type { ErrorDetail } from '../../domain/errors.js';
import { labelsFingerprint } from '../../domain/alert/label.js';
import { parseQuantity } from '../../domain/alert/quantity.js';
import type { Source, SourceModule } from '../../domain/source.js';
import { FIGURE_SETTINGS } from '../figure.js';
import type { Foreign } from '../foreign.js';
import { came, complain, isForeign, place } from '../foreign.js';
import { readInstant } from '../instant.js';
import { readItems } from '../items.js';
import { ownLabels } from '../own-labels.js';
import { createRemarks, readSeverity } from '../remarks.js';
import type { Remarks } from '../remarks.js';
import { readScalar } from '../scalar.js';
import { identity, storableText } from '../storable.js';
import { createSubject, subjectSettings } from '../subject.js';
import type { Subject } from '../subject.js';
import { webLinks } from '../web-links.js';
import { cloudeventsEnvelope } from './envelope.js';

const CloudeventsConfig = z
  .strictObject({ secret: z.string().min(1).optional(), ...FIGURE_SETTINGS, ...subjectSettings({}) })
  .prefault({});
type CloudeventsConfig = z.infer<typeof CloudeventsConfig>;

/** CloudEvents 1.0 over HTTP: structured, binary and batched. */
export const cloudevents: SourceModule<CloudeventsConfig> = {
  name: 'cloudevents',
  config: CloudeventsConfig,
  recognizes: (payload) => (Array.isArray(payload) ? payload.slice(0, 10).some(isEvent) : isEvent(payload)),
  create: createCloudevents,
  envelope: cloudeventsEnvelope,
};

function isEvent(item: unknown): boolean {
  return isForeign(item) && typeof item['specversion'] === 'string' && 'type' in item && 'id' in item;
}

function createCloudevents(config: CloudeventsConfig): Source {
  const subject = createSubject(config);
  return {
    parse(payload, now) {
      const remarks = createRemarks();
      const setting: Setting = { now: instant(now), subject, remarks };
      if (Array.isArray(payload))
        return readItems({
          items: payload,
          at: '',
          read: (item, at, details) => readEvent(item, at, details, setting),
          wrap: (items) => items,
          remarks,
        });
      const details: ErrorDetail[] = [];
      const alert = readEvent(payload, '', details, setting);
      if (alert === null || details.length > 0) return { unusable: details };
      return { alerts: [alert], rejected: [], remarks: remarks.list() };
    },
  };
}

interface Setting {
  readonly now: string;
  readonly subject: Subject;
  readonly remarks: Remarks;
}

function readEvent(item: unknown, at: string, details: ErrorDetail[], setting: Setting): ParsedAlert | null {
  if (!isForeign(item)) {
    complain(details, at, `expected a CloudEvent (an object), came ${came(item)}`);
    return null;
  }
  const version = item['specversion'];
  if (typeof version !== 'string' || !/^1\.\d{1,3}$/.test(version))
    complain(details, place(at, 'specversion'), `expected "1.0", came ${came(version)}`);
  const [id, source, type] = ['id', 'source', 'type'].map((key) => need(item, key, at, details));
  const [about, time] = [readScalar(item, 'subject', at, details), readInstant(item, 'time', at, details)];
  if (details.length > 0 || id === undefined || source === undefined || type === undefined) return null;
  const data = isForeign(item['data']) ? item['data'] : {};
  const found = (key: string): string | null => textOf(item[key]) ?? textOf(data[key]);
  const word = found('severity') ?? found('priority');
  const labels = ownLabels(
    [...scalars(data), ...extensions(item)],
    { event: type, event_source: source, subject: about, event_id: id, severity: word },
    'data',
  );
  const status = statusOf(found('status'));
  const fingerprint = labelsFingerprint({ type, source, subject: about ?? '' });
  const metric = metricOf(data);
  const lasts = status !== null;
  return {
    source_system: 'cloudevents',
    alert_name: storableText(type),
    severity: word === null ? 'info' : readSeverity(word, setting.remarks),
    status: status ?? 'firing',
    service_name: setting.subject.serviceOf(labels),
    host_ip: setting.subject.hostOf(labels),
    metric_value: metric?.value ?? null,
    timestamp: time ?? setting.now,
    labels,
    description: storableText(found('description') ?? found('message') ?? `${type} ${about ?? source}`),
    fingerprint,
    metric_unit: metric?.unit ?? textOf(data['metric_unit']) ?? textOf(data['unit']),
    ends_at: status === 'resolved' ? (time ?? setting.now) : null,
    annotations: {},
    links: webLinks({ generator: source, dataschema: textOf(item['dataschema']) }),
    group_key: identity(lasts ? `cloudevents:${fingerprint}` : `cloudevents:${source} ${id}`),
    // An event is told by its source and id; what lasts, by what it is about.
    occurrence_id: identity(lasts ? fingerprint : `${source} ${id}`),
    ...(lasts ? {} : { momentary: true }),
  };
}

function need(item: Foreign, key: string, at: string, details: ErrorDetail[]): string | undefined {
  const value = item[key];
  if (typeof value === 'string' && value.trim() !== '') return storableText(value);
  complain(details, place(at, key), `expected a text that is not empty, came ${came(value)}`);
  return undefined;
}

const ATTRIBUTES = new Set(
  'specversion id source type subject time data data_base64 datacontenttype dataschema severity'.split(' '),
);
const MAX_LABELS = 100;
const MAX_LABEL_LENGTH = 1_000;

/** Extension attributes have small letters and digits for names, and one value each. */
function extensions(item: Foreign): [string, string][] {
  return scalars(item).filter(([name]) => !ATTRIBUTES.has(name));
}

/** What a rule can look at: the members that are no lists and no objects, and short. */
function scalars(from: Foreign): [string, string][] {
  const found: [string, string][] = [];
  for (const [name, value] of Object.entries(from)) {
    const text = textOf(value);
    if (text !== null && text.length <= MAX_LABEL_LENGTH) found.push([name, text]);
    if (found.length >= MAX_LABELS) break;
  }
  return found;
}

function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value === '' ? null : storableText(value);
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}

/** Only these two words make of an event a condition that lasts. */
function statusOf(word: string | null): AlertStatus | null {
  const lower = word?.toLowerCase();
  return lower === 'firing' || lower === 'resolved' ? lower : null;
}

function metricOf(data: Foreign): ReturnType<typeof parseQuantity> {
  for (const key of ['metric_value', 'value', 'current_value']) {
    const text = textOf(data[key]);
    const quantity = text === null ? null : parseQuantity(text);
    if (quantity !== null) return quantity;
  }
  return null;
}
