import type { AlertStatus } from '../../domain/alert/alert.js';
import type { ErrorDetail } from '../../domain/errors.js';
import type { Labels } from '../../domain/alert/label.js';
import { labelOf } from '../../domain/alert/label.js';
import type { Quantity } from '../../domain/alert/quantity.js';
import { parseQuantity } from '../../domain/alert/quantity.js';
import type { Foreign } from '../foreign.js';
import { isForeign, readText, readTexts } from '../foreign.js';
import { readInstant } from '../instant.js';
import { readFigure, readObject } from '../scalar.js';
import type { Criteria } from './criteria.js';
import { readCriteria, readDimensions } from './criteria.js';

/** What differs from one kind of alert to the next. */
export interface Context {
  readonly kind: string;
  /** Where the rule's name is not in the essentials, or less telling. */
  readonly alert_name: string | null;
  /** Where `monitorCondition` says nothing: those alerts are always "Fired". */
  readonly status: AlertStatus | null;
  /** Something that happened: nothing resolves it. */
  readonly is_momentary: boolean;
  readonly labels: readonly (readonly [string, string])[];
  /** Labels that Fixpoint adds. */
  readonly own_labels: Readonly<Record<string, string | null>>;
  /** What tells this alert from others of its rule on the same target. */
  readonly dimensions: readonly (readonly [string, string])[];
  readonly service_name: string | null;
  readonly metric: Quantity | null;
  readonly began_at: string | null;
  readonly description: string | null;
  readonly caller: string | null;
  readonly annotations: Labels;
  readonly links: Readonly<Record<string, string | null>>;
  readonly occurrence_id: string | null;
  readonly event_id: string | null;
}

const AT = 'data.alertContext';

const NOTHING: Context = {
  kind: 'other',
  alert_name: null,
  status: null,
  is_momentary: false,
  labels: [],
  own_labels: {},
  dimensions: [],
  service_name: null,
  metric: null,
  began_at: null,
  description: null,
  caller: null,
  annotations: {},
  links: {},
  occurrence_id: null,
  event_id: null,
};

/** Reads the context by what is in it; one of an unknown kind is an alert all the same. */
export function readContext(data: Foreign, monitoring_service: string, details: ErrorDetail[]): Context {
  const context = readObject(data, 'alertContext', 'data', details);
  const custom = Object.entries(readTexts(data, 'customProperties', 'data', details));
  if (context === null) return { ...NOTHING, labels: custom };
  const read = readKind(context, monitoring_service, details);
  return { ...read, labels: [...custom, ...read.labels] };
}

function readKind(context: Foreign, monitoring_service: string, details: ErrorDetail[]): Context {
  if ('expression' in context && ('labels' in context || 'ruleGroup' in context)) return prometheus(context, details);
  if ('condition' in context) return criteria(context, details);
  if ('SearchQuery' in context || 'ResultCount' in context) return logV1(context, details);
  if ('operationName' in context || 'eventSource' in context || 'eventDataId' in context)
    return activity(context, monitoring_service, details);
  if ('AlertData' in context) return budget(context, details);
  if ('SmartDetectorId' in context || 'DetectionSummary' in context) return smart(context, details);
  return { ...NOTHING, kind: monitoring_service };
}

/** Metric alerts and log search alerts of now. */
function criteria(context: Foreign, details: ErrorDetail[]): Context {
  const read: Criteria = readCriteria(context, AT, details);
  // What the rule's author wrote into the rule for whoever takes the alert.
  const properties = Object.entries(readTexts(context, 'properties', AT, details));
  return {
    ...NOTHING,
    kind: 'criteria',
    labels: [...properties, ...read.dimensions],
    own_labels: { metric_name: read.metric_name },
    dimensions: read.dimensions,
    metric: read.value === null ? null : { value: read.value, unit: null },
    annotations: read.annotations,
    links: { query: read.link },
  };
}

/** A rule of a Prometheus rule group has Prometheus' labels and annotations. */
function prometheus(context: Foreign, details: ErrorDetail[]): Context {
  const labels = readTexts(context, 'labels', AT, details);
  const annotations = readTexts(context, 'annotations', AT, details);
  return {
    ...NOTHING,
    kind: 'prometheus',
    alert_name: labelOf(labels, 'alertname') || null,
    labels: Object.entries(labels).filter(([name]) => name !== 'severity'),
    dimensions: Object.entries(labels),
    metric: readFigure(context, 'expressionValue', AT, details),
    description: labelOf(annotations, 'description') || labelOf(annotations, 'summary') || null,
    annotations: { expression: readText(context, 'expression', AT, details) ?? '', ...annotations },
    own_labels: { prometheus_severity: labelOf(labels, 'severity') || null },
  };
}

/** Log search alerts from before 2020. */
function logV1(context: Foreign, details: ErrorDetail[]): Context {
  const dimensions = readDimensions(context, 'Dimensions', AT, details);
  const counts = readText(context, 'AlertType', AT, details) === 'Number of results';
  const text = (key: string): string | null => readText(context, key, AT, details);
  return {
    ...NOTHING,
    kind: 'log_v1',
    labels: dimensions,
    dimensions,
    metric: counts ? readFigure(context, 'ResultCount', AT, details) : null,
    annotations: { query: text('SearchQuery') ?? '' },
    links: { query: text('LinkToFilteredSearchResultsUI') || text('LinkToSearchResults') },
  };
}

/** The activity log: things that were done, service health, resource health. */
function activity(context: Foreign, monitoring_service: string, details: ErrorDetail[]): Context {
  const text = (key: string): string | null =>
    typeof context[key] === 'string' ? readText(context, key, AT, details) : null;
  const properties = isForeign(context['properties']) ? context['properties'] : {};
  const told = (key: string): string | null =>
    typeof properties[key] === 'string' ? readText(properties, key, `${AT}.properties`, details) || null : null;
  const service = monitoring_service.replace(/[\s-]/g, '').toLowerCase();
  const event = {
    ...NOTHING,
    description: told('title') ?? text('operationName'),
    caller: text('caller'),
    annotations: annotationsOf(text),
    own_labels: { operation: text('operationName'), level: text('level'), event_status: text('status') },
    event_id: text('eventDataId') ?? text('correlationId'),
  };
  if (service.includes('servicehealth') || told('trackingId') !== null)
    return {
      ...event,
      kind: 'service_health',
      status: isOver(text('status')) || isOver(told('stage')) ? 'resolved' : 'firing',
      dimensions: present([
        ['service', told('service')],
        ['region', told('region')],
        ['type', told('incidentType')],
      ]),
      labels: present([
        ['azure_service', told('service')],
        ['region', told('region')],
        ['incident_type', told('incidentType')],
        ['tracking_id', told('trackingId')],
      ]),
      service_name: told('service'),
      began_at: readInstant(properties, 'impactStartTime', `${AT}.properties`, details),
      occurrence_id: told('trackingId') === null ? null : `service health ${told('trackingId') ?? ''}`,
    };
  if (service.includes('resourcehealth') || told('currentHealthStatus') !== null)
    return {
      ...event,
      kind: 'resource_health',
      status: isOver(text('status')) || told('currentHealthStatus') === 'Available' ? 'resolved' : 'firing',
      labels: present([
        ['health', told('currentHealthStatus')],
        ['cause', told('cause')],
      ]),
    };
  return { ...event, kind: 'activity', is_momentary: true };
}

function isOver(word: string | null): boolean {
  return word === 'Resolved' || word === 'Closed' || word === 'Complete' || word === 'RCA';
}

function annotationsOf(text: (key: string) => string | null): Labels {
  const texts: Record<string, string> = {};
  for (const key of ['operationName', 'status', 'subStatus', 'correlationId']) {
    const value = text(key);
    if (value !== null && value !== '') texts[key] = value;
  }
  return texts;
}

/** A budget says once that it is overspent. */
function budget(context: Foreign, details: ErrorDetail[]): Context {
  const at = `${AT}.AlertData`;
  const data = readObject(context, 'AlertData', AT, details) ?? {};
  const text = (key: string): string | null => readText(data, key, at, details);
  const spent = parseQuantity((text('SpentAmount') ?? '').replace(/^\s*\p{Sc}/u, ''));
  return {
    ...NOTHING,
    kind: 'budget',
    alert_name: text('BudgetName'),
    is_momentary: true,
    dimensions: present([
      ['budget', text('BudgetId')],
      ['threshold', text('NotificationThresholdAmount')],
    ]),
    labels: present([
      ['budget', text('BudgetName')],
      ['threshold_type', text('ThresholdType')],
    ]),
    metric: spent === null ? null : { value: spent.value, unit: text('Unit') },
  };
}

function smart(context: Foreign, details: ErrorDetail[]): Context {
  const detector = readText(context, 'SmartDetectorId', AT, details);
  return {
    ...NOTHING,
    kind: 'smart_detector',
    labels: present([['smart_detector', detector]]),
    dimensions: present([['smart_detector', detector]]),
    metric: readFigure(context, 'DetectedValue', AT, details),
    description: readText(context, 'DetectionSummary', AT, details),
  };
}

function present(entries: readonly (readonly [string, string | null])[]): [string, string][] {
  return entries.flatMap(([name, value]): [string, string][] =>
    value === null || value === '' ? [] : [[name, value]],
  );
}
