import { beforeEach, describe, expect, it } from 'vitest';
import { ADMIN_TOKEN, hashOf } from '../../test/helper/http-deps.js';
import { BEARER, errorOf, HttpFace } from '../../test/helper/http-face.js';
import { SessionAnswer } from '../domain/api/session.js';
import { createServer } from './server.js';
import { csrfOf } from './session-cookie.js';

const face = new HttpFace();
const { get, post } = face;
const HOUR_MS = 3_600_000;

const signIn = (token: unknown, headers: Record<string, string> = {}) => post('/api/v1/session', { token }, headers);

/** Signs in and answers what the browser then sends with a request, and the secret. */
async function signedIn(token: string): Promise<{ cookie: string; secret: string; headers: Record<string, string> }> {
  const answer = await signIn(token);
  expect(answer.statusCode).toBe(204);
  const cookie = String(answer.headers['set-cookie']).split(';')[0]!;
  const secret = cookie.slice('fixpoint_session='.length);
  return { cookie, secret, headers: { cookie, 'x-fixpoint-csrf': csrfOf(secret) } };
}

const end = (headers: Record<string, string>) => face.app.inject({ method: 'DELETE', url: '/api/v1/session', headers });

beforeEach(() => {
  face.world.token('mine', 'operator');
});

describe('signing in', () => {
  it('answers nothing but a cookie that scripts cannot read and other sites cannot send', async () => {
    const answer = await signIn('mine');

    expect(answer.statusCode).toBe(204);
    expect(answer.body).toBe('');
    expect(answer.headers['set-cookie']).toMatch(
      /^fixpoint_session=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/,
    );
  });

  it('keeps a hash and no secret, and writes down who signed in without either', async () => {
    const { secret } = await signedIn('mine');

    expect([...face.world.sessions.keys()]).toEqual([hashOf(secret)]);
    expect(face.world.auditEntries).toMatchObject([
      { who: 'a operator', what: 'session.begin', target: null, details: { role: 'operator' } },
    ]);
    const kept = JSON.stringify([[...face.world.sessions], face.world.auditEntries, face.world.logged]);
    expect(kept).not.toContain(secret);
    expect(kept).not.toContain('mine');
  });

  it('tells who it is, and what goes with every change', async () => {
    const { cookie, secret } = await signedIn('mine');
    const answer = await get('/api/v1/session', { cookie: `theme=dark; ${cookie}; other=1` });

    expect(SessionAnswer.strict().parse(answer.json())).toEqual({
      name: 'a operator',
      role: 'operator',
      csrf: csrfOf(secret),
    });
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('is refused to a token that is not known, and that may not read', async () => {
    face.world.token('poster', 'ingest');

    const wrong = await signIn('not-mine', { 'sec-fetch-mode': 'cors', 'sec-fetch-site': 'same-origin' });
    expect(wrong.statusCode).toBe(401);
    expect(wrong.headers['set-cookie']).toBeUndefined();
    expect((await signIn('poster')).statusCode).toBe(403);
    expect(face.world.sessions.size).toBe(0);
  });

  it.each([
    ['nothing', {}, 'body token: token is missing'],
    ['no text', { token: '' }, 'body token: expected at least 1 character'],
    ['a number', { token: 7 }, 'body token: expected text'],
    ['an unknown key', { token: 'x', remember: true }, 'body remember: unknown key remember'],
    ['what is too long', { token: 'x'.repeat(4_097) }, 'body token: expected at most 4096 characters'],
  ])('says what is wrong with %s', async (_what, body, message) => {
    const answer = await post('/api/v1/session', body, {});

    expect(answer.statusCode).toBe(400);
    expect(errorOf(answer).message).toContain(message);
  });

  it('takes no body that is larger than any token', async () => {
    expect((await signIn('x'.repeat(20_000))).statusCode).toBe(413);
  });

  it('may not be done by a page of another site', async () => {
    const answer = await signIn('mine', { 'sec-fetch-site': 'cross-site' });

    expect(answer.statusCode).toBe(403);
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it('answers unavailable while nothing can be looked up', async () => {
    face.world.findToken = async () => Promise.reject(new Error('away'));

    expect((await signIn('mine')).statusCode).toBe(503);
  });

  it.each([
    [{ 'x-forwarded-proto': 'https' }, null, true],
    [{ 'x-forwarded-proto': 'https, http' }, null, true],
    [{ 'x-forwarded-proto': 'http' }, null, false],
    [{}, 'https://fixpoint.example.org', true],
    [{}, 'http://fixpoint.example.org', false],
  ])('makes the cookie for https only where that is spoken: %j, %s', async (headers, publicUrl, isSecure) => {
    const { config } = face.world.deps();
    await face.open(face.world.deps({ config: { ...config, publicUrl } }));
    const answer = await signIn('mine', headers);

    expect(/; Secure$/.test(String(answer.headers['set-cookie']))).toBe(isSecure);
  });
});

describe('a change that is asked for by cookie', () => {
  it('is made with the csrf of the session', async () => {
    const { headers } = await signedIn('mine');
    const answer = await post('/api/v1/pause', { reason: 'storm' }, headers);

    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ paused: true, by: 'a operator' });
  });

  it('is refused without it, with another one, and with that of another session', async () => {
    const { cookie } = await signedIn('mine');
    const other = await signedIn('mine');
    for (const csrf of [undefined, '', 'x'.repeat(43), csrfOf(other.secret), 'é'.repeat(43)]) {
      const headers = csrf === undefined ? { cookie } : { cookie, 'x-fixpoint-csrf': csrf };
      const answer = await post('/api/v1/pause', undefined, headers);
      expect(answer.statusCode).toBe(403);
      expect(errorOf(answer).message).toContain('X-Fixpoint-CSRF');
    }
    expect(face.world.pause.paused).toBe(false);
    expect((await get('/api/v1/pause', { cookie })).statusCode).toBe(200);
  });

  it('is refused to another site, whatever it knows', async () => {
    const { headers } = await signedIn('mine');

    expect((await post('/api/v1/pause', undefined, { ...headers, 'sec-fetch-site': 'cross-site' })).statusCode).toBe(
      403,
    );
  });

  it('is refused to a role that may not make it', async () => {
    face.world.token('reader', 'viewer');
    const { headers } = await signedIn('reader');

    expect((await post('/api/v1/pause', undefined, headers)).statusCode).toBe(403);
    expect((await get('/api/v1/alerts', headers)).statusCode).toBe(200);
    expect((await get('/api/v1/tokens', headers)).statusCode).toBe(403);
  });
});

describe('a cookie', () => {
  it('does not count beside an Authorization header', async () => {
    const { headers } = await signedIn('mine');

    expect((await get('/api/v1/alerts', { ...headers, authorization: 'Bearer wrong' })).statusCode).toBe(401);
    const answer = await get('/api/v1/session', { cookie: headers['cookie']!, ...BEARER });
    expect(answer.json()).toEqual({ name: 'admin', role: 'admin', csrf: null });
  });

  it('posts no alerts', async () => {
    face.world.token('boss', 'admin');
    const { headers } = await signedIn('boss');

    expect((await post('/api/v1/webhooks/generic', {}, headers)).statusCode).toBe(401);
    expect((await post('/webhook/alert', {}, headers)).statusCode).toBe(401);
  });

  it.each(['', 'x', 'x'.repeat(43), `${'x'.repeat(42)}%`, '"quoted"'])(
    'that is none of ours opens nothing: %s',
    async (value) => {
      expect((await get('/api/v1/alerts', { cookie: `fixpoint_session=${value}` })).statusCode).toBe(401);
    },
  );

  it('lets a run be followed live', async () => {
    const { cookie } = await signedIn('mine');
    face.world.openRun('R1');
    face.world.happen('R1', { type: 'run_cancel_requested', at: '2026-11-21T10:00:00.000Z', by: 'x', reason: null });
    const events = await get('/api/v1/runs/R1/events', { cookie });

    expect(events.statusCode).toBe(200);
    const asked = get('/api/v1/runs/R1/events', { cookie, accept: 'text/event-stream' });
    await face.app.ready();
    const { app } = face;
    await Promise.all([asked, app.close()]);
    expect((await asked).headers['content-type']).toContain('text/event-stream');
    expect((await asked).body).toContain('event: run_opened');
  });
});

describe('a session', () => {
  it('ends when it is told to, for good, and the cookie with it', async () => {
    const { cookie, headers } = await signedIn('mine');

    expect((await end({ cookie })).statusCode).toBe(403);
    const answer = await end(headers);
    expect(answer.statusCode).toBe(204);
    expect(answer.headers['set-cookie']).toMatch(/^fixpoint_session=; Path=\/; Max-Age=0; HttpOnly; SameSite=Strict$/);
    expect((await get('/api/v1/alerts', { cookie })).statusCode).toBe(401);
    expect(face.world.auditEntries.map(({ what }) => what)).toEqual(['session.begin', 'session.end']);
  });

  it('that has ended is ended again without complaint, by whoever still has its cookie', async () => {
    const { headers } = await signedIn('mine');
    await end(headers);

    expect((await end({ cookie: headers['cookie']! })).statusCode).toBe(204);
    expect((await end({})).statusCode).toBe(204);
    expect(face.world.auditEntries.filter(({ what }) => what === 'session.end')).toHaveLength(1);
  });

  it('ends with its time, whatever the browser keeps', async () => {
    const { cookie } = await signedIn('mine');
    await face.world.clock.advance(12 * HOUR_MS - 1);
    expect((await get('/api/v1/session', { cookie })).statusCode).toBe(200);
    await face.world.clock.advance(1);
    const answer = await get('/api/v1/session', { cookie });

    expect(answer.statusCode).toBe(401);
    expect(errorOf(answer).message).toBe('the session has ended: sign in again');
  });

  it('ends at once when its token is taken away', async () => {
    const { cookie } = await signedIn('mine');
    expect((await get('/api/v1/session', { cookie })).statusCode).toBe(200);
    await face.app.inject({ method: 'DELETE', url: '/api/v1/tokens/id-operator', headers: BEARER });

    expect((await get('/api/v1/session', { cookie })).statusCode).toBe(401);
  });

  it('of the configured admin token ends when that changes, and nothing kept tells the token', async () => {
    const { cookie } = await signedIn(ADMIN_TOKEN);
    expect((await get('/api/v1/session', { cookie })).json()).toMatchObject({ name: 'admin', role: 'admin' });
    expect(JSON.stringify([...face.world.sessions])).not.toContain(ADMIN_TOKEN);
    expect(JSON.stringify([...face.world.sessions])).not.toContain(hashOf(ADMIN_TOKEN));

    await face.open(face.world.deps({ adminToken: 'another-admin-token' }));
    expect((await get('/api/v1/session', { cookie })).statusCode).toBe(401);
    await face.open(face.world.deps({ adminToken: null }));
    expect((await get('/api/v1/session', { cookie })).statusCode).toBe(401);
    await face.open(face.world.deps());
    expect((await get('/api/v1/session', { cookie })).statusCode).toBe(200);
  });

  it('counts in every process, and so does its end within a second', async () => {
    const { headers } = await signedIn('mine');
    const other = createServer(face.world.deps());
    const there = () => other.inject({ method: 'GET', url: '/api/v1/session', headers });

    expect((await there()).statusCode).toBe(200);
    await end(headers);
    await face.world.clock.advance(1_000);
    expect((await there()).statusCode).toBe(401);
    await other.close();
  });

  it('is looked up once a second at most, and outlives a store that blinks', async () => {
    const { cookie } = await signedIn('mine');
    let asked = 0;
    let isAway = false;
    const deps = face.world.deps();
    const sessions = {
      ...deps.store.sessions,
      find: async (hash: string) => {
        asked += 1;
        return isAway ? Promise.reject(new Error('away')) : deps.store.sessions.find(hash);
      },
    };
    await face.open({ ...deps, store: { ...deps.store, sessions } });
    for (let i = 0; i < 20; i++) await get('/api/v1/session', { cookie });
    expect(asked).toBe(1);

    isAway = true;
    await face.world.clock.advance(5_000);
    expect((await get('/api/v1/session', { cookie })).statusCode).toBe(200);
    await face.world.clock.advance(5_000);
    expect((await get('/api/v1/session', { cookie })).statusCode).toBe(503);
  });
});

describe('a browser that is not signed in', () => {
  it.each([
    ['a person who opens an address', { 'sec-fetch-mode': 'navigate' }, true],
    ['a program', {}, true],
    ['a page of ours', { 'sec-fetch-mode': 'cors' }, false],
    ['a page of ours in an old browser', { 'x-fixpoint-csrf': '' }, false],
  ])('asks for a password by itself only where it should: %s', async (_who, headers, isAsked) => {
    const answer = await get('/api/v1/alerts', headers);

    expect(answer.statusCode).toBe(401);
    expect(String(answer.headers['www-authenticate']).includes('Basic')).toBe(isAsked);
    expect(answer.headers['www-authenticate']).toContain('Bearer');
  });
});
