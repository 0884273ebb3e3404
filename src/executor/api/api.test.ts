import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anAttempt } from '../../../test/helper/an-attempt.js';
import { FakeClock } from '../../../test/helper/fake-clock.js';
import { freePort, openLoopback } from '../../../test/helper/loopback.js';
import type { Loopback, Reply } from '../../../test/helper/loopback.js';
import { SYSTEM_CLOCK } from '../../../test/helper/system-clock.js';
import { until } from '../../../test/helper/until.js';
import type { Clock } from '../../domain/clock.js';
import type { AttemptContext, Executor, ExecutorSet } from '../../domain/executor.js';
import type { Outcome } from '../../domain/run/outcome.js';
import { ApiCallConfig, apiCallModule } from './api.js';
import { ApiCallInput } from './input.js';

let server: Loopback;
const opened: ExecutorSet[] = [];

beforeEach(async () => {
  server = await openLoopback();
});

afterEach(async () => {
  for (const set of opened.splice(0)) await set.stop();
  await server.close();
});

function open(config: Record<string, unknown> = { base_url: server.url }, clock: Clock = new FakeClock()): Executor {
  const set = apiCallModule.create(ApiCallConfig.parse(config), { clock, notify: () => Promise.resolve([]) });
  opened.push(set);
  return set.executors['api_call']!;
}

interface Over {
  readonly config?: Record<string, unknown>;
  readonly attempt?: Partial<AttemptContext>;
  readonly clock?: Clock;
}

function call(input: Record<string, unknown>, over: Over = {}): Promise<Outcome> {
  const executor = open({ base_url: server.url, ...over.config }, over.clock);
  return executor.execute(ApiCallInput.parse(input), anAttempt(over.attempt));
}

describe('a call that reads', () => {
  it('puts the keys of a JSON answer beside status, headers and body, which win', async () => {
    server.answer({ json: { is_healthy: true, status: 'UP', replicas: 2 } });

    const outcome = await call({ action: 'GET /api/v1/health/payment-gateway' });

    expect(outcome).toMatchObject({
      type: 'succeeded',
      output: { is_healthy: true, replicas: 2, status: 200, body: { is_healthy: true, status: 'UP', replicas: 2 } },
      summary: '200, healthy',
      evidence: { method: 'GET', url: `${server.url}/api/v1/health/payment-gateway`, status: 200 },
    });
    expect(outcome).not.toHaveProperty('change');
  });

  it('turns other parameters into the query, and carries no idempotency key', async () => {
    await call({
      action: 'GET /api/v1/dependencies/payment-gateway?depth=1',
      type: 'downstream',
      query: { tag: ['a b', 'c&d'], none: null, n: 2, on: true },
    });

    const [request] = server.received;
    expect(request?.url.search).toBe('?depth=1&tag=a+b&tag=c%26d&n=2&on=true&type=downstream');
    expect(request?.headers).not.toHaveProperty('idempotency-key');
  });

  it('keeps the path of the base address', async () => {
    await call({ action: 'get /health' }, { config: { base_url: `${server.url}/shop/v2/` } });

    expect(server.received[0]?.url.pathname).toBe('/shop/v2/health');
  });

  it.each<[string, Reply, unknown]>([
    ['text', { text: 'pong', headers: { 'content-type': 'text/plain' } }, 'pong'],
    ['JSON that calls itself text', { text: '{"a":1}', headers: { 'content-type': 'text/plain' } }, { a: 1 }],
    ['a list', { json: [1, 2] }, [1, 2]],
    ['nothing', { status: 204 }, null],
  ])('takes %s for a body', async (_what, reply, body) => {
    server.answer(reply);

    expect(await call({ action: 'GET /' })).toMatchObject({ type: 'succeeded', output: { body } });
  });

  it('fails on a body that calls itself JSON and is none', async () => {
    server.answer({ text: '{"a":', headers: { 'content-type': 'application/json' } });

    const outcome = await call({ action: 'GET /' });

    expect(outcome).toMatchObject({ type: 'failed', retryable: true });
    expect(outcome).toHaveProperty('reason', expect.stringContaining('its body is no JSON'));
  });

  it.each([404, 500, 503])('fails on %d, says what came, and may be repeated', async (status) => {
    server.answer({ status, text: 'no such service' });

    const outcome = await call({ action: 'GET /x' });

    expect(outcome).toMatchObject({ type: 'failed', retryable: true, output: { status } });
    expect(outcome).toHaveProperty('reason', `GET ${server.url}/x answered ${status}: "no such service"`);
  });

  it('hands on how long the server asks to wait', async () => {
    server.answer({ status: 503, headers: { 'retry-after': '7' } });

    expect(await call({ action: 'GET /x' })).toMatchObject({ type: 'failed', retryable: true, retry_after_ms: 7_000 });
  });

  it.each([
    [404, 404, 'succeeded'],
    [404, '4xx', 'succeeded'],
    [404, [200, '404'], 'succeeded'],
    [200, 404, 'failed'],
    [201, '2xx', 'succeeded'],
    [302, '2xx', 'failed'],
  ])('of status %d with expect_status %j has %s', async (status, expect_status, type) => {
    server.answer({ status });

    expect(await call({ action: 'GET /x', expect_status })).toMatchObject({ type });
  });

  it.each<[string, Reply, RegExp]>([
    ['slow', 'hang', /no whole answer within 100 ms/],
    ['cut in its body', 'cut', /closed before the answer was whole/],
    ['cut before any answer', 'close', /closed before the answer was whole/],
  ])('fails and may be repeated when the answer is %s', async (_what, reply, reason) => {
    server.answer(reply);

    const outcome = await call({ action: 'GET /' }, { config: { timeout: '100ms' }, clock: SYSTEM_CLOCK });

    expect(outcome).toMatchObject({ type: 'failed', retryable: true });
    expect(outcome).toHaveProperty('reason', expect.stringMatching(reason));
  });

  it('fails on an answer that is too large, and does not ask again', async () => {
    server.answer('flood');

    const outcome = await call({ action: 'GET /' }, { config: { max_body: 1_000 } });

    expect(outcome).toMatchObject({ type: 'failed', retryable: false });
    expect(outcome).toHaveProperty('reason', expect.stringContaining('larger than 1000 bytes'));
  });

  it('says which key to set when a path has no base address', async () => {
    const outcome = await open({}).execute(ApiCallInput.parse({ action: 'GET /x' }), anAttempt());

    expect(outcome).toMatchObject({ type: 'failed', retryable: false });
    expect(outcome).toHaveProperty('reason', expect.stringContaining('executors.api_call.base_url'));
  });

  it('needs no configuration for a whole address', async () => {
    const outcome = await open({}).execute(ApiCallInput.parse({ action: `GET ${server.url}/x` }), anAttempt());

    expect(outcome.type).toBe('succeeded');
  });
});

describe('a redirect', () => {
  it('of a read is followed, and credentials stay behind when the host changes', async () => {
    const other = await openLoopback();
    other.answer({ json: { found: true } });
    server.answer({ status: 302, headers: { location: `${other.url}/there` } });

    const outcome = await call(
      { action: 'GET /here', headers: { 'X-Api-Key': 'playbook-key' } },
      { config: { bearer_token: 'configured-token' } },
    );
    const [first] = server.received;
    const [second] = other.received;
    await other.close();

    expect(outcome).toMatchObject({ type: 'succeeded', output: { found: true, status: 200 } });
    expect(first?.headers).toMatchObject({ authorization: 'Bearer configured-token', 'x-api-key': 'playbook-key' });
    expect(second?.headers).not.toHaveProperty('authorization');
    expect(second?.headers).not.toHaveProperty('x-api-key');
  });

  it('to a metadata service is refused', async () => {
    server.answer({ status: 302, headers: { location: 'http://169.254.169.254/latest/meta-data' } });

    const outcome = await call({ action: 'GET /' });

    expect(outcome).toMatchObject({ type: 'failed', retryable: false });
    expect(outcome).toHaveProperty('reason', expect.stringContaining('metadata address'));
  });

  it('in a circle ends', async () => {
    server.answer({ status: 302, headers: { location: '/again' } });

    const outcome = await call({ action: 'GET /' });

    expect(outcome).toHaveProperty('reason', expect.stringContaining('redirected more than 5 times'));
    expect(server.received).toHaveLength(6);
  });

  it('of a write is never followed: the write was not done', async () => {
    server.answer({ status: 307, headers: { location: '/elsewhere' } });

    const outcome = await call({ action: 'POST /restart' });

    expect(outcome).toMatchObject({ type: 'failed', retryable: false });
    expect(server.received).toHaveLength(1);
  });
});

describe('a call that writes', () => {
  it('sends other parameters as JSON, with the idempotency key of its step', async () => {
    server.answer({ status: 201, json: { id: 7 } });

    const outcome = await call(
      { action: 'POST /tickets', title: '支付', count: 2 },
      { attempt: { idempotency_key: 'run:step:do' } },
    );

    const [request] = server.received;
    expect(request?.headers).toMatchObject({ 'idempotency-key': 'run:step:do', 'content-type': 'application/json' });
    expect(JSON.parse(request?.body ?? '')).toEqual({ title: '支付', count: 2 });
    expect(outcome).toMatchObject({
      type: 'succeeded',
      output: { id: 7, status: 201 },
      change: { target: `POST ${server.url}/tickets`, to: { status: 201 } },
    });
  });

  it.each<[unknown, string, string]>([
    [{ a: 1 }, '{"a":1}', 'application/json'],
    [[1], '[1]', 'application/json'],
    ['plain words', 'plain words', 'text/plain; charset=utf-8'],
  ])('sends the body %j', async (body, sent, type) => {
    await call({ action: 'PUT /x', body });

    expect(server.received[0]).toMatchObject({ body: sent, headers: { 'content-type': type } });
  });

  it('keeps the content type that the author gives', async () => {
    await call({ action: 'POST /x', body: '<a/>', headers: { 'Content-Type': 'application/xml' } });

    expect(server.received[0]?.headers['content-type']).toBe('application/xml');
  });

  it.each<[string, Reply]>([
    ['is slow', 'hang'],
    ['is cut', 'cut'],
    ['closes the connection', 'close'],
    ['is 500', { status: 500 }],
    ['is 502', { status: 502, headers: { 'retry-after': '5' } }],
    ['is 503 without Retry-After', { status: 503 }],
  ])('is in doubt when the answer %s, unless it is idempotent', async (_what, reply) => {
    server.answer(reply);
    const over = { config: { timeout: '100ms' }, clock: SYSTEM_CLOCK };

    expect(await call({ action: 'POST /x' }, over)).toMatchObject({ type: 'in_doubt' });
    expect(await call({ action: 'POST /x', idempotent: true }, over)).toMatchObject({
      type: 'failed',
      retryable: true,
    });
  });

  it.each<[string, Reply, number | undefined]>([
    ['429', { status: 429 }, undefined],
    ['429 with Retry-After', { status: 429, headers: { 'retry-after': '3' } }, 3_000],
    ['503 with Retry-After', { status: 503, headers: { 'retry-after': '5' } }, 5_000],
  ])('may be repeated after %s, because it was turned away', async (_what, reply, wait) => {
    server.answer(reply);

    const outcome = await call({ action: 'POST /x' });

    expect(outcome).toMatchObject({ type: 'failed', retryable: true });
    expect(outcome).toHaveProperty(...((wait === undefined ? ['reason'] : ['retry_after_ms', wait]) as [string]));
  });

  it('may be repeated when the connection was refused or there is no such host', async () => {
    const refused = await call({ action: `POST http://127.0.0.1:${await freePort()}/x` });
    const nowhere = await call({ action: 'DELETE http://no-such-host.invalid/x' });

    expect(refused).toMatchObject({ type: 'failed', retryable: true });
    expect(nowhere).toMatchObject({ type: 'failed', retryable: true });
  });

  it('is final when it was refused with a 4xx', async () => {
    server.answer({ status: 409, json: { error: 'exists' } });

    expect(await call({ action: 'POST /x' })).toMatchObject({
      type: 'failed',
      retryable: false,
      output: { error: 'exists', status: 409 },
    });
  });

  it('is in doubt when it is given up after it was sent', async () => {
    server.answer('hang');
    const cancel = new AbortController();
    const outcome = call({ action: 'POST /x' }, { attempt: { signal: cancel.signal } });
    await until('the request', () => server.received.length > 0);

    cancel.abort();

    expect(await outcome).toMatchObject({ type: 'in_doubt' });
    await until('the connection to be closed', () => server.connections() === 0);
  });

  it('is known not to have begun when it is given up before', async () => {
    const outcome = await call({ action: 'POST /x' }, { attempt: { signal: AbortSignal.abort() } });

    expect(outcome).toMatchObject({ type: 'failed', retryable: true });
    expect(server.received).toHaveLength(0);
  });

  it('has happened when its answer is only too large to be read', async () => {
    server.answer('flood');

    const outcome = await call({ action: 'POST /x' }, { config: { max_body: 1_000 } });

    expect(outcome).toMatchObject({ type: 'succeeded', output: { status: 200, body: null } });
  });

  it('has happened when its answer is broken JSON', async () => {
    server.answer({ text: '{', headers: { 'content-type': 'application/json' } });

    expect(await call({ action: 'POST /x' })).toMatchObject({ type: 'succeeded', output: { body: '{' } });
  });

  it('only reads when it says so', async () => {
    server.answer({ status: 500 });

    expect(await call({ action: 'POST /_search', effect: 'read' })).toMatchObject({ type: 'failed', retryable: true });
  });

  it('is told and not sent in a dry run, with everything secret hidden', async () => {
    const outcome = await call(
      { action: 'POST /x?token=abc', headers: { Authorization: 'Bearer playbook-secret' }, user: 'me', password: 'pw' },
      { config: { headers: { 'X-Tenant': 'tenant-secret' } }, attempt: { dry_run: true } },
    );

    expect(server.received).toHaveLength(0);
    expect(outcome).toMatchObject({
      type: 'succeeded',
      output: {
        dry_run: true,
        would_send: { method: 'POST', headers: { authorization: '***', 'x-tenant': '***' }, body: { user: 'me' } },
      },
    });
    expect(JSON.stringify(outcome)).not.toMatch(/playbook-secret|tenant-secret|abc|"pw"/);
  });

  it('is sent to nobody else than planned: the plan names method, address and the digest of the body', async () => {
    const input = ApiCallInput.parse({ action: 'POST /tickets', body: { password: 'pw' } });

    const plan = await open().plan!(input, anAttempt());

    expect(plan).toMatchObject({
      type: 'change',
      intent: {
        target: `${server.url}/tickets`,
        what: `POST ${server.url}/tickets`,
        details: { method: 'POST', body: { bytes: 17, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } },
      },
    });
    expect(JSON.stringify(plan)).not.toContain('pw"');
    expect(server.received).toHaveLength(0);
  });
});

describe('the check of api_call', () => {
  it.each([
    [200, true],
    [404, true],
    [401, false],
    [500, false],
  ])('of a base address that answers %d is %s', async (status, ok) => {
    server.answer({ status });
    open();

    expect(await opened[0]?.check(new AbortController().signal)).toMatchObject([{ name: 'executors.api_call', ok }]);
  });

  it('is empty without a base address', async () => {
    open({});

    expect(await opened[0]?.check(new AbortController().signal)).toEqual([]);
  });
});

describe('many calls to one host', () => {
  const read = ApiCallInput.parse({ action: 'GET /slow' });
  const write = ApiCallInput.parse({ action: 'POST /slow' });

  it('go a few at a time, and hold up no other host', async () => {
    const other = await openLoopback();
    server.answer('hang');
    const api = open({ base_url: server.url, max_at_once: 2 });
    const control = new AbortController();
    const { signal } = control;
    const calls = Array.from({ length: 5 }, () => api.execute(read, anAttempt({ signal })));
    await until('two calls', () => server.pending() === 2);

    const elsewhere = await api.execute(ApiCallInput.parse({ action: `GET ${other.url}/quick` }), anAttempt());
    expect(elsewhere).toMatchObject({ type: 'succeeded' });
    expect(server.received).toHaveLength(2);
    control.abort();
    const outcomes = await Promise.all(calls);
    expect(outcomes.map((outcome) => outcome.type)).toEqual(Array.from({ length: 5 }, () => 'failed'));
    expect(outcomes.at(-1)).toMatchObject({ reason: expect.stringContaining('nothing was sent') as unknown });
    await other.close();
  });

  it('all come to their turn, however they end', async () => {
    let most = 0;
    server.answer(({ url }) => {
      most = Math.max(most, server.pending());
      return url.searchParams.get('n') === '3' ? 'close' : { json: {} };
    });
    const api = open({ base_url: server.url, max_at_once: 2 });
    const calls = Array.from({ length: 20 }, (_, n) =>
      api.execute(ApiCallInput.parse({ action: 'GET /slow', n }), anAttempt()),
    );
    const types = (await Promise.all(calls)).map((outcome) => outcome.type);
    expect(types.filter((type) => type === 'succeeded')).toHaveLength(19);
    expect(most).toBe(2);
  });

  it('count writes with reads: a write waits before anything of it is recorded', async () => {
    server.answer('hang');
    const api = open({ base_url: server.url, max_at_once: 1 });
    const control = new AbortController();
    const reading = api.execute(read, anAttempt({ signal: control.signal }));
    await until('the read', () => server.pending() === 1);
    let isTurn = false;
    const turn = api.turn?.(write, anAttempt()).then((end) => {
      isTurn = end !== null;
      return end;
    });
    const late = new AbortController();
    const gone = api.turn?.(write, anAttempt({ signal: late.signal }));
    late.abort();
    expect(await gone).toBeNull();
    expect(isTurn).toBe(false);
    control.abort();
    await reading;
    (await turn)?.();
    expect(isTurn).toBe(true);
  });
});
