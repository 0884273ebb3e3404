import type { NewSession, Sessions } from '../../src/domain/access/session.js';
import type { TokenRecord } from '../../src/domain/access/token.js';

/** Sessions that are kept in a map; a session is gone with its token. */
export function memorySessions(sessions: Map<string, NewSession>, tokens: ReadonlyMap<string, TokenRecord>): Sessions {
  const tokenOf = (id: string | null) => [...tokens.values()].find(({ token_id }) => token_id === id) ?? null;
  const listed = ({ hash, token_id, created_at, ends_at }: NewSession) => {
    return { hash, token: tokenOf(token_id), created_at, ends_at };
  };
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
    list: async (token_id, page, now) => {
      const items = [...sessions.values()]
        .filter((kept) => kept.ends_at > now && (token_id === null || kept.token_id === token_id))
        .map((kept) => listed(kept))
        .reverse();
      return { items: items.slice(0, page.limit), next_cursor: null };
    },
    endOne: async (begin, token_id) => {
      const kept = [...sessions.values()].find(
        (one) => one.hash.startsWith(begin) && (token_id === null || one.token_id === token_id),
      );
      if (kept === undefined) return null;
      sessions.delete(kept.hash);
      return listed(kept);
    },
  };
}
