import type { Approval } from '../../../domain/run.js';

const MOST = 80;

/** What is asked, on one line: the change, or the question itself. */
export function askedText({ plan, message }: Pick<Approval, 'plan' | 'message'>): string {
  if (plan === null) return message;
  return `${plan.what} ${shortText(plan.from)} → ${shortText(plan.to)}`;
}

/** A value in a line of words: short, whatever it is. */
export function shortText(value: unknown): string {
  const text = typeof value === 'string' ? value : value === null || value === undefined ? '–' : JSON.stringify(value);
  return text.length > MOST ? `${text.slice(0, MOST - 1)}…` : text;
}
