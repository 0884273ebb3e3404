import { applyFunction } from './promql-functions.js';
import { PromqlError } from './promql-lex.js';
import { parsePromql } from './promql-parse.js';
import type { Expression, Selector } from './promql-parse.js';
import { applyOperator } from './promql-operators.js';
import { groupLabels, labelKey, quantileOf, scalarOf, vectorOf, withoutName } from './promql-value.js';
import type { RangeSample, Value } from './promql-value.js';
import type { Sample } from './series.js';

/** Where series come from: by metric name, at a moment in milliseconds. */
export interface SeriesSource {
  readonly series: ReadonlyMap<string, (at: number) => Sample[]>;
  /** Before this there is no data. */
  from(): number;
  now(): number;
}

/** How far back an instant selector looks, as in Prometheus: a question about a moment slightly ahead gets the newest value. */
const LOOKBACK_MS = 5 * 60_000;
const POINTS_PER_WINDOW = 60;

/** Evaluates PromQL at one moment; throws `PromqlError` for what Prometheus would refuse. */
export function evaluatePromql(query: string | Expression, at: number, source: SeriesSource): Value {
  return evaluate(typeof query === 'string' ? parsePromql(query) : query, at, source);
}

function evaluate(expression: Expression, at: number, source: SeriesSource): Value {
  switch (expression.type) {
    case 'number':
      return { type: 'scalar', value: expression.value };
    case 'text':
      return { type: 'string', value: expression.value };
    case 'selector':
      return expression.range_ms === null
        ? { type: 'vector', samples: select(expression, at, source) }
        : {
            type: 'matrix',
            range_ms: expression.range_ms,
            samples: selectRange(expression, expression.range_ms, at, source),
          };
    case 'negate':
      return negate(evaluate(expression.of, at, source));
    case 'call':
      return applyFunction(
        expression,
        expression.args.map((arg) => evaluate(arg, at, source)),
        at,
      );
    case 'aggregate':
      return aggregate(expression, at, source);
    case 'binary':
      return applyOperator(expression, evaluate(expression.left, at, source), evaluate(expression.right, at, source));
  }
}

function select(selector: Selector, at: number, source: SeriesSource): Sample[] {
  const asked = at - selector.offset_ms;
  if (asked > source.now() + LOOKBACK_MS) return [];
  const moment = Math.min(asked, source.now());
  if (moment < source.from()) return [];
  const names = selector.metric === null ? [...source.series.keys()] : [selector.metric];
  return names.flatMap((name) => {
    const samples = source.series.get(name)?.(moment) ?? [];
    return samples
      .filter((sample) => fits(selector, name, sample))
      .map((sample) => ({ ...sample, labels: { __name__: name, ...sample.labels } }));
  });
}

function fits(selector: Selector, name: string, sample: Sample): boolean {
  return selector.matchers.every((matcher) =>
    matcher.matches(matcher.label === '__name__' ? name : (sample.labels[matcher.label] ?? '')),
  );
}

function selectRange(selector: Selector, range_ms: number, at: number, source: SeriesSource): RangeSample[] {
  const end = Math.min(at - selector.offset_ms, source.now());
  const begin = Math.max(at - selector.offset_ms - range_ms, source.from());
  if (end < begin) return [];
  const step = Math.max(1_000, Math.ceil(range_ms / POINTS_PER_WINDOW / 1_000) * 1_000);
  const moments: number[] = [];
  for (let moment = Math.ceil(begin / step) * step; moment < end; moment += step) moments.push(moment);
  moments.push(end);
  const series = new Map<
    string,
    { labels: Readonly<Record<string, string>>; points: { at: number; value: number }[] }
  >();
  for (const moment of moments) {
    for (const sample of select({ ...selector, offset_ms: 0 }, moment, source)) {
      const key = labelKey(sample.labels);
      const known = series.get(key) ?? { labels: sample.labels, points: [] };
      known.points.push({ at: moment, value: sample.value });
      series.set(key, known);
    }
  }
  return [...series.values()];
}

function negate(value: Value): Value {
  if (value.type === 'scalar') return { type: 'scalar', value: -value.value };
  return {
    type: 'vector',
    samples: vectorOf(value, 'unary expression').map((sample) => ({
      labels: withoutName(sample.labels),
      value: -sample.value,
    })),
  };
}

function aggregate(expression: Expression & { type: 'aggregate' }, at: number, source: SeriesSource): Value {
  const samples = vectorOf(evaluate(expression.of, at, source), `aggregation expression`);
  const parameter =
    expression.parameter === null ? NaN : scalarOf(evaluate(expression.parameter, at, source), expression.operator);
  const groups = new Map<string, { labels: Record<string, string>; samples: Sample[] }>();
  for (const sample of samples) {
    const labels = groupLabels(sample.labels, expression.grouping.by, expression.grouping.labels);
    const key = labelKey(labels);
    const group = groups.get(key) ?? { labels, samples: [] };
    group.samples.push(sample);
    groups.set(key, group);
  }
  const results = [...groups.values()].flatMap((group) =>
    aggregateGroup(expression.operator, parameter, group.labels, group.samples),
  );
  return { type: 'vector', samples: results };
}

function aggregateGroup(
  operator: string,
  parameter: number,
  labels: Record<string, string>,
  samples: readonly Sample[],
): Sample[] {
  const values = samples.map((sample) => sample.value);
  const sum = values.reduce((total, value) => total + value, 0);
  const one = (value: number): Sample[] => [{ labels, value }];
  switch (operator) {
    case 'sum':
      return one(sum);
    case 'avg':
      return one(sum / values.length);
    case 'min':
      return one(Math.min(...values));
    case 'max':
      return one(Math.max(...values));
    case 'count':
      return one(values.length);
    case 'group':
      return one(1);
    case 'quantile':
      return one(quantileOf(values, parameter));
    case 'stddev':
      return one(
        Math.sqrt(values.reduce((total, value) => total + (value - sum / values.length) ** 2, 0) / values.length),
      );
    case 'topk':
      return [...samples].sort((a, b) => b.value - a.value).slice(0, Math.max(0, Math.floor(parameter)));
    case 'bottomk':
      return [...samples].sort((a, b) => a.value - b.value).slice(0, Math.max(0, Math.floor(parameter)));
    default:
      throw new PromqlError(`unknown aggregation ${operator}`);
  }
}
