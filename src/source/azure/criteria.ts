import type { ErrorDetail } from '../../domain/errors.js';
import type { Labels } from '../../domain/alert/label.js';
import type { Foreign } from '../foreign.js';
import { came, complain, isForeign, readName, readText } from '../foreign.js';
import { readList, readObject, readScalar } from '../scalar.js';
import { storableText } from '../storable.js';

/** The criteria of a rule, and what was measured. */
export interface Criteria {
  readonly dimensions: readonly (readonly [string, string])[];
  readonly metric_name: string | null;
  /** Null where several criteria were measured: none of them is the alert's. */
  readonly value: number | null;
  readonly annotations: Labels;
  readonly link: string | null;
}

const MAX_CRITERIA = 100;

/** `condition.allOf`: all of them hold, each on its own dimensions. */
export function readCriteria(context: Foreign, at: string, details: ErrorDetail[]): Criteria {
  const condition = readObject(context, 'condition', at, details) ?? {};
  const here = `${at}.condition`;
  const criteria = readList(condition, 'allOf', here, details, MAX_CRITERIA).flatMap((item, index) => {
    const place = `${here}.allOf[${index}]`;
    if (isForeign(item)) return [readCriterion(item, place, details)];
    complain(details, place, `expected a criterion (an object), came ${came(item)}`);
    return [];
  });
  const [first] = criteria;
  const isOne = criteria.length === 1 && first !== undefined;
  return {
    dimensions: unique(criteria.flatMap(({ dimensions }) => dimensions)),
    metric_name: isOne ? first.metric_name : null,
    value: isOne ? first.value : null,
    annotations: criteria.length === 0 ? {} : { condition: criteria.map(({ shown }) => shown).join(' and ') },
    link: first?.link ?? null,
  };
}

/** A list of `{name, value}`; null for none. */
export function readDimensions(from: Foreign, key: string, at: string, details: ErrorDetail[]): [string, string][] {
  return readList(from, key, at, details, MAX_CRITERIA).flatMap((item, index): [string, string][] => {
    const place = `${at}.${key}[${index}]`;
    if (!isForeign(item)) {
      complain(details, place, `expected a dimension (an object), came ${came(item)}`);
      return [];
    }
    return [[readName(item, 'name', place, details), readText(item, 'value', place, details) ?? '']];
  });
}

interface Criterion {
  readonly dimensions: [string, string][];
  readonly metric_name: string | null;
  readonly value: number | null;
  readonly shown: string;
  readonly link: string | null;
}

function readCriterion(item: Foreign, at: string, details: ErrorDetail[]): Criterion {
  const metric_name = readText(item, 'metricName', at, details) ?? readText(item, 'metricMeasureColumn', at, details);
  const written = readScalar(item, 'metricValue', at, details);
  const value = written === null ? null : Number(written);
  const operator = readText(item, 'operator', at, details) ?? '';
  const threshold = readScalar(item, 'threshold', at, details) ?? '';
  const aggregation = readText(item, 'timeAggregation', at, details) ?? '';
  const shown = `${aggregation} ${metric_name ?? 'count'} ${operator} ${threshold} (${written ?? 'no data'})`;
  return {
    dimensions: readDimensions(item, 'dimensions', at, details),
    metric_name,
    value: value !== null && Number.isFinite(value) ? value : null,
    shown: storableText(shown.slice(0, 1_000).trim()),
    link:
      readText(item, 'linkToFilteredSearchResultsUI', at, details) ||
      readText(item, 'linkToSearchResultsUI', at, details),
  };
}

/** Two criteria on the same dimension say it twice. */
function unique(dimensions: readonly (readonly [string, string])[]): (readonly [string, string])[] {
  const seen = new Set<string>();
  return dimensions.filter(([name, value]) => {
    const key = JSON.stringify([name, value]);
    return seen.size < seen.add(key).size;
  });
}
