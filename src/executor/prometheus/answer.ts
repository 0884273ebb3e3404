import { z } from 'zod';
import { instant } from '../../domain/clock.js';

// Seconds since the epoch, within what a date can say.
const Sample = z.tuple([z.number().min(-8.64e12).max(8.64e12), z.string()]);
const Labels = z.record(z.string(), z.string());
const Notes = z.array(z.string()).nullish();

// Native histograms have no single figure: they come as `histogram` and count as series without a value.
const Vector = z.array(z.object({ metric: Labels, value: Sample.optional() }));
const Matrix = z.array(z.object({ metric: Labels, values: z.array(Sample).optional() }));

const Data = z.discriminatedUnion('resultType', [
  z.object({ resultType: z.literal('vector'), result: Vector }),
  z.object({ resultType: z.literal('matrix'), result: Matrix }),
  z.object({ resultType: z.literal('scalar'), result: Sample }),
  z.object({ resultType: z.literal('string'), result: Sample }),
]);

/** What Prometheus answers, as far as it is used. */
export const PrometheusAnswer = z.discriminatedUnion('status', [
  // `isPartial` is VictoriaMetrics' way to say that a part of its storage did not answer; Thanos says it in a warning.
  z.object({
    status: z.literal('success'),
    data: Data,
    warnings: Notes,
    infos: Notes,
    isPartial: z.boolean().nullish(),
  }),
  z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() }),
]);
export type PrometheusAnswer = z.infer<typeof PrometheusAnswer>;

/** One series. NaN and the infinities are null: they are no figures to compare with. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** The sample, or a range's last one. */
  readonly value: number | null;
  /** A range's points, `[instant, figure]`. */
  readonly values?: readonly (readonly [string, number | null])[];
  readonly min?: number | null;
  readonly max?: number | null;
  readonly avg?: number | null;
}

/** The output of `prometheus_query`. */
export interface QueryOutput {
  /** The single series' value; of several the greatest; null over no data. */
  readonly value: number | null;
  /** Over the values of all series, and over all points of a range. */
  readonly min: number | null;
  readonly max: number | null;
  readonly avg: number | null;
  readonly series: readonly Series[];
  readonly count: number;
  /** True when `series` holds only the first ones; the figures are over all of them. */
  readonly truncated: boolean;
  readonly result_type: string;
  readonly warnings: readonly string[];
}

export interface Limits {
  readonly max_series: number;
  /** Points of all series together that a record takes. */
  readonly max_points: number;
}

/** One series of an answer about an instant. `text` is its figure as it came (`NaN` and `+Inf` too), null for a histogram. */
export interface InstantSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly text: string | null;
}

/** The series of an answer about an instant, as an alerting rule sees them; null for what no rule can be made of. */
export function instantSeriesOf(answer: Extract<PrometheusAnswer, { status: 'success' }>): InstantSeries[] | null {
  const { data } = answer;
  switch (data.resultType) {
    case 'vector':
      return data.result.map(({ metric, value }) => ({ labels: metric, text: value?.[1] ?? null }));
    case 'scalar':
      return [{ labels: {}, text: data.result[1] }];
    case 'matrix':
    case 'string':
      return null;
  }
}

/** The output that an answer means. */
export function outputOf(answer: Extract<PrometheusAnswer, { status: 'success' }>, limits: Limits): QueryOutput {
  const { data } = answer;
  const all = seriesOf(data);
  const figures = data.resultType === 'matrix' ? pointsOf(data.result) : all.flatMap(({ value }) => value ?? []);
  const values = all.flatMap(({ value }) => value ?? []);
  const series = bounded(all, limits);
  return {
    value: greatest(values),
    ...spread(figures),
    series,
    count: all.length,
    truncated: series.length < all.length,
    result_type: data.resultType,
    warnings: [...(answer.warnings ?? []), ...(answer.infos ?? [])].slice(0, 20),
  };
}

function seriesOf(data: z.infer<typeof Data>): Series[] {
  switch (data.resultType) {
    case 'vector':
      return data.result.map(({ metric, value }) => ({ labels: metric, value: value ? figure(value[1]) : null }));
    case 'matrix':
      return data.result.map(({ metric, values = [] }) => {
        const points = values.map(([at, text]) => [instant(at * 1_000), figure(text)] as const);
        const known = points.flatMap(([, value]) => value ?? []);
        return { labels: metric, value: points.at(-1)?.[1] ?? null, values: points, ...spread(known) };
      });
    case 'scalar':
      return [{ labels: {}, value: figure(data.result[1]) }];
    case 'string':
      return [];
  }
}

function pointsOf(result: z.infer<typeof Matrix>): number[] {
  return result.flatMap(({ values = [] }) => values.flatMap(([, text]) => figure(text) ?? []));
}

function figure(text: string): number | null {
  const value = Number(text); // NaN, +Inf and -Inf are none
  return text.trim() !== '' && Number.isFinite(value) ? value : null;
}

function spread(values: readonly number[]): { min: number | null; max: number | null; avg: number | null } {
  if (values.length === 0) return { min: null, max: null, avg: null };
  let [sum, min, max] = [0, Infinity, -Infinity];
  for (const value of values) {
    sum += value;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return { min, max, avg: sum / values.length };
}

function greatest(values: readonly number[]): number | null {
  return spread(values).max;
}

function bounded(all: readonly Series[], { max_series, max_points }: Limits): Series[] {
  const kept: Series[] = [];
  let points = 0;
  for (const series of all) {
    points += series.values?.length ?? 0;
    if (kept.length >= max_series || (points > max_points && kept.length > 0)) break;
    kept.push(series);
  }
  return kept;
}
