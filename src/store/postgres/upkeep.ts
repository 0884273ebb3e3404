import type { PauseState, PauseSwitch } from '../../domain/pause.js';
import type { PlaybookStore, PlaybookVersion } from '../../domain/playbook/playbook-store.js';
import type { TokenRecord, Tokens } from '../../domain/access/token.js';
import type { Playbook } from '../../domain/playbook/playbook.js';
import type { Db } from '../db.js';
import { checkCursor, Conditions, pageOf } from './page.js';

/** Who may talk to Fixpoint. */
export function createTokens(db: Db): Tokens {
  return {
    async add(token) {
      await db.query({
        text: 'insert into tokens (token_id, name, role, hash, created_at) values ($1, $2, $3, $4, $5)',
        values: [token.token_id, token.name, token.role, token.hash, token.created_at],
      });
    },
    async find(hash) {
      const [row] = await db.query<TokenRecord>({
        text: 'select token_id, name, role, created_at from tokens where hash = $1',
        values: [hash],
      });
      return row ?? null;
    },
    async count() {
      const [row] = await db.query<{ count: number }>({ text: 'select count(*) as count from tokens' });
      return row?.count ?? 0;
    },
    async list(page) {
      const conditions = new Conditions().add('token_id < $', checkCursor(page));
      const rows = await db.query<TokenRecord>({
        text: `select token_id, name, role, created_at from tokens ${conditions.where} order by token_id desc limit ${conditions.param(page.limit + 1)}`,
        values: conditions.values,
      });
      return pageOf(rows, page.limit, (token) => token.token_id);
    },
    async remove(token_id, keep_an_admin) {
      // The admins are locked in one order: of two who take each other's token away at the same moment, the second finds itself the last.
      const [row] = await db.query<TokenRecord>({
        text: `with admins as (select token_id from tokens where role = 'admin' order by token_id for update)
          delete from tokens where token_id = $1
            and (not $2 or role <> 'admin' or exists (select 1 from admins where token_id <> $1))
          returning token_id, name, role, created_at`,
        values: [token_id, keep_an_admin],
      });
      if (row) return row;
      const [there] = await db.query({ text: 'select 1 from tokens where token_id = $1', values: [token_id] });
      return there ? 'last_admin' : 'unknown';
    },
  };
}

/** Every version of every playbook. */
export function createPlaybookStore(db: Db): PlaybookStore {
  return {
    async record(playbooks, at) {
      for (const { playbook, version, source } of playbooks) {
        await db.query({
          text: `insert into playbook_versions (playbook_id, version, source, playbook, first_seen_at) values ($1, $2, $3, $4, $5)
            on conflict (playbook_id, version) do nothing`,
          values: [playbook.playbook_id, version, source, JSON.stringify(playbook), at],
        });
      }
    },
    async versions(playbook_id, page) {
      const conditions = new Conditions()
        .add('playbook_id = $', playbook_id)
        .add('first_seen_at < $::timestamptz', checkCursor(page, 'instant'));
      const rows = await db.query<PlaybookVersion>({
        text: `select playbook_id, version, source, first_seen_at from playbook_versions ${conditions.where} order by first_seen_at desc, version limit ${conditions.param(page.limit + 1)}`,
        values: conditions.values,
      });
      return pageOf(rows, page.limit, (row) => row.first_seen_at);
    },
    async version(playbook_id, version) {
      const [row] = await db.query<PlaybookVersion & { playbook: Playbook }>({
        text: 'select playbook_id, version, source, first_seen_at, playbook from playbook_versions where playbook_id = $1 and version = $2',
        values: [playbook_id, version],
      });
      return row ?? null;
    },
  };
}

const NOT_PAUSED: PauseState = { paused: false, by: null, reason: null, at: null };

/** The big red button, kept so that a restart does not release it. */
export function createPauseSwitch(db: Db): PauseSwitch {
  return {
    async read() {
      const [row] = await db.query<{ value: PauseState }>({
        text: "select value from settings where name = 'pause'",
        looks: true,
      });
      return row?.value ?? NOT_PAUSED;
    },
    async set(state) {
      await db.query({
        text: "insert into settings (name, value) values ('pause', $1) on conflict (name) do update set value = excluded.value",
        values: [JSON.stringify(state)],
      });
    },
  };
}
