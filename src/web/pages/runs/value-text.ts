import type { StepChange } from '../../../domain/run/run.js';

const MOST = 80;

/** A value in a line of words: short, whatever it is. */
export function valueText(value: unknown, most = MOST): string {
  const text = typeof value === 'string' ? value : value === null || value === undefined ? '–' : JSON.stringify(value);
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** `Deployment shop/orders: replicas 3 → 5`; no target that the words name already, no body of what was not there before. */
export function changeText({ target, what, from, to }: StepChange): string {
  const where = what.includes(target) ? '' : `${target}: `;
  if (isNothing(from)) return isPlain(to) ? `${where}${what} → ${valueText(to)}` : `${where}${what}`;
  return `${where}${what} ${valueText(from)} → ${valueText(to)}`;
}

/** Whether a value tells nothing: none, or one whose parts are none. */
export function isNothing(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  return typeof value === 'object' && Object.values(value).every((part) => part === null || part === undefined);
}

function isPlain(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
