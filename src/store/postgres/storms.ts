import type { AuditEntry } from '../../domain/access/audit.js';
import type { Storm, StormShare, StormStore, StormSummary } from '../../domain/decision/storm.js';
import { OVERALL } from '../../domain/decision/storm.js';
import type { Db, Queryable } from '../db.js';
import { idFrom } from '../../domain/ulid-time.js';
import { addNotice } from './outbox.js';

/** Counts are looked at for a minute; those of this long ago are certain to be of no more use to anybody. */
const FORGET_AFTER = '5 minutes';
/** How many alerts a summary looks at: those that came first. */
const MAX_SUMMED = 100_000;
const MAX_SHARES = 20;

/** What all processes know of storms, in Postgres. */
export function createStormStore(db: Db): StormStore {
  return {
    async tally(counts, since) {
      if (counts.length > 0)
        await db.query({
          // One order for all processes: none waits for another that waits for it.
          text: `with added as (insert into storm_counts (scope, second, alerts, starts)
              select scope, second, sum(alerts), sum(starts) from json_to_recordset($1::json) as x(scope text, second timestamptz, alerts int, starts int)
              group by scope, second order by scope, second
              on conflict (scope, second) do update set alerts = storm_counts.alerts + excluded.alerts, starts = storm_counts.starts + excluded.starts)
            delete from storm_counts where second < $2::timestamptz - interval '${FORGET_AFTER}'`,
          values: [JSON.stringify(counts), since],
        });
      const sums = await db.query<{ scope: string; alerts: number; starts: number }>({
        text: 'select scope, sum(alerts)::int as alerts, sum(starts)::int as starts from storm_counts where second > $1 group by scope',
        values: [since],
      });
      const rows = await db.query<{ doc: Storm; version: number }>({ text: 'select doc, version from storms' });
      return { sums, storms: rows.map(({ doc, version }) => ({ storm: doc, version })) };
    },
    move: (storm, expected, { notice, audit }) =>
      db.transaction(async (tx) => {
        const [moved] = await tx.query({
          text: `insert into storms (scope, level, doc, version) values ($1, $2, $3, $4::int + 1)
            on conflict (scope) do update set level = excluded.level, doc = excluded.doc, version = excluded.version
              where storms.version = $4::int
            returning 1`,
          values: [storm.scope, storm.level, JSON.stringify(storm), expected],
        });
        if (!moved) return 'conflict';
        if (notice) await addNotice(tx, notice);
        if (audit) await addAudit(tx, audit);
        return 'moved';
      }),
    async current(now) {
      const rows = await db.query<{ doc: Storm }>({
        text: "select doc from storms where level > 0 or doc -> 'ended' ->> 'until' > $1 order by scope",
        values: [now],
      });
      return rows.map(({ doc }) => doc);
    },
    summary: (scope, from, to) => summary(db, scope, from, to),
  };
}

async function addAudit(tx: Queryable, entry: AuditEntry): Promise<void> {
  await tx.query({
    text: 'insert into audit (audit_id, at, who, what, target, details) values ($1, $2, $3, $4, $5, $6)',
    values: [entry.audit_id, entry.at, entry.who, entry.what, entry.target, JSON.stringify(entry.details)],
  });
}

async function summary(db: Db, scope: string, from: string, to: string): Promise<StormSummary> {
  // Ids begin with their time: the alerts of a storm lie together, whatever is in the table besides.
  const rows = await db.query<StormShare & { runs: number }>({
    text: `select service_name, alert_name, count(*)::int as alerts, (count(*) filter (where action = 'hold' and reason = 'storm'))::int as held,
        count(distinct run_id) filter (where action = 'run')::int as runs
      from (select service_name, alert_name, action, reason, run_id from alerts
        where alert_id >= $1 and alert_id < $2 and status = 'firing' and ($3 = '${OVERALL}' or service_name = $3)
        order by alert_id limit ${MAX_SUMMED}) as storm
      group by service_name, alert_name order by alerts desc, alert_name, service_name`,
    values: [idFrom(from), idFrom(to), scope],
  });
  let [alerts, held, runs] = [0, 0, 0];
  for (const row of rows) {
    alerts += row.alerts;
    held += row.held;
    runs += row.runs;
  }
  const shares = rows
    .slice(0, MAX_SHARES)
    .map(({ service_name, alert_name, alerts, held }) => ({ service_name, alert_name, alerts, held }));
  return { alerts, held, runs, shares };
}
