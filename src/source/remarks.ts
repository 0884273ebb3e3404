import type { Severity } from '../domain/alert/alert.js';
import { mapSeverity } from '../domain/alert/severity.js';

/** More different remarks about one payload are not kept. */
const MAX_REMARKS = 50;

/** Remarks about one payload, each with how many alerts it is about. */
export interface Remarks {
  add(text: string): void;
  list(): string[];
}

/** Collects remarks; the same one twice is counted, not repeated. */
export function createRemarks(): Remarks {
  const counts = new Map<string, number>();
  return {
    add(text) {
      if (counts.has(text) || counts.size < MAX_REMARKS) counts.set(text, (counts.get(text) ?? 0) + 1);
    },
    list: () => Array.from(counts, ([text, count]) => (count === 1 ? text : `${text} (${count} alerts)`)),
  };
}

/** The severity of a foreign word; a missing or unknown one is a warning, and remarked. */
export function readSeverity(word: string, remarks: Remarks): Severity {
  const { severity, known } = mapSeverity(word);
  if (!known) remarks.add(word === '' ? 'severity is missing: warning' : `severity ${shown(word)} is unknown: warning`);
  return severity;
}

function shown(word: string): string {
  return JSON.stringify(word.length > 40 ? `${word.slice(0, 40)}…` : word);
}
