import type { PayloadLimit } from '../../domain/retention.js';
import { idFrom } from '../../domain/ulid-time.js';
import type { Db } from '../db.js';
import { AFTER_ALL } from './page.js';

/** Rows that one statement removes. */
const BATCH = { embedded: 200, postgres: 1_000 } as const;
/** Rows that are summed up, or counted, in one statement: they are read from an index alone. */
const COUNTED = 20_000;
/** When that took more steps than this, it is not done in every pass. What may come in until then is bounded by how much is written in a second. */
const CHEAP_COUNTS = 4;
const COUNT_AGAIN_MS = 300_000;
/** What the note of a delivery takes: so many of them share the bytes that may be kept. */
const DELIVERY_BYTES = 500;

/** What a pass needs. `pause` lets others come first, and answers false when it is time to end. */
export interface PayloadPass {
  readonly now: number;
  readonly pause: () => Promise<boolean>;
}

type Step = PayloadPass & { readonly db: Db; counted: number };

/** Forgets bodies that have not come for too long, and the oldest of what is more than may be kept; answers how many bodies went. */
export function createPayloadRetention(db: Db): (pass: PayloadPass, limit: PayloadLimit) => Promise<number> {
  let countsFrom = 0;
  return async (pass, { max_age_ms, max_bytes }) => {
    const step = { ...pass, db, counted: 0 };
    const old = max_age_ms === null ? null : new Date(pass.now - max_age_ms).toISOString();
    const counts = max_bytes !== null && pass.now >= countsFrom;
    const tooMuch = counts ? await firstThatFits(step, max_bytes) : null;
    const tooMany = counts ? await deliveryOfPlace(step, Math.floor(max_bytes / DELIVERY_BYTES)) : '';
    if (step.counted > CHEAP_COUNTS) countsFrom = pass.now + COUNT_AGAIN_MS;
    const before = old === null || (tooMuch !== null && tooMuch > old) ? tooMuch : old;
    // A body is as young as the last delivery of it. A delivery goes by its own age, so that these too stay few.
    const below = before === null || tooMany > idFrom(before) ? tooMany : idFrom(before);
    await remove(step, DELIVERIES, below);
    return before === null ? 0 : remove(step, BODIES, before);
  };
}

const BODIES = `delete from payloads where payload_id = any(array(
  select payload_id from payloads where seen_at < $1 order by seen_at, payload_id limit $2 for update skip locked)) returning 1`;
const DELIVERIES = `delete from payload_deliveries where batch_id = any(array(
  select batch_id from payload_deliveries where batch_id < $1 order by batch_id limit $2 for update skip locked)) returning 1`;

/** The instant from which on everything fits into so many bytes; null when everything does. */
async function firstThatFits(step: Step, max_bytes: number): Promise<string | null> {
  let [seen_at, payload_id, left] = ['infinity', '', max_bytes];
  for (;;) {
    step.counted += 1;
    const page = `select seen_at, payload_id, size from payloads where (seen_at, payload_id) < ($1::timestamptz, $2)
      order by seen_at desc, payload_id desc limit ${COUNTED}`;
    const values = [seen_at, payload_id];
    const [last] = await step.db.query<{ seen_at: string; payload_id: string; sum: number; rows: number }>({
      text: `with page as (${page}), whole as (select sum(size)::int8 as sum, count(*) as rows from page)
        select seen_at, payload_id, sum, rows from page, whole order by seen_at, payload_id limit 1`,
      values,
    });
    if (last === undefined) return null;
    if (last.sum > left) {
      const [over] = await step.db.query<{ seen_at: string }>({
        text: `select max(seen_at) as seen_at from (
          select seen_at, sum(size) over (order by seen_at desc, payload_id desc) as sum from (${page}) as page) as summed where sum > $3`,
        values: [...values, left],
      });
      // Whatever came in the same moment goes with it: one too many that is shown no more is no harm.
      return over === undefined ? null : new Date(Date.parse(over.seen_at) + 1).toISOString();
    }
    if (last.rows < COUNTED || !(await step.pause())) return null;
    [seen_at, payload_id, left] = [last.seen_at, last.payload_id, left - last.sum];
  }
}

/** The `place`th newest delivery; empty when there are not as many. */
async function deliveryOfPlace(step: Step, place: number): Promise<string> {
  let last = AFTER_ALL;
  for (let left = place; left > 0;) {
    const most = Math.min(left, COUNTED);
    step.counted += 1;
    const [row] = await step.db.query<{ count: number; last: string | null }>({
      text: `select count(*) as count, min(batch_id) as last from (
        select batch_id from payload_deliveries where batch_id < $1 order by batch_id desc limit $2) as newest`,
      values: [last, most],
    });
    if (!row || row.last === null || row.count < most) return '';
    last = row.last;
    left -= most;
    if (left > 0 && !(await step.pause())) return '';
  }
  return last;
}

async function remove({ db, pause }: Step, text: string, before: string): Promise<number> {
  for (let removed = 0; ;) {
    const rows = await db.query({ text, values: [before, BATCH[db.kind]] });
    removed += rows.length;
    if (rows.length < BATCH[db.kind] || !(await pause())) return removed;
  }
}
