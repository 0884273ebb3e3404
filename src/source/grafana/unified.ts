import { counted } from '../../domain/counted.js';
import type { AlertStatus, ParsedAlert } from '../../domain/alert/alert.js';
import { instant } from '../../domain/clock.js';
import type { ErrorDetail } from '../../domain/errors.js';
import type { Labels } from '../../domain/alert/label.js';
import { labelOf, labelsFingerprint } from '../../domain/alert/label.js';
import type { Quantity } from '../../domain/alert/quantity.js';
import { parseQuantity } from '../../domain/alert/quantity.js';
import type { ParsedPayload } from '../../domain/source.js';
import type { Foreign } from '../foreign.js';
import { came, complain, isForeign, place, readText, readTexts } from '../foreign.js';
import { readInstant } from '../instant.js';
import { readItems } from '../items.js';
import type { Remarks } from '../remarks.js';
import { createRemarks, readSeverity } from '../remarks.js';
import { identity, storableText } from '../storable.js';
import type { Subject } from '../subject.js';
import { webLinks } from '../web-links.js';
import { figuresOf, metricOf, shownFigures } from './values.js';

/** What Grafana's alerts are read by. */
export interface GrafanaSetting {
  readonly now: number;
  readonly subject: Subject;
  readonly value_refs: readonly string[];
}

/** What only Grafana puts beside an alert. */
const MARKS = ['silenceURL', 'dashboardURL', 'panelURL', 'valueString'];

/** True for the webhook of unified alerting, which is Alertmanager's with more in it. */
export function isUnified(payload: Foreign): boolean {
  const items = payload['alerts'];
  if (!Array.isArray(items)) return false;
  const known = 'groupKey' in payload || 'groupLabels' in payload || 'commonLabels' in payload;
  if (known && 'orgId' in payload) return true;
  const some: readonly unknown[] = items.slice(0, 10);
  return some.some((item) => isForeign(item) && isForeign(item['labels']) && MARKS.some((mark) => mark in item));
}

/** What every alert of a group shares. */
interface Group extends GrafanaSetting {
  readonly key: string | null;
  readonly external_url: string | null;
  /** For alerts that lack the label: the group has it from them. */
  readonly alert_name: string;
  readonly remarks: Remarks;
}

/** Every alert of the group, firing and resolved. */
export function parseUnified(
  payload: Foreign,
  setting: GrafanaSetting,
): ParsedPayload | { readonly unusable: readonly ErrorDetail[] } {
  const details: ErrorDetail[] = [];
  const remarks = createRemarks();
  const receiver = readText(payload, 'receiver', '', details);
  const group_key = readText(payload, 'groupKey', '', details);
  const external_url = readText(payload, 'externalURL', '', details);
  const common = readTexts(payload, 'commonLabels', '', details);
  const grouped = readTexts(payload, 'groupLabels', '', details);
  const items = payload['alerts'];
  if (!Array.isArray(items)) complain(details, 'alerts', `expected a list of alerts, came ${came(items)}`);
  const truncated = payload['truncatedAlerts'];
  if (typeof truncated === 'number' && truncated > 0)
    remarks.add(`truncatedAlerts: Grafana left ${counted(truncated, 'alert')} of this group out (see Max Alerts)`);
  if (details.length > 0 || !Array.isArray(items)) return { unusable: details };
  const group: Group = {
    ...setting,
    key: group_key === null ? null : identity(`${receiver ?? ''}:${group_key}`),
    external_url,
    alert_name: labelOf(common, 'alertname') || labelOf(grouped, 'alertname'),
    remarks,
  };
  const around = { ...(receiver !== null && receiver.length <= 4_096 ? { receiver } : {}), ...keyAround(group_key) };
  return readItems({
    items,
    at: 'alerts',
    read: (item, at, complaints) => readAlert(item, at, complaints, group),
    wrap: (rejected) => ({ version: '1', orgId: orgOf(payload), ...around, alerts: rejected }),
    remarks,
  });
}

/** What a rejected alert needs around it to be posted again; a long value stays behind, or many rejected ones would multiply it. */
function keyAround(groupKey: string | null): Foreign {
  return groupKey !== null && groupKey.length <= 4_096 ? { groupKey } : {};
}

function orgOf(payload: Foreign): number {
  return typeof payload['orgId'] === 'number' ? payload['orgId'] : 1;
}

function readAlert(item: unknown, at: string, details: ErrorDetail[], group: Group): ParsedAlert | null {
  if (!isForeign(item)) {
    complain(details, at, `expected an alert (an object), came ${came(item)}`);
    return null;
  }
  const labels = readTexts(item, 'labels', at, details);
  const annotations = readTexts(item, 'annotations', at, details);
  const status = readStatus(item, at, details);
  const starts_at = readInstant(item, 'startsAt', at, details);
  const ends_at = readInstant(item, 'endsAt', at, details);
  const given = readText(item, 'fingerprint', at, details);
  const alert_name = labelOf(labels, 'alertname') || group.alert_name || labelOf(labels, 'rulename');
  if (alert_name.trim() === '' && details.length === 0)
    complain(details, place(place(at, 'labels'), 'alertname'), 'expected the name of the alert, came nothing');
  const links = readLinks(item, at, details, annotations, group.external_url);
  checkValues(item, at, details);
  if (details.length > 0) return null;
  const fingerprint = given === null || given === '' ? labelsFingerprint(labels) : identity(given);
  const figures = figuresOf(item);
  const metric = readAnnotated(annotations) ?? withoutUnit(metricOf(figures, group.value_refs), annotations);
  const shown = shownFigures(figures);
  return {
    source_system: 'grafana',
    alert_name,
    severity: readSeverity(labelOf(labels, 'severity') || labelOf(labels, 'priority'), group.remarks),
    status,
    service_name: group.subject.serviceOf(labels),
    host_ip: group.subject.hostOf(labels),
    metric_value: metric === null ? null : metric.value,
    timestamp: starts_at ?? instant(group.now),
    labels,
    description: labelOf(annotations, 'description') || labelOf(annotations, 'summary') || alert_name,
    fingerprint,
    metric_unit: metric === null ? null : metric.unit,
    ends_at,
    annotations:
      shown === null || 'values' in annotations ? annotations : { ...annotations, values: storableText(shown) },
    links,
    group_key: group.key ?? `grafana:${fingerprint}`,
    occurrence_id: fingerprint,
  };
}

/** The alert's own: a group is firing as long as one of its alerts is. */
function readStatus(item: Foreign, at: string, details: ErrorDetail[]): AlertStatus {
  const { status } = item;
  if (status === 'firing' || status === 'resolved') return status;
  const what = typeof status === 'string' ? JSON.stringify(storableText(status.slice(0, 50))) : came(status);
  complain(details, place(at, 'status'), `expected firing or resolved, came ${what}`);
  return 'firing';
}

/** Alerts without data, and resolved ones of some versions, have null here. */
function checkValues(item: Foreign, at: string, details: ErrorDetail[]): void {
  const { values } = item;
  if (values !== undefined && values !== null && !isForeign(values))
    complain(details, place(at, 'values'), `expected an object of numbers, came ${came(values)}`);
}

function readAnnotated(annotations: Labels): Quantity | null {
  for (const name of ['value', 'current_value', 'metric_value']) {
    const quantity = parseQuantity(labelOf(annotations, name));
    if (quantity !== null) return { value: quantity.value, unit: quantity.unit ?? unitOf(annotations) };
  }
  return null;
}

function withoutUnit(value: number | null, annotations: Labels): Quantity | null {
  return value === null ? null : { value, unit: unitOf(annotations) };
}

function unitOf(annotations: Labels): string | null {
  return labelOf(annotations, 'metric_unit') || labelOf(annotations, 'unit') || null;
}

function readLinks(
  item: Foreign,
  at: string,
  details: ErrorDetail[],
  annotations: Labels,
  external_url: string | null,
): Labels {
  const read = (key: string): string | null => readText(item, key, at, details);
  return webLinks({
    runbook: labelOf(annotations, 'runbook_url') || labelOf(annotations, 'runbook'),
    dashboard: read('dashboardURL') || labelOf(annotations, 'dashboard_url'),
    panel: read('panelURL'),
    silence: read('silenceURL'),
    generator: read('generatorURL'),
    image: read('imageURL'),
    grafana: external_url,
  });
}
