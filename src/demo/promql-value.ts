import { PromqlError } from './promql-lex.js';
import type { Sample } from './series.js';

/** A series with its values in a window, oldest first. */
export interface RangeSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly { readonly at: number; readonly value: number }[];
}

/** What a query comes to at one moment. The labels of a vector hold `__name__` where the series still is the metric itself. */
export type Value =
  | { readonly type: 'scalar'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'vector'; readonly samples: readonly Sample[] }
  | { readonly type: 'matrix'; readonly range_ms: number; readonly samples: readonly RangeSample[] };

/** The samples of an instant vector; any other value is a mistake in the query. */
export function vectorOf(value: Value, where: string): readonly Sample[] {
  if (value.type === 'vector') return value.samples;
  throw new PromqlError(`parse error: expected type instant vector in ${where}, got ${nameOf(value)}`);
}

/** The number of a scalar; any other value is a mistake in the query. */
export function scalarOf(value: Value, where: string): number {
  if (value.type === 'scalar') return value.value;
  throw new PromqlError(`parse error: expected type scalar in ${where}, got ${nameOf(value)}`);
}

/** A value's type in Prometheus' words. */
export function nameOf(value: Value): string {
  return { scalar: 'scalar', string: 'string', vector: 'instant vector', matrix: 'range vector' }[value.type];
}

/** Labels without the metric's name: a calculated value is no longer that metric. */
export function withoutName(labels: Readonly<Record<string, string>>): Record<string, string> {
  return groupLabels(labels, false, []);
}

/** The labels that are named (`by`), or all but those and the metric's name. */
export function groupLabels(
  labels: Readonly<Record<string, string>>,
  by: boolean,
  names: readonly string[],
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels).filter(([name]) =>
      by ? names.includes(name) : !names.includes(name) && name !== '__name__',
    ),
  );
}

/** Labels as one string: the same labels in any order have the same key. */
export function labelKey(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The quantile of a list by linear interpolation between its sorted members. */
export function quantileOf(values: readonly number[], p: number): number {
  if (values.length === 0 || Number.isNaN(p)) return NaN;
  if (p < 0 || p > 1) return p < 0 ? -Infinity : Infinity;
  const sorted = [...values].sort((a, b) => a - b);
  const rank = p * (sorted.length - 1);
  const low = sorted[Math.floor(rank)] ?? NaN;
  const high = sorted[Math.ceil(rank)] ?? NaN;
  return low + (high - low) * (rank - Math.floor(rank));
}
