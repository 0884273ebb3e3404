import type { ErrorDetail } from '../domain/errors.js';
import type { Foreign } from './foreign.js';
import { came, complain, isForeign, place } from './foreign.js';
import { storableText } from './storable.js';

/** A field of a body whose shape its sender chose, with where it stands. */
export interface FlatField {
  readonly value: unknown;
  readonly at: string;
}

/**
 * The fields of a body that people write from a vendor's variables, by their names alone: `rule.name`, `rule_name`, `ruleName` and
 * `{"rule": {"name"}}` are the same field, `rulename`.
 */
export type Flat = ReadonlyMap<string, FlatField>;

const MAX_FIELDS = 2_000;
const MAX_DEPTH = 8;

/** Takes objects apart, lists not. The first of several fields of the same name counts. `at` is where the payload itself stands. */
export function flatten(payload: Foreign, at = ''): Flat {
  const flat = new Map<string, FlatField>();
  addFields(flat, payload, '', at, 0);
  return flat;
}

function addFields(flat: Map<string, FlatField>, from: Foreign, prefix: string, at: string, depth: number): void {
  for (const key in from) {
    if (flat.size >= MAX_FIELDS) return;
    const value = from[key];
    const name = prefix + plain(key);
    const here = place(at, key);
    if (isForeign(value) && depth < MAX_DEPTH) addFields(flat, value, name, here, depth + 1);
    else if (!flat.has(name)) flat.set(name, { value, at: here });
  }
}

function plain(key: string): string {
  return key
    .slice(0, 200)
    .replace(/[^a-zA-Z0-9]/g, '')
    .toLowerCase();
}

/** What a template leaves where a variable has nothing: an empty text, the word for nothing, or the variable itself. */
const NOTHING = /^(?:null|undefined|\$[A-Z][A-Z_]*|\{\{[^{}]*\}\})?$/;

/** The first of the names that has something in it, as text; anything but a text, a number or a truth value is a complaint. */
export function flatText(flat: Flat, names: readonly string[], details: ErrorDetail[]): string | null {
  for (const name of names) {
    const field = flat.get(name);
    if (field === undefined || field.value === null) continue;
    const { value, at } = field;
    if (typeof value === 'string') {
      if (!NOTHING.test(value.trim())) return storableText(value);
    } else if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    else complain(details, at, `expected a text, came ${came(value)}`);
  }
  return null;
}
