import type { Labels } from '../domain/alert/label.js';
import { storableText } from './storable.js';

/**
 * An alert's labels: the foreign ones, and what Fixpoint puts beside them. A foreign label of such a name keeps its value under
 * `<prefix>_<name>`, but for `severity`, where the foreign one counts. What is null is left out.
 */
export function ownLabels(
  foreign: Iterable<readonly [string, string]>,
  own: Readonly<Record<string, string | null>>,
  prefix: string,
): Labels {
  const labels = new Map<string, string>();
  for (const [name, value] of foreign) {
    const isTaken = name !== 'severity' && Object.hasOwn(own, name) && own[name] !== null;
    labels.set(storableText(isTaken ? `${prefix}_${name}` : name), storableText(value));
  }
  for (const [name, value] of Object.entries(own)) {
    if (value !== null && !(name === 'severity' && labels.has(name))) labels.set(name, value);
  }
  return Object.fromEntries(labels);
}

/** A map without what is null or empty, as annotations and links want it. */
export function present(texts: Readonly<Record<string, string | null>>): Labels {
  return Object.fromEntries(
    Object.entries(texts).filter((entry): entry is [string, string] => entry[1] !== null && entry[1] !== ''),
  );
}
