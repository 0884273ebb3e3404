import type { Alert } from './alert.js';

/** A condition that lasts, as far as is known here. */
export interface OpenOccurrence {
  /** Of its source: the event id, or the fingerprint. Where to go on reading. */
  readonly occurrence_id: string;
  /** The last alert that said something new about it. */
  readonly alert: Alert;
  readonly run_ids: readonly string[];
}

/** Answers which conditions last. */
export interface OccurrenceView {
  /** The open ones of a source after `after`, by their ids in byte order, at most `limit`. */
  open(source_system: string, after: string | null, limit: number): Promise<OpenOccurrence[]>;
}

const PAGE = 500;

/** All open occurrences of a source, at most `limit`. */
export async function allOpen(view: OccurrenceView, source_system: string, limit: number): Promise<OpenOccurrence[]> {
  const all: OpenOccurrence[] = [];
  for (let after: string | null = null; all.length < limit;) {
    const page: OpenOccurrence[] = await view.open(source_system, after, Math.min(PAGE, limit - all.length));
    all.push(...page);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) break;
    after = last.occurrence_id;
  }
  return all;
}
