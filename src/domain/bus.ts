import type { Alert } from './alert/alert.js';
import type { ConnectionCheck } from './connection.js';
import type { FedEvent } from './run/run-feed.js';

/** Alerts that arrived together, in their order; their ids are consecutive: `idOf(batch_id, i)`. */
export interface AlertBatch {
  readonly batch_id: string;
  readonly alerts: readonly Alert[];
  /** True when the store keeps them as rows of their own already, undecided or held. */
  readonly kept?: boolean;
  /** One and the same object for all batches that the same bytes were read as, so that what came of them can be remembered by it. */
  readonly same_body?: object;
}

/**
 * Takes a batch to its decision. Resolves when the decision's transaction has committed; a rejection means that the batch must be
 * handed over again. It stays short: it never runs a playbook.
 */
export type BatchHandler = (batch: AlertBatch) => Promise<void>;

/**
 * Carries alerts from intake to triage: at least once, in order per fingerprint. A batch is done only when its handler resolved;
 * one that keeps failing goes to the dead letters with its reason and does not hold up the others.
 */
export interface Bus {
  /** Resolves when the batch is durable; rejects with FixpointError `unavailable` when that cannot be promised now. */
  publish(batch: AlertBatch): Promise<void>;
  /** One handler for this process. Begins to deliver what is waiting: now, or as soon as whatever keeps it can be reached. */
  subscribe(handler: BatchHandler): Promise<void>;
  /** How many alerts wait to be decided, as far as this process can tell. */
  lag(): Promise<number>;
  check(signal: AbortSignal): Promise<ConnectionCheck>;
  /** Stops taking and delivering; waits for handlers under way. May be called twice, or before anything else. */
  stop(): Promise<void>;
}

/** Tells other programs what happens to runs. */
export interface RunEventBus {
  /** Resolves when all of them are durable there, those of one run in their order; rejects with `unavailable` otherwise. */
  publishRunEvents(events: readonly FedEvent[]): Promise<void>;
}

/** What a bus tells about a handler call, for the metrics. */
export interface BusMeter {
  handled(seconds: number, outcome: 'ok' | 'error'): void;
}
