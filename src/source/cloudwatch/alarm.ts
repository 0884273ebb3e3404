import type { ErrorDetail } from '../../domain/errors.js';
import type { Foreign } from '../foreign.js';
import { came, complain, isForeign, place, readName, readText, readTexts } from '../foreign.js';
import { parseInstant } from '../instant.js';
import { readList, readObject, readScalar } from '../scalar.js';
import { storableText } from '../storable.js';
import { currentDatapoint } from './datapoint.js';

/** An alarm's change of state, however CloudWatch told of it. */
export interface AlarmChange {
  readonly name: string;
  readonly arn: string | null;
  readonly description: string | null;
  readonly state: string;
  readonly reason: string | null;
  readonly changed_at: string | null;
  /** When it began to alarm; known of some that are over. */
  readonly began_at: string | null;
  readonly account: string | null;
  readonly region: string | null;
  readonly value: number | null;
  readonly metric: AlarmMetric;
  readonly contributor_id: string | null;
  /** More that is told of it, for whoever reads the alert. */
  readonly notes: Readonly<Record<string, string | null>>;
}

/** What an alarm watches. */
export interface AlarmMetric {
  readonly namespace: string | null;
  readonly name: string | null;
  readonly unit: string | null;
  readonly dimensions: readonly (readonly [string, string])[];
}

const NO_METRIC: AlarmMetric = { namespace: null, name: null, unit: null, dimensions: [] };
const STATES = ['ALARM', 'OK', 'INSUFFICIENT_DATA'];
const MAX_METRICS = 100;

/** The body of an alarm action by SNS. */
export function readNotice(alarm: Foreign, at: string, details: ErrorDetail[]): AlarmChange {
  const text = (key: string): string | null => readText(alarm, key, at, details);
  const trigger = readObject(alarm, 'Trigger', at, details);
  const reason = text('NewStateReason');
  const arn = text('AlarmArn');
  return {
    name: readName(alarm, 'AlarmName', at, details),
    arn,
    description: text('AlarmDescription'),
    state: readState(alarm, 'NewStateValue', at, details),
    reason,
    changed_at: readTime(alarm, 'StateChangeTime', at, details),
    began_at: null,
    account: readScalar(alarm, 'AWSAccountId', at, details) ?? arnPart(arn, 4),
    region: arnPart(arn, 3) ?? text('Region'),
    value: currentDatapoint(reason, null),
    metric: trigger === null ? NO_METRIC : readTrigger(trigger, place(at, 'Trigger'), details),
    contributor_id: text('AlarmContributorId'),
    notes: {
      reason,
      old_state: text('OldStateValue'),
      alarm_rule: text('AlarmRule'),
      ...(trigger === null ? {} : notesOf(trigger, place(at, 'Trigger'), details)),
    },
  };
}

/** An event of EventBridge (`detail`), or what a Lambda action is handed (`alarmData`). */
export function readEvent(event: Foreign, at: string, details: ErrorDetail[]): AlarmChange {
  const key = 'alarmData' in event ? 'alarmData' : 'detail';
  const here = place(at, key);
  const detail = readObject(event, key, at, details) ?? {};
  if (details.length === 0 && !('alarmName' in detail))
    complain(details, place(here, 'alarmName'), `expected the alarm's name, came ${came(detail['alarmName'])}`);
  const state = readObject(detail, 'state', here, details) ?? {};
  const previous = readObject(detail, 'previousState', here, details) ?? {};
  const configuration = readObject(detail, 'configuration', here, details) ?? {};
  const contributor = readObject(detail, 'alarmContributor', here, details);
  const reason = readText(state, 'reason', place(here, 'state'), details);
  const arn = readText(event, 'alarmArn', at, details) ?? firstText(event['resources']);
  const metric = readMetrics(configuration, 'metrics', place(here, 'configuration'), details);
  return {
    name: readName(detail, 'alarmName', here, details),
    arn,
    description: readText(configuration, 'description', place(here, 'configuration'), details),
    state: readState(state, 'value', place(here, 'state'), details),
    reason,
    changed_at: readTime(state, 'timestamp', place(here, 'state'), details) ?? readTime(event, 'time', at, details),
    began_at:
      previous['value'] === 'ALARM' ? readTime(previous, 'timestamp', place(here, 'previousState'), details) : null,
    account:
      readScalar(event, 'account', at, details) ?? readScalar(event, 'accountId', at, details) ?? arnPart(arn, 4),
    region: readText(event, 'region', at, details) ?? arnPart(arn, 3),
    value: currentDatapoint(reason, readText(state, 'reasonData', place(here, 'state'), details)),
    metric:
      contributor === null ? metric : withAttributes(metric, contributor, place(here, 'alarmContributor'), details),
    contributor_id: contributor === null ? null : readText(contributor, 'id', place(here, 'alarmContributor'), details),
    notes: {
      reason,
      old_state: typeof previous['value'] === 'string' ? storableText(previous['value']) : null,
      alarm_rule: readText(configuration, 'alarmRule', place(here, 'configuration'), details),
    },
  };
}

/** A part of `arn:partition:service:region:account:…`, counted from 0. */
export function arnPart(arn: string | null, index: number): string | null {
  return arn?.startsWith('arn:') === true ? arn.split(':', 6)[index] || null : null;
}

function readState(from: Foreign, key: string, at: string, details: ErrorDetail[]): string {
  const value = from[key];
  if (typeof value === 'string' && STATES.includes(value)) return value;
  const what = typeof value === 'string' ? JSON.stringify(storableText(value.slice(0, 50))) : came(value);
  complain(details, place(at, key), `expected one of ${STATES.join(', ')}, came ${what}`);
  return 'ALARM';
}

/** CloudWatch writes offsets without a colon: 2019-02-15T23:53:45.093+0000. */
function readTime(from: Foreign, key: string, at: string, details: ErrorDetail[]): string | null {
  const text = readText(from, key, at, details);
  if (text === null || text === '') return null;
  const time = parseInstant(text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
  if (time !== undefined) return time;
  const what = JSON.stringify(text.slice(0, 50));
  complain(details, place(at, key), `expected a time such as 2026-11-21T10:00:00.000+0000, came ${what}`);
  return null;
}

function readTrigger(trigger: Foreign, at: string, details: ErrorDetail[]): AlarmMetric {
  if ('Metrics' in trigger) return readMetrics(trigger, 'Metrics', at, details);
  return {
    namespace: readText(trigger, 'Namespace', at, details),
    name: readText(trigger, 'MetricName', at, details),
    unit: readText(trigger, 'Unit', at, details),
    dimensions: readDimensions(trigger, 'Dimensions', at, details),
  };
}

/** An alarm on an expression watches several metrics: it is about what all of them have alike. The names differ between SNS and EventBridge. */
function readMetrics(from: Foreign, key: string, at: string, details: ErrorDetail[]): AlarmMetric {
  const metrics = readList(from, key, at, details, MAX_METRICS).flatMap((item, index) => {
    const here = `${place(at, key)}[${index}]`;
    if (!isForeign(item)) {
      complain(details, here, `expected a metric (an object), came ${came(item)}`);
      return [];
    }
    const stat = inner(item, 'MetricStat', 'metricStat');
    const metric = stat === null ? null : inner(stat, 'Metric', 'metric');
    return metric === null ? [] : [readMetric(stat ?? {}, metric, `${here}.metric`, details)];
  });
  const [first, ...others] = metrics;
  if (first === undefined) return NO_METRIC;
  const isAlike = (name: string, value: string): boolean =>
    others.every(({ dimensions }) => dimensions.some(([other, its]) => other === name && its === value));
  return {
    namespace: others.every(({ namespace }) => namespace === first.namespace) ? first.namespace : null,
    name: others.length === 0 ? first.name : null,
    unit: others.length === 0 ? first.unit : null,
    dimensions: first.dimensions.filter(([name, value]) => isAlike(name, value)),
  };
}

function readMetric(stat: Foreign, metric: Foreign, at: string, details: ErrorDetail[]): AlarmMetric {
  const isEvent = 'name' in metric || 'dimensions' in metric;
  return {
    namespace: readText(metric, isEvent ? 'namespace' : 'Namespace', at, details),
    name: readText(metric, isEvent ? 'name' : 'MetricName', at, details),
    unit: readText(stat, isEvent ? 'unit' : 'Unit', at, details),
    dimensions: readDimensions(metric, isEvent ? 'dimensions' : 'Dimensions', at, details),
  };
}

function inner(from: Foreign, ...keys: readonly string[]): Foreign | null {
  for (const key of keys) if (isForeign(from[key])) return from[key];
  return null;
}

/** A list of `{name, value}` by SNS, a map by EventBridge. */
function readDimensions(from: Foreign, key: string, at: string, details: ErrorDetail[]): [string, string][] {
  if (isForeign(from[key])) return Object.entries(readTexts(from, key, at, details));
  return readList(from, key, at, details, MAX_METRICS).flatMap((item, index): [string, string][] => {
    const here = `${place(at, key)}[${index}]`;
    if (!isForeign(item)) {
      complain(details, here, `expected a dimension (an object), came ${came(item)}`);
      return [];
    }
    const isCapital = 'Name' in item;
    const name = readName(item, isCapital ? 'Name' : 'name', here, details);
    return [[name, readText(item, isCapital ? 'Value' : 'value', here, details) ?? '']];
  });
}

/** One time series of an alarm on many: its attributes say which. */
function withAttributes(metric: AlarmMetric, contributor: Foreign, at: string, details: ErrorDetail[]): AlarmMetric {
  return {
    ...metric,
    dimensions: [...metric.dimensions, ...Object.entries(readTexts(contributor, 'attributes', at, details))],
  };
}

function notesOf(trigger: Foreign, at: string, details: ErrorDetail[]): Record<string, string | null> {
  return {
    statistic: readText(trigger, 'Statistic', at, details) ?? readText(trigger, 'ExtendedStatistic', at, details),
    comparison: readText(trigger, 'ComparisonOperator', at, details),
    threshold: readScalar(trigger, 'Threshold', at, details),
    period_s: readScalar(trigger, 'Period', at, details),
  };
}

function firstText(list: unknown): string | null {
  if (!Array.isArray(list)) return null;
  const first: unknown = list[0];
  return typeof first === 'string' ? storableText(first) : null;
}
