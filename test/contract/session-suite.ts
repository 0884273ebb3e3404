import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { NewSession } from '../../src/domain/access/session.js';
import type { Store } from '../../src/domain/store.js';
import { AT, ids } from '../helper/store-world.js';

const LATER = '2026-11-22T10:00:00.000Z';
const NONE = { max_age_ms: null, max_count: null };

/** What every store promises about who has signed in. */
export function sessionSuite(open: () => Store): void {
  describe('sessions', () => {
    async function aToken() {
      const token = { token_id: ids.next(), name: 'ann', role: 'operator' as const, created_at: AT };
      await open().tokens.add({ ...token, hash: token.token_id });
      return token;
    }

    function aSession(over: Partial<NewSession> = {}): NewSession {
      return { hash: ids.next(), token_id: null, admin_proof: null, created_at: AT, ends_at: LATER, ...over };
    }

    it('stand for their token, and are found by their hash only', async () => {
      const { sessions } = open();
      const token = await aToken();
      const session = aSession({ token_id: token.token_id });

      expect(await sessions.add(session)).toBe(true);
      expect(await sessions.find(session.hash)).toEqual({ token, admin_proof: null, created_at: AT, ends_at: LATER });
      expect(await sessions.find(token.token_id)).toBeNull();
    });

    it('stand for the configured admin token, which no table holds, with its proof', async () => {
      const { sessions } = open();
      const session = aSession({ admin_proof: 'proof' });
      await sessions.add(session);

      expect(await sessions.find(session.hash)).toMatchObject({ token: null, admin_proof: 'proof' });
    });

    it('end when they are told to, once', async () => {
      const { sessions } = open();
      const session = aSession({ admin_proof: 'proof' });
      await sessions.add(session);

      expect(await sessions.end(session.hash)).toBe(true);
      expect(await sessions.end(session.hash)).toBe(false);
      expect(await sessions.find(session.hash)).toBeNull();
    });

    it('end with their token, and do not begin without it', async () => {
      const { sessions, tokens } = open();
      const { token_id } = await aToken();
      const session = aSession({ token_id });
      await sessions.add(session);
      await tokens.remove(token_id, false);

      expect(await sessions.find(session.hash)).toBeNull();
      expect(await sessions.add(aSession({ token_id }))).toBe(false);
    });

    it('of one token are a hundred at most: the oldest makes room, and no other token’s', async () => {
      const { sessions } = open();
      const [{ token_id }, other] = [await aToken(), await aToken()];
      const stranger = aSession({ token_id: other.token_id, created_at: '2026-11-01T10:00:00.000Z' });
      await sessions.add(stranger);
      const begun: NewSession[] = [];
      for (let i = 0; i < 101; i++) {
        const created_at = new Date(Date.parse(AT) + i).toISOString();
        begun.push(aSession({ token_id, created_at }));
        await sessions.add(begun[i]!);
      }

      expect(await sessions.find(begun[0]!.hash)).toBeNull();
      expect(await sessions.find(begun[1]!.hash)).not.toBeNull();
      expect(await sessions.find(begun[100]!.hash)).not.toBeNull();
      expect(await sessions.find(stranger.hash)).not.toBeNull();
    });

    it('are listed while they last, the newest first, page by page, of one token or of all', async () => {
      const { sessions } = open();
      const [token, other] = [await aToken(), await aToken()];
      const at = (n: number): string => new Date(Date.parse(AT) + n).toISOString();
      // Two of one instant: the cursor has to tell them apart.
      const mine = [0, 1, 1, 2].map((n) => aSession({ token_id: token.token_id, created_at: at(n) }));
      const over = aSession({ token_id: token.token_id, ends_at: AT });
      for (const session of [...mine, over, aSession({ token_id: other.token_id })]) await sessions.add(session);
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof sessions.list>> = await sessions.list(
          token.token_id,
          { limit: 2, cursor },
          AT,
        );
        seen.push(...page.items.map(({ hash }) => hash));
        cursor = page.next_cursor;
      } while (cursor !== null);

      expect(seen[0]).toBe(mine[3]!.hash);
      expect(seen.toSorted()).toEqual(mine.map(({ hash }) => hash).toSorted());
      const all = await sessions.list(null, { limit: 200, cursor: null }, AT);
      expect(all.items.filter((one) => one.token?.token_id === other.token_id)).toHaveLength(1);
      expect(all.items.find(({ hash }) => hash === mine[0]!.hash)).toEqual({
        hash: mine[0]!.hash,
        token,
        created_at: AT,
        ends_at: LATER,
      });
      await expect(sessions.list(null, { limit: 2, cursor: 'x' }, AT)).rejects.toMatchObject({ code: 'invalid' });
    });

    it('end by the beginning of their hash, where they are the one’s who asks', async () => {
      const { sessions } = open();
      const { token_id } = await aToken();
      const hash = createHash('sha256').update(ids.next()).digest('hex');
      await sessions.add(aSession({ hash, token_id }));

      expect(await sessions.endOne(hash.slice(0, 32), 'another')).toBeNull();
      expect(await sessions.endOne(hash.slice(0, 32), token_id)).toMatchObject({ hash, token: { token_id } });
      expect(await sessions.find(hash)).toBeNull();
      expect(await sessions.endOne(hash.slice(0, 32), null)).toBeNull();
    });

    it('are forgotten when their time is over', async () => {
      const { sessions, retention } = open();
      const over = aSession({ admin_proof: 'over', ends_at: '2026-11-20T10:00:00.000Z' });
      const lasting = aSession({ admin_proof: 'lasting' });
      for (const session of [over, lasting]) await sessions.add(session);
      const keepAll = { alerts: NONE, runs: NONE, dead_letters: NONE, audit: NONE };
      await retention.prune(keepAll, AT, new AbortController().signal);

      expect(await sessions.find(over.hash)).toBeNull();
      expect(await sessions.find(lasting.hash)).not.toBeNull();
    });
  });
}
