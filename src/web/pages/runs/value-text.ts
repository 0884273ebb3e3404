import type { StepChange } from '../../../domain/run.js';

const MOST = 80;

/** A value in a line of words: short, whatever it is. */
export function valueText(value: unknown, most = MOST): string {
  const text = typeof value === 'string' ? value : value === null || value === undefined ? '–' : JSON.stringify(value);
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** `Deployment shop/orders: replicas 3 → 5`. */
export function changeText({ target, what, from, to }: StepChange): string {
  return `${target}: ${what} ${valueText(from)} → ${valueText(to)}`;
}
