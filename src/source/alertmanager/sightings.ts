import type { Alert } from '../../domain/alert/alert.js';
import type { OpenOccurrence } from '../../domain/alert/open-occurrence.js';

/**
 * How long an alert has to be away before its condition counts as over. Longer than the usual group_interval: what is away for less comes
 * as a resolve, or goes on, by Alertmanager's own webhooks.
 */
export const AWAY_MS = 10 * 60_000;
/** Members of a cluster behind one address. */
const MAX_PROCESSES = 8;

/** What Alertmanager knows an alert by: `intake` may have given it another fingerprint here. */
export function theirFingerprint({ fingerprint, original }: Alert): string {
  const came = original?.['fingerprint'];
  return typeof came === 'string' ? came : fingerprint;
}

/** A condition that is open here and that Alertmanager does not hold any more. */
export interface Gone {
  readonly alert: Alert;
  /** When it was first looked for in vain. */
  readonly since_ms: number;
}

/**
 * What was seen in an Alertmanager, and since when it is away. Only what one and the same process held, and holds no more, has ended: one
 * that has just begun knows of nothing, and one that was never told of an alert says nothing about it.
 */
export class Sightings {
  /** By process: fingerprints of what was seen, with the time since when it is away; null while it is there. */
  readonly #seen = new Map<string, ReadonlyMap<string, number | null>>();

  /** Takes one look in, and answers what of `open` has been away long enough. `open` has to be older than the look. */
  look(process: string, held: ReadonlySet<string>, open: readonly OpenOccurrence[], now: number): Gone[] {
    const before = this.#seen.get(process);
    const seen = new Map<string, number | null>();
    const gone: Gone[] = [];
    for (const { alert } of open) {
      const fingerprint = theirFingerprint(alert);
      if (held.has(fingerprint)) {
        seen.set(fingerprint, null);
        continue;
      }
      const away = before?.get(fingerprint);
      if (away === undefined) continue;
      // An older time is that of an occurrence before this one.
      const since_ms = away !== null && away >= Date.parse(alert.received_at) ? away : now;
      seen.set(fingerprint, since_ms);
      if (now - since_ms >= AWAY_MS) gone.push({ alert, since_ms });
    }
    this.#keep(process, seen);
    return gone;
  }

  /** Nothing is open here: whatever was seen is of no use any more. */
  clear(): void {
    this.#seen.clear();
  }

  #keep(process: string, seen: ReadonlyMap<string, number | null>): void {
    this.#seen.delete(process);
    this.#seen.set(process, seen);
    for (const [oldest] of this.#seen) {
      if (this.#seen.size <= MAX_PROCESSES) break;
      this.#seen.delete(oldest);
    }
  }
}
