import type { AlertStatus, ParsedAlert } from '../../domain/alert/alert.js';
import { instant } from '../../domain/clock.js';
import type { ErrorDetail } from '../../domain/errors.js';
import type { Labels } from '../../domain/alert/label.js';
import { labelOf, labelsFingerprint, severityWordIn } from '../../domain/alert/label.js';
import { parseQuantity } from '../../domain/alert/quantity.js';
import type { Foreign } from '../foreign.js';
import { complain, isForeign, place, readName, readText } from '../foreign.js';
import { readInstant } from '../instant.js';
import { ownLabels, present } from '../own-labels.js';
import { readSeverity } from '../remarks.js';
import { readObject, readScalar } from '../scalar.js';
import { identity, storableText } from '../storable.js';
import { webLinks } from '../web-links.js';
import type { ElasticSetting } from './alert.js';

/** Metadata of a watch that is more than a label. */
const TOLD = ['name', 'description', 'runbook', 'dashboard', 'value', 'unit', 'status'];

/** A watch that fired, as `{{#toJson}}ctx{{/toJson}}` writes it; what Fixpoint should know of it stands in its `metadata`. */
export function readWatch(payload: Foreign, details: ErrorDetail[], setting: ElasticSetting): ParsedAlert {
  const inside = isForeign(payload['ctx']) ? payload['ctx'] : null;
  const ctx = inside ?? payload;
  const at = inside === null ? '' : 'ctx';
  const watch_id = readName(ctx, 'watch_id', at, details);
  const metadata = readMetadata(ctx, at, details);
  const told = (key: string): string | null => labelOf(metadata, key) || readText(ctx, key, at, details) || null;
  const trigger = readObject(ctx, 'trigger', at, details) ?? {};
  const status = statusOf(told('status'), place(at, 'status'), details);
  const labels = ownLabels(
    Object.entries(metadata).filter(([name]) => !TOLD.includes(name)),
    { watch_id },
    'metadata',
  );
  const word = severityWordIn(labels) || readText(ctx, 'severity', at, details) || '';
  const quantity = parseQuantity(told('value') ?? '');
  const hits = hitsOf(ctx);
  const alert_name = told('name') ?? watch_id;
  const fired_at =
    readInstant(trigger, 'triggered_time', place(at, 'trigger'), details) ??
    readInstant(ctx, 'execution_time', at, details) ??
    instant(setting.now);
  const fingerprint = labelsFingerprint({ watch_id, ...instanceOf(labels) });
  const execution_id = readScalar(ctx, 'id', at, details);
  // Watcher says nothing when all is well again. Whoever makes it say so writes a status, and then the alert lasts.
  const lasts = told('status') !== null;
  return {
    source_system: 'elastic',
    alert_name,
    severity: readSeverity(word, setting.remarks),
    status,
    service_name: setting.subject.serviceOf(labels),
    host_ip: setting.subject.hostOf(labels),
    metric_value: quantity === null ? hits : quantity.value,
    timestamp: fired_at,
    labels: word === '' || labelOf(labels, 'severity') !== '' ? labels : { ...labels, severity: word },
    description: told('description') ?? alert_name,
    fingerprint,
    metric_unit: quantity === null ? null : (quantity.unit ?? told('unit')),
    ends_at: status === 'resolved' ? fired_at : null,
    annotations: present({ hits: hits === null ? null : String(hits) }),
    links: webLinks({ runbook: told('runbook'), dashboard: told('dashboard') }),
    group_key: identity(`elastic:watch:${watch_id}`),
    occurrence_id: lasts ? fingerprint : identity(`${fingerprint} ${execution_id ?? fired_at}`),
    ...(lasts ? {} : { momentary: true as const }),
  };
}

/** Texts and numbers of the metadata; Kibana puts objects of its own beside them (`xpack`, `watcherui`). */
function readMetadata(ctx: Foreign, at: string, details: ErrorDetail[]): Labels {
  const metadata = readObject(ctx, 'metadata', at, details) ?? {};
  const texts: [string, string][] = [];
  for (const [name, value] of Object.entries(metadata).slice(0, 200)) {
    if (typeof value === 'string' && value !== '') texts.push([storableText(name), storableText(value)]);
    if (typeof value === 'number') texts.push([storableText(name), String(value)]);
  }
  return Object.fromEntries(texts);
}

function statusOf(word: string | null, at: string, details: ErrorDetail[]): AlertStatus {
  const status = (word ?? 'firing').toLowerCase();
  if (status === 'resolved' || status === 'recovered' || status === 'ok') return 'resolved';
  if (status !== 'firing' && status !== 'active')
    complain(details, at, `expected firing or resolved, came ${JSON.stringify(status.slice(0, 50))}`);
  return 'firing';
}

/** What the search found: `hits.total`, a number or (from version 7 on) an object. */
function hitsOf(ctx: Foreign): number | null {
  const payload = isForeign(ctx['payload']) ? ctx['payload'] : {};
  const hits = isForeign(payload['hits']) ? payload['hits'] : {};
  const total = isForeign(hits['total']) ? hits['total']['value'] : hits['total'];
  return typeof total === 'number' && Number.isFinite(total) ? total : null;
}

/** One watch may speak of several things, and then its metadata says of which. */
function instanceOf(labels: Labels): Labels {
  return Object.fromEntries(
    ['service', 'service.name', 'host', 'host.name', 'instance'].flatMap((name) => {
      const value = labelOf(labels, name);
      return value === '' ? [] : [[name, value] as const];
    }),
  );
}
