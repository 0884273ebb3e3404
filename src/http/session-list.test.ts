import { beforeEach, describe, expect, it } from 'vitest';
import { ADMIN_TOKEN, hashOf } from '../../test/helper/http-deps.js';
import { BEARER, HttpFace } from '../../test/helper/http-face.js';
import { pageOf } from '../domain/api/page.js';
import { SessionItem } from '../domain/api/session.js';
import { csrfOf } from './session-cookie.js';

const face = new HttpFace();
const { get, post } = face;
const sessions = async (headers: Record<string, string>) =>
  pageOf(SessionItem.strict())
    .strict()
    .parse((await get('/api/v1/sessions', headers)).json()).items;
const end = (session_id: string, headers: Record<string, string>) =>
  face.app.inject({ method: 'DELETE', url: `/api/v1/sessions/${session_id}`, headers });

async function signedIn(token: string): Promise<{ secret: string; headers: Record<string, string> }> {
  const answer = await post('/api/v1/session', { token }, {});
  const cookie = String(answer.headers['set-cookie']).split(';')[0]!;
  const secret = cookie.slice('fixpoint_session='.length);
  return { secret, headers: { cookie, 'x-fixpoint-csrf': csrfOf(secret) } };
}

beforeEach(() => {
  face.world.token('mine', 'viewer');
  face.world.token('other', 'operator');
});

describe('the list of sessions', () => {
  it('shows the own token’s, and which of them asks, without anything that signs in', async () => {
    const [here, there] = [await signedIn('mine'), await signedIn('mine')];
    await signedIn('other');
    const listed = await sessions(here.headers);

    expect(listed).toMatchObject([
      { name: 'a viewer', role: 'viewer', token_id: 'id-viewer', current: false },
      { name: 'a viewer', current: true, ends_at: '2026-11-21T22:00:00.000Z' },
    ]);
    expect(await sessions({ authorization: 'Bearer mine' })).toHaveLength(2);
    const text = JSON.stringify(listed);
    for (const { secret } of [here, there]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(hashOf(secret));
    }
  });

  it('shows an admin everybody’s that last', async () => {
    await signedIn('mine');
    await face.world.clock.advance(3_600_000);
    await signedIn(ADMIN_TOKEN);
    expect((await sessions(BEARER)).map(({ name, token_id }) => [name, token_id])).toEqual([
      ['admin', null],
      ['a viewer', 'id-viewer'],
    ]);
    await face.world.clock.advance(11 * 3_600_000);
    expect((await sessions(BEARER)).map(({ name }) => name)).toEqual(['admin']);
  });

  it('ends one at once, and writes down who did it', async () => {
    const [here, there] = [await signedIn('mine'), await signedIn('mine')];
    expect((await get('/api/v1/alerts', there.headers)).statusCode).toBe(200);
    const other = (await sessions(here.headers)).find(({ current }) => !current)!;
    const answer = await end(other.session_id, here.headers);

    expect(SessionItem.strict().parse(answer.json())).toEqual(other);
    expect((await get('/api/v1/alerts', there.headers)).statusCode).toBe(401);
    expect((await get('/api/v1/alerts', here.headers)).statusCode).toBe(200);
    expect(face.world.auditEntries.at(-1)).toMatchObject({
      who: 'a viewer',
      what: 'session.end',
      target: other.session_id,
      details: { name: 'a viewer' },
    });
    expect((await end(other.session_id, here.headers)).statusCode).toBe(404);
  });

  it('ends somebody else’s for an admin only, and no change without its CSRF header', async () => {
    const [here, stranger] = [await signedIn('mine'), await signedIn('other')];
    const [{ session_id }] = (await sessions(stranger.headers)) as [SessionItem];

    expect((await end(session_id, here.headers)).statusCode).toBe(404);
    expect((await end(session_id, { cookie: stranger.headers.cookie! })).statusCode).toBe(403);
    expect((await end('0'.repeat(31), BEARER)).statusCode).toBe(404);
    expect((await end(session_id, BEARER)).statusCode).toBe(200);
    expect((await get('/api/v1/alerts', stranger.headers)).statusCode).toBe(401);
  });
});
