import type { Instant } from '../alert/alert.js';
import type { Notices } from '../outbox.js';

/** Alerts that no rule took, of one name and service. */
export interface UnmatchedKind {
  readonly alert_name: string;
  readonly service_name: string | null;
  readonly severity: string;
  readonly count: number;
  /** What one of them says, and its id. */
  readonly description: string;
  readonly alert_id: string;
}

/** Alerts that no rule took and that nobody has heard of yet. */
export interface UnmatchedBatch {
  readonly count: number;
  /** How many kinds there are, and those with the most alerts. */
  readonly kinds: number;
  readonly first: readonly UnmatchedKind[];
  readonly since: Instant;
}

/** What waits to be told of alerts that no rule took: written with their decision, told once. */
export interface Unmatched {
  /**
   * Queues one notice for all that waits: when the oldest has waited for `gather_ms`, and nothing was told for `pause_ms`, by whatever process.
   * Answers how many alerts it tells of.
   */
  tell(
    now: Instant,
    times: { readonly gather_ms: number; readonly pause_ms: number },
    compose: (batch: UnmatchedBatch) => Parameters<Notices['add']>[0],
  ): Promise<number>;
}
