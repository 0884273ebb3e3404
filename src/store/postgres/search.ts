import type { Found, FoundAlert, FoundIncident, FoundRun, Search } from '../../domain/search.js';
import type { Db } from '../db.js';
import { AFTER_ALL } from './page.js';

/** Rows that one search by words looks at, at most, and at once: the embedded database answers nothing else meanwhile. */
const MAX_LOOKED_AT = 10_000;
const STEP = 2_000;

/** One table that is searched: what is answered of its rows, and which of them fit the text `$1` (and the list `$5`). */
interface Searched {
  readonly table: string;
  readonly id: string;
  readonly columns: string;
  readonly fits: string;
}

const ALERTS: Searched = {
  table: 'alerts',
  id: 'alert_id',
  columns: 'alert_name, service_name, severity, status, received_at, fingerprint',
  fits: "position($1 in lower(alert_name)) > 0 or position($1 in lower(coalesce(service_name, ''))) > 0 or lower(fingerprint) = $1",
};
const RUNS: Searched = {
  table: 'runs',
  id: 'run_id',
  columns: 'playbook_id, service_name, state, created_at',
  fits: "position($1 in lower(playbook_id)) > 0 or position($1 in lower(coalesce(service_name, ''))) > 0 or playbook_id = any($5::text[])",
};
const INCIDENTS: Searched = {
  table: 'incidents',
  id: 'incident_id',
  columns:
    "doc ->> 'alert_name' as alert_name, doc -> 'service_names' as service_names, state, doc ->> 'priority' as priority, opened_at",
  fits: 'position($1 in lower(alert_name)) > 0 or position($1 in lower(service_names::text)) > 0',
};

/** Finds things by what people remember of them, in Postgres. */
export function createSearch(db: Db): Search {
  return {
    alertsById: (prefix, limit) => byId<FoundAlert>(db, ALERTS, prefix, limit),
    runsById: (prefix, limit) => byId<FoundRun>(db, RUNS, prefix, limit),
    incidentsById: (prefix, limit) => byId<FoundIncident>(db, INCIDENTS, prefix, limit),
    alerts: (text, limit) => byText<AlertRow>(db, ALERTS, text, { limit, same: (row) => row.fingerprint }),
    runs: (text, playbook_ids, limit) =>
      byText<FoundRun>(db, RUNS, text, { limit, same: (row) => row.run_id, list: playbook_ids }),
    incidents: (text, limit) => byText<FoundIncident>(db, INCIDENTS, text, { limit, same: (row) => row.incident_id }),
  };
}

type AlertRow = FoundAlert & { readonly fingerprint: string };

function byId<Row>(db: Db, { table, id, columns }: Searched, prefix: string, limit: number): Promise<Row[]> {
  return db.query({
    text: `select ${id}, ${columns} from ${table} where ${id} >= $1 and ${id} < $2 order by ${id} desc limit $3`,
    values: [prefix.toUpperCase(), prefix.toUpperCase() + AFTER_ALL, limit],
  });
}

async function byText<Row>(
  db: Db,
  searched: Searched,
  text: string,
  options: { readonly limit: number; readonly same: (row: Row) => string; readonly list?: readonly string[] },
): Promise<Found<Row>> {
  const { table, id, columns, fits } = searched;
  const found = new Map<string, Row>();
  let below = AFTER_ALL;
  for (let looked = 0; looked < MAX_LOOKED_AT; looked += STEP) {
    const [edge] = await db.query<{ id: string }>({
      text: `select ${id} as id from ${table} where ${id} < $1 order by ${id} desc offset $2 limit 1`,
      values: [below, STEP - 1],
    });
    const rows = await db.query<Row>({
      text: `select * from (select ${id}, ${columns} from ${table} where ${id} < $2 and ${id} >= $3) as looked
        where ${fits} order by ${id} desc limit $4`,
      // A statement without the list must not be given one.
      values: [text.toLowerCase(), below, edge?.id ?? '', STEP, ...(options.list ? [options.list] : [])],
    });
    for (const row of rows) {
      const key = options.same(row);
      if (found.has(key)) continue;
      if (found.size === options.limit) return { items: [...found.values()], complete: false };
      found.set(key, row);
    }
    if (edge === undefined) return { items: [...found.values()], complete: true };
    below = edge.id;
  }
  return { items: [...found.values()], complete: false };
}
