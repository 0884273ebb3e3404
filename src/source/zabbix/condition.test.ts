import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anAlert } from '../../../test/helper/an-alert.js';
import { freePort, openLoopback } from '../../../test/helper/loopback.js';
import type { Loopback, Received, Reply } from '../../../test/helper/loopback.js';
import { SYSTEM_CLOCK } from '../../../test/helper/system-clock.js';
import { until } from '../../../test/helper/until.js';
import type { ConditionAnswer } from '../../domain/run/proof.js';
import { openConditions } from '../registry.js';
import type { Conditions } from '../registry.js';
import { zabbix } from './zabbix.js';

const TOKEN = '0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9';
const ALERT = anAlert({ source_system: 'zabbix', labels: { trigger_id: '23133', host: 'checkout-01' } });

let server: Loopback;
const opened: Conditions[] = [];

beforeEach(async () => {
  server = await openLoopback();
});

afterEach(async () => {
  for (const conditions of opened.splice(0)) await conditions.stop();
  await server.close();
});

/** What Zabbix 6.0 answers about its trigger, as it was recorded, with what the test cares about put over it. */
function aTrigger(over: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    triggerid: '23133',
    description: 'High error rate on Checkout 01 (生产): 0.5 %',
    value: '1',
    state: '0',
    status: '0',
    error: '',
    lastchange: '1795255159',
    hosts: [{ hostid: '10559', host: 'checkout-01', status: '0', maintenance_status: '0', maintenance_type: '0' }],
    items: [{ itemid: '44', name: 'Error rate', status: '0' }],
    ...over,
  };
}

function bodyOf(request: Received): { method: string; params: unknown; auth?: string } {
  return JSON.parse(request.body) as { method: string; params: unknown; auth?: string };
}

/** Zabbix as its versions are: who brings the token in the wrong way is refused in that version's words. */
function playZabbix(version: string, answer: Reply | ((request: Received) => Reply)): void {
  const isOld = Number.parseFloat(version) < 6.4;
  const refusal = (data: string): Reply => ({
    json: { jsonrpc: '2.0', error: { code: -32602, message: 'Invalid params.', data }, id: 1 },
  });
  server.answer((request) => {
    const { method, auth } = bodyOf(request);
    const bearer = request.headers.authorization;
    if (method === 'apiinfo.version') {
      if (auth !== undefined || bearer !== undefined) return refusal('must be called without authorization');
      return { json: { jsonrpc: '2.0', result: version, id: 1 } };
    }
    if (!isOld && auth !== undefined) return refusal('Invalid parameter "/": unexpected parameter "auth".');
    if ((isOld ? auth : bearer?.replace('Bearer ', '')) !== TOKEN) return refusal('Not authorised.');
    return typeof answer === 'function' ? answer(request) : answer;
  });
}

function result(value: unknown): Reply {
  return { json: { jsonrpc: '2.0', result: value, id: 1 } };
}

function open(api: Record<string, unknown> = {}): Conditions {
  const slice = zabbix.config.parse({ api: { url: server.url, token: TOKEN, ...api } });
  const conditions = openConditions({ zabbix: slice }, { clock: SYSTEM_CLOCK });
  opened.push(conditions);
  return conditions;
}

async function ask(conditions = open(), signal = new AbortController().signal): Promise<ConditionAnswer> {
  const asker = conditions.conditions()[0]?.asker(ALERT) ?? null;
  if (asker === null) throw new Error('it does not ask');
  return asker(signal);
}

describe('the trigger behind an alert', () => {
  it('is asked for by its id, and holds while it is a problem', async () => {
    playZabbix('6.0.14', result([aTrigger()]));

    expect(await ask()).toEqual({
      type: 'holds',
      evidence: {
        url: `${server.url}/api_jsonrpc.php`,
        method: 'trigger.get',
        trigger_id: '23133',
        trigger: 'High error rate on Checkout 01 (生产): 0.5 %',
        value: 'PROBLEM',
        changed_at: '2026-11-21T09:59:19.000Z',
        hosts: ['checkout-01'],
      },
    });
    expect(server.received[1]).toMatchObject({ method: 'POST', url: { pathname: '/api_jsonrpc.php' } });
    expect(bodyOf(server.received[1]!).params).toMatchObject({ triggerids: ['23133'] });
  });

  it('is over when it is OK', async () => {
    playZabbix('6.0.14', result([aTrigger({ value: '0' })]));

    expect(await ask()).toMatchObject({ type: 'over', evidence: { value: 'OK' } });
  });

  it.each([
    ['disabled', { status: '1' }, 'disabled'],
    ['unknown', { state: '1', error: 'Cannot evaluate function: item is not supported' }, 'item is not supported'],
    ['unknown without a reason', { state: '1' }, 'unknown'],
    ['of a host that is not monitored', { hosts: [{ host: 'h9', status: '1', maintenance_status: '0', maintenance_type: '0' }] }, 'h9'], // prettier-ignore
    ['of a host that collects nothing now', { hosts: [{ host: 'h9', status: '0', maintenance_status: '1', maintenance_type: '1' }] }, 'h9'], // prettier-ignore
    ['about a disabled item', { items: [{ name: 'Ready pods', status: '1' }] }, 'Ready pods'],
  ])('says nothing when it is %s, whatever its value', async (_what, over, words) => {
    for (const value of ['0', '1']) {
      playZabbix('6.0.14', result([aTrigger({ value, ...over })]));
      expect(await ask()).toMatchObject({ type: 'no_data', reason: expect.stringContaining(words) });
    }
  });

  it('says something in a maintenance in which data are collected', async () => {
    const hosts = [{ host: 'h9', status: '0', maintenance_status: '1', maintenance_type: '0' }];
    playZabbix('6.0.14', result([aTrigger({ value: '0', hosts })]));

    expect((await ask()).type).toBe('over');
  });

  it('may be gone', async () => {
    playZabbix('6.0.14', result([]));

    expect(await ask()).toMatchObject({ type: 'no_data', reason: expect.stringContaining('23133') });
  });

  it.each([
    ["another system's alert", anAlert({ labels: { trigger_id: '23133' } })],
    ['an alert without a trigger', anAlert({ source_system: 'zabbix', labels: {} })],
    ['a trigger id that is none', anAlert({ source_system: 'zabbix', labels: { trigger_id: '23133,2' } })],
  ])('is not asked for with %s', (_what, alert) => {
    expect(open().conditions()[0]?.asker(alert)).toBeNull();
  });

  it('is not asked for where no API is configured', () => {
    expect(openConditions({}, { clock: SYSTEM_CLOCK }).conditions()).toEqual([]);
    expect(openConditions({ zabbix: zabbix.config.parse({}) }, { clock: SYSTEM_CLOCK }).conditions()).toEqual([]);
  });
});

describe('the way in', () => {
  it.each(['6.0.14', '6.2.9', '6.4.0', '7.0.3', '7.2.1', '7.4.0'])(
    'brings the token as Zabbix %s wants it, and asks for the version once',
    async (version) => {
      playZabbix(version, result([aTrigger()]));
      const conditions = open();

      expect((await ask(conditions)).type).toBe('holds');
      expect((await ask(conditions)).type).toBe('holds');
      expect(server.received.map((request) => bodyOf(request).method)).toEqual([
        'apiinfo.version',
        'trigger.get',
        'trigger.get',
      ]);
    },
  );

  it('notices an upgrade of the server', async () => {
    const conditions = open();
    playZabbix('6.0.14', result([aTrigger()]));
    await ask(conditions);
    playZabbix('7.2.1', result([aTrigger()]));

    expect((await ask(conditions)).type).toBe('unavailable');
    expect((await ask(conditions)).type).toBe('holds');
  });

  it.each(['/zabbix', '/zabbix/', '/zabbix/api_jsonrpc.php'])('leads below %s', async (path) => {
    playZabbix('6.0.14', result([aTrigger()]));

    await ask(open({ url: `${server.url}${path}` }));

    expect(server.received[0]?.url.pathname).toBe('/zabbix/api_jsonrpc.php');
  });

  it.each([
    [{ url: 'zabbix' }, 'url'],
    [{ url: 'ftp://zabbix' }, 'url'],
    [{ url: 'http://user:word@zabbix' }, 'url'],
    [{ url: 'http://zabbix?x=1' }, 'url'],
    [{ token: '' }, 'token'],
    [{ token: 'two words' }, 'token'],
    [{ timeout: '5' }, 'timeout'],
    [{ user: 'x' }, ''],
  ])('is refused with %j', (over, key) => {
    const parsed = zabbix.config.safeParse({ api: { url: 'http://zabbix', token: TOKEN, ...over } });

    expect(parsed.error?.issues.map(({ path }) => path.join('.'))).toEqual([key === '' ? 'api' : `api.${key}`]);
  });
});

describe('Zabbix is unavailable', () => {
  it.each<[string, Reply, string]>([
    ['answers an error', { json: { error: { code: -32500, message: 'Application error.', data: 'No permissions' } } }, 'sources.zabbix.api.token'], // prettier-ignore
    ['shows the token in it', { json: { error: { code: 1, message: `no ${TOKEN}` } } }, 'no ***'],
    ['fails', { status: 500, text: 'Internal Server Error' }, '500'],
    ['sends elsewhere', { status: 302, headers: { location: '/' } }, '302'],
    ['is a web page', { text: '<html>' }, 'no JSON-RPC'],
    ['answers neither result nor error', { json: { jsonrpc: '2.0' } }, 'no JSON-RPC'],
    ['answers no triggers', result({ a: 1 }), 'no trigger'],
    ['answers a trigger without a value', result([aTrigger({ value: undefined })]), '0.value'],
    ['answers a value that nobody knows', result([aTrigger({ value: '2' })]), '0.value'],
    ['hangs up', 'close', 'cannot be asked'],
    ['breaks off', 'cut', 'cannot be asked'],
    ['never ends', 'flood', 'larger than'],
  ])('when it %s', async (_what, reply, words) => {
    playZabbix('6.0.14', reply);

    const answer = await ask();

    expect(answer).toMatchObject({ type: 'unavailable', reason: expect.stringContaining(words) });
    expect(JSON.stringify(answer)).not.toContain(TOKEN);
  });

  it('when it does not know its version', async () => {
    server.answer(result('unknown'));

    expect(await ask()).toMatchObject({ type: 'unavailable', reason: expect.stringContaining('no version') });
  });

  it('when the token is wrong', async () => {
    playZabbix('7.0.0', result([aTrigger()]));

    const answer = await ask(open({ token: 'another-token' }));

    expect(answer).toMatchObject({ type: 'unavailable', reason: expect.stringContaining('sources.zabbix.api.token') });
  });

  it('when nobody listens', async () => {
    const answer = await ask(open({ url: `http://127.0.0.1:${await freePort()}` }));

    expect(answer).toMatchObject({ type: 'unavailable', reason: expect.stringContaining('connection refused') });
  });

  it('when it does not answer in time', async () => {
    playZabbix('6.0.14', 'hang');

    expect(await ask(open({ timeout: '200ms' }))).toMatchObject({
      type: 'unavailable',
      reason: expect.stringContaining('within 200 ms'),
    });
  });

  it('when it is told to stop asking, and leaves no request behind', async () => {
    playZabbix('6.0.14', 'hang');
    const stop = new AbortController();
    const asking = ask(open(), stop.signal);
    await until('the question', () => server.received.length === 2);

    stop.abort();

    expect((await asking).type).toBe('unavailable');
    await until('the end of the request', () => server.pending() === 0);
  });
});

describe('the check of the API', () => {
  it('names the version', async () => {
    playZabbix('7.0.3', result([{ triggerid: '1' }]));

    expect(await open().check(new AbortController().signal)).toEqual([
      {
        name: 'sources.zabbix.api',
        target: `${server.url}/api_jsonrpc.php`,
        ok: true,
        message: 'Zabbix 7.0.3',
        required: false,
      },
    ]);
  });

  it('finds a token whose user sees nothing', async () => {
    playZabbix('7.0.3', result([]));

    expect(await open().check(new AbortController().signal)).toMatchObject([
      { ok: false, message: expect.stringContaining('no trigger') },
    ]);
  });

  it('says what is wrong', async () => {
    server.answer({ status: 404 });

    expect(await open().check(new AbortController().signal)).toMatchObject([
      { ok: false, message: expect.stringContaining('404') },
    ]);
  });
});
