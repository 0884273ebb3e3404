import type { ErrorDetail } from '../../domain/errors.js';
import type { Foreign } from '../foreign.js';
import { came, complain, isForeign, place } from '../foreign.js';
import type { Remarks } from '../remarks.js';
import { readMacro } from './macro.js';

/** An event's tags by name; a tag may stand there several times. */
export type Tags = ReadonlyMap<string, readonly string[]>;

const MAX_TAGS = 1_000;

/** The tags of the event, from whichever macro arrived: as JSON (parsed or as text), else as `{EVENT.TAGS}` prints them. */
export function readTags(data: Foreign, at: string, details: ErrorDetail[], remarks: Remarks): Tags {
  for (const key of ['event_tags_json', 'event_recovery_tags_json']) {
    const list = listOf(data[key], key, remarks);
    if (list !== null) return readList(list, place(at, key), details);
  }
  const printed = readMacro(data, 'event_tags', at, details);
  if (printed !== null) return readPrinted(printed);
  const service = readMacro(data, 'event_tag_service', at, details);
  return service === null ? new Map() : new Map([['service', [service]]]);
}

/** Null when there is nothing to read: absent, an unresolved macro, or JSON that Zabbix cut off at its own limit. */
function listOf(value: unknown, key: string, remarks: Remarks): unknown {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string') return value;
  if (!value.trimStart().startsWith('[')) return null;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    remarks.add(`${key} is not JSON: tags were read from event_tags`);
    return null;
  }
}

function readList(list: unknown, at: string, details: ErrorDetail[]): Tags {
  const tags = new Map<string, string[]>();
  if (!Array.isArray(list)) {
    complain(details, at, `expected a list of tags, came ${came(list)}`);
    return tags;
  }
  const items: readonly unknown[] = list;
  for (const [index, item] of items.slice(0, MAX_TAGS).entries()) {
    if (!isForeign(item)) {
      complain(details, `${at}[${index}]`, `expected a tag (an object), came ${came(item)}`);
      continue;
    }
    const { tag, value = '' } = item;
    if (typeof tag !== 'string' || tag === '')
      complain(details, `${at}[${index}].tag`, `expected the tag's name, came ${came(tag)}`);
    else if (typeof value !== 'string')
      complain(details, `${at}[${index}].value`, `expected a text, came ${came(value)}`);
    else if (value !== '*UNKNOWN*') add(tags, tag, value);
  }
  return tags;
}

/** `component:app, env:prod`: a comma in a value cannot be told from one between tags, so a part without a colon is a tag without value. */
function readPrinted(printed: string): Tags {
  const tags = new Map<string, string[]>();
  for (const part of printed.split(', ', MAX_TAGS)) {
    const colon = part.indexOf(':');
    const tag = colon === -1 ? part : part.slice(0, colon);
    const value = colon === -1 ? '' : part.slice(colon + 1);
    if (tag !== '' && value !== '*UNKNOWN*') add(tags, tag, value);
  }
  return tags;
}

function add(tags: Map<string, string[]>, tag: string, value: string): void {
  const values = tags.get(tag);
  if (values) values.push(value);
  else tags.set(tag, [value]);
}
