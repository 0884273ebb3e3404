import type { Approval } from '../../../domain/run/run.js';
import { valueText } from '../runs/value-text.js';

const MOST_TITLE = 120;

type Asked = Pick<Approval, 'plan' | 'message'>;

/** What is asked, on one line: the change, or the question itself. */
export function askedText({ plan, message }: Asked): string {
  if (plan === null) return message;
  // What begins to be has no value before; then the new one is a body, which says little on a line.
  if (plan.from === null || plan.from === undefined) return plan.what;
  return `${plan.what} ${valueText(plan.from)} → ${valueText(plan.to)}`;
}

/** The same with what it is done to, where the words do not name it already; null for a question without words. */
export function titleText({ plan, message }: Asked): string | null {
  const asked = askedText({ plan, message });
  const text = plan === null || asked.includes(plan.target) ? asked : `${plan.target}: ${asked}`;
  if (text === '') return null;
  return text.length > MOST_TITLE ? `${text.slice(0, MOST_TITLE - 1)}…` : text;
}

/** A body that is told by its hash: it says nothing that the parameters do not say better. */
export function isHashOnly(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('body' in value) || Object.keys(value).length > 1) return false;
  const { body } = value;
  return typeof body === 'object' && body !== null && 'sha256' in body && 'bytes' in body;
}
