import type { RunEvent } from '../../domain/run/run.js';
import type { FedChange, RunFeed } from '../../domain/run/run-feed.js';
import type { Db } from '../db.js';

/** Text of events that is read at once, but for a single change that is longer. */
const PAGE_BYTES = 2 * 1024 * 1024;

interface FeedRow {
  readonly position: number;
  readonly run_id: string;
  readonly seq: number;
  readonly events: readonly RunEvent[] | null;
  readonly playbook_id: string | null;
  readonly service_name: string | null;
}

/**
 * Run events on their way to other consumers, in Postgres. A mark of how far one has read would skip what commits late: of two transactions
 * the one with the lower number may end second. So there is no mark: a line stands until it was told. A run's change is written after the
 * one before it was committed, so its position is higher, and whoever sees it sees the earlier one.
 */
export function createRunFeed(db: Db): RunFeed {
  return {
    take: async (holder, lease_ms) => {
      // By the database's clock: two processes whose clocks differ must not both hold it.
      const rows = await db.query({
        text: `insert into settings (name, value)
          values ('run_feed', json_build_object('holder', $1::text, 'until', clock_timestamp() + $2::float8 * interval '1 millisecond'))
          on conflict (name) do update set value = excluded.value
          where settings.value ->> 'holder' = $1 or (settings.value ->> 'until')::timestamptz <= clock_timestamp()
          returning 1`,
        values: [holder, lease_ms],
      });
      return rows.length === 1;
    },
    leave: async (holder) => {
      await db.query({
        text: "delete from settings where name = 'run_feed' and value ->> 'holder' = $1",
        values: [holder],
      });
    },
    next: async (limit) => {
      const rows = await db.query<FeedRow>({
        name: 'next-of-feed',
        text: `select position, run_id, seq, events, playbook_id, service_name from (
            select line.position, line.run_id, line.seq, events, playbook_id, service_name,
              sum(octet_length(events::text)) over (order by line.position) - octet_length(events::text) as before
            from (select position, run_id, seq from run_feed order by position limit $1) as line
              left join run_changes on run_changes.run_id = line.run_id and run_changes.seq = line.seq
              left join runs on runs.run_id = line.run_id
          ) as lines where coalesce(before, 0) < $2 order by position`,
        values: [limit, PAGE_BYTES],
      });
      return rows.map(changeOf);
    },
    told: async (positions) => {
      await db.query({
        name: 'told-of-feed',
        text: 'delete from run_feed where position = any($1::bigint[])',
        values: [positions],
      });
    },
  };
}

function changeOf({ position, run_id, seq, events, playbook_id, service_name }: FeedRow): FedChange {
  if (events === null || playbook_id === null) return { position, events: [] };
  return {
    position,
    events: events.map((event, place) => ({ ...event, seq: seq + place, run_id, playbook_id, service_name })),
  };
}
