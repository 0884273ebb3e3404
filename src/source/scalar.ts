import type { ErrorDetail } from '../domain/errors.js';
import type { Quantity } from '../domain/alert/quantity.js';
import { parseQuantity } from '../domain/alert/quantity.js';
import type { Foreign } from './foreign.js';
import { came, complain, place } from './foreign.js';
import { storableText } from './storable.js';

/** A text or number that a system writes either way (ids, versions), as text; null when it is absent, null or blank. Anything else is a complaint. */
export function readScalar(from: Foreign, key: string, at: string, details: ErrorDetail[]): string | null {
  const value = from[key];
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return value.trim() === '' ? null : storableText(value);
  if (typeof value === 'number') return String(value);
  complain(details, place(at, key), `expected a text or a number, came ${came(value)}`);
  return null;
}

/** What a system knows a thing by, as text; that it is absent is a complaint, and the answer is empty then. */
export function readId(from: Foreign, key: string, at: string, details: ErrorDetail[]): string {
  const text = readScalar(from, key, at, details);
  if (text === null) complain(details, place(at, key), `expected an id, came ${came(from[key])}`);
  return text ?? '';
}

/** A figure that a system writes as a number or as text; null when it is absent or no number. An object or a list is a complaint. */
export function readFigure(from: Foreign, key: string, at: string, details: ErrorDetail[]): Quantity | null {
  const value = from[key];
  if (typeof value === 'number') return Number.isFinite(value) ? { value, unit: null } : null;
  const text = readScalar(from, key, at, details);
  return text === null ? null : parseQuantity(text);
}

/** An object field; null when it is absent or null. Anything else is a complaint. */
export function readObject(from: Foreign, key: string, at: string, details: ErrorDetail[]): Foreign | null {
  const value = from[key];
  if (value === undefined || value === null) return null;
  if (typeof value === 'object' && !Array.isArray(value)) return value as Foreign; // a JSON object is one
  complain(details, place(at, key), `expected an object, came ${came(value)}`);
  return null;
}

/** A list field, cut off after `most` items; empty when it is absent or null. Anything else is a complaint. */
export function readList(
  from: Foreign,
  key: string,
  at: string,
  details: ErrorDetail[],
  most = 1_000,
): readonly unknown[] {
  const value = from[key];
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.slice(0, most) as readonly unknown[]; // what JSON has in it is unknown
  complain(details, place(at, key), `expected a list, came ${came(value)}`);
  return [];
}
