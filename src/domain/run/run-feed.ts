import type { StoredEvent } from './run.js';

/** One event of a run as other consumers get it: as the API answers it, and what tells whose it is. */
export type FedEvent = StoredEvent & { readonly playbook_id: string; readonly service_name: string | null };

/** A change of a run that other consumers have not been told of; no events when it was pruned in the meantime. */
export interface FedChange {
  /** Identifies the change for `told`. */
  readonly position: number;
  readonly events: readonly FedEvent[];
}

/**
 * Run events on their way to other consumers. What is durable is in here until it was told, so nothing is skipped; a run's changes come in
 * their order.
 */
export interface RunFeed {
  /** True while `holder` is the one that tells, for `lease_ms` from now by the database's clock; one at a time, whatever processes there are. */
  take(holder: string, lease_ms: number): Promise<boolean>;
  /** Lets others take over at once. */
  leave(holder: string): Promise<void>;
  /** The oldest changes that are not told, at most `limit`, and no more than some megabytes unless a single one is larger. */
  next(limit: number): Promise<FedChange[]>;
  told(positions: readonly number[]): Promise<void>;
}
