/** How long, and how many, of one thing are kept; null is no limit. Whatever is more goes, the oldest first. */
export interface RetentionLimit {
  readonly max_age_ms: number | null;
  readonly max_count: number | null;
}

/** The same of bodies of deliveries, of which the bytes are counted that they take. */
export interface PayloadLimit {
  readonly max_age_ms: number | null;
  readonly max_bytes: number | null;
}

/** What is kept. Repeats and ended occurrences are alerts; events, deliveries and the like are part of their run. */
export interface RetentionPolicy {
  readonly alerts: RetentionLimit;
  readonly runs: RetentionLimit;
  readonly dead_letters: RetentionLimit;
  readonly audit: RetentionLimit;
  /** Absent: whatever there is. */
  readonly payloads?: PayloadLimit;
}

/** How much a pass of pruning has removed. */
export interface PruneCounts {
  readonly alerts: number;
  readonly repeats: number;
  readonly occurrences: number;
  readonly incidents: number;
  readonly runs: number;
  readonly dead_letters: number;
  readonly audit: number;
  readonly payloads: number;
}

/** Forgets what is old. */
export interface Retention {
  /** True for one process, and for no other whose last pass would be later than `last_before`. */
  takeTurn(now: string, last_before: string): Promise<boolean>;
  /**
   * Removes what the policy does not keep, in batches so small that others hardly notice, until nothing is left to remove or the signal is
   * aborted. What is open stays, however old: undecided and held alerts, open occurrences and their alerts, open runs and theirs, and
   * finished runs of an open occurrence or with something still to be sent.
   */
  prune(policy: RetentionPolicy, now: string, signal: AbortSignal): Promise<PruneCounts>;
}
