import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SYSTEM_CLOCK } from '../../../test/helper/system-clock.js';
import type { SilenceSource } from '../../domain/source.js';
import { alertmanager } from './alertmanager.js';

/** As Alertmanager 0.25 answers it. */
const SILENCE = {
  id: '1e22e5aa-dde4-402c-b1f6-3f5a2647a6e7',
  status: { state: 'active' },
  updatedAt: '2026-11-21T09:55:22.731Z',
  comment: 'remediating',
  createdBy: 'ann',
  endsAt: '2026-11-21T10:55:22.000+02:00',
  matchers: [
    { isEqual: true, isRegex: false, name: 'alertname', value: 'High "Load"' },
    { isEqual: false, isRegex: true, name: 'env', value: 'dev|test' },
  ],
  startsAt: '2026-11-21T09:55:22.731Z',
};

describe('the silences of an Alertmanager', () => {
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let silences: SilenceSource;
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    answer(request, response);
  });
  let url: string;

  beforeEach(async () => {
    asked.length = 0;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/am/`;
    open({});
  });
  afterEach(async () => {
    await silences.stop();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  function open(more: Record<string, unknown>): void {
    const config = alertmanager.config.parse({ url, ...more });
    silences = alertmanager.openSilences?.(config, { clock: SYSTEM_CLOCK }) ?? expect.fail('nothing is read');
  }
  const says = (body: unknown, status = 200): void => {
    answer = (_request, response) =>
      response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  };
  const read = () => silences.silences(AbortSignal.timeout(5_000));

  it('are read below the path of its address, in our words', async () => {
    says([SILENCE, { ...SILENCE, id: 'gone', status: { state: 'expired' } }]);

    expect(await read()).toEqual([
      {
        silence_id: SILENCE.id,
        matchers: ['alertname="High \\"Load\\""', 'env!~"dev|test"'],
        starts_at: '2026-11-21T09:55:22.731Z',
        ends_at: '2026-11-21T08:55:22.000Z',
        created_by: 'ann',
        comment: 'remediating',
        created_at: '2026-11-21T09:55:22.731Z',
        updated_at: '2026-11-21T09:55:22.731Z',
        ended_by: null,
        replaces: null,
        origin: 'alertmanager',
      },
    ]);
    expect(asked[0]?.url).toBe('/am/api/v2/silences');
    expect(asked[0]?.headers.authorization).toBeUndefined();
  });

  it('of an old version have matchers that only include', async () => {
    const { isEqual: _isEqual, ...old } = SILENCE.matchers[1]!;
    says([{ ...SILENCE, matchers: [old] }]);

    expect((await read())[0]?.matchers).toEqual(['env=~"dev|test"']);
  });

  it('are read with what proves who asks', async () => {
    says([]);
    open({ username: 'fix', password: 'point' });
    await read();
    open({ token: 'a-token' });
    await read();

    const basic = `Basic ${Buffer.from('fix:point').toString('base64')}`;
    expect(asked.map(({ headers }) => headers.authorization)).toEqual([basic, 'Bearer a-token']);
  });

  it('that cannot be understood are left out, and counted where somebody asks', async () => {
    const strange = [{ ...SILENCE, id: 'b', matchers: [{ ...SILENCE.matchers[0], isRegex: true, value: '(' }] }, 7, {}];
    says([...strange, SILENCE]);

    expect((await read()).map(({ silence_id }) => silence_id)).toEqual([SILENCE.id]);
    expect(await silences.check(AbortSignal.timeout(5_000))).toMatchObject([
      { name: 'sources.alertmanager.url', ok: false, message: expect.stringContaining('3 silences') as unknown },
    ]);
  });

  it.each([
    ['{"silences": []}', 200, /no list of silences/],
    ['<html>', 200, /no JSON/],
    ['no', 404, /answered 404.*path prefix/],
    ['no', 401, /answered 401.*credentials/],
  ])('that are not there are an error in words: %s', async (body, status, words) => {
    says(body, status);

    await expect(read()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(words) as unknown,
    });
  });

  it('of a server that hangs end with its time limit, and no secret is told', async () => {
    answer = () => undefined;
    open({ timeout: '50ms', token: '127.0.0.1' });

    const error: unknown = await read().catch((reason: unknown) => reason);

    expect(String(error)).toMatch(/no whole answer within 50 ms/);
    expect(String(error)).not.toContain('127.0.0.1');
    expect(await silences.check(AbortSignal.timeout(5_000))).toMatchObject([{ ok: false }]);
  });

  it('are not asked for where nothing says where they are', () => {
    expect(alertmanager.openSilences?.(alertmanager.config.parse({}), { clock: SYSTEM_CLOCK })).toBeNull();
  });

  it.each([['ftp://am'], ['http://user:secret@am'], ['http://am?x=1'], ['am:9093']])(
    'refuse the address %s',
    (address) => {
      expect(alertmanager.config.safeParse({ url: address }).success).toBe(false);
    },
  );
});
