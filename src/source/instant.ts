import type { ErrorDetail } from '../domain/errors.js';
import type { Foreign } from './foreign.js';
import { came, complain, place } from './foreign.js';

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(\.\d{1,30})?([Zz]|[+-]\d\d:\d\d)$/;

/** What Alertmanager mostly sends, checked without taking it apart: a day up to the 28th is in every month. */
const CANONICAL = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

const ZERO_TIME = '0001-01-01T00:00:00Z';

/**
 * An RFC 3339 time (any offset, any precision) as an instant in UTC with milliseconds, cut, not rounded. Null for Go's zero time (year
 * 1), which means that there is none; undefined for what is no such time.
 */
export function parseInstant(text: string): string | null | undefined {
  if (text === ZERO_TIME) return null;
  if (CANONICAL.test(text) && text > '0002') return text;
  const match = RFC3339.exec(text);
  if (!match) return undefined;
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '', fraction = '', zone = ''] = match;
  if (Number(year) <= 1) return null;
  if (Number(month) < 1 || Number(month) > 12 || Number(day) < 1 || Number(day) > daysIn(Number(year), Number(month)))
    return undefined;
  const millis = fraction === '' ? '000' : fraction.slice(1, 4).padEnd(3, '0');
  const epoch = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${millis}${zone.toUpperCase()}`);
  // 31 December 9999 west of Greenwich is a year of five digits, and no offset is longer than a day.
  return Number.isNaN(epoch) || epoch > LAST ? undefined : new Date(epoch).toISOString();
}

/** A time field as an instant; null when it is absent, null or year 1. Anything else is a complaint. */
export function readInstant(from: Foreign, key: string, at: string, details: ErrorDetail[]): string | null {
  const value = from[key];
  if (value === undefined || value === null) return null;
  const instant = typeof value === 'string' ? parseInstant(value) : undefined;
  if (instant !== undefined) return instant;
  const what = typeof value === 'string' ? JSON.stringify(value.slice(0, 50)) : came(value);
  complain(details, place(at, key), `expected an RFC 3339 time such as 2026-11-21T10:00:00Z, came ${what}`);
  return null;
}

const LAST = Date.parse('9999-12-31T23:59:59.999Z');
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function daysIn(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && leap ? 29 : (DAYS[month - 1] ?? 0);
}
