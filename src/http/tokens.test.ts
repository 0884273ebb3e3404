import { describe, expect, it } from 'vitest';
import { hashOf } from '../../test/helper/http-deps.js';
import { BEARER, errorOf, HttpFace } from '../../test/helper/http-face.js';
import { until } from '../../test/helper/until.js';
import { Role } from '../domain/access/access.js';
import { pageOf } from '../domain/api/page.js';
import { NewTokenAnswer, TokenAnswer } from '../domain/api/token.js';

const face = new HttpFace();
const { get, post } = face;

describe('a token that is made while Fixpoint runs', () => {
  it('works at once, and only its hash is kept', async () => {
    const answer = await post('/api/v1/tokens', { name: ' grafana ', role: 'viewer' });
    const made = NewTokenAnswer.strict().parse(answer.json());

    expect(answer.statusCode).toBe(201);
    expect(made).toMatchObject({ name: 'grafana', role: 'viewer', created_at: '2026-11-21T10:00:00.000Z' });
    expect((await get('/api/v1/alerts', { authorization: `Bearer ${made.token}` })).statusCode).toBe(200);
    expect([...face.world.tokens.keys()]).toEqual([hashOf(made.token)]);
    expect(JSON.stringify([...face.world.tokens.values()])).not.toContain(made.token);
  });

  it('is written down with who made it, and without its text', async () => {
    const { token, token_id } = NewTokenAnswer.parse(
      (await post('/api/v1/tokens', { name: 'ci', role: 'ingest' })).json(),
    );

    expect(face.world.auditEntries).toMatchObject([
      { who: 'admin', what: 'token.create', target: token_id, details: { name: 'ci', role: 'ingest' } },
    ]);
    expect(JSON.stringify([face.world.auditEntries, face.world.logged])).not.toContain(token);
  });

  it.each(Role.options.filter((role) => role !== 'admin'))('is not made by a %s', async (role) => {
    face.world.token('mine', role);
    const answer = await post('/api/v1/tokens', { name: 'x', role }, { authorization: 'Bearer mine' });

    expect(answer.statusCode).toBe(403);
    expect(face.world.tokens.size).toBe(1);
  });

  it.each([
    [{ name: 'x' }, 'body role: role is missing: expected viewer, operator, approver, admin or ingest'],
    [{ name: 'x', role: 'root' }, 'body role: expected viewer, operator, approver, admin or ingest, came "root"'],
    [{ name: ' ', role: 'viewer' }, /^body name: expected at least 1 character/],
    [{ name: 'a\u0000b', role: 'viewer' }, /^body name: expected text without control characters/],
    [{ name: 'x', role: 'viewer', token: 'mine' }, /^body token: unknown key token/],
  ])('is refused with its place: %j', async (body, message) => {
    const answer = await post('/api/v1/tokens', body, BEARER);

    expect(answer.statusCode).toBe(400);
    if (typeof message === 'string') expect(errorOf(answer).message).toBe(message);
    else expect(errorOf(answer).message).toMatch(message);
    expect(face.world.tokens.size).toBe(0);
  });
});

describe('the tokens there are', () => {
  const remove = (token_id: string, headers = BEARER) =>
    face.app.inject({ method: 'DELETE', url: `/api/v1/tokens/${token_id}`, headers });

  it('are listed without their text and hash, to admins only', async () => {
    face.world.token('mine', 'viewer');
    const answer = await get('/api/v1/tokens');

    expect(pageOf(TokenAnswer.strict()).strict().parse(answer.json()).items).toMatchObject([{ token_id: 'id-viewer' }]);
    expect(answer.body).not.toMatch(/mine|[0-9a-f]{64}/);
    expect((await get('/api/v1/tokens', { authorization: 'Bearer mine' })).statusCode).toBe(403);
    expect((await remove('id-viewer', { authorization: 'Bearer mine' })).statusCode).toBe(403);
  });

  it('open nothing from the moment on at which they are taken away', async () => {
    face.world.token('mine', 'viewer');
    const mine = { authorization: 'Bearer mine' };
    expect((await get('/api/v1/alerts', mine)).statusCode).toBe(200);

    expect((await remove('id-viewer')).json()).toMatchObject({ token_id: 'id-viewer', role: 'viewer' });
    expect((await get('/api/v1/alerts', mine)).statusCode).toBe(401);
    expect(face.world.auditEntries).toMatchObject([{ who: 'admin', what: 'token.delete', target: 'id-viewer' }]);
    expect((await remove('id-viewer')).statusCode).toBe(404);
  });

  it('that a look-up found just before they were taken away are not remembered after it', async () => {
    face.world.token('mine', 'viewer');
    const found = face.world.tokens.get(hashOf('mine'))!;
    let answer: (() => void) | null = null;
    face.world.findToken = () => new Promise((resolve) => (answer = () => resolve(found)));
    const asked = get('/api/v1/alerts', { authorization: 'Bearer mine' });
    await until('the look-up', () => answer !== null);
    await remove('id-viewer');
    answer!();
    await asked;

    face.world.findToken = async () => null;
    expect((await get('/api/v1/alerts', { authorization: 'Bearer mine' })).statusCode).toBe(401);
  });

  it('of another process are noticed within a second, and a store that blinks turns nobody away', async () => {
    face.world.token('mine', 'viewer');
    const mine = { authorization: 'Bearer mine' };
    await get('/api/v1/alerts', mine);
    face.world.findToken = async () => Promise.reject(new Error('away'));
    await face.world.clock.advance(5_000);
    expect((await get('/api/v1/alerts', mine)).statusCode).toBe(200);
    await face.world.clock.advance(5_000);
    expect((await get('/api/v1/alerts', mine)).statusCode).toBe(503);

    face.world.findToken = async (hash) => face.world.tokens.get(hash) ?? null;
    expect((await get('/api/v1/alerts', mine)).statusCode).toBe(200);
    face.world.tokens.clear();
    await face.world.clock.advance(1_000);
    expect((await get('/api/v1/alerts', mine)).statusCode).toBe(401);
  });

  it('keep the last admin, unless the configuration names one', async () => {
    face.world.token('boss', 'admin');
    expect((await remove('id-admin')).statusCode).toBe(200);

    await face.open(face.world.deps({ adminToken: null }));
    face.world.token('boss', 'admin');
    const refused = await remove('id-admin', { authorization: 'Bearer boss' });
    expect(refused.statusCode).toBe(409);
    expect(errorOf(refused).message).toContain('last admin');
  });
});
