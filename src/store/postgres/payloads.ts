import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import { splitId } from '../../domain/id.js';
import { MAX_PAYLOAD_BYTES } from '../../domain/alert/payload.js';
import type { KeptPayload, PayloadBody, PayloadDelivery, Payloads } from '../../domain/alert/payload.js';
import { wellFormed } from '../../domain/well-formed.js';
import type { Db } from '../db.js';
import { repeatOf } from './alert-rows.js';

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

/** The quickest: bodies of monitoring systems shrink to a tenth all the same (measured: 17 kB to 1.6 kB in 0.1 ms, not in this thread). */
const LEVEL = 1;
/** What a row costs beside its body: its own columns, its index entries. */
const ROW_BYTES = 300;

interface PayloadColumns extends Omit<KeptPayload, 'head' | 'alert_id'> {
  readonly body: Uint8Array;
}

/** Keeps bodies of deliveries in Postgres, each once. */
export function createPayloads(db: Db): Payloads {
  return {
    keep: (bodies, deliveries) => keep(db, bodies, deliveries),
    async find(alert_id) {
      const id = splitId(alert_id);
      if (!id) return null;
      const own = await findBatch(db, id.prefix, alert_id);
      if (own) return own;
      // A repeat whose own delivery was not noted is shown what it repeats.
      const of = (await repeatOf(db, id.prefix, alert_id))?.item[1] ?? null;
      const first = of === null ? null : splitId(of);
      return of === null || first === null ? null : findBatch(db, first.prefix, of);
    },
  };
}

async function keep(db: Db, bodies: readonly PayloadBody[], deliveries: readonly PayloadDelivery[]): Promise<void> {
  const packed = await Promise.all(bodies.map(({ head }) => deflate(head, { level: LEVEL })));
  const last = deliveries.reduce((latest, { received_at }) => (received_at > latest ? received_at : latest), '');
  // One statement for all of them. Several processes may bring the same body: locked in one order, they wait for one another and do not meet.
  await db.query({
    text: `with body as (insert into payloads (payload_id, body, kept, bytes, size, seen_at)
        select payload_id, decode(body, 'base64'), kept, bytes, size, $6::timestamptz
        from unnest($1::text[], $2::text[], $3::int8[], $4::int8[], $5::int8[]) as given (payload_id, body, kept, bytes, size)
        order by payload_id
        on conflict (payload_id) do update set seen_at = excluded.seen_at where payloads.seen_at < excluded.seen_at)
      insert into payload_deliveries (batch_id, payload_id, source, received_at, received_from, alerts, rejected)
        select batch_id, payload_id, source, received_at::timestamptz, nullif(received_from, ''), alerts, rejected
        from unnest($7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::int8[], $13::int8[])
          as given (batch_id, payload_id, source, received_at, received_from, alerts, rejected)
        order by batch_id
        on conflict (batch_id) do nothing`,
    values: [
      bodies.map(({ payload_id }) => payload_id),
      packed.map((body) => body.toString('base64')),
      bodies.map(({ head }) => head.length),
      bodies.map(({ bytes }) => bytes),
      packed.map((body) => body.length + ROW_BYTES),
      last,
      deliveries.map(({ batch_id }) => batch_id),
      deliveries.map(({ payload_id }) => payload_id),
      deliveries.map(({ source }) => source),
      deliveries.map(({ received_at }) => received_at),
      deliveries.map(({ received_from }) => wellFormed(received_from ?? '')),
      deliveries.map(({ alerts }) => alerts),
      deliveries.map(({ rejected }) => rejected),
    ],
  });
}

async function findBatch(db: Db, batch_id: string, alert_id: string): Promise<KeptPayload | null> {
  const [row] = await db.query<PayloadColumns>({
    text: `select batch_id, payload_id, source, received_at, received_from, alerts, rejected, body, bytes
      from payload_deliveries join payloads using (payload_id) where batch_id = $1`,
    values: [batch_id],
  });
  if (!row) return null;
  const { body, ...rest } = row;
  const head = await inflate(body, { maxOutputLength: MAX_PAYLOAD_BYTES });
  return { ...rest, head, alert_id };
}
