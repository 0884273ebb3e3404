import type { NotifyResult } from '../../domain/notifier.js';
import type { Notices, Outbox, OutboxEntry } from '../../domain/outbox.js';
import type { Db, Queryable } from '../db.js';

/** `$1` milliseconds from now, by the clock that all processes share: those of two hosts may differ by any amount. */
const FROM_NOW = "clock_timestamp() + $1::float8 * interval '1 millisecond'";

/** What people are to be told, and how each channel fared. */
export function createOutbox(db: Db): Outbox {
  return {
    claim: (lease_ms, limit) =>
      db.query<OutboxEntry>({
        // Moving `next_at` on is the lease: a sender that dies leaves the entry to whoever looks after that.
        text: `with due as (select outbox_id from outbox where next_at <= now() order by next_at limit $2 for update skip locked)
          update outbox set next_at = ${FROM_NOW}, attempts = attempts + 1 from due where outbox.outbox_id = due.outbox_id
          returning outbox.outbox_id, run_id, kind, step_id, message, attempts, created_at,
            coalesce((select json_agg(channel) from deliveries where deliveries.outbox_id = outbox.outbox_id and state <> 'retrying'), '[]'::json) as sent, notice,
            coalesce((select json_object_agg(channel, deliveries.attempts) from deliveries where notice is not null and deliveries.outbox_id = outbox.outbox_id), '{}'::json) as tried`,
        values: [lease_ms, limit],
        looks: true,
      }),
    record: (outbox_id, results, at, again_ms) => record(db, outbox_id, results, at, again_ms),
  };
}

type NewNotice = Parameters<Notices['add']>[0];

/** Queues notices that belong to no run. */
export function createNotices(db: Db): Notices {
  return { add: (notice) => addNotice(db, notice) };
}

/** Queues a notice in the transaction that makes it true. */
export async function addNotice(db: Queryable, { notice_id, created_at, ...notice }: NewNotice): Promise<void> {
  await db.query({
    text: `insert into outbox (outbox_id, run_id, kind, step_id, message, created_at, next_at, notice)
      values ($1, '', 'notify', null, '', $2, least($2, now()), $3) on conflict (outbox_id) do nothing`,
    values: [notice_id, created_at, JSON.stringify(notice)],
  });
}

async function record(
  db: Db,
  outbox_id: string,
  results: readonly NotifyResult[],
  at: string,
  again_ms: number | null,
): Promise<void> {
  await db.transaction(async (tx) => {
    for (const result of results) {
      const [state, error] =
        result.type === 'sent'
          ? ['sent', null]
          : [result.retryable && again_ms !== null ? 'retrying' : 'failed', result.reason];
      await tx.query({
        text: `insert into deliveries (outbox_id, run_id, kind, channel, target, state, attempts, error, at)
          select outbox_id, run_id, kind, $2, $3, $4, 1, $5, $6 from outbox where outbox_id = $1
          on conflict (outbox_id, channel) do update set target = excluded.target, state = excluded.state, attempts = deliveries.attempts + 1, error = excluded.error, at = excluded.at`,
        values: [outbox_id, result.channel, result.target, state, error, at],
      });
    }
    await tx.query({
      text: `update outbox set next_at = ${FROM_NOW} where outbox_id = $2`,
      values: [again_ms, outbox_id],
    });
  });
}
