import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { z } from 'zod';
import { beforeEach, describe, expect, it } from 'vitest';
import { HttpFace, BEARER, errorOf } from '../../test/helper/http-face.js';
import { until } from '../../test/helper/until.js';
import { ApiError } from '../domain/api/error.js';
import { PauseAnswer } from '../domain/api/system.js';
import { FixpointError } from '../domain/errors.js';

const face = new HttpFace();
const { get, post } = face;

describe('dead letters', () => {
  beforeEach(() => {
    face.world.letters.push({
      dead_letter_id: 'DL1',
      source: 'zabbix',
      received_at: '2026-11-21T09:00:00.000Z',
      reason: 'not JSON',
      details: [],
      body: 'x',
      replayed_at: null,
      raw: Buffer.from('the body'),
    });
  });

  it('go through the intake again, once', async () => {
    let seen = '';
    face.world.replay = async (source, body) => {
      seen = `${source}: ${Buffer.from(body).toString()}`;
      return { accepted: 1, alerts: [], rejected: 0 };
    };
    const answer = await post('/api/v1/dead_letters/DL1/replay');

    expect(answer.statusCode).toBe(202);
    expect(seen).toBe('zabbix: the body');
    expect(face.world.letters[0]!.replayed_at).toBe('2026-11-21T10:00:00.000Z');
    expect((await post('/api/v1/dead_letters/DL1/replay')).statusCode).toBe(409);
  });

  it('are replayed by one of two who ask at the same moment', async () => {
    let replays = 0;
    let end: (() => void) | null = null;
    face.world.replay = async () => {
      replays += 1;
      await new Promise<void>((resolve) => (end = resolve));
      return { accepted: 1, alerts: [], rejected: 0 };
    };
    const first = post('/api/v1/dead_letters/DL1/replay').then(({ statusCode }) => statusCode);
    await until('the replay', () => end !== null);
    const second = await post('/api/v1/dead_letters/DL1/replay');
    end!();

    expect(await first).toBe(202);
    expect(second.statusCode).toBe(409);
    expect(errorOf(second).message).toBe('dead letter DL1 is being replayed at this moment');
    expect(replays).toBe(1);
    expect(face.world.replaying.size).toBe(0);
  });

  it('of no known source are told by their shape', async () => {
    let seen: string | null = 'nothing';
    face.world.letters[0] = { ...face.world.letters[0]!, source: 'unknown' };
    face.world.replay = async (source, _body, from) => {
      seen = `${source} from ${from}`;
      return { accepted: 1, alerts: [], rejected: 0 };
    };
    await post('/api/v1/dead_letters/DL1/replay');

    expect(seen).toBe('null from replay by admin');
  });

  it('stay as they are when the intake refuses them again', async () => {
    face.world.replay = async () => {
      throw new FixpointError('invalid', 'still not JSON');
    };

    const answer = await post('/api/v1/dead_letters/DL1/replay');

    expect(answer.statusCode).toBe(400);
    expect(face.world.replaying.size).toBe(0);
    expect(errorOf(answer).message).toBe('still not JSON');
    expect(face.world.letters[0]!.replayed_at).toBeNull();
  });
});

describe('the big red button', () => {
  it('stays as it was first pressed until somebody lets go', async () => {
    const pressed = PauseAnswer.parse((await post('/api/v1/pause', { reason: 'storm' })).json());
    await face.world.clock.advance(1_000);
    await post('/api/v1/pause', { reason: 'me too' });

    expect(pressed).toEqual({ paused: true, by: 'admin', reason: 'storm', at: '2026-11-21T10:00:00.000Z' });
    expect((await get('/api/v1/pause')).json()).toEqual(pressed);
    expect((await post('/api/v1/resume')).json()).toMatchObject({ paused: false, by: 'admin' });
    expect(face.world.auditEntries.map((entry) => entry.what)).toEqual(['pause', 'resume']);
  });
});

describe('a query that cannot be answered', () => {
  it.each([
    ['/api/v1/runs?limit=many', 'query limit: expected a whole number from 1 to 200, came "many"'],
    ['/api/v1/runs?limit=0', 'query limit: expected at least 1, came "0"'],
    ['/api/v1/runs?limit=1.5', 'query limit: expected a whole number from 1 to 200, came "1.5"'],
    [
      '/api/v1/runs?state=finishd',
      'query state: expected pending, running, waiting, paused, succeeded, failed or cancelled, came "finishd"',
    ],
    ['/api/v1/runs?state=succeded', /came "succeded" \(did you mean succeeded\?\)$/],
    ['/api/v1/runs?sate=failed', 'query sate: unknown key sate (did you mean state?)'],
    [
      '/api/v1/runs?since=yesterday',
      'query since: expected an instant such as 2026-11-21T10:00:00Z, or a duration such as 24h, came "yesterday"',
    ],
    [
      '/api/v1/alerts?reason=no_mach',
      /^query reason: expected silence, .* came "no_mach" \(did you mean no_match\?\)$/,
    ],
    ['/api/v1/stats?since=soon', /^query since: expected an instant such as /],
    ['/api/v1/alerts?service_name=', 'query service_name: expected at least 1 character, came ""'],
  ])('is told what was expected and what came: %s', async (url, message) => {
    const answer = await get(url);

    expect(answer.statusCode).toBe(400);
    expect(errorOf(answer)).toMatchObject({
      code: 'invalid',
      message: typeof message === 'string' ? message : expect.stringMatching(message),
      details: [{ path: /^query (\w+)/.exec(errorOf(answer).message)?.[1] }],
    });
  });
});

describe('probes', () => {
  it('need no credential', async () => {
    expect((await get('/healthz', {})).json()).toEqual({ status: 'ok', version: '0.1.0' });
    expect((await get('/readyz', {})).statusCode).toBe(200);
  });

  it('tell why nothing durable can be promised', async () => {
    face.world.ready = async () => Promise.reject(new Error('the database is away'));
    const answer = await get('/readyz', {});

    expect(answer.statusCode).toBe(503);
    expect(errorOf(answer)).toMatchObject({ code: 'unavailable', message: 'not ready: the database is away' });
    expect((await get('/healthz', {})).statusCode).toBe(200);
  });

  it('do not wait for a store that hangs', async () => {
    face.world.ready = () => new Promise(() => undefined);
    const answer = get('/readyz', {});
    await face.app.ready();
    await face.world.clock.advance(3_000);

    expect((await answer).statusCode).toBe(503);
  });

  it('show metrics to who may read', async () => {
    expect((await get('/metrics', {})).statusCode).toBe(401);
    expect((await get('/metrics')).body).toContain('fixpoint_build_info 1');
  });
});

describe('pages of other sites', () => {
  it.each<[string, Record<string, string>, number]>([
    ['another site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['a neighbouring site', { 'sec-fetch-site': 'same-site' }, 403],
    ['its own site', { 'sec-fetch-site': 'same-origin' }, 200],
    ['an old browser elsewhere', { origin: 'https://evil.example' }, 403],
    ['an old browser in a sandbox', { origin: 'null' }, 403],
    ['an old browser here', { origin: 'http://fixpoint.local:8080', host: 'fixpoint.local:8080' }, 200],
    ['a program', {}, 200],
  ])('may not press buttons: %s', async (_what, headers, status) => {
    expect((await post('/api/v1/pause', undefined, { ...BEARER, ...headers })).statusCode).toBe(status);
  });
});

describe('the OpenAPI document', () => {
  const Document = z.object({ openapi: z.string(), paths: z.record(z.string(), z.record(z.string(), z.unknown())) });

  it('names every route, with the published shapes as components', async () => {
    const answer = await get('/openapi.json');
    const document = Document.parse(answer.json());

    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        '/api/v1/webhooks/{source}',
        '/webhook/alert',
        '/api/v1/alerts',
        '/api/v1/alerts/{alert_id}',
        '/api/v1/runs',
        '/api/v1/runs/{run_id}',
        '/api/v1/runs/{run_id}/events',
        '/api/v1/runs/{run_id}/report',
        '/api/v1/runs/{run_id}/cancel',
        '/api/v1/playbooks/{playbook_id}/runs',
        '/api/v1/rules/explain',
        '/api/v1/dead_letters/{dead_letter_id}/replay',
        '/api/v1/session',
        '/api/v1/overview',
        '/api/v1/system',
        '/api/v1/search',
        '/api/v1/notifiers',
        '/api/v1/notifiers/{name}/check',
        '/api/v1/executors/{kind}/check',
        '/api/v1/playbooks/check',
        '/api/v1/playbooks/{playbook_id}/versions/{version}',
        '/api/v1/playbook_stats',
        '/healthz',
        '/metrics',
      ]),
    );
    expect(answer.json().components.schemas).toHaveProperty('RunAnswer');
    expect(answer.body).toContain('"#/components/schemas/ApiError"');
  });

  it('names no route of the API that answers without a credential, but signing in and out', async () => {
    const { paths } = Document.parse((await get('/openapi.json')).json());
    const open: string[] = [];
    for (const [path, methods] of Object.entries(paths)) {
      for (const method of Object.keys(methods)) {
        const url = path.replace(/\{\w+\}/g, 'x1');
        const answer = await face.app.inject({ method: method.toUpperCase() as 'GET', url });
        if (answer.statusCode !== 401) open.push(`${method} ${path} ${answer.statusCode}`);
      }
    }

    expect(open.sort()).toEqual([
      'delete /api/v1/session 204',
      'get /healthz 200',
      'get /readyz 200',
      'post /api/v1/session 400',
    ]);
  });

  it('is shown as a page that loads nothing from elsewhere, to who may read', async () => {
    const page = await get('/docs/');

    expect((await get('/docs/', {})).statusCode).toBe(401);
    expect(page.statusCode).toBe(200);
    expect(page.headers['content-security-policy']).not.toContain('upgrade-insecure-requests');
    expect((await get('/docs/static/swagger-ui-bundle.js')).statusCode).toBe(200);
    expect((await get('/docs/static/swagger-ui-bundle.js', {})).statusCode).toBe(401);
  });
});

describe('on the wire', () => {
  async function listen(): Promise<number> {
    await face.app.listen({ port: 0, host: '127.0.0.1' });
    return (face.app.server.address() as AddressInfo).port;
  }

  it('answers what is no HTTP in the one shape', async () => {
    const port = await listen();
    const text = await new Promise<string>((resolve, reject) => {
      let all = '';
      const socket = connect(port, '127.0.0.1', () => socket.write('nonsense\r\n\r\n'));
      socket
        .on('data', (chunk) => (all += chunk.toString()))
        .on('end', () => resolve(all))
        .on('error', reject);
    });

    expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(ApiError.parse(JSON.parse(text.split('\r\n\r\n')[1]!)).error.code).toBe('invalid');
  });

  it.each([
    ['POST', '/api/v1/webhook/alertmanager', '{"alerts": ['],
    ['PUT', '/api/v1/alerts', ''],
    ['DELETE', '/nope', ''],
    ['OPTIONS', '/api/v1/webhooks/alertmanager', ''],
    ['POST', '/nope', 'x'.repeat(6 * 1024 * 1024)],
  ] as const)('tells of %s %s that it is not there, whatever its body is', async (method, url, payload) => {
    const headers = { 'content-type': 'application/json', ...BEARER };
    const answer = await face.app.inject({ method, url, payload, headers });

    expect(answer.statusCode).toBe(404);
    expect(errorOf(answer)).toMatchObject({ code: 'not_found', message: `there is no ${method} ${url}` });
  });

  it('does not take a sender that goes away in the middle of its body for a fault of its own', async () => {
    let broken = 0;
    face.app.addHook('onError', (_request, _reply, _error, done) => {
      broken += 1;
      done();
    });
    const socket = connect(await listen(), '127.0.0.1');
    socket.write(
      `POST /api/v1/webhooks/alertmanager HTTP/1.1\r\nhost: x\r\nauthorization: ${BEARER.authorization}\r\n`,
    );
    socket.write('transfer-encoding: chunked\r\n\r\n2\r\n[1\r\n');
    setTimeout(() => socket.destroy(), 100);
    await until('the end of the request', () => broken > 0);

    expect(face.world.logged).toEqual([]);
  });

  it('answers 413 to a client that sends 6 MiB', async () => {
    const port = await listen();
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/webhooks/alertmanager`, {
      method: 'POST',
      headers: BEARER,
      body: new Uint8Array(6 * 1024 * 1024),
    });

    expect(answer.status).toBe(413);
    expect(ApiError.parse(await answer.json()).error.code).toBe('too_large');
  });

  /** What a client hears that sends 24 MiB, and then `last`, before it reads anything. */
  function heardAfterTooMuch(port: number, headers: string, last: string): Promise<string> {
    const length = 24 * 1024 * 1024;
    return new Promise<string>((resolve, reject) => {
      let all = '';
      const socket = connect(port, '127.0.0.1', () => {
        socket.pause();
        socket.write(
          `POST /api/v1/webhooks/alertmanager HTTP/1.1\r\nhost: x\r\nauthorization: ${BEARER.authorization}\r\n` +
            `${headers}content-length: ${length}\r\n\r\n`,
        );
        socket.write(Buffer.alloc(length, 120), () => {
          if (last !== '') socket.write(last);
          socket.resume();
        });
      });
      socket
        .on('data', (chunk) => (all += chunk.toString()))
        .on('end', () => resolve(all))
        .on('error', reject);
    });
  }

  it('answers 413 to a client that reads only when it has sent everything, and hears its next request', async () => {
    const next = 'GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';
    const said = await heardAfterTooMuch(await listen(), '', next);

    expect(said).toMatch(/^HTTP\/1\.1 413 /);
    expect(said).toContain('"code":"too_large"');
    expect(said).toContain('HTTP/1.1 200 OK');
  });

  it('answers 413 also to a client that wants the connection closed, and closes it when all has come', async () => {
    const said = await heardAfterTooMuch(await listen(), 'connection: close\r\n', '');

    expect(said).toMatch(/^HTTP\/1\.1 413 /);
    expect(said).toContain('"code":"too_large"');
  });

  it('carries headers that keep browsers from guessing and framing', async () => {
    const answer = await get('/api/v1/alerts');

    expect(answer.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
    });
  });
});
