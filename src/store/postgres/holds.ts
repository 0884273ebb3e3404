import type { Alert } from '../../domain/alert/alert.js';
import type { FiringSource } from '../../domain/suppression/inhibition.js';
import type { HoldStore } from '../../domain/suppression/hold-store.js';
import type { Db } from '../db.js';

/** Held alerts, and what holds them by firing itself, in Postgres. */
export function createHoldStore(db: Db): HoldStore {
  return {
    async release(holders, now) {
      if (holders.length === 0) return 0;
      const rows = await db.query({
        text: `update alerts set due_at = $2 where held_by = any($1::text[]) and due_at > $2 and action = 'hold' returning 1`,
        values: [holders, now],
      });
      return rows.length;
    },
    async releaseOthers(kinds, holders, now) {
      const rows = await db.query({
        text: `update alerts set due_at = $3 where held_by is not null and due_at > $3 and action = 'hold'
          and split_part(held_by, ':', 1) = any($1::text[]) and not (held_by = any($2::text[])) returning 1`,
        values: [kinds, holders, now],
      });
      return rows.length;
    },
    openAlerts: (after, limit) => openAlerts(db, after, limit),
    sourceKeys: (limit) =>
      db.query<{ key: string; changed: number }>({
        text: 'select key, changed from inhibition_sources order by changed desc limit $1',
        values: [limit],
      }),
    async sources(keys) {
      const rows = await db.query<{ key: string; doc: Alert }>({
        text: 'select key, doc from inhibition_sources where key = any($1::text[])',
        values: [keys],
      });
      return rows.map(({ key, doc }) => ({ key, alert: doc }));
    },
    mendSources: (found) => mendSources(db, found),
    async sourcesFor() {
      const [row] = await db.query<{ value: string }>({
        text: "select value #>> '{}' as value from settings where name = 'inhibition_sources'",
      });
      return row?.value ?? null;
    },
    async setSourcesFor(rules) {
      await db.query({
        text: `insert into settings (name, value) values ('inhibition_sources', to_json($1::text))
          on conflict (name) do update set value = excluded.value`,
        values: [rules],
      });
    },
  };
}

/** Each alert is looked up by its id: a database that knows nothing of the tables yet would rather join them by reading both whole. */
async function openAlerts(db: Db, after: string | null, limit: number): Promise<FiringSource[]> {
  for (let last = after; ;) {
    const rows = await db.query<{ key: string; alert: Alert | null }>({
      text: `select key, (select doc from alerts where alerts.alert_id = page.content_alert_id) as alert from (
          select key, content_alert_id from occurrences where open and ($1::text is null or key > $1) order by key limit $2) as page
        order by key`,
      values: [last, limit],
    });
    const found = rows.flatMap(({ key, alert }) => (alert === null ? [] : [{ key, alert }]));
    if (found.length > 0 || rows.length === 0) return found;
    last = rows.at(-1)?.key ?? null;
  }
}

async function mendSources(db: Db, found: readonly FiringSource[]): Promise<boolean> {
  const gone = await db.query({
    text: `delete from inhibition_sources where not exists (
        select from occurrences where occurrences.key = inhibition_sources.key and occurrences.open) returning 1`,
  });
  if (found.length === 0) return gone.length > 0;
  // An occurrence that ended since it was looked at must not be brought back.
  const added = await db.query({
    text: `insert into inhibition_sources (key, doc)
      select k, d from json_to_recordset($1::json) as x(k text, d json)
      where exists (select from occurrences where occurrences.key = x.k and occurrences.open for share)
      on conflict (key) do nothing returning 1`,
    values: [JSON.stringify(found.map(({ key, alert }) => ({ k: key, d: alert })))],
  });
  return gone.length + added.length > 0;
}
