import type { ErrorDetail } from '../domain/errors.js';
import { came, complain } from './foreign.js';
import { storableText } from './storable.js';

const MAX_TAGS = 1_000;

/** Tags as labels: those of the form `name:value` by their names, all others together under `tags`. */
export function tagLabels(tags: readonly string[]): [string, string][] {
  const values = new Map<string, string[]>();
  const add = (name: string, value: string): void => {
    const known = values.get(name);
    if (known === undefined) values.set(name, [value]);
    else if (!known.includes(value) && known.length < MAX_TAGS) known.push(value);
  };
  for (const tag of tags) {
    const at = tag.search(/[:=]/);
    const name = tag.slice(0, Math.max(at, 0)).trim();
    const value = tag.slice(at + 1).trim();
    if (name !== '' && value !== '') add(name, value);
    else if (tag.trim() !== '') add('tags', tag.trim());
  }
  // The same tag twice is two values, as for Zabbix.
  return Array.from(values, ([name, all]): [string, string] => [storableText(name), storableText(all.join(','))]);
}

/** Tags that came as a list of texts, or as one text with commas between them. Anything else is a complaint. */
export function readTagList(value: unknown, at: string, details: ErrorDetail[]): string[] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'string') return value.split(',', MAX_TAGS);
  if (!Array.isArray(value)) {
    complain(details, at, `expected a list of tags or a text, came ${came(value)}`);
    return [];
  }
  const items: readonly unknown[] = value;
  return items.slice(0, MAX_TAGS).flatMap((item, index) => {
    if (typeof item === 'string') return [item];
    complain(details, `${at}[${index}]`, `expected a text, came ${came(item)}`);
    return [];
  });
}
