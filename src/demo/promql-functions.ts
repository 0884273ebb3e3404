import { PromqlError } from './promql-lex.js';
import type { Expression } from './promql-parse.js';
import { labelKey, nameOf, quantileOf, scalarOf, vectorOf, withoutName } from './promql-value.js';
import type { RangeSample, Value } from './promql-value.js';
import type { Sample } from './series.js';

type Call = Expression & { type: 'call' };
type Work = (args: readonly Value[], at: number) => Value;

/** Calls one of the functions that the shop knows; an unknown name or a wrong argument is refused in Prometheus' words. */
export function applyFunction(call: Call, args: readonly Value[], at: number): Value {
  const known = FUNCTIONS.get(call.name);
  if (!known) throw new PromqlError(`${call.place}: parse error: unknown function with name "${call.name}"`);
  const [least, most] = known.arity;
  if (args.length < least || args.length > most) {
    const expected =
      least === most
        ? `expected ${least}`
        : `expected at ${args.length < least ? 'least' : 'most'} ${args.length < least ? least : most}`;
    throw new PromqlError(
      `${call.place}: parse error: ${expected} argument(s) in call to "${call.name}", got ${args.length}`,
    );
  }
  return known.work(args, at);
}

const FUNCTIONS: ReadonlyMap<string, { readonly arity: readonly [number, number]; readonly work: Work }> = new Map([
  ...overWindow('rate', (points, range_ms) => (increase(points) ?? NaN) / (span(points, range_ms) / 1_000)),
  ...overWindow('increase', (points, range_ms) => ((increase(points) ?? NaN) / span(points, range_ms)) * range_ms),
  ...overWindow('irate', (points) => rateOfLast(points)),
  ...overWindow('delta', (points, range_ms) => ((last(points) - first(points)) / span(points, range_ms)) * range_ms),
  ...overWindow('avg_over_time', (points) => sum(points) / points.length, 1),
  ...overWindow('sum_over_time', (points) => sum(points), 1),
  ...overWindow('min_over_time', (points) => Math.min(...points.map((point) => point.value)), 1),
  ...overWindow('max_over_time', (points) => Math.max(...points.map((point) => point.value)), 1),
  ...overWindow('count_over_time', (points) => points.length, 1),
  ...overWindow('last_over_time', (points) => last(points), 1),
  entry('quantile_over_time', [2, 2], ([p, window]) =>
    mapWindow(window, 'quantile_over_time', 1, (points) =>
      quantileOf(
        points.map((point) => point.value),
        scalarOf(need(p), 'quantile_over_time'),
      ),
    ),
  ),
  entry('histogram_quantile', [2, 2], ([p, vector]) =>
    histogramQuantile(scalarOf(need(p), 'histogram_quantile'), vectorOf(need(vector), 'histogram_quantile')),
  ),
  ...mapped('abs', Math.abs),
  ...mapped('ceil', Math.ceil),
  ...mapped('floor', Math.floor),
  ...mapped('sqrt', Math.sqrt),
  ...mapped('ln', Math.log),
  entry('round', [1, 2], ([vector, to]) => {
    const nearest = to === undefined ? 1 : scalarOf(to, 'round');
    return mapVector(vector, 'round', (value) => Math.floor(value / nearest + 0.5) * nearest);
  }),
  entry('clamp_min', [2, 2], ([vector, bound]) =>
    mapVector(vector, 'clamp_min', (value) => Math.max(value, scalarOf(need(bound), 'clamp_min'))),
  ),
  entry('clamp_max', [2, 2], ([vector, bound]) =>
    mapVector(vector, 'clamp_max', (value) => Math.min(value, scalarOf(need(bound), 'clamp_max'))),
  ),
  entry('sort', [1, 1], ([vector]) => sorted(vector, (a, b) => a.value - b.value)),
  entry('sort_desc', [1, 1], ([vector]) => sorted(vector, (a, b) => b.value - a.value)),
  entry('vector', [1, 1], ([value]) => ({
    type: 'vector',
    samples: [{ labels: {}, value: scalarOf(need(value), 'vector') }],
  })),
  entry('scalar', [1, 1], ([vector]) => {
    const samples = vectorOf(need(vector), 'scalar');
    return { type: 'scalar', value: samples.length === 1 ? (samples[0]?.value ?? NaN) : NaN };
  }),
  entry('absent', [1, 1], ([vector]) => ({
    type: 'vector',
    samples: vectorOf(need(vector), 'absent').length > 0 ? [] : [{ labels: {}, value: 1 }],
  })),
  entry('time', [0, 0], (_, at) => ({ type: 'scalar', value: at / 1_000 })),
]);

type Points = RangeSample['points'];

function entry(
  name: string,
  arity: readonly [number, number],
  work: Work,
): [string, { arity: readonly [number, number]; work: Work }] {
  return [name, { arity, work }];
}

function overWindow(
  name: string,
  calculate: (points: Points, range_ms: number) => number,
  least = 2,
): ReturnType<typeof entry>[] {
  return [entry(name, [1, 1], ([window]) => mapWindow(window, name, least, calculate))];
}

function mapped(name: string, calculate: (value: number) => number): ReturnType<typeof entry>[] {
  return [entry(name, [1, 1], ([vector]) => mapVector(vector, name, calculate))];
}

function mapWindow(
  value: Value | undefined,
  name: string,
  least: number,
  calculate: (points: Points, range_ms: number) => number,
): Value {
  const window = need(value);
  if (window.type !== 'matrix')
    throw new PromqlError(
      `parse error: expected type range vector in call to function "${name}", got ${nameOf(window)}`,
    );
  const samples = window.samples
    .filter((series) => series.points.length >= least)
    .map((series) => ({
      labels: name === 'last_over_time' ? series.labels : withoutName(series.labels),
      value: calculate(series.points, window.range_ms),
    }));
  return { type: 'vector', samples };
}

function mapVector(value: Value | undefined, name: string, calculate: (value: number) => number): Value {
  const samples = vectorOf(need(value), `call to function "${name}"`);
  return {
    type: 'vector',
    samples: samples.map((sample) => ({ labels: withoutName(sample.labels), value: calculate(sample.value) })),
  };
}

function sorted(value: Value | undefined, compare: (a: Sample, b: Sample) => number): Value {
  return { type: 'vector', samples: [...vectorOf(need(value), 'sort')].sort(compare) };
}

function need(value: Value | undefined): Value {
  if (value === undefined) throw new PromqlError('parse error: an argument is missing');
  return value;
}

function first(points: Points): number {
  return points[0]?.value ?? NaN;
}

function last(points: Points): number {
  return points.at(-1)?.value ?? NaN;
}

function sum(points: Points): number {
  return points.reduce((total, point) => total + point.value, 0);
}

/** The time that the points cover; the window's own length when they stand all at one moment. */
function span(points: Points, range_ms: number): number {
  const covered = (points.at(-1)?.at ?? 0) - (points[0]?.at ?? 0);
  return covered > 0 ? covered : range_ms;
}

/** What a counter gained; a fall is a restart from nought. */
function increase(points: Points): number | null {
  let gained = 0;
  for (let index = 1; index < points.length; index++) {
    const before = points[index - 1]?.value ?? 0;
    const after = points[index]?.value ?? 0;
    gained += after >= before ? after - before : after;
  }
  return points.length < 2 ? null : gained;
}

function rateOfLast(points: Points): number {
  const pair = points.slice(-2);
  return (increase(pair) ?? NaN) / (span(pair, 1_000) / 1_000);
}

/** As Prometheus does it: linear inside of the bucket that holds the quantile; in the last one, its lower bound. */
function histogramQuantile(p: number, samples: readonly Sample[]): Value {
  const groups = new Map<string, { labels: Record<string, string>; buckets: { bound: number; count: number }[] }>();
  for (const sample of samples) {
    const bound = parseBound(sample.labels['le']);
    if (bound === null) continue;
    const { le: _, ...labels } = withoutName(sample.labels);
    const key = labelKey(labels);
    const group = groups.get(key) ?? { labels, buckets: [] };
    group.buckets.push({ bound, count: sample.value });
    groups.set(key, group);
  }
  return {
    type: 'vector',
    samples: [...groups.values()].map((group) => ({ labels: group.labels, value: bucketQuantile(p, group.buckets) })),
  };
}

function bucketQuantile(p: number, unsorted: readonly { bound: number; count: number }[]): number {
  const buckets = [...unsorted].sort((a, b) => a.bound - b.bound);
  const total = buckets.at(-1);
  if (!total || total.bound !== Infinity || buckets.length < 2 || total.count === 0 || Number.isNaN(p)) return NaN;
  if (p < 0 || p > 1) return p < 0 ? -Infinity : Infinity;
  const rank = p * total.count;
  const index = buckets.findIndex((bucket) => bucket.count >= rank);
  const upper = buckets[index] ?? total;
  const lower = buckets[index - 1] ?? { bound: 0, count: 0 };
  if (upper.bound === Infinity) return lower.bound;
  if (upper.count === lower.count) return upper.bound;
  return lower.bound + ((upper.bound - lower.bound) * (rank - lower.count)) / (upper.count - lower.count);
}

function parseBound(text: string | undefined): number | null {
  if (text === '+Inf') return Infinity;
  const bound = Number(text);
  return text === undefined || text === '' || Number.isNaN(bound) ? null : bound;
}
