import { wellFormed } from '../domain/well-formed.js';

/** Deeper than anything that people read; what is deeper could not be turned into text for the store. */
const DEEPEST = 200;

/**
 * The value as the store can keep it: NUL and lone surrogates in texts and keys become U+FFFD, what is nested deeper than anybody reads is
 * named as such. What needs no change is answered as it is.
 */
export function storable<T>(value: T): T {
  return keep(value, 0) as T; // the same shape with other texts
}

function keep(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return wellFormed(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEEPEST) return '(nested too deep to be kept)';
  return Array.isArray(value) ? keepList(value, depth) : keepObject(value, depth);
}

function keepList(list: readonly unknown[], depth: number): readonly unknown[] {
  let changed = false;
  const kept = list.map((item) => {
    const next = keep(item, depth + 1);
    if (next !== item) changed = true;
    return next;
  });
  return changed ? kept : list;
}

function keepObject(object: object, depth: number): object {
  let changed = false;
  const entries = Object.entries(object).map(([key, item]: [string, unknown]) => {
    const name = wellFormed(key);
    const next = keep(item, depth + 1);
    if (name !== key || next !== item) changed = true;
    return [name, next] as const;
  });
  return changed ? Object.fromEntries(entries) : object;
}
