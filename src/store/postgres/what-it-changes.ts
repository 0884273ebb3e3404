import type { Rows } from './commit.js';

/** A name for what one operation changes, the same whenever it is tried again, also when the alert is sent again or the run is new. */
export function whatItChanges(rows: Rows): string | null {
  const occurrence = rows.occurrences?.[0]?.key ?? rows.seen?.[0]?.key;
  if (occurrence !== undefined) return `the occurrence ${occurrence}`;
  const alert_id = rows.alerts?.[0]?.i ?? rows.repeats?.[0]?.f;
  if (alert_id !== undefined) return `the alert ${alert_id}`;
  const run_id = rows.changes?.[0]?.r;
  return run_id === undefined ? null : `the run ${run_id}`;
}
