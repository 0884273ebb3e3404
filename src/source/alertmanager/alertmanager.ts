import { counted } from '../../domain/counted.js';
import { z } from 'zod';
import type { AlertStatus, ParsedAlert } from '../../domain/alert/alert.js';
import { instant } from '../../domain/clock.js';
import type { ErrorDetail } from '../../domain/errors.js';
import type { Labels } from '../../domain/alert/label.js';
import { labelOf, labelsFingerprint, severityWordIn } from '../../domain/alert/label.js';
import type { Quantity } from '../../domain/alert/quantity.js';
import { parseQuantity } from '../../domain/alert/quantity.js';
import type { ParsedPayload, Source, SourceModule } from '../../domain/source.js';
import { FIGURE_SETTINGS } from '../figure.js';
import type { Foreign } from '../foreign.js';
import { came, complain, isForeign, isWebAddress, place, readText, readTexts } from '../foreign.js';
import { readInstant } from '../instant.js';
import { readItems } from '../items.js';
import { createRemarks, readSeverity } from '../remarks.js';
import type { Remarks } from '../remarks.js';
import { identity } from '../storable.js';
import type { Subject } from '../subject.js';
import { SUBJECT_SETTINGS, createSubject } from '../subject.js';
import { API_SETTINGS } from './api.js';
import { leftOutOf, truncatedIn } from './left-out.js';
import { openAlertmanagerReconciler } from './reconcile.js';
import { openAlertmanagerSilences } from './silences.js';
import { isNamedByLabel, unfolded } from './templated.js';

const AlertmanagerConfig = z
  .strictObject({
    secret: z.string().min(1).optional(),
    ...SUBJECT_SETTINGS,
    ...API_SETTINGS,
    ...FIGURE_SETTINGS,
  })
  .prefault({});
type AlertmanagerConfig = z.infer<typeof AlertmanagerConfig>;

/** Prometheus' Alertmanager, webhook version 4. */
export const alertmanager: SourceModule<AlertmanagerConfig> = {
  name: 'alertmanager',
  config: AlertmanagerConfig,
  recognizes,
  create: createAlertmanager,
  openReconciler: ({ url, ...settings }, deps) =>
    url === undefined ? null : openAlertmanagerReconciler({ ...settings, url }, deps),
  openSilences: ({ url, ...settings }, { clock }) =>
    url === undefined ? null : openAlertmanagerSilences({ ...settings, url }, clock),
};

function createAlertmanager(config: AlertmanagerConfig): Source {
  const subject = createSubject(config);
  return { parse: (payload, now) => parse(payload, now, subject) };
}

/** By what only Alertmanager has around its alerts, or by an alert that carries its name as a label and nowhere else. */
function recognizes(posted: unknown): boolean {
  const payload = unfolded(posted);
  // An organization is Grafana's, whose webhook is this one with more in it.
  if (!isForeign(payload) || !Array.isArray(payload['alerts']) || 'orgId' in payload) return false;
  if (typeof payload['groupKey'] === 'string' || isForeign(payload['groupLabels'])) return true;
  const items: readonly unknown[] = payload['alerts'];
  return items.slice(0, 10).some(isNamedByLabel);
}

/** What every alert of a group shares. */
interface Group {
  readonly key: string | null;
  readonly external_url: string | null;
  readonly now: string;
  readonly subject: Subject;
  readonly remarks: Remarks;
}

function parse(
  posted: unknown,
  now: number,
  subject: Subject,
): ParsedPayload | { readonly unusable: readonly ErrorDetail[] } {
  const payload = unfolded(posted);
  if (!isForeign(payload))
    return { unusable: [{ path: '', message: `expected an Alertmanager webhook (an object), came ${came(posted)}` }] };
  const details: ErrorDetail[] = [];
  const remarks = createRemarks();
  const key = readGroupKey(payload, details);
  const external = readText(payload, 'externalURL', '', details);
  const external_url = external !== null && isWebAddress(external) ? external : null;
  const items = payload['alerts'];
  if (!Array.isArray(items)) complain(details, 'alerts', `expected a list of alerts, came ${came(items)}`);
  remarkTruncation(truncatedIn(payload), remarks);
  if (details.length > 0 || !Array.isArray(items)) return { unusable: details };
  const group: Group = { key, external_url, now: instant(now), subject, remarks };
  const parsed = readItems({
    items,
    at: 'alerts',
    read: (item, at, complaints) => readAlert(item, at, complaints, group),
    wrap: (rejected) => ({ ...envelope(payload), alerts: rejected }),
    remarks,
  });
  if ('unusable' in parsed) return parsed;
  const left_out = leftOutOf(
    payload,
    parsed.alerts.map((alert) => alert.fingerprint),
  );
  return left_out === undefined ? parsed : { ...parsed, left_out };
}

function readGroupKey(payload: Foreign, details: ErrorDetail[]): string | null {
  const receiver = readText(payload, 'receiver', '', details);
  const key = readText(payload, 'groupKey', '', details);
  if (key !== null) return identity(`${receiver ?? ''}:${key}`);
  // Simplified bodies have no key; what they were grouped by says the same.
  const grouped_by = readTexts(payload, 'groupLabels', '', details);
  const names = Object.keys(grouped_by).sort();
  if (names.length === 0) return null;
  const shown = names.map((name) => `${name}=${JSON.stringify(labelOf(grouped_by, name))}`);
  return identity(`${receiver ?? ''}:{}:{${shown.join(', ')}}`);
}

function remarkTruncation(truncated: number, remarks: Remarks): void {
  if (truncated > 0)
    remarks.add(`truncatedAlerts: Alertmanager left ${counted(truncated, 'alert')} of this group out (see max_alerts)`);
}

/** What a rejected alert needs around it to be posted again; long values stay behind, or many rejected ones would multiply them. */
function envelope(payload: Foreign): Foreign {
  const kept: Record<string, unknown> = { version: '4' };
  for (const key of ['receiver', 'groupKey', 'externalURL']) {
    const value = payload[key];
    if (typeof value === 'string' && value.length <= 4_096) kept[key] = value;
  }
  return kept;
}

function readAlert(item: unknown, at: string, details: ErrorDetail[], group: Group): ParsedAlert | null {
  if (!isForeign(item)) {
    complain(details, at, `expected an alert (an object), came ${came(item)}`);
    return null;
  }
  const labels = readLabels(item, at, details);
  const annotations = readTexts(item, 'annotations', at, details);
  const status = readStatus(item, at, details);
  const starts_at = readInstant(item, 'startsAt', at, details);
  const ends_at = readInstant(item, 'endsAt', at, details);
  const generator = readText(item, 'generatorURL', at, details);
  const given = readText(item, 'fingerprint', at, details);
  if (details.length > 0) return null;
  const alert_name = labelOf(labels, 'alertname');
  const fingerprint = given === null || given === '' ? labelsFingerprint(labels) : identity(given);
  const metric = readMetric(annotations);
  return {
    source_system: 'alertmanager',
    alert_name,
    severity: readSeverity(severityWordIn(labels), group.remarks),
    status,
    service_name: group.subject.serviceOf(labels),
    host_ip: group.subject.hostOf(labels),
    metric_value: metric === null ? null : metric.value,
    timestamp: starts_at ?? group.now,
    labels,
    description: labelOf(annotations, 'description') || labelOf(annotations, 'summary') || alert_name,
    fingerprint,
    metric_unit: metric === null ? null : metric.unit,
    ends_at,
    annotations,
    links: readLinks(annotations, generator, group.external_url),
    group_key: group.key ?? `alertmanager:${fingerprint}`,
    occurrence_id: fingerprint,
  };
}

function readLabels(item: Foreign, at: string, details: ErrorDetail[]): Labels {
  const before = details.length;
  const labels = readTexts(item, 'labels', at, details);
  if (details.length === before && labelOf(labels, 'alertname').trim() === '') {
    const raw = isForeign(item['labels']) ? item['labels']['alertname'] : undefined;
    complain(details, place(place(at, 'labels'), 'alertname'), `expected the alert's name, came ${came(raw)}`);
  }
  return labels;
}

/** The alert's own: a group is firing as long as one of its alerts is. */
function readStatus(item: Foreign, at: string, details: ErrorDetail[]): AlertStatus {
  const status = item['status'];
  if (status === 'firing' || status === 'resolved') return status;
  const what = typeof status === 'string' ? JSON.stringify(status.slice(0, 50)) : came(status);
  complain(details, place(at, 'status'), `expected firing or resolved, came ${what}`);
  return 'firing';
}

const METRIC_ANNOTATIONS = ['value', 'current_value', 'metric_value'];

function readMetric(annotations: Labels): Quantity | null {
  for (const name of METRIC_ANNOTATIONS) {
    const text = labelOf(annotations, name);
    if (text === '') continue;
    const quantity = parseQuantity(text);
    if (quantity === null) continue;
    const unit = quantity.unit ?? (labelOf(annotations, 'metric_unit') || labelOf(annotations, 'unit') || null);
    return { value: quantity.value, unit };
  }
  return null;
}

function readLinks(annotations: Labels, generator: string | null, external_url: string | null): Labels {
  const links: Record<string, string> = {};
  const runbook = labelOf(annotations, 'runbook_url') || labelOf(annotations, 'runbook');
  const dashboard = labelOf(annotations, 'dashboard_url') || labelOf(annotations, 'dashboard');
  if (runbook !== '' && isWebAddress(runbook)) links['runbook'] = runbook;
  if (dashboard !== '' && isWebAddress(dashboard)) links['dashboard'] = dashboard;
  if (generator !== null && isWebAddress(generator)) links['generator'] = generator;
  if (external_url !== null) links['alertmanager'] = external_url;
  return links;
}
