import type { Audit, AuditEntry, AuditFilter } from '../../domain/access/audit.js';
import type { Page, PageRequest } from '../../domain/page.js';
import { idFrom } from '../../domain/ulid-time.js';
import type { Db } from '../db.js';
import { ID_SLACK_MS, checkCursor, Conditions, pageOf } from './page.js';

/** How many entries one page looks at, where not all fit. */
const MAX_LOOKED_AT = 10_000;
const COLUMNS = 'audit_id, at, who, what, target, details';

/** Who did what. */
export function createAudit(db: Db): Audit {
  return {
    async add(entry) {
      await db.query({
        text: `insert into audit (${COLUMNS}) values ($1, $2, $3, $4, $5, $6)`,
        values: [entry.audit_id, entry.at, entry.who, entry.what, entry.target, JSON.stringify(entry.details)],
      });
    },
    list: (page, filter = {}) => list(db, page, filter),
  };
}

async function list(db: Db, page: PageRequest, filter: AuditFilter): Promise<Page<AuditEntry>> {
  const conditions = new Conditions().add('audit_id < $', checkCursor(page));
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  const down_to = isFiltered ? await edge(db, page.cursor, filter.since) : null;
  conditions.add('audit_id >= $', down_to?.id);
  conditions.add('at >= $', filter.since);
  conditions.add('strpos(lower(who), lower($)) > 0', filter.who);
  conditions.add('starts_with(what, $)', filter.what);
  conditions.add('target = $', filter.target);
  const rows = await db.query<AuditEntry>({
    text: `select ${COLUMNS} from audit ${conditions.where} order by audit_id desc limit ${conditions.param(page.limit + 1)}`,
    values: conditions.values,
  });
  const found = pageOf(rows, page.limit, (entry) => entry.audit_id);
  if (found.next_cursor !== null || down_to === null || down_to.is_last) return found;
  return { items: found.items, next_cursor: down_to.id };
}

/** Down to where a page looks; `is_last` when nothing below can fit. */
async function edge(
  db: Db,
  cursor: string | null,
  since: string | undefined,
): Promise<{ readonly id: string; readonly is_last: boolean }> {
  const conditions = new Conditions().add('audit_id < $', cursor);
  const [row] = await db.query<{ audit_id: string }>({
    text: `select audit_id from audit ${conditions.where} order by audit_id desc offset ${conditions.param(MAX_LOOKED_AT - 1)} limit 1`,
    values: conditions.values,
  });
  const floor = since === undefined ? '' : idFrom(since, -ID_SLACK_MS);
  if (row === undefined || row.audit_id <= floor) return { id: floor, is_last: true };
  return { id: row.audit_id, is_last: false };
}
