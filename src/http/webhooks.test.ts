import { createHmac } from 'node:crypto';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ADMIN_TOKEN } from '../../test/helper/http-deps.js';
import { HttpFace, BEARER, errorOf } from '../../test/helper/http-face.js';
import { Accepted } from '../domain/api/alert.js';
import { FixpointError } from '../domain/errors.js';
import type { ErrorCode } from '../domain/errors.js';

const face = new HttpFace();
const { get, post } = face;

const signed = (secret: string, body: string | Buffer) =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

describe('a webhook', () => {
  it('answers 202 with what the intake accepted, and hands it the bytes as they came', async () => {
    let seen: { source: string | null; body: Uint8Array } | null = null;
    face.world.accept = async (source, body) => {
      seen = { source, body };
      return { accepted: 1, alerts: [{ alert_id: 'A', fingerprint: 'F', status: 'firing' }], rejected: 2 };
    };
    const answer = await post('/api/v1/webhooks/alertmanager', ' {"a": 1}\n', {
      ...BEARER,
      'content-type': 'text/weird',
    });

    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toEqual({
      accepted: 1,
      alerts: [{ alert_id: 'A', fingerprint: 'F', status: 'firing' }],
      rejected: 2,
    });
    expect(Accepted.safeParse(answer.json()).success).toBe(true);
    expect(seen!.source).toBe('alertmanager');
    expect(Buffer.from(seen!.body).toString()).toBe(' {"a": 1}\n');
  });

  it.each(['application/json', 'application/x-www-form-urlencoded', 'garbage', ''])(
    'takes content type "%s"',
    async (type) => {
      const answer = await post('/api/v1/webhooks/zabbix', '{}', { ...BEARER, 'content-type': type });

      expect(answer.statusCode).toBe(202);
    },
  );

  it('lets the intake judge an empty body', async () => {
    let length = -1;
    face.world.accept = async (_source, body) => {
      length = body.length;
      throw new FixpointError('invalid', 'the body is not JSON');
    };
    const answer = await post('/api/v1/webhooks/alertmanager');

    expect(length).toBe(0);
    expect(answer.statusCode).toBe(400);
  });

  it.each<[ErrorCode, number]>([
    ['invalid', 400],
    ['not_found', 404],
    ['conflict', 409],
    ['too_large', 413],
    ['unavailable', 503],
  ])('answers %s from the intake with %i and its details', async (code, status) => {
    face.world.accept = async () => {
      throw new FixpointError(code, 'because', {
        details: [{ path: 'alerts[0].labels', message: 'expected an object' }],
      });
    };
    const answer = await post('/webhook/alert', '{}');

    expect(answer.statusCode).toBe(status);
    expect(errorOf(answer)).toEqual({
      code,
      message: 'because',
      details: [{ path: 'alerts[0].labels', message: 'expected an object' }],
    });
    expect(answer.headers['retry-after']).toBe(code === 'unavailable' ? '5' : undefined);
  });

  it('is refused with 503 before its body is read when the intake has no room for it, but not before its token is', async () => {
    let asked: number | null = null;
    let read = false;
    face.world.checkRoom = (bytes) => {
      asked = bytes;
      throw new FixpointError('unavailable', 'no room');
    };
    face.world.accept = async () => {
      read = true;
      throw new Error('must not be asked');
    };
    const answer = await post('/webhook/alert', '[1, 2]');
    const stranger = await post('/webhook/alert', '[1, 2]', { authorization: 'Bearer wrong' });

    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('5');
    expect([asked, read, stranger.statusCode]).toEqual([6, false, 401]);
  });

  it('leaves the source to the intake on the path of the seed', async () => {
    let seen: string | null = 'nothing';
    face.world.accept = async (source) => {
      seen = source;
      return { accepted: 0, alerts: [], rejected: 0 };
    };
    await post('/webhook/alert', '{}');

    expect(seen).toBeNull();
  });

  it('refuses a body over the limit with 413, also when nobody announced its length', async () => {
    const { config } = face.world.deps();
    await face.open(face.world.deps({ config: { ...config, bodyLimit: 100 } }));
    const answer = await post('/api/v1/webhooks/alertmanager', 'x'.repeat(101));

    expect(answer.statusCode).toBe(413);
    expect(errorOf(answer).code).toBe('too_large');
    expect(errorOf(answer).message).toMatch(/larger than \d+ bytes \(body_limit\)/);
    expect((await post('/api/v1/webhooks/alertmanager', 'x'.repeat(100))).statusCode).toBe(202);
  });

  it.each([
    ['gzip', gzipSync],
    ['GZIP', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('is unpacked, as %s, after its signature was checked', async (encoding, pack) => {
    let seen = '';
    face.world.accept = async (_source, body) => {
      seen = new TextDecoder().decode(body);
      return { accepted: 0, alerts: [], rejected: 0 };
    };
    const packed = pack('{"alerts": []}');
    const headers = { 'x-fixpoint-signature': signed('am-secret', packed), 'content-encoding': encoding };

    expect((await post('/api/v1/webhooks/alertmanager', packed, headers)).statusCode).toBe(202);
    expect(seen).toBe('{"alerts": []}');
  });

  it('is refused in words when nobody can unpack it, and when it is too large unpacked; the intake keeps what is broken', async () => {
    const { config } = face.world.deps();
    await face.open(face.world.deps({ config: { ...config, bodyLimit: 100 } }));
    const as = (encoding: string, body: Buffer) =>
      post('/api/v1/webhooks/alertmanager', body, { ...BEARER, 'content-encoding': encoding });
    const unknown = await as('zstd', Buffer.from('zzz'));
    const bomb = await as('gzip', gzipSync(Buffer.alloc(1_000_000)));
    let seen = '';
    face.world.accept = async (_source, body) => {
      seen = new TextDecoder().decode(body);
      throw new FixpointError('invalid', 'not JSON');
    };
    const broken = await as('gzip', Buffer.from('zzz'));

    expect([unknown.statusCode, bomb.statusCode, broken.statusCode, seen]).toEqual([400, 413, 400, 'zzz']);
    expect(errorOf(unknown).message).toContain('zstd is not understood; expected gzip');
    expect(errorOf(bomb).message).toContain('100 bytes (body_limit)');
  });

  it('tells a fault of ours by an id only', async () => {
    face.world.accept = async () => {
      throw new Error('password=hunter2');
    };
    const answer = await post('/api/v1/webhooks/alertmanager', '{}');

    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('hunter2');
    const { error_id } = face.world.logged[0]!.fields as { error_id: string };
    expect(errorOf(answer).message).toContain(error_id);
  });
});

describe('a signed webhook', () => {
  const body = '{"alerts": []}';
  const sign = (secret: string, text = body) => signed(secret, text);

  it('is taken when the signature fits the raw body and the secret of the source', async () => {
    const headers = { 'x-fixpoint-signature': sign('am-secret') };

    expect((await post('/api/v1/webhooks/alertmanager', body, headers)).statusCode).toBe(202);
    expect((await post('/webhook/alert', body, headers)).statusCode).toBe(202);
  });

  it.each([
    ['another secret', { 'x-fixpoint-signature': sign('other') }, 'alertmanager'],
    ['another body', { 'x-fixpoint-signature': sign('am-secret', '{}') }, 'alertmanager'],
    ['no signature at all', { 'x-fixpoint-signature': '' }, 'alertmanager'],
    ['a digest of another kind', { 'x-fixpoint-signature': 'sha1=00' }, 'alertmanager'],
    ['a source without a secret', { 'x-fixpoint-signature': sign('am-secret') }, 'zabbix'],
  ])('is refused with %s', async (_what, headers, source) => {
    let asked = false;
    face.world.accept = async () => {
      asked = true;
      return { accepted: 0, alerts: [], rejected: 0 };
    };
    const answer = await post(`/api/v1/webhooks/${source}`, body, headers);

    expect(answer.statusCode).toBe(401);
    expect(asked).toBe(false);
  });

  it('opens nothing but webhooks', async () => {
    expect((await post('/api/v1/pause', '', { 'x-fixpoint-signature': sign('am-secret', '') })).statusCode).toBe(401);
  });
});

describe('credentials', () => {
  it('are demanded with a challenge', async () => {
    const answer = await get('/api/v1/alerts', {});

    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toContain('Bearer');
    expect(errorOf(answer).code).toBe('unauthorized');
  });

  it.each([
    'Bearer wrong',
    'Bearer',
    'Basic',
    'Basic bm9jb2xvbg==',
    'Basic OjE=',
    'Digest x',
    `bearer ${'x'.repeat(5_000)}`,
  ])('are refused as "%s"', async (authorization) => {
    expect((await get('/api/v1/alerts', { authorization })).statusCode).toBe(401);
  });

  it('may be the password of Basic', async () => {
    const authorization = `Basic ${Buffer.from(`anyone:${ADMIN_TOKEN}`).toString('base64')}`;

    expect((await get('/api/v1/alerts', { authorization })).statusCode).toBe(200);
  });

  it.each<[string, 'viewer' | 'operator' | 'approver' | 'admin' | 'ingest', number, number, number]>([
    ['reads', 'viewer', 403, 200, 403],
    ['reads, posts and steers', 'operator', 202, 200, 200],
    ['reads and steers', 'approver', 403, 200, 200],
    ['does everything', 'admin', 202, 200, 200],
    ['posts alerts only', 'ingest', 202, 403, 403],
  ])('%s as %s', async (_what, role, posts, reads, operates) => {
    face.world.token('t0ken', role);
    const headers = { authorization: 'Bearer t0ken' };

    expect((await post('/api/v1/webhooks/alertmanager', '{}', headers)).statusCode).toBe(posts);
    expect((await get('/api/v1/runs', headers)).statusCode).toBe(reads);
    expect((await post('/api/v1/pause', undefined, headers)).statusCode).toBe(operates);
  });

  it('are looked up once in a while, not at every request', async () => {
    let lookups = 0;
    face.world.token('t0ken', 'viewer');
    face.world.findToken = async (hash) => {
      lookups += 1;
      return face.world.tokens.get(hash) ?? null;
    };
    const headers = { authorization: 'Bearer t0ken' };
    await get('/api/v1/runs', headers);
    await get('/api/v1/runs', headers);
    expect(lookups).toBe(1);

    await face.world.clock.advance(11_000);
    await get('/api/v1/runs', headers);
    expect(lookups).toBe(2);
  });

  it('are known soon after they were made', async () => {
    const headers = { authorization: 'Bearer fresh' };
    expect((await get('/api/v1/runs', headers)).statusCode).toBe(401);
    face.world.token('fresh', 'viewer');
    await face.world.clock.advance(1_001);

    expect((await get('/api/v1/runs', headers)).statusCode).toBe(200);
  });

  it('that cannot be looked up are a 503, not a 401', async () => {
    face.world.findToken = async () => {
      throw new Error('connection refused');
    };
    const answer = await post('/api/v1/webhooks/alertmanager', '{}', { authorization: 'Bearer t0ken' });

    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('5');
  });
});
