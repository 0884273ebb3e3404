import type { Foreign } from '../foreign.js';
import { isForeign } from '../foreign.js';

/** The figures behind an alert, by the letter of their query (`A`, `B0`); NaN where there is none. */
export type Figures = ReadonlyMap<string, number>;

const MAX_FIGURES = 100;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** From `values`, else out of the text that older versions send (`valueString`). */
export function figuresOf(alert: Foreign): Figures {
  const { values, valueString } = alert;
  if (isForeign(values)) return fromValues(values);
  return typeof valueString === 'string' ? fromText(valueString) : new Map();
}

/**
 * The figure that the alert is about, or null where that cannot be told. Grafana sends all of a rule's expressions, the condition last: it
 * is 0 or 1 and says nothing but that the alert fires. Of what remains, all must be the same figure: rules act on it, so it is not guessed.
 * An expression without a figure leaves none: what remains would be the condition.
 */
export function metricOf(figures: Figures, refs: readonly string[]): number | null {
  const chosen = refs.find((ref) => figures.has(ref));
  if (refs.length > 0) return finite(figures.get(chosen ?? ''));
  const sorted = Array.from(figures).sort(([a], [b]) => (a < b ? -1 : 1));
  const last = sorted.at(-1)?.[1];
  const saysNothing = last === 0 || last === 1 || Number.isNaN(last);
  const candidates = sorted.length > 1 && saysNothing ? sorted.slice(0, -1) : sorted;
  const [first] = candidates;
  return candidates.every(([, value]) => value === first?.[1]) ? finite(first?.[1]) : null;
}

function finite(figure: number | undefined): number | null {
  return figure !== undefined && Number.isFinite(figure) ? figure : null;
}

/** `A=2.5, B=0`, for whoever reads the alert. */
export function shownFigures(figures: Figures): string | null {
  if (figures.size === 0) return null;
  return Array.from(figures, ([ref, value]) => `${ref.slice(0, 200)}=${value}`).join(', ');
}

function fromValues(values: Foreign): Figures {
  const figures = new Map<string, number>();
  for (const [ref, value] of Object.entries(values).slice(0, MAX_FIGURES))
    figures.set(ref, typeof value === 'number' ? value : Number.NaN);
  return figures;
}

/** `[ var='B0' metric='Value' labels={job=api} value=13 ], [ … ]`; labels may hold anything, so each piece is read from both of its ends. */
function fromText(text: string): Figures {
  const figures = new Map<string, number>();
  for (const piece of text.split("[ var='", MAX_FIGURES + 1).slice(1)) {
    const quote = piece.indexOf("'");
    const at = piece.lastIndexOf(' value=');
    if (quote <= 0 || at === -1) continue;
    const written = piece.slice(at + ' value='.length, at + 60).split(/[\s\]]/, 1)[0] ?? '';
    figures.set(piece.slice(0, quote), NUMBER.test(written) ? Number(written) : Number.NaN);
  }
  return figures;
}
