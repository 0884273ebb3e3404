import { z } from 'zod';
import type { AlertStatus, ParsedAlert } from '../../domain/alert/alert.js';
import { ALERT_FIELDS } from '../../domain/alert/alert.js';
import { instant } from '../../domain/clock.js';
import type { ErrorDetail } from '../../domain/errors.js';
import type { Labels } from '../../domain/alert/label.js';
import { labelOf, labelsFingerprint, severityWordIn } from '../../domain/alert/label.js';
import type { ParsedPayload, Source, SourceModule } from '../../domain/source.js';
import { FIGURE_SETTINGS } from '../figure.js';
import type { Foreign } from '../foreign.js';
import { came, complain, isForeign, isWebAddress, place, readName, readText, readTexts } from '../foreign.js';
import { readInstant } from '../instant.js';
import { readItems } from '../items.js';
import { createRemarks, readSeverity } from '../remarks.js';
import type { Remarks } from '../remarks.js';
import { identity, storableText } from '../storable.js';
import type { Subject } from '../subject.js';
import { SUBJECT_SETTINGS, createSubject, hostIn } from '../subject.js';
import type { Mapping } from './mapping.js';
import { compileMapping, Mappings } from './mapping.js';

const GenericConfig = z
  .strictObject({
    secret: z.string().min(1).optional(),
    mappings: Mappings.default(() => []).describe("How alerts are read out of other systems' JSON: docs/generic.md"),
    ...FIGURE_SETTINGS,
    ...SUBJECT_SETTINGS,
  })
  .prefault({});
type GenericConfig = z.infer<typeof GenericConfig>;

/** Anything that can post the fields of docs/alerts.md. */
export const generic: SourceModule<GenericConfig> = {
  name: 'generic',
  config: GenericConfig,
  recognizes,
  create: createGeneric,
};

function createGeneric(config: GenericConfig): Source {
  const subject = createSubject(config);
  const own = (payload: unknown, now: number): Parsed => parse(payload, now, subject);
  const mappings = config.mappings.map(compileMapping);
  if (mappings.length === 0) return { parse: own };
  const reads = mappings.map((mapping) => ({
    mapping,
    parse: (payload: unknown, now: number): Parsed => parseMapped(payload, now, subject, mapping),
  }));
  return {
    // A body in Fixpoint's own fields needs no mapping, unless one asks for it.
    parse(payload, now) {
      const isOwn = recognizes(payload);
      const found = reads.find(({ mapping }) => (!isOwn || !mapping.always) && mapping.takes(payload));
      return (found?.parse ?? own)(payload, now);
    },
    recognizes: (payload) =>
      recognizes(payload) || mappings.some((mapping) => !mapping.always && mapping.takes(payload)),
    variants: new Map(reads.map(({ mapping, parse: read }) => [mapping.name, { parse: read }])),
  };
}

type Parsed = ParsedPayload | { readonly unusable: readonly ErrorDetail[] };

/** Somebody else's JSON, item by item. */
function parseMapped(payload: unknown, now: number, subject: Subject, mapping: Mapping): Parsed {
  const remarks = createRemarks();
  const setting: Setting = { now: instant(now), subject, remarks };
  const details: ErrorDetail[] = [];
  const items = mapping.itemsOf(payload, details);
  if (details.length > 0) return { unusable: details };
  if (mapping.at === '') {
    const read = mapping.read(payload, payload, 0, '', details);
    const alert = details.length > 0 ? null : readAlert(read, '', details, setting);
    if (alert === null || details.length > 0) return { unusable: details };
    return { alerts: [alert], rejected: [], remarks: remarks.list() };
  }
  // A place in the list ends with `[7]`.
  const indexOf = (at: string): number => Number(/\[(\d+)\]$/.exec(at)?.[1] ?? 0);
  return readItems({
    items,
    at: mapping.at,
    remarks,
    wrap: (rejected) => mapping.wrap(payload, rejected),
    read(item, at, complaints) {
      const read = mapping.read(payload, item, indexOf(at), at, complaints);
      return complaints.length > 0 ? null : readAlert(read, at, complaints, setting);
    },
  });
}

function recognizes(payload: unknown): boolean {
  if (Array.isArray(payload)) return payload.slice(0, 10).some(hasName);
  if (!isForeign(payload)) return false;
  return hasName(payload) || (Array.isArray(payload['alerts']) && payload['alerts'].slice(0, 10).some(hasName));
}

function hasName(item: unknown): boolean {
  return isForeign(item) && 'alert_name' in item;
}

/** One object, a list of them, or a list below `alerts`. */
function parse(
  payload: unknown,
  now: number,
  subject: Subject,
): ParsedPayload | { readonly unusable: readonly ErrorDetail[] } {
  const remarks = createRemarks();
  const setting: Setting = { now: instant(now), subject, remarks };
  const reading = {
    remarks,
    wrap: (items: readonly unknown[]) => (items.length === 1 ? items[0] : items),
    read: (item: unknown, at: string, details: ErrorDetail[]) => readAlert(item, at, details, setting),
  };
  if (Array.isArray(payload)) return readItems({ ...reading, items: payload, at: '' });
  if (!isForeign(payload))
    return {
      unusable: [{ path: '', message: `expected an alert (an object) or a list of alerts, came ${came(payload)}` }],
    };
  const alerts = payload['alerts'];
  if (Array.isArray(alerts)) return readItems({ ...reading, items: alerts, at: 'alerts' });
  if (alerts !== undefined && !hasName(payload))
    return { unusable: [{ path: 'alerts', message: `expected a list of alerts, came ${came(alerts)}` }] };
  const details: ErrorDetail[] = [];
  const alert = readAlert(payload, '', details, setting);
  if (alert === null || details.length > 0) return { unusable: details };
  return { alerts: [alert], rejected: [], remarks: remarks.list() };
}

interface Setting {
  readonly now: string;
  readonly subject: Subject;
  readonly remarks: Remarks;
}

function readAlert(item: unknown, at: string, details: ErrorDetail[], setting: Setting): ParsedAlert | null {
  if (!isForeign(item)) {
    complain(details, at, `expected an alert (an object), came ${came(item)}`);
    return null;
  }
  remarkUnknown(item, setting.remarks);
  const text = (key: string): string | null => readText(item, key, at, details) || null;
  const alert_name = readName(item, 'alert_name', at, details);
  const given_labels = readTexts(item, 'labels', at, details);
  const source_system = text('source_system') ?? 'generic';
  const service_name = text('service_name') ?? setting.subject.serviceOf(given_labels);
  const host = text('host_ip');
  const host_ip = host === null ? setting.subject.hostOf(given_labels) : hostIn(host);
  const word = text('severity') ?? severityWordIn(given_labels);
  const severity = readSeverity(word, setting.remarks);
  const fingerprint = fingerprintOf(text('fingerprint'), alert_name, service_name, host_ip, given_labels);
  return {
    source_system,
    alert_name,
    severity,
    status: readStatus(item, at, details),
    service_name,
    host_ip,
    metric_value: readNumber(item, 'metric_value', at, details),
    timestamp: readInstant(item, 'timestamp', at, details) ?? setting.now,
    labels: word === '' || word === severity ? given_labels : withOriginal(given_labels, word),
    description: text('description') ?? alert_name,
    fingerprint,
    metric_unit: text('metric_unit'),
    ends_at: readInstant(item, 'ends_at', at, details),
    annotations: readTexts(item, 'annotations', at, details),
    links: readLinks(item, at, details),
    group_key: identity(
      text('group_key') ?? `${source_system}:${alert_name}:${service_name ?? host_ip ?? fingerprint}`,
    ),
    occurrence_id: identity(text('occurrence_id') ?? fingerprint),
  };
}

/** The severity as it was written stays findable, as it does for sources that send it as a label. */
function withOriginal(labels: Labels, word: string): Labels {
  return labelOf(labels, 'severity') === '' ? { ...labels, severity: word } : labels;
}

/** Of what the alert is about, never of what changes while it lasts. */
function fingerprintOf(
  given: string | null,
  alert_name: string,
  service_name: string | null,
  host_ip: string | null,
  labels: Labels,
): string {
  if (given !== null) return identity(given);
  const about = { alertname: alert_name, service_name: service_name ?? '', host_ip: host_ip ?? '' };
  return labelsFingerprint({ ...labels, ...about });
}

function readStatus(item: Foreign, at: string, details: ErrorDetail[]): AlertStatus {
  const value = item['status'];
  if (value === undefined || value === null) return 'firing';
  const word = typeof value === 'string' ? value.trim().toLowerCase() : value;
  if (word === 'firing' || word === 'resolved') return word;
  const what = typeof value === 'string' ? JSON.stringify(storableText(value.slice(0, 50))) : came(value);
  complain(details, place(at, 'status'), `expected firing or resolved, came ${what}`);
  return 'firing';
}

function readNumber(item: Foreign, key: string, at: string, details: ErrorDetail[]): number | null {
  const value = item[key];
  if (value === undefined || value === null) return null;
  // JSON has no infinity, but 1e999 becomes one.
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  const what = typeof value === 'number' ? 'one that is too large' : came(value);
  complain(details, place(at, key), `expected a number, came ${what}`);
  return null;
}

function readLinks(item: Foreign, at: string, details: ErrorDetail[]): Labels {
  const links = readTexts(item, 'links', at, details);
  return Object.fromEntries(Object.entries(links).filter(([, address]) => isWebAddress(address)));
}

/** A misspelt field would be lost without a word. */
function remarkUnknown(item: Foreign, remarks: Remarks): void {
  for (const key in item) {
    if (!ALERT_FIELDS.includes(key)) remarks.add(`unknown field ${JSON.stringify(storableText(key.slice(0, 60)))}`);
  }
}
