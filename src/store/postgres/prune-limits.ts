import type { Db } from '../db.js';

/** Rows of each kind that go in one pass; what is left goes in the next one. */
const AT_ONCE = 1_000;
/** A limit that is over is of no more use; a day more costs nothing, and clocks differ. */
const LIMITS_KEPT_MS = 86_400_000;
/** How long it can be looked up what people were told that belongs to no run. */
const NOTICES_KEPT_MS = 30 * 86_400_000;

/** Forgets limits that are over, storms that have passed, and what people were told of them. */
export async function pruneLimits(db: Db, now_ms: number): Promise<void> {
  const over = new Date(now_ms - LIMITS_KEPT_MS).toISOString();
  await db.query({
    text: `delete from budgets where key = any(array(select key from budgets where ends_at < $1 order by ends_at limit ${AT_ONCE} for update skip locked))`,
    values: [over],
  });
  await db.query({
    text: "delete from storms where level = 0 and (doc ->> 'changed_at')::timestamptz < $1::timestamptz",
    values: [over],
  });
  await db.query({
    // Their ids begin alike, so that the index finds them among those of runs.
    text: `with old as (select outbox_id from outbox where outbox_id >= 'notice:' and outbox_id < 'notice;'
          and next_at is null and created_at < $1 order by outbox_id limit ${AT_ONCE} for update skip locked),
        sent as (delete from deliveries where outbox_id = any(array(select outbox_id from old)))
      delete from outbox where outbox_id = any(array(select outbox_id from old))`,
    values: [new Date(now_ms - NOTICES_KEPT_MS).toISOString()],
  });
}
