import type { Alert } from '../domain/alert/alert.js';
import type { AlertBatch } from '../domain/bus.js';
import type { DecidedBatch, Occurrence } from '../domain/triage-store.js';
import type { TriageCache } from './cache.js';
import { occurrenceKey } from './content.js';

/** What a body came to when it was last decided, and all that this depended on. */
interface Said {
  /** The occurrences of its alerts, as they were then. */
  readonly occurrences: readonly Occurrence[];
  readonly repeats: DecidedBatch['repeats'];
  readonly seen: DecidedBatch['seen'];
  readonly open_runs: readonly string[];
  /** Runs of its occurrences that have ended, and have been told that they did not fix it. */
  readonly ended_runs: readonly string[];
}

const NOTHING = {
  alerts: [],
  occurrences: [],
  runs: [],
  joins: [],
  last_writes: [],
  budgets: [],
  unmatched: [],
  poke: [],
  not_fixed: [],
} as const;

/**
 * Bodies that come word for word again and again, and of which every alert is a duplicate: as long as none of its occurrences has changed, no
 * more can come of the next one. What was decided before is then decided at once, and committed under the same fences as ever.
 */
export class SaidAgain {
  readonly #said = new WeakMap<object, Said>();

  /** The decisions of a batch of which they are known; null: it has to be looked at. */
  decide({ same_body, alerts }: AlertBatch, cache: TriageCache, now: string): DecidedBatch | null {
    const said = same_body && this.#said.get(same_body);
    if (!said || said.repeats.length !== alerts.length) return null;
    for (const occurrence of said.occurrences) if (cache.occurrence(occurrence.key) !== occurrence) return null;
    for (const run_id of said.ended_runs) if (!cache.isNotFixed(run_id)) return null;
    const repeats = said.repeats.map(({ of, reason, run_id }, index) => {
      const alert_id = alerts[index]?.alert_id ?? ''; // as many as there are repeats
      return { alert_id, of, reason, run_id };
    });
    return { ...NOTHING, received_at: now, repeats, seen: said.seen, open_runs: said.open_runs };
  }

  /** Takes what was committed for a batch, if all of it were duplicates. */
  remember({ same_body, alerts }: AlertBatch, decided: DecidedBatch, cache: TriageCache): void {
    const { repeats, seen, open_runs = [] } = decided;
    // Alerts that were kept, or left out because they were decided already, are no repeats.
    if (!same_body || repeats.length !== alerts.length || decided.sources || decided.not_fixed.length > 0) return;
    const occurrences = new Map<string, Occurrence>();
    for (const { key, version } of seen) {
      const occurrence = cache.occurrence(key);
      // Others may have changed it since.
      if (occurrence?.open && occurrence.version === version) occurrences.set(key, occurrence);
    }
    const isPlain = (alert: Alert, index: number): boolean => {
      const occurrence = occurrences.get(occurrenceKey(alert));
      // An alert that is older than what its occurrence began with may be late; what tells of a moment is told once.
      if (!occurrence?.run_id || alert.timestamp < occurrence.started_at || alert.momentary === true) return false;
      return repeats[index]?.reason === 'duplicate' && alert.filtered === undefined;
    };
    if (!alerts.every(isPlain)) return;
    const all = [...occurrences.values()];
    const ended = all.flatMap(({ run_id, run_open }) => (run_id === null || run_open ? [] : [run_id]));
    this.#said.set(same_body, { occurrences: all, repeats, seen, open_runs, ended_runs: [...new Set(ended)] });
  }
}
