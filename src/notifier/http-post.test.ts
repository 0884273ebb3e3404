import { createServer } from 'node:tls';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openServer } from '../../test/contract/webhook-world.js';
import type { Given } from '../../test/contract/webhook-world.js';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { createPoster, failedStatus, retryAfterMs } from './http-post.js';
import { isRefusedAddress } from './reach.js';

const clock = new FakeClock('2026-11-21T10:00:00.000Z');
const signal = new AbortController().signal;
const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function poster(url: string) {
  const one = createPoster({ channel: 'test', url, timeout: '5s', clock, secrets: ['hush-hush'] });
  closing.push(() => one.stop());
  return one;
}

async function serverGiving(given: Given) {
  const server = await openServer(() => given);
  closing.push(server.close);
  return server;
}

describe('a post', () => {
  it.each([
    ['http://169.254.169.254/latest'],
    ['http://[::ffff:169.254.169.254]/'],
    ['http://[::ffff:a9fe:a9fe]/'],
    ['http://2852039166/'],
    ['http://0xa9fea9fe/'],
    ['http://[64:ff9b::a9fe:a9fe]/'],
    ['http://[fe80::1]/'],
    ['http://[fd00:ec2::254]/'],
    ['http://100.100.100.200/latest/meta-data/'],
  ])('never dials the metadata address %s, however it is written', async (url) => {
    const one = poster(url);

    expect(await one.post({ body: '{}' }, signal)).toMatchObject({
      type: 'failed',
      retryable: false,
      reason: expect.stringContaining('never dialled') as string,
    });
    expect(await one.check(signal)).toMatchObject({ ok: false });
  });

  it('reaches private addresses: chat gateways stand there', () => {
    for (const address of ['10.0.0.1', '192.168.1.1', '127.0.0.1', '::1', 'fd00::1', '172.16.0.9', 'example.com'])
      expect(isRefusedAddress(address), address).toBe(false);
  });

  it('says that a host does not exist, and that this may change', async () => {
    const result = await poster('http://no-such-host.invalid/').post({ body: '{}' }, signal);

    expect(result).toMatchObject({ type: 'failed', retryable: true });
    expect(result).toHaveProperty('reason', expect.stringMatching(/no such host|cannot be resolved/));
  });

  it('reads no more of an endless answer than it can use', async () => {
    const server = await serverGiving({ status: 500, body: 'x'.repeat(5_000_000) });

    const answer = await poster(server.url).post({ body: '{}' }, signal);

    expect(answer).toMatchObject({ type: 'answer', status: 500 });
    expect((answer as { text: string }).text.length).toBeLessThanOrEqual(64 * 1_024);
  });

  it('adds to the query of its address and keeps what stands there', async () => {
    const server = await serverGiving({ status: 200, body: '' });

    await poster(`${server.url}/send?access_token=a%2Bb`).post({ body: '{}', query: { sign: 'a+/=' } }, signal);

    expect(Object.fromEntries(server.received[0]?.query ?? [])).toEqual({ access_token: 'a+b', sign: 'a+/=' });
  });

  it('refuses a certificate that nobody vouches for, and says so without trying again', async () => {
    const folder = join(import.meta.dirname, '../../test/fixture/tls');
    const cert = readFileSync(join(folder, 'localhost.crt'));
    const server = createServer({ key: readFileSync(join(folder, 'localhost.key')), cert });
    server.on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(() => new Promise((resolve) => server.close(resolve)));
    const one = poster(`https://localhost:${(server.address() as AddressInfo).port}/`);

    const expected = { reason: expect.stringContaining('certificate') as string, retryable: false };
    expect(await one.post({ body: '{}' }, signal)).toMatchObject(expected);
    expect(await one.check(signal)).toMatchObject({ ok: false, message: expected.reason });
  });
});

describe('the meaning of a status', () => {
  const show = (text: string): string => text;

  it.each([200, 201, 204])('%i is a success', (status) => {
    expect(failedStatus({ type: 'answer', status, text: '', retry_after_ms: null }, show)).toBeNull();
  });

  it.each([408, 425, 429, 500, 502, 503, 504])('%i may go better next time', (status) => {
    const failure = failedStatus({ type: 'answer', status, text: 'why', retry_after_ms: 5_000 }, show);

    expect(failure).toEqual({ type: 'failed', reason: `HTTP ${status}: why`, retryable: true, retry_after_ms: 5_000 });
  });

  it.each([301, 400, 401, 403, 404, 410, 413, 422, 501])('%i will not', (status) => {
    expect(failedStatus({ type: 'answer', status, text: '', retry_after_ms: 5_000 }, show)).toMatchObject({
      retryable: false,
    });
  });

  it.each([
    ['30', 30_000],
    ['0', 0],
    ['Sat, 21 Nov 2026 10:00:07 GMT', 7_000],
    ['Sat, 21 Nov 2026 09:00:00 GMT', 0],
    ['999999999', 3_600_000],
    ['soon', null],
    ['-5', null],
    ['1.5', null],
    ['', null],
    [undefined, null],
  ])('Retry-After %j asks for %j ms', (header, expected) => {
    expect(retryAfterMs(header, clock)).toBe(expected);
  });
});
