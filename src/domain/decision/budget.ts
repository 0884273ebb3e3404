/** What has been used of something that is limited: the starts of a rule for one service, or of one group. */
export interface Budget {
  readonly key: string;
  /** The instants of the starts that may still count, the oldest first. */
  readonly starts: readonly string[];
  /** The last run that was started. */
  readonly run_id: string | null;
  /** When that run ended; null while it is open, or when nobody knows any more. */
  readonly run_ended_at: string | null;
  /** From when on nothing depends on it. */
  readonly ends_at: string;
  /** Counts every change; a commit that was decided on an older one is a conflict. 0: there is none yet. */
  readonly version: number;
}

/** A budget as it is after a start, and the version that this was decided on. */
export type UsedBudget = Omit<Budget, 'run_ended_at' | 'version'> & { readonly expected: number };

/** Answers what is left of budgets. They are used in the commit of the decision that uses them. */
export interface Budgets {
  /** Those that were ever used; others have not been touched yet. */
  find(keys: readonly string[]): Promise<Budget[]>;
}
