import type { Page, PageRequest } from '../../domain/page.js';
import type { SuppressionFilter, SuppressionStore } from '../../domain/suppression/suppression-store.js';
import type { KeptSuppression, SuppressionKind } from '../../domain/suppression/suppression.js';
import type { Db } from '../db.js';
import type { Glance } from './glance.js';
import { checkCursor, Conditions, pageOf } from './page.js';

/** How many of a kind may be in force: more than people can know of. */
const MAX_IN_FORCE: Readonly<Record<SuppressionKind, number>> = {
  silence: 10_000,
  maintenance_window: 1_000,
  inhibit_rule: 1_000,
};
/** What has ended is kept for as long as somebody may ask why an alert was held, and no more of it than this. */
const ENDED_KEPT_DAYS = 30;
const MAX_ENDED = 20_000;
const REMOVED_AT_ONCE = 1_000;

interface SuppressionColumns {
  readonly suppression_id: string;
  readonly kind: SuppressionKind;
  readonly doc: KeptSuppression['doc'];
}

/** Every change counts up one number, in the statement that makes it: who wants to know whether anything has changed reads that. */
const CHANGED = `insert into settings (name, value) values ('suppressions', '1')
  on conflict (name) do update set value = to_json((settings.value #>> '{}')::bigint + 1)`;

/** What people have made to hold alerts back, in Postgres. */
export function createSuppressionStore(db: Db, glance: Glance): SuppressionStore {
  return {
    shared: db.kind === 'postgres',
    add: (kept, replaces, at) => add(db, kept, replaces, at),
    async get(kind, id) {
      const [row] = await db.query<SuppressionColumns>({
        text: 'select suppression_id, kind, doc from suppressions where suppression_id = $1 and kind = $2',
        values: [id, kind],
      });
      return row ? keptOf(row) : null;
    },
    list: (kind, filter, page, now) => list(db, kind, filter, page, now),
    async end(kind, id, at, by) {
      const [row] = await db.query<SuppressionColumns>({
        text: `with ended as (${ended('suppression_id = $1 and kind = $2', '$3', '$4')}),
            counted as (${CHANGED.replace("values ('suppressions', '1')", "select 'suppressions', '1'::json where exists (select from ended)")})
          select suppression_id, kind, doc from ended`,
        values: [id, kind, at, by],
      });
      if (row) return keptOf(row);
      return (await this.get(kind, id)) ? 'ended' : 'unknown';
    },
    async inForce(now) {
      const rows = await db.query<SuppressionColumns>({
        text: 'select suppression_id, kind, doc from suppressions where ends_at is null or ends_at > $1 order by suppression_id',
        values: [now],
      });
      return rows.map(keptOf);
    },
    async stamp(sources) {
      if (!sources) return { changes: (await glance.look()).suppressions ?? '0', sources: null };
      const [row] = await db.query<{ changes: string | null; sources: string | null }>({
        name: 'stamp-sources',
        // Rows may become visible in another order than they are numbered in: their number and sum tell that apart, the highest alone does not.
        text: `select (select value #>> '{}' from settings where name = 'suppressions') as changes,
          (select count(*) || '/' || coalesce(sum(changed), 0) || '/' || coalesce(max(changed), 0) from inhibition_sources) as sources`,
      });
      return { changes: row?.changes ?? '0', sources: row?.sources ?? null };
    },
  };
}

async function add(
  db: Db,
  kept: KeptSuppression,
  replaces: string | null,
  at: string,
): Promise<'added' | 'full' | 'gone'> {
  const { id, starts_at, ends_at } = columnsOf(kept);
  return db.transaction(async (tx) => {
    const [count] = await tx.query<{ count: number }>({
      text: 'select count(*) as count from suppressions where kind = $1 and (ends_at is null or ends_at > $2)',
      values: [kept.kind, at],
    });
    if ((count?.count ?? 0) - (replaces === null ? 0 : 1) >= MAX_IN_FORCE[kept.kind]) return 'full';
    if (replaces !== null) {
      const rows = await tx.query({
        text: ended('suppression_id = $1 and kind = $2', '$3', '$4'),
        values: [replaces, kept.kind, at, kept.doc.created_by],
      });
      if (rows.length === 0) return 'gone';
    }
    await tx.query({
      text: 'insert into suppressions (suppression_id, kind, starts_at, ends_at, doc) values ($1, $2, $3, $4, $5)',
      values: [id, kept.kind, starts_at, ends_at, JSON.stringify(kept.doc)],
    });
    await tx.query({ text: CHANGED });
    await tx.query({
      text: `delete from suppressions where suppression_id = any(array(
          select suppression_id from suppressions where ends_at < $1::timestamptz - make_interval(days => $2) limit $4))
        or suppression_id = any(array(
          select suppression_id from suppressions where ends_at < $1 order by ends_at desc offset $3 limit $4))`,
      values: [at, ENDED_KEPT_DAYS, MAX_ENDED, REMOVED_AT_ONCE],
    });
    return 'added';
  });
}

/**
 * Ends what the condition names and has not ended. A silence that has not begun ends where it begins, as in Alertmanager; the others have an
 * instant after which they count no more.
 */
function ended(condition: string, at: string, by: string): string {
  return `update suppressions set ends_at = ${at}::text::timestamptz, starts_at = least(starts_at, ${at}::text::timestamptz),
      doc = (doc::jsonb || jsonb_build_object('ended_by', ${by}::text)
        || case kind when 'silence' then jsonb_build_object('ends_at', ${at}::text, 'updated_at', ${at}::text,
             'starts_at', least(doc ->> 'starts_at' collate "C", ${at}::text))
           else jsonb_build_object('expires_at', ${at}::text) end)::json
    where ${condition} and (ends_at is null or ends_at > ${at}::text::timestamptz)
    returning suppression_id, kind, doc`;
}

async function list(
  db: Db,
  kind: SuppressionKind,
  { state }: SuppressionFilter,
  page: PageRequest,
  now: string,
): Promise<Page<KeptSuppression>> {
  const conditions = new Conditions()
    .add('kind = $', kind)
    .add('suppression_id < $', checkCursor(page))
    .add('ends_at <= $', state === 'expired' ? now : null)
    .add('(ends_at is null or ends_at > $)', state === undefined || state === 'expired' ? null : now)
    .add('starts_at > $', state === 'pending' ? now : null)
    .add('starts_at <= $', state === 'active' ? now : null);
  const rows = await db.query<SuppressionColumns>({
    text: `select suppression_id, kind, doc from suppressions ${conditions.where} order by suppression_id desc limit ${conditions.param(page.limit + 1)}`,
    values: conditions.values,
  });
  const { items, next_cursor } = pageOf(rows, page.limit, (row) => row.suppression_id);
  return { items: items.map(keptOf), next_cursor };
}

function keptOf({ kind, doc }: SuppressionColumns): KeptSuppression {
  return { kind, doc } as KeptSuppression; // written together by `add`
}

function columnsOf(kept: KeptSuppression): { id: string; starts_at: string; ends_at: string | null } {
  switch (kept.kind) {
    case 'silence':
      return { id: kept.doc.silence_id, starts_at: kept.doc.starts_at, ends_at: kept.doc.ends_at };
    case 'maintenance_window':
      return { id: kept.doc.window_id, starts_at: kept.doc.created_at ?? '-infinity', ends_at: kept.doc.expires_at };
    case 'inhibit_rule':
      return {
        id: kept.doc.inhibit_rule_id,
        starts_at: kept.doc.created_at ?? '-infinity',
        ends_at: kept.doc.expires_at,
      };
  }
}
