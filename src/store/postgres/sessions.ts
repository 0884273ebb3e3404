import type { TokenRecord } from '../../domain/access/token.js';
import type { ListedSession, Session, Sessions } from '../../domain/access/session.js';
import type { Db, Queryable } from '../db.js';
import { badCursor } from '../../domain/page.js';
import { Conditions, pageOf } from './page.js';

/** Browsers that one token is signed in with at once. */
const MAX_OF_A_TOKEN = 100;
/** Rows that go in one pass; what is left goes in the next one. */
const AT_ONCE = 1_000;

/** Who has signed in. */
export function createSessions(db: Db): Sessions {
  return {
    async add({ hash, token_id, admin_proof, created_at, ends_at }) {
      // Selected from the tokens: one that was taken away a moment ago begins nothing.
      const rows = await db.query({
        text: `with room as (delete from sessions where hash = any(array(
              select hash from sessions where token_id is not distinct from $2
              order by created_at desc, hash offset ${MAX_OF_A_TOKEN - 1})))
          insert into sessions (hash, token_id, admin_proof, created_at, ends_at)
          select $1, $2::text, $3, $4::timestamptz, $5::timestamptz
          where $2::text is null or exists (select from tokens where token_id = $2::text)
          returning 1`,
        values: [hash, token_id, admin_proof, created_at, ends_at],
      });
      return rows.length === 1;
    },
    async find(hash) {
      const [row] = await db.query<Row>({
        text: `select sessions.token_id, name, role, tokens.created_at as token_created_at, admin_proof, sessions.created_at, ends_at
          from sessions left join tokens using (token_id) where sessions.hash = $1`,
        values: [hash],
      });
      return row ? sessionOf(row) : null;
    },
    async end(hash) {
      const rows = await db.query({ text: 'delete from sessions where hash = $1 returning 1', values: [hash] });
      return rows.length === 1;
    },
    list: (token_id, page, now) => list(db, token_id, page, now),
    async endOne(hash_begin, token_id) {
      const [row] = await db.query<Row & { hash: string }>({
        // The letter g sorts after every digit of a hash.
        text: `with gone as (delete from sessions where hash >= $1 and hash < $1 || 'g' and ($2::text is null or token_id = $2) returning *)
          select ${LISTED} from gone as sessions left join tokens using (token_id)`,
        values: [hash_begin, token_id],
      });
      return row ? listedOf(row) : null;
    },
  };
}

const LISTED = `sessions.hash, sessions.token_id, name, role, tokens.created_at as token_created_at, admin_proof, sessions.created_at, ends_at`;

async function list(db: Db, ...[token_id, page, now]: Parameters<Sessions['list']>): ReturnType<Sessions['list']> {
  const { cursor } = page;
  const after = cursor === null ? null : CURSOR.exec(cursor);
  if (cursor !== null && after === null) throw badCursor();
  const conditions = new Conditions().add('ends_at > $', now).add('sessions.token_id = $', token_id);
  if (after !== null) {
    const [, at, hash] = after;
    const [newest, first] = [conditions.param(at), conditions.param(hash)];
    conditions.addText(`(sessions.created_at, sessions.hash) < (${newest}::timestamptz, ${first} collate "C")`);
  }
  const rows = await db.query<Row & { hash: string }>({
    text: `select ${LISTED} from sessions left join tokens using (token_id) ${conditions.where}
      order by sessions.created_at desc, sessions.hash desc limit ${conditions.param(page.limit + 1)}`,
    values: conditions.values,
  });
  const { items, next_cursor } = pageOf(rows, page.limit, (row) => `${row.created_at}.${row.hash}`);
  return { items: items.flatMap((row) => listedOf(row) ?? []), next_cursor };
}

const CURSOR = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\.(\w{1,100})$/;

function listedOf(row: Row & { readonly hash: string }): ListedSession | null {
  const session = sessionOf(row);
  if (session === null) return null;
  const { token, created_at, ends_at } = session;
  return { hash: row.hash, token, created_at, ends_at };
}

/** Forgets sessions whose time was over at `now`. */
export async function pruneSessions(db: Queryable, now: string): Promise<void> {
  await db.query({
    text: `delete from sessions where hash = any(array(select hash from sessions where ends_at < $1 order by ends_at limit ${AT_ONCE} for update skip locked))`,
    values: [now],
  });
}

interface Row {
  readonly token_id: string | null;
  readonly name: string | null;
  readonly role: TokenRecord['role'] | null;
  readonly token_created_at: string | null;
  readonly admin_proof: string | null;
  readonly created_at: string;
  readonly ends_at: string;
}

function sessionOf(row: Row): Session | null {
  const { token_id, name, role, token_created_at, admin_proof, created_at, ends_at } = row;
  if (token_id === null) return admin_proof === null ? null : { token: null, admin_proof, created_at, ends_at };
  // Its token is being taken away at this moment.
  if (name === null || role === null || token_created_at === null) return null;
  return { token: { token_id, name, role, created_at: token_created_at }, admin_proof: null, created_at, ends_at };
}
