import type { Unmatched, UnmatchedBatch, UnmatchedKind } from '../../domain/rule/unmatched.js';
import type { Db, Queryable } from '../db.js';
import { addNotice } from './outbox.js';

const MAX_KINDS = 20;

/** Alerts that no rule took and that somebody is to hear of. */
export function createUnmatched(db: Db): Unmatched {
  return {
    async tell(now, { gather_ms, pause_ms }, compose) {
      const gathered = new Date(Date.parse(now) - gather_ms).toISOString();
      const [waiting] = await db.query<{ ready: boolean }>({
        text: 'select exists (select from unmatched where received_at <= $1) as ready',
        values: [gathered],
      });
      if (!waiting?.ready) return 0;
      return db.transaction(async (tx) => {
        // This row is what processes wait for, so that there is one message and not one for each of them.
        const [turn] = await tx.query({
          text: `insert into settings (name, value) values ('unmatched', json_build_object('told_at', $1::text))
            on conflict (name) do update set value = excluded.value
            where (settings.value ->> 'told_at')::timestamptz <= $2 or (settings.value ->> 'told_at')::timestamptz > $1::text::timestamptz
            returning 1`,
          values: [now, new Date(Date.parse(now) - pause_ms).toISOString()],
        });
        const batch = turn ? await take(tx) : null;
        if (batch) await addNotice(tx, compose(batch));
        return batch?.count ?? 0;
      });
    },
  };
}

async function take(tx: Queryable): Promise<UnmatchedBatch | null> {
  const rows = await tx.query<UnmatchedKind & { total: number; kinds: number; since: string }>({
    text: `with gone as (delete from unmatched returning alert_id, alert_name, service_name, severity, description, received_at)
      select alert_name, service_name, severity, count(*)::int as count, min(alert_id) as alert_id,
        (array_agg(description order by alert_id))[1] as description,
        (sum(count(*)) over ())::int as total, (count(*) over ())::int as kinds, min(min(received_at)) over () as since
      from gone group by alert_name, service_name, severity order by count desc, alert_name limit ${MAX_KINDS}`,
  });
  const [first] = rows;
  if (!first) return null;
  const kinds = rows.map(({ total: _total, kinds: _kinds, since: _since, ...kind }) => kind);
  return { count: first.total, kinds: first.kinds, first: kinds, since: first.since };
}
