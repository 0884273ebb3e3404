import type { ErrorDetail } from '../domain/errors.js';
import type { Labels } from '../domain/alert/label.js';
import { storableText, storableTexts } from './storable.js';

/** A JSON object of somebody else's. */
export type Foreign = Readonly<Record<string, unknown>>;

/** More complaints about one item help nobody. */
const MAX_DETAILS = 20;

const NO_TEXTS: Labels = Object.freeze({});

/** True for a JSON object; a list is none. */
export function isForeign(value: unknown): value is Foreign {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What came, in words for an error text; never the value itself. */
export function came(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return value === '' ? 'an empty text' : 'a text';
  if (typeof value === 'object') return 'an object';
  return `a ${typeof value}`;
}

/** The path of a field: `alerts[2].labels.alertname`, `labels["app.kubernetes.io/name"]`. */
export function place(at: string, key: string): string {
  if (!/^[\p{L}_][\p{L}\d_-]*$/u.test(key)) return `${at}[${JSON.stringify(storableText(key.slice(0, 200)))}]`;
  return at === '' ? key : `${at}.${key}`;
}

/** Adds a complaint, up to a bound; a second one about the same place says nothing new. */
export function complain(details: ErrorDetail[], path: string, message: string): void {
  if (details.length < MAX_DETAILS && !details.some((detail) => detail.path === path)) details.push({ path, message });
}

/** A text field, storable; null when it is absent or null. Anything else is a complaint. */
export function readText(from: Foreign, key: string, at: string, details: ErrorDetail[]): string | null {
  const value = from[key];
  if (typeof value === 'string') return storableText(value);
  if (value !== undefined && value !== null) complain(details, place(at, key), `expected a text, came ${came(value)}`);
  return null;
}

/** A text field without which the item is of no use; '' after a complaint. */
export function readName(from: Foreign, key: string, at: string, details: ErrorDetail[]): string {
  const value = from[key];
  if (typeof value === 'string' && value.trim() !== '') return storableText(value);
  complain(details, place(at, key), `expected a text that is not empty, came ${came(value)}`);
  return '';
}

/** A map of texts, storable; empty when it is absent or null. Whatever is no text in it is a complaint of its own. */
export function readTexts(from: Foreign, key: string, at: string, details: ErrorDetail[]): Labels {
  const value = from[key];
  if (value === undefined || value === null) return NO_TEXTS;
  if (!isForeign(value)) {
    complain(details, place(at, key), `expected an object of texts, came ${came(value)}`);
    return NO_TEXTS;
  }
  if (areTexts(value)) return storableTexts(value);
  for (const [name, text] of Object.entries(value)) {
    if (typeof text !== 'string') complain(details, place(place(at, key), name), `expected a text, came ${came(text)}`);
  }
  return NO_TEXTS;
}

function areTexts(value: Foreign): value is Labels {
  for (const name in value) if (typeof value[name] !== 'string') return false;
  return true;
}

/** Only addresses that a browser opens as a page become links: a `javascript:` one must never reach a report. */
export function isWebAddress(text: string): boolean {
  return /^https?:\/\/\S/i.test(text);
}
