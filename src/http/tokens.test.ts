import { describe, expect, it } from 'vitest';
import { hashOf } from '../../test/helper/http-deps.js';
import { BEARER, errorOf, HttpFace } from '../../test/helper/http-face.js';
import { Role } from '../domain/access.js';
import { NewTokenAnswer } from '../domain/api/token.js';

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
    [{ name: ' ', role: 'viewer' }, /^body name: expected at least 1 characters/],
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
