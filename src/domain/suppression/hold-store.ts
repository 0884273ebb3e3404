import type { FiringSource } from './inhibition.js';

/** An alert that fires, and the occurrence that it is the last word of. */
export type OpenAlert = FiringSource;

/** Held alerts, and what holds them by firing itself. */
export interface HoldStore {
  /** Lets held alerts be decided again now: those that depend on one of `holders`. Answers how many. */
  release(holders: readonly string[], now: string): Promise<number>;
  /** The same for those that depend on something of these kinds (what stands before the colon) that is not among `holders`. */
  releaseOthers(kinds: readonly string[], holders: readonly string[], now: string): Promise<number>;
  /** The last words of open occurrences in the order of their keys, those after `after`. */
  openAlerts(after: string | null, limit: number): Promise<OpenAlert[]>;
  /** The occurrences of what fires and holds others back, the last `limit`, each with a number that changes with it. */
  sourceKeys(limit: number): Promise<{ readonly key: string; readonly changed: number }[]>;
  sources(keys: readonly string[]): Promise<FiringSource[]>;
  /** Adds sources whose occurrences are open, and forgets those whose occurrence is not. True when anything has changed. */
  mendSources(found: readonly FiringSource[]): Promise<boolean>;
  /** For which rules the sources among open occurrences were last looked for; null before the first time. */
  sourcesFor(): Promise<string | null>;
  setSourcesFor(rules: string): Promise<void>;
}
