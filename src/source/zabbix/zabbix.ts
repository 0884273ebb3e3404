import { IANAZone } from 'luxon';
import { z } from 'zod';
import type { AlertStatus, ParsedAlert, Severity } from '../../domain/alert/alert.js';
import { instant } from '../../domain/clock.js';
import type { ErrorDetail } from '../../domain/errors.js';
import type { Labels } from '../../domain/alert/label.js';
import { labelsFingerprint } from '../../domain/alert/label.js';
import { parseQuantity } from '../../domain/alert/quantity.js';
import type { ParsedPayload, Source, SourceModule } from '../../domain/source.js';
import { FIGURE_SETTINGS } from '../figure.js';
import type { Foreign } from '../foreign.js';
import { came, complain, isForeign, isWebAddress, place } from '../foreign.js';
import { createRemarks, readSeverity } from '../remarks.js';
import type { Remarks } from '../remarks.js';
import { identity, storableText } from '../storable.js';
import type { Subject } from '../subject.js';
import { SUBJECT_SETTINGS, createSubject, hostIn } from '../subject.js';
import { ZabbixApiConfig } from './api.js';
import { openZabbixConditions } from './condition.js';
import { readMacro } from './macro.js';
import { openZabbixReconciler } from './reconcile.js';
import type { Tags } from './tags.js';
import { readTags } from './tags.js';
import { readZabbixTime } from './time.js';

const ZabbixConfig = z
  .strictObject({
    secret: z.string().min(1).optional(),
    timezone: z
      .string()
      .refine((zone) => IANAZone.isValidZone(zone), 'expected an IANA time zone such as Asia/Shanghai')
      .optional()
      .describe("The Zabbix server's time zone; default: the body's own `timezone`, else UTC"),
    api: ZabbixApiConfig.optional(),
    ...FIGURE_SETTINGS,
    ...SUBJECT_SETTINGS,
  })
  .prefault({});
type ZabbixConfig = z.infer<typeof ZabbixConfig>;

/** Zabbix, through the webhook media type of docs/zabbix.md. */
export const zabbix: SourceModule<ZabbixConfig> = {
  name: 'zabbix',
  config: ZabbixConfig,
  recognizes,
  create: createZabbix,
  openConditions: ({ api }, { clock }) => (api === undefined ? null : openZabbixConditions(api, clock)),
  openReconciler: ({ api }, deps) => (api === undefined ? null : openZabbixReconciler(api, deps)),
};

function createZabbix(config: ZabbixConfig): Source {
  const subject = createSubject(config);
  return { parse: (payload, now) => parse(payload, { now, subject, timezone: config.timezone ?? null }) };
}

function recognizes(payload: unknown): boolean {
  if (!isForeign(payload)) return false;
  if (payload['sender'] === 'zabbix') return true;
  const data = isForeign(payload['data']) ? payload['data'] : payload;
  return 'event_id' in data && ('trigger_id' in data || 'event_nseverity' in data || 'event_value' in data);
}

interface Setting {
  readonly now: number;
  readonly subject: Subject;
  readonly timezone: string | null;
}

/** A body holds one event: as the media type sends it (`kind`, `data`), or the bare fields. */
function parse(payload: unknown, setting: Setting): ParsedPayload | { readonly unusable: readonly ErrorDetail[] } {
  if (!isForeign(payload))
    return { unusable: [{ path: '', message: `expected a Zabbix event (an object), came ${came(payload)}` }] };
  const details: ErrorDetail[] = [];
  const remarks = createRemarks();
  const isWrapped = payload['data'] !== undefined || payload['kind'] !== undefined;
  const data = isWrapped ? payload['data'] : payload;
  if (!isForeign(data))
    return { unusable: [{ path: 'data', message: `expected the event's fields (an object), came ${came(data)}` }] };
  const at = isWrapped ? 'data' : '';
  const status = readStatus(payload, data, at, details);
  const alert = readEvent(data, at, status, details, remarks, setting);
  return details.length > 0 ? { unusable: details } : { alerts: [alert], rejected: [], remarks: remarks.list() };
}

/** An update may come after the resolution, and then it is no firing: what the event is now counts more than the kind of message. */
function readStatus(payload: Foreign, data: Foreign, at: string, details: ErrorDetail[]): AlertStatus {
  const kind = payload === data ? null : readMacro(payload, 'kind', '', details);
  if (kind !== null && kind !== 'problem' && kind !== 'update' && kind !== 'recovery')
    complain(details, 'kind', `expected problem, update or recovery, came ${JSON.stringify(kind.slice(0, 50))}`);
  const source = readMacro(data, 'event_source', at, details);
  if (source !== null && source !== '0' && source !== '4')
    complain(
      details,
      place(at, 'event_source'),
      `expected 0 (trigger) or 4 (service), came ${JSON.stringify(source.slice(0, 50))}: discovery, autoregistration and internal events are no alerts`,
    );
  if (kind === 'recovery') return 'resolved';
  // A person closed it: the event still has its value for as long as Zabbix takes to make the recovery.
  if (kind === 'update' && isClosing(readMacro(data, 'event_update_action', at, details))) return 'resolved';
  const value = readMacro(data, 'event_value', at, details);
  if (value !== null) return value === '0' ? 'resolved' : 'firing';
  const event_status = readMacro(data, 'event_status', at, details);
  return event_status === 'RESOLVED' || event_status === 'OK' ? 'resolved' : 'firing';
}

/** `acknowledged, commented on and closed` */
function isClosing(action: string | null): boolean {
  return action !== null && /(?:^|, | and )closed(?:$|, | and )/.test(action);
}

function readEvent(
  data: Foreign,
  at: string,
  status: AlertStatus,
  details: ErrorDetail[],
  remarks: Remarks,
  setting: Setting,
): ParsedAlert {
  const read = (key: string): string | null => readMacro(data, key, at, details);
  const event_id = read('event_id');
  if (event_id === null && details.length === 0)
    complain(details, place(at, 'event_id'), `expected the event's id, came ${came(data['event_id'])}`);
  const event_name = read('event_name');
  const alert_name = read('trigger_name') ?? event_name;
  if (alert_name === null && details.length === 0)
    complain(details, place(at, 'trigger_name'), `expected the trigger's name, came ${came(data['trigger_name'])}`);
  const trigger_id = read('trigger_id');
  const host = read('host_host') ?? read('host_name') ?? read('host_dns');
  const address = read('host_ip');
  const labels = labelsOf(readTags(data, at, details, remarks), {
    host,
    host_group: read('trigger_hostgroups'),
    trigger_id,
    event_id,
    severity: read('event_severity'),
  });
  const metric = parseQuantity(read('item_value') ?? read('item_lastvalue') ?? '');
  const zone = setting.timezone ?? bodyZone(read('timezone'));
  const opdata = read('event_opdata');
  const trigger = trigger_id ?? alert_name ?? '';
  return {
    source_system: 'zabbix',
    alert_name: alert_name ?? '',
    severity: severityOf(read('event_nseverity'), read('event_severity'), remarks),
    status,
    service_name: setting.subject.serviceOf(labels),
    host_ip: (address === null ? null : hostIn(address)) ?? host,
    metric_value: metric === null ? null : metric.value,
    timestamp: readZabbixTime(data, 'event', zone, at, details) ?? instant(setting.now),
    labels,
    description: describe(event_name ?? alert_name ?? '', opdata),
    fingerprint: labelsFingerprint({ trigger_id: trigger, host: host ?? '' }),
    metric_unit: metric === null ? null : metric.unit,
    ends_at: status === 'resolved' ? readZabbixTime(data, 'event_recovery', zone, at, details) : null,
    annotations: annotationsOf(data, read),
    links: linksOf(read('trigger_url'), read('zabbix_url'), trigger_id, event_id),
    group_key: identity(`zabbix:${trigger}:${host ?? ''}`),
    occurrence_id: identity(event_id ?? ''),
  };
}

/** Tags may be called anything, also what Fixpoint itself puts beside them; such a tag keeps its value under `tag_<name>`. */
function labelsOf(tags: Tags, own: Readonly<Record<string, string | null>>): Labels {
  const labels = new Map<string, string>();
  for (const [name, values] of tags) {
    const isTaken = name !== 'severity' && Object.hasOwn(own, name) && own[name] !== null;
    labels.set(storableText(isTaken ? `tag_${name}` : name), storableText(values.join(',')));
  }
  for (const [name, value] of Object.entries(own)) {
    if (value !== null && !(name === 'severity' && labels.has(name))) labels.set(name, value);
  }
  return Object.fromEntries(labels);
}

const SEVERITY_NUMBERS: ReadonlyMap<string, Severity> = new Map([
  ['5', 'critical'],
  ['4', 'critical'],
  ['3', 'warning'],
  ['2', 'warning'],
  ['1', 'info'],
  ['0', 'info'],
]);

/** The number counts: an administrator may rename the words. */
function severityOf(number: string | null, word: string | null, remarks: Remarks): Severity {
  return SEVERITY_NUMBERS.get(number ?? '') ?? readSeverity(word ?? number ?? '', remarks);
}

function bodyZone(zone: string | null): string {
  return zone !== null && IANAZone.isValidZone(zone) ? zone : 'UTC';
}

function describe(name: string, opdata: string | null): string {
  return opdata === null || name.includes(opdata) ? name : storableText(`${name} (${opdata})`);
}

/** Only what stays the same from repeat to repeat: an event's age would make each of them look new. */
const ANNOTATIONS = [
  'trigger_description',
  'trigger_expression',
  'item_name',
  'item_key',
  'event_opdata',
  'event_update_action',
  'event_update_message',
  'user_fullname',
];

function annotationsOf(data: Foreign, read: (key: string) => string | null): Labels {
  const macros = Object.keys(data).filter((key) => key.startsWith('macro_'));
  const annotations = new Map<string, string>();
  for (const key of [...ANNOTATIONS, ...macros.slice(0, 100)]) {
    const text = read(key);
    if (text !== null) annotations.set(storableText(key), text);
  }
  return Object.fromEntries(annotations);
}

function linksOf(
  trigger_url: string | null,
  zabbix_url: string | null,
  trigger_id: string | null,
  event_id: string | null,
): Labels {
  const links: Record<string, string> = {};
  if (trigger_url !== null && isWebAddress(trigger_url)) links['runbook'] = trigger_url;
  if (zabbix_url !== null && isWebAddress(zabbix_url) && trigger_id !== null && event_id !== null) {
    const query = `triggerid=${encodeURIComponent(trigger_id)}&eventid=${encodeURIComponent(event_id)}`;
    links['zabbix'] = `${zabbix_url.replace(/\/+$/, '')}/tr_events.php?${query}`;
  }
  return links;
}
