import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { BEARER, HttpFace, errorOf } from '../../test/helper/http-face.js';
import { FixpointError } from '../domain/errors.js';
import type { SenderProof } from '../domain/source.js';

const face = new HttpFace();
const BODY = '{"a": 1}';

/** Proves every body by the word `yes`, and cannot tell for `later`. */
function proof(header: string): SenderProof {
  return {
    header,
    async proves({ headers, body }) {
      if (headers[header] === 'later') throw new FixpointError('unavailable', 'no certificate now');
      if (headers[header] === 'forged') throw new FixpointError('forbidden', 'this is not from there');
      return headers[header] === 'yes' && Buffer.from(body).toString() === BODY;
    },
  };
}

async function open(): Promise<string[]> {
  const taken: string[] = [];
  face.world.accept = async (source, _body, from) => {
    taken.push(`${source ?? 'any'} from ${from ?? ''}`);
    return { accepted: 0, alerts: [], rejected: 0 };
  };
  const senderProofs = new Map([
    ['sentry', proof('x-sentry')],
    ['cloudwatch', proof('x-sns')],
  ]);
  await face.open(face.world.deps({ senderProofs }));
  return taken;
}

const post = (path: string, headers: Record<string, string>, body = BODY) =>
  face.app.inject({ method: 'POST', url: path, payload: body, headers });

describe("a system's own proof", () => {
  it('is the credential of its own webhook, and on the path of any', async () => {
    const taken = await open();

    expect((await post('/api/v1/webhooks/sentry', { 'x-sentry': 'yes' })).statusCode).toBe(202);
    expect((await post('/webhook/alert', { 'x-sns': 'yes' })).statusCode).toBe(202);
    expect(taken).toEqual(['sentry from signature of sentry', 'any from signature of cloudwatch']);
  });

  it.each([
    ['another source', '/api/v1/webhooks/zabbix', { 'x-sentry': 'yes' }, BODY],
    ['another body', '/api/v1/webhooks/sentry', { 'x-sentry': 'yes' }, '{}'],
    ['another value', '/api/v1/webhooks/sentry', { 'x-sentry': 'no' }, BODY],
    ['no header', '/api/v1/webhooks/sentry', {}, BODY],
    ['a header that belongs to nobody', '/api/v1/webhooks/sentry', { 'x-other': 'yes' }, BODY],
  ])('does not count with %s', async (_what, path, headers, body) => {
    const taken = await open();
    const answer = await post(path, headers, body);

    expect(answer.statusCode).toBe(401);
    expect(errorOf(answer).code).toBe('unauthorized');
    expect(taken).toEqual([]);
  });

  it.each([
    ['forged', 403],
    ['later', 503],
  ])('that is %s is answered with %i, and nothing is taken in', async (word, status) => {
    const taken = await open();

    expect((await post('/api/v1/webhooks/cloudwatch', { 'x-sns': word })).statusCode).toBe(status);
    expect(taken).toEqual([]);
  });

  it('is not asked where there is a token, right or wrong', async () => {
    const taken = await open();

    expect((await post('/api/v1/webhooks/cloudwatch', { ...BEARER, 'x-sns': 'forged' })).statusCode).toBe(202);
    expect(
      (await post('/api/v1/webhooks/cloudwatch', { authorization: 'Bearer wrong', 'x-sns': 'yes' })).statusCode,
    ).toBe(401);
    expect(taken).toHaveLength(1);
  });

  it('stands beside our own signature', async () => {
    await open();
    const signature = createHmac('sha256', 'am-secret').update(BODY).digest('hex');
    const headers = { 'x-fixpoint-signature': `sha256=${signature}` };

    expect((await post('/api/v1/webhooks/alertmanager', headers)).statusCode).toBe(202);
    expect((await post('/api/v1/webhooks/sentry', { ...headers, 'x-sentry': 'yes' })).statusCode).toBe(202);
    expect((await post('/api/v1/webhooks/sentry', headers)).statusCode).toBe(401);
  });
});
