import type { NewSession, Sessions } from '../../src/domain/session.js';
import type { TokenRecord } from '../../src/domain/store.js';

/** Sessions that are kept in a map; a session is gone with its token. */
export function memorySessions(sessions: Map<string, NewSession>, tokens: ReadonlyMap<string, TokenRecord>): Sessions {
  const tokenOf = (id: string | null) => [...tokens.values()].find(({ token_id }) => token_id === id) ?? null;
  return {
    add: async (session) => {
      if (session.token_id !== null && tokenOf(session.token_id) === null) return false;
      sessions.set(session.hash, session);
      return true;
    },
    find: async (hash) => {
      const kept = sessions.get(hash);
      const token = tokenOf(kept?.token_id ?? null);
      if (kept === undefined || (token === null) === (kept.admin_proof === null)) return null;
      const { admin_proof, created_at, ends_at } = kept;
      return { token, admin_proof, created_at, ends_at };
    },
    end: async (hash) => sessions.delete(hash),
  };
}
