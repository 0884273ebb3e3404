import type { NotifyResult } from '../../src/domain/notifier.js';
import type { Delivery, Outbox, OutboxEntry } from '../../src/domain/outbox.js';
import { RUN_ID } from './a-reported-run.js';

interface Kept {
  readonly entry: Omit<OutboxEntry, 'attempts' | 'sent'>;
  attempts: number;
  next_at: number | null;
}

/** An outbox in memory that does what the real one does: claiming is a lease, and a channel that is settled counts as sent. */
export class MemoryOutbox implements Outbox {
  readonly kept: Kept[] = [];
  readonly deliveries: Delivery[] = [];
  claims = 0;
  /** How many of the next calls fail. */
  broken = { claim: 0, record: 0 };
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  put(over: Partial<OutboxEntry> = {}): void {
    const entry = {
      outbox_id: `${RUN_ID}:${this.kept.length + 6}`,
      run_id: RUN_ID,
      kind: 'report' as const,
      step_id: null,
      message: '',
      created_at: '2026-11-21T10:00:00.000Z',
      ...over,
    };
    this.kept.push({ entry, attempts: 0, next_at: Date.parse(entry.created_at) });
  }

  claim(lease_ms: number, limit: number): Promise<OutboxEntry[]> {
    this.claims += 1;
    if (this.broken.claim-- > 0) return Promise.reject(new Error('the database is away'));
    const due = this.kept.filter((kept) => kept.next_at !== null && kept.next_at <= this.#now()).slice(0, limit);
    return Promise.resolve(
      due.map((kept) => {
        kept.next_at = this.#now() + lease_ms;
        kept.attempts += 1;
        const settled = this.deliveries.filter(
          (one) => one.outbox_id === kept.entry.outbox_id && one.state !== 'retrying',
        );
        return { ...kept.entry, attempts: kept.attempts, sent: settled.map((one) => one.channel) };
      }),
    );
  }

  record(outbox_id: string, results: readonly NotifyResult[], at: string, again_ms: number | null): Promise<void> {
    if (this.broken.record-- > 0) return Promise.reject(new Error('the database is away'));
    for (const result of results) {
      const index = this.deliveries.findIndex((one) => one.outbox_id === outbox_id && one.channel === result.channel);
      const attempts = (this.deliveries[index]?.attempts ?? 0) + 1;
      const state = result.type === 'sent' ? 'sent' : result.retryable && again_ms !== null ? 'retrying' : 'failed';
      const error = result.type === 'sent' ? null : result.reason;
      const { channel, target } = result;
      const delivery: Delivery = { outbox_id, kind: 'report' as const, channel, target, state, attempts, error, at };
      if (index === -1) this.deliveries.push(delivery);
      else this.deliveries[index] = delivery;
    }
    const kept = this.kept.find((one) => one.entry.outbox_id === outbox_id);
    if (kept) kept.next_at = again_ms === null ? null : this.#now() + again_ms;
    return Promise.resolve();
  }

  of(channel: string): Delivery | undefined {
    return this.deliveries.find((one) => one.channel === channel);
  }

  open(): number {
    return this.kept.filter((kept) => kept.next_at !== null).length;
  }
}
