import { instant } from '../domain/clock.js';

/** Control characters, and those that turn the direction of text around: neither belongs into one line for people. */
// eslint-disable-next-line no-control-regex -- control characters are what is taken out
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]+/g;

/** Foreign text as one bounded line: whitespace and control characters become a space, half characters are replaced, the rest is cut. */
export function plain(text: string, limit = 500): string {
  const line = text
    .slice(0, limit * 4 + 4_000)
    .replace(INVISIBLE, ' ')
    .toWellFormed()
    .replace(/\s+/g, ' ')
    .trim();
  const characters = [...line];
  return characters.length > limit ? `${characters.slice(0, limit - 1).join('')}…` : line;
}

/** What stands where there is no value. */
export const NOTHING = '—';

/** Any JSON value as a short text for people: `2`, `ready`, `—` for nothing, compact JSON for the rest. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined || value === '') return NOTHING;
  if (typeof value === 'string') return plain(value, 200);
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  try {
    return plain(JSON.stringify(value) ?? NOTHING, 200);
  } catch {
    return NOTHING;
  }
}

/** A figure without the noise of floating point, and its unit: `1240 ms`, `0.029`. */
export function figure(value: number, unit: string | null): string {
  const number = String(Number(value.toPrecision(6)));
  return unit === null || unit === '' ? number : `${number} ${plain(unit, 20)}`;
}

/** The time of day in UTC, `10:00:01`; with its date where that differs from the day of `since`. */
export function clockTime(at: string, since: string | null): string {
  const parsed = Date.parse(at);
  if (Number.isNaN(parsed)) return plain(at, 30);
  const text = instant(parsed);
  const time = text.slice(11, 19);
  return since !== null && since.slice(0, 10) === text.slice(0, 10) ? time : `${text.slice(0, 10)} ${time}`;
}

/** The address when it is one that a click may safely open, else null. */
export function safeLink(address: string): string | null {
  return address.length <= 2_048 && /^https?:\/\/[^\s"'<>\\`]+$/i.test(address) && URL.canParse(address)
    ? address
    : null;
}
