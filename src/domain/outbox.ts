import type { NotifyResult, PlainNotice } from './notifier.js';

/** Something that people are to be told: written in the transaction that made it true, sent later, by anyone. */
export interface OutboxEntry {
  readonly outbox_id: string;
  readonly run_id: string;
  readonly kind: 'report' | 'notify' | 'escalate';
  readonly step_id: string | null;
  readonly message: string;
  readonly attempts: number;
  readonly created_at: string;
  /** Channels that have it already. */
  readonly sent: readonly string[];
  /** What it says where it belongs to no run; then `run_id` is empty. */
  readonly notice?: PlainNotice | null;
  /** How often each channel was tried; needed where no run tells it. */
  readonly tried?: Readonly<Record<string, number>>;
}

/** Queues what people are to be told that belongs to no run; it is sent as everything in the outbox is. */
export interface Notices {
  /** One with an id that is there already is not queued again. */
  add(notice: PlainNotice & { readonly notice_id: string; readonly created_at: string }): Promise<void>;
}

/** How a report or notice fared on one channel. */
export interface Delivery {
  readonly outbox_id: string;
  readonly kind: OutboxEntry['kind'];
  readonly channel: string;
  readonly target: string;
  readonly state: 'sent' | 'retrying' | 'failed';
  readonly attempts: number;
  readonly error: string | null;
  readonly at: string;
}

export interface Outbox {
  /** Takes due entries for this worker and puts them out of others' sight for `lease_ms`, by the store's own clock. */
  claim(lease_ms: number, limit: number): Promise<OutboxEntry[]>;
  /** Records how the channels answered; the rest is due again in `again_ms`, and null means that nothing is left to try. */
  record(outbox_id: string, results: readonly NotifyResult[], at: string, again_ms: number | null): Promise<void>;
}
