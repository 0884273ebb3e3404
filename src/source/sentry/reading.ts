import type { ErrorDetail } from '../../domain/errors.js';
import type { Foreign } from '../foreign.js';
import { came, complain } from '../foreign.js';
import type { Remarks } from '../remarks.js';
import { storableText } from '../storable.js';
import type { Subject } from '../subject.js';

/** What a webhook of Sentry's is read with. */
export interface Reading {
  readonly now: number;
  readonly subject: Subject;
  readonly details: ErrorDetail[];
  readonly remarks: Remarks;
}

const MAX_TAGS = 1_000;

/** An event's tags, pairs of name and value; one without a value is left out. */
export function readTags(event: Foreign, at: string, details: ErrorDetail[]): [string, string][] {
  const { tags } = event;
  if (tags === undefined || tags === null) return [];
  if (!Array.isArray(tags)) {
    complain(details, `${at}.tags`, `expected a list of tags, came ${came(tags)}`);
    return [];
  }
  const items: readonly unknown[] = tags;
  return items.slice(0, MAX_TAGS).flatMap((item, index): [string, string][] => {
    const [name, value] = pairOf(item);
    if (typeof name === 'string' && typeof value === 'string') return [[storableText(name), storableText(value)]];
    if (typeof name === 'string' && (value === null || value === undefined)) return [];
    complain(details, `${at}.tags[${index}]`, `expected a pair of texts, came ${came(item)}`);
    return [];
  });
}

function pairOf(item: unknown): readonly unknown[] {
  if (Array.isArray(item)) return item as readonly unknown[]; // what JSON has in it is unknown
  if (typeof item !== 'object' || item === null) return [];
  return [(item as Foreign)['key'], (item as Foreign)['value']]; // an object of JSON
}
