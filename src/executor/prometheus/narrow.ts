import { labelOf } from '../../domain/alert/label.js';
import type { Labels } from '../../domain/alert/label.js';

/** How a series relates to an alert: it may have raised it, it is another's, or it has labels of which the alert knows nothing. */
export type Kinship =
  | { readonly type: 'own' }
  | { readonly type: 'foreign' }
  | { readonly type: 'unsure'; readonly unknown_labels: readonly string[] };

/**
 * What a rule does not carry over from a series to its alert: the metric's name and kind, and a label `alertname` (of the series
 * `ALERTS`), in whose place stands the rule's own name.
 */
const NOT_CARRIED: ReadonlySet<string> = new Set(['__name__', '__type__', '__unit__', 'alertname']);

/** More labels are left to be compared here: a question must not grow without end. */
const MAX_NARROWING_LABELS = 30;
const MAX_NARROWING_VALUE = 1_000;

/**
 * Whether a series is the alert's own: each of its labels stands in the alert with the same value. The alert has more of them, from its
 * rule and from `external_labels`.
 */
export function kinshipOf(series: Labels, alert: Labels): Kinship {
  const unknown_labels: string[] = [];
  for (const [name, value] of Object.entries(series)) {
    if (value === '' || NOT_CARRIED.has(name)) continue;
    const expected = labelOf(alert, name);
    if (expected === '') unknown_labels.push(name);
    else if (expected !== value) return { type: 'foreign' };
  }
  return unknown_labels.length === 0 ? { type: 'own' } : { type: 'unsure', unknown_labels };
}

/**
 * The same question, so narrowed that Prometheus itself leaves out the series that contradict the alert: for every label of the alert a
 * series must have its value or no such label. For answers that are too large to be narrowed here.
 */
export function narrowedQuery(query: string, alert: Labels): string {
  const labels = Object.entries(alert).filter(([name, value]) => isNarrowing(name, value));
  return labels.slice(0, MAX_NARROWING_LABELS).reduce((narrowed, [name, value]) => {
    // `label_replace` puts what `$1` means in its place, so that a dollar has to be doubled.
    const literal = JSON.stringify(value.replaceAll('$', '$$$$'));
    return `(${narrowed}\n) and on (${name}) (label_replace(vector(1), "${name}", ${literal}, "", "") or vector(1))`;
  }, query);
}

function isNarrowing(name: string, value: string): boolean {
  const isPlain = /^[A-Za-z_]\w*$/.test(name) && !NOT_CARRIED.has(name);
  return isPlain && value !== '' && value.length <= MAX_NARROWING_VALUE;
}
