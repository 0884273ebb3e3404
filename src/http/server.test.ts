import { createHmac } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ADMIN_TOKEN, HttpWorld } from '../../test/helper/http-deps.js';
import { anAlert } from '../../test/helper/an-alert.js';
import { Accepted, AlertAnswer } from '../domain/api/alert.js';
import { ApiError } from '../domain/api/error.js';
import { pageOf } from '../domain/api/page.js';
import { PlaybookAnswer, PlaybookItem } from '../domain/api/playbook.js';
import { Explanation } from '../domain/api/rule.js';
import { RunAnswer, RunItem } from '../domain/api/run.js';
import { ExecutorAnswer, PauseAnswer } from '../domain/api/system.js';
import { FixpointError } from '../domain/errors.js';
import type { ErrorCode } from '../domain/errors.js';
import type { CheckedPlaybook } from '../domain/playbook.js';
import { createServer } from './server.js';

const BEARER = { authorization: `Bearer ${ADMIN_TOKEN}` };

let world: HttpWorld;
let app: FastifyInstance;

beforeEach(() => {
  world = new HttpWorld();
  app = createServer(world.deps());
});

afterEach(async () => {
  await app.close();
});

async function get(url: string, headers: Record<string, string> = BEARER) {
  return app.inject({ method: 'GET', url, headers });
}

async function post(url: string, payload?: unknown, headers: Record<string, string> = BEARER) {
  const options: InjectOptions = { method: 'POST', url, headers };
  if (payload !== undefined) options.payload = payload as object;
  return app.inject(options);
}

/** The error of an answer, which must have the one shape. */
function errorOf(answer: { json(): unknown }) {
  return z.strictObject({ error: ApiError.shape.error.strict() }).parse(answer.json()).error;
}

describe('a webhook', () => {
  it('answers 202 with what the intake accepted, and hands it the bytes as they came', async () => {
    let seen: { source: string | null; body: Uint8Array } | null = null;
    world.accept = async (source, body) => {
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
    world.accept = async (_source, body) => {
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
    world.accept = async () => {
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

  it('leaves the source to the intake on the path of the seed', async () => {
    let seen: string | null = 'nothing';
    world.accept = async (source) => {
      seen = source;
      return { accepted: 0, alerts: [], rejected: 0 };
    };
    await post('/webhook/alert', '{}');

    expect(seen).toBeNull();
  });

  it('refuses a body over the limit with 413, also when nobody announced its length', async () => {
    app = createServer(world.deps({ config: { bodyLimit: 100, publicUrl: null, language: 'en' } }));
    const answer = await post('/api/v1/webhooks/alertmanager', 'x'.repeat(101));

    expect(answer.statusCode).toBe(413);
    expect(errorOf(answer).code).toBe('too_large');
    expect((await post('/api/v1/webhooks/alertmanager', 'x'.repeat(100))).statusCode).toBe(202);
  });

  it('refuses a compressed body in words', async () => {
    const answer = await post('/api/v1/webhooks/alertmanager', 'zzz', { ...BEARER, 'content-encoding': 'gzip' });

    expect(answer.statusCode).toBe(400);
    expect(errorOf(answer).message).toContain('gzip');
  });

  it('tells a fault of ours by an id only', async () => {
    world.accept = async () => {
      throw new Error('password=hunter2');
    };
    const answer = await post('/api/v1/webhooks/alertmanager', '{}');

    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('hunter2');
    const { error_id } = world.logged[0]!.fields as { error_id: string };
    expect(errorOf(answer).message).toContain(error_id);
  });
});

describe('a signed webhook', () => {
  const body = '{"alerts": []}';
  const sign = (secret: string, text = body) => `sha256=${createHmac('sha256', secret).update(text).digest('hex')}`;

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
    world.accept = async () => {
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
    world.token('t0ken', role);
    const headers = { authorization: 'Bearer t0ken' };

    expect((await post('/api/v1/webhooks/alertmanager', '{}', headers)).statusCode).toBe(posts);
    expect((await get('/api/v1/runs', headers)).statusCode).toBe(reads);
    expect((await post('/api/v1/pause', undefined, headers)).statusCode).toBe(operates);
  });

  it('are looked up once in a while, not at every request', async () => {
    let lookups = 0;
    world.token('t0ken', 'viewer');
    world.findToken = async (hash) => {
      lookups += 1;
      return world.tokens.get(hash) ?? null;
    };
    const headers = { authorization: 'Bearer t0ken' };
    await get('/api/v1/runs', headers);
    await get('/api/v1/runs', headers);
    expect(lookups).toBe(1);

    await world.clock.advance(11_000);
    await get('/api/v1/runs', headers);
    expect(lookups).toBe(2);
  });

  it('are known soon after they were made', async () => {
    const headers = { authorization: 'Bearer fresh' };
    expect((await get('/api/v1/runs', headers)).statusCode).toBe(401);
    world.token('fresh', 'viewer');
    await world.clock.advance(1_001);

    expect((await get('/api/v1/runs', headers)).statusCode).toBe(200);
  });

  it('that cannot be looked up are a 503, not a 401', async () => {
    world.findToken = async () => {
      throw new Error('connection refused');
    };
    const answer = await post('/api/v1/webhooks/alertmanager', '{}', { authorization: 'Bearer t0ken' });

    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('5');
  });
});

describe('lists', () => {
  it('hand filters and page on, a duration as the instant so long ago', async () => {
    const answer = await get(
      '/api/v1/alerts?severity=critical&status=firing&action=run&service_name=a%20b&since=2h&limit=7&cursor=abc',
    );

    expect(answer.statusCode).toBe(200);
    expect(world.asked).toEqual([
      {
        what: 'alerts',
        with: {
          filter: {
            severity: 'critical',
            status: 'firing',
            action: 'run',
            service_name: 'a b',
            since: '2026-11-21T08:00:00.000Z',
          },
          page: { limit: 7, cursor: 'abc' },
        },
      },
    ]);
  });

  it('answer with at most 200 items however many are asked for', async () => {
    await get('/api/v1/runs?limit=1000&since=2026-11-21T10:00:00%2B08:00');

    expect(world.asked[0]!.with).toEqual({
      filter: { since: '2026-11-21T02:00:00.000Z' },
      page: { limit: 200, cursor: null },
    });
  });

  it.each([
    ['/api/v1/alerts?limit=0', 'limit'],
    ['/api/v1/alerts?limit=ten', 'limit'],
    ['/api/v1/alerts?severity=page', 'severity'],
    ['/api/v1/alerts?since=yesterday', 'since'],
    ['/api/v1/alerts?service_name=%00', 'service_name'],
    ['/api/v1/runs?state=done', 'state'],
    ['/api/v1/runs?playbook=PB', 'playbook'],
    ['/api/v1/stats?since=', 'since'],
    ['/api/v1/dead_letters?limit=-1', 'limit'],
  ])('refuse %s and name %s', async (url, path) => {
    const answer = await get(url);

    expect(answer.statusCode).toBe(400);
    expect(errorOf(answer).details.map((detail) => detail.path)).toEqual([path]);
  });

  it('answer alerts and runs in their published shape', async () => {
    world.alerts.push({ ...anAlert(), decision: null, decisions: [] });
    world.openRun('run-1');

    pageOf(AlertAnswer.strict()).parse((await get('/api/v1/alerts')).json());
    pageOf(RunItem.strict()).parse((await get('/api/v1/runs')).json());
    AlertAnswer.strict().parse((await get(`/api/v1/alerts/${world.alerts[0]!.alert_id}`)).json());
    RunAnswer.strict().parse((await get('/api/v1/runs/run-1')).json());
  });
});

describe('a path', () => {
  it.each([
    ['GET', '/api/v1/alerts/01KAJ0000000000000000NONE1'],
    ['GET', '/api/v1/alerts/%00'],
    ['GET', '/api/v1/runs/nope'],
    ['GET', '/api/v1/runs/nope/events'],
    ['GET', '/api/v1/runs/nope/report'],
    ['POST', '/api/v1/runs/nope/pause'],
    ['POST', '/api/v1/runs/nope/retry'],
    ['GET', '/api/v1/playbooks/PB-None'],
    ['GET', '/api/v1/playbooks/PB-None/versions'],
    ['POST', '/api/v1/playbooks/PB-None/runs'],
    ['POST', '/api/v1/dead_letters/none/replay'],
    ['GET', '/api/v1/nothing'],
    ['DELETE', '/api/v1/runs'],
    ['GET', `/api/v1/runs/${'x'.repeat(600)}`],
    ['PUT', '/webhook/alert'],
  ] as const)('that leads nowhere is a 404 in the one shape: %s %s', async (method, url) => {
    const answer = await app.inject({ method, url, headers: BEARER });

    expect(answer.statusCode).toBe(404);
    expect(errorOf(answer).code).toBe('not_found');
  });

  it('that is no path is a 400 in the one shape', async () => {
    const answer = await get('/api/v1/runs/%zz');

    expect(answer.statusCode).toBe(400);
    expect(errorOf(answer).code).toBe('invalid');
  });
});

describe('steering a run', () => {
  it.each([
    ['pause', 'paused'],
    ['cancel', 'running'],
  ])('%s tells who and why, answers the run and is written down', async (type, state) => {
    world.openRun('run-1');
    const answer = await post(`/api/v1/runs/run-1/${type}`, { reason: 'looks wrong' });

    expect(answer.statusCode).toBe(200);
    expect(answer.json().state).toBe(state);
    expect(world.asked[0]).toEqual({ what: 'steer run-1', with: { type, by: 'admin', reason: 'looks wrong' } });
    expect(world.auditEntries[0]).toMatchObject({ who: 'admin', what: `run.${type}`, target: 'run-1' });
  });

  it('needs no body', async () => {
    world.openRun('run-1');
    await post('/api/v1/runs/run-1/pause', undefined, { ...BEARER, 'content-type': 'application/json' });

    expect((await post('/api/v1/runs/run-1/resume')).json().state).toBe('running');
  });

  it('that the state does not allow is a conflict, and is not written down', async () => {
    world.openRun('run-1');
    const answer = await post('/api/v1/runs/run-1/resume');

    expect(answer.statusCode).toBe(409);
    expect(world.auditEntries).toEqual([]);
  });

  it('by retry or confirm is refused as not available', async () => {
    world.openRun('run-1');
    const answer = await post('/api/v1/runs/run-1/retry');

    expect(answer.statusCode).toBe(409);
    expect(errorOf(answer).message).toContain('not available');
  });

  it('holds although the journal cannot be written', async () => {
    world.openRun('run-1');
    const deps = world.deps();
    deps.store.audit.add = async () => Promise.reject(new Error('disk full'));
    app = createServer(deps);

    expect((await post('/api/v1/runs/run-1/pause')).statusCode).toBe(200);
    expect(world.logged[0]!.message).toContain('audit');
  });

  it.each([
    ['{"reason": 5}', 'reason'],
    ['{"because": "x"}', 'because'],
  ])('refuses %s', async (body, path) => {
    world.openRun('run-1');
    const answer = await post('/api/v1/runs/run-1/pause', body);

    expect(answer.statusCode).toBe(400);
    expect(errorOf(answer).details[0]!.path).toBe(path);
  });
});

function aPlaybook(): CheckedPlaybook {
  return {
    playbook: {
      playbook_id: 'PB-1',
      tasks: [
        { id: 'look', type: 'Log_Aggregation' },
        { id: 'act', type: 'API_Call', name: 'Act', depends_on: ['look'] },
      ],
    },
    version: 'abc',
    file: 'pb-1.yaml',
    source: 'playbook_id: PB-1\n',
  };
}

describe('playbooks', () => {
  beforeEach(() => {
    world.playbooks.set('PB-1', aPlaybook());
    world.specs = [
      { kind: 'log_aggregation', title: 'Logs', effect: 'read', input: z.object({ n: z.int() }), output_keys: ['a'] },
      { kind: 'api_call', title: 'API', effect: () => 'write', input: z.object({ when: z.date() }), output_keys: null },
    ];
    app = createServer(world.deps());
  });

  it('are listed, and shown with source and graph', async () => {
    const list = pageOf(PlaybookItem.strict()).parse((await get('/api/v1/playbooks')).json());
    const one = PlaybookAnswer.strict().parse((await get('/api/v1/playbooks/PB-1')).json());

    expect(list.items).toEqual([
      {
        playbook_id: 'PB-1',
        name: 'PB-1',
        description: null,
        mode: null,
        version: 'abc',
        file: 'pb-1.yaml',
        task_count: 2,
      },
    ]);
    expect(one.source).toBe('playbook_id: PB-1\n');
    expect(one.graph).toEqual({
      nodes: [
        { task_id: 'look', name: 'look', kind: 'log_aggregation', effect: 'read' },
        { task_id: 'act', name: 'Act', kind: 'api_call', effect: null },
      ],
      edges: [{ from: 'look', to: 'act' }],
    });
  });

  it('have kinds whose JSON schema is told, also where a part has no words in it', async () => {
    const { items } = pageOf(ExecutorAnswer).parse((await get('/api/v1/executors')).json());

    expect(items.map((item) => [item.kind, item.effect])).toEqual([
      ['api_call', null],
      ['log_aggregation', 'read'],
    ]);
    expect(items[1]!.input_schema).toMatchObject({ properties: { n: { type: 'integer' } } });
  });

  it('start by hand with an alert whose missing fields are filled in', async () => {
    let asked: unknown = null;
    world.startRun = async (playbook_id, request) => {
      asked = { playbook_id, ...request };
      world.openRun('run-9');
      return 'run-9';
    };
    const alert = {
      alert_name: 'X',
      severity: 'Critical',
      timestamp: '2026-11-21T12:00:00+02:00',
      labels: { a: 'b\0' },
    };
    const answer = await post('/api/v1/playbooks/PB-1/runs', { alert, dry_run: true });

    expect(answer.statusCode).toBe(201);
    expect(answer.headers['location']).toBe('/api/v1/runs/run-9');
    expect(answer.json().run_id).toBe('run-9');
    expect(asked).toMatchObject({
      playbook_id: 'PB-1',
      dry_run: true,
      by: 'admin',
      alert: {
        alert_name: 'X',
        severity: 'critical',
        status: 'firing',
        service_name: null,
        metric_value: null,
        timestamp: '2026-11-21T10:00:00.000Z',
        labels: { a: 'b\uFFFD' },
        source_system: 'manual',
      },
    });
    expect(world.auditEntries[0]).toMatchObject({ what: 'run.start', target: 'run-9' });
  });

  it('start without an alert, for real, when nothing is said', async () => {
    let asked: unknown = null;
    world.startRun = async (_playbook_id, request) => {
      asked = request;
      world.openRun('run-9');
      return 'run-9';
    };

    expect((await post('/api/v1/playbooks/PB-1/runs')).statusCode).toBe(201);
    expect(asked).toEqual({ alert: null, dry_run: false, by: 'admin' });
  });

  it.each([
    [{ dryRun: true }, 'dryRun'],
    [{ dry_run: 'yes' }, 'dry_run'],
    [{ alert: {} }, 'alert.alert_name'],
    [{ alert: { alert_name: 'X', metric_value: '95' } }, 'alert.metric_value'],
    [{ alert: { alert_name: 'X', labels: { a: 1 } } }, 'alert.labels.a'],
    [{ alert: { alert_name: 'X', timestamp: 'now' } }, 'alert.timestamp'],
    [[], ''],
  ])('do not start on %j', async (body, path) => {
    let started = false;
    world.startRun = async () => {
      started = true;
      return 'run-9';
    };
    const answer = await post('/api/v1/playbooks/PB-1/runs', body);

    expect(answer.statusCode).toBe(400);
    expect(errorOf(answer).details.map((detail) => detail.path)).toEqual([path]);
    expect(started).toBe(false);
  });

  it.each(['{', 'null null', '\u0000'])('say where JSON is expected: %j', async (body) => {
    const answer = await post('/api/v1/playbooks/PB-1/runs', body);

    expect(answer.statusCode).toBe(400);
    expect(errorOf(answer).message).toContain('not JSON');
  });
});

describe('explaining rules', () => {
  const rule = (rule_id: string, matched: boolean, chosen: boolean, playbook_id = 'PB-1') => ({
    rule_id,
    playbook_id,
    matched,
    chosen,
    reasons: [`about ${rule_id}`],
  });

  it('tells what would run, the chosen rules first', async () => {
    world.playbooks.set('PB-1', aPlaybook());
    world.explanations = [rule('R1', false, false), rule('R2', true, false), rule('R3', true, true)];

    for (const body of [{ alert: { alert_name: 'X' } }, { alert_name: 'X' }]) {
      const answer = Explanation.strict().parse((await post('/api/v1/rules/explain', body)).json());
      expect(answer.items.map((item) => item.rule_id)).toEqual(['R3', 'R2', 'R1']);
      expect(answer.decision).toMatchObject({
        action: 'run',
        rule_id: 'R3',
        playbook_id: 'PB-1',
        playbook_ids: ['PB-1'],
      });
    }
  });

  it.each([
    ['no_match', 'firing', false],
    ['resolved', 'resolved', true],
    ['playbook_off', 'firing', true],
  ])('tells %s', async (reason, status, chosen) => {
    const checked = aPlaybook();
    world.playbooks.set('PB-1', { ...checked, playbook: { ...checked.playbook, mode: 'off' } });
    world.explanations = [rule('R1', chosen, chosen)];
    const answer = await post('/api/v1/rules/explain', { alert_name: 'X', status });

    expect(answer.json().decision).toMatchObject({ action: 'drop', reason });
  });

  it('takes back what the API itself answered of an alert', async () => {
    const stored = { ...anAlert(), decision: null, decisions: [] };

    expect((await post('/api/v1/rules/explain', stored)).statusCode).toBe(200);
  });

  it('names the place of what is wrong', async () => {
    const answer = await post('/api/v1/rules/explain', { alert_name: 'X', severity: 'page' });

    expect(errorOf(answer).details.map((detail) => detail.path)).toEqual(['alert.severity']);
  });

  it('lists rules by priority, page by page', async () => {
    world.rules = [
      { rule_id: 'b', playbook_id: 'PB' },
      { rule_id: 'a', playbook_id: 'PB' },
      { rule_id: 'c', playbook_id: 'PB', priority: 5 },
    ];
    const first = (await get('/api/v1/rules?limit=2')).json();
    const second = (await get(`/api/v1/rules?limit=2&cursor=${first.next_cursor}`)).json();

    expect([...first.items, ...second.items].map((item: { rule_id: string }) => item.rule_id)).toEqual(['c', 'a', 'b']);
    expect(second.next_cursor).toBeNull();
  });
});

describe('a report', () => {
  beforeEach(() => world.openRun('run-1'));

  it('comes as JSON, text and HTML', async () => {
    const json = await get('/api/v1/runs/run-1/report?language=zh');
    const text = await get('/api/v1/runs/run-1/report?format=text');
    const html = await get('/api/v1/runs/run-1/report?format=html');

    expect(json.json()).toMatchObject({ run_id: 'run-1', language: 'zh' });
    expect(text.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(text.body).toBe('text of run-1\n');
    expect(html.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(html.headers['content-security-policy']).toContain("default-src 'none'");
    expect(html.body).toBe('<p>run-1</p>');
  });

  it('has no other format', async () => {
    expect(errorOf(await get('/api/v1/runs/run-1/report?format=pdf')).details[0]!.path).toBe('format');
  });
});

describe('dead letters', () => {
  beforeEach(() => {
    world.letters.push({
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
    world.accept = async (source, body) => {
      seen = `${source}: ${Buffer.from(body).toString()}`;
      return { accepted: 1, alerts: [], rejected: 0 };
    };
    const answer = await post('/api/v1/dead_letters/DL1/replay');

    expect(answer.statusCode).toBe(202);
    expect(seen).toBe('zabbix: the body');
    expect(world.letters[0]!.replayed_at).toBe('2026-11-21T10:00:00.000Z');
    expect((await post('/api/v1/dead_letters/DL1/replay')).statusCode).toBe(409);
  });

  it('of no known source are told by their shape', async () => {
    let seen: string | null = 'nothing';
    world.letters[0] = { ...world.letters[0]!, source: 'unknown' };
    world.accept = async (source, _body, from) => {
      seen = `${source} from ${from}`;
      return { accepted: 1, alerts: [], rejected: 0 };
    };
    await post('/api/v1/dead_letters/DL1/replay');

    expect(seen).toBe('null from replay by admin');
  });

  it('stay as they are when the intake refuses them again', async () => {
    world.accept = async () => {
      throw new FixpointError('invalid', 'still not JSON');
    };

    expect((await post('/api/v1/dead_letters/DL1/replay')).statusCode).toBe(400);
    expect(world.letters[0]!.replayed_at).toBeNull();
  });
});

describe('the big red button', () => {
  it('stays as it was first pressed until somebody lets go', async () => {
    const pressed = PauseAnswer.parse((await post('/api/v1/pause', { reason: 'storm' })).json());
    await world.clock.advance(1_000);
    await post('/api/v1/pause', { reason: 'me too' });

    expect(pressed).toEqual({ paused: true, by: 'admin', reason: 'storm', at: '2026-11-21T10:00:00.000Z' });
    expect((await get('/api/v1/pause')).json()).toEqual(pressed);
    expect((await post('/api/v1/resume')).json()).toMatchObject({ paused: false, by: 'admin' });
    expect(world.auditEntries.map((entry) => entry.what)).toEqual(['pause', 'resume']);
  });
});

describe('probes', () => {
  it('need no credential', async () => {
    expect((await get('/healthz', {})).json()).toEqual({ status: 'ok', version: '0.1.0' });
    expect((await get('/readyz', {})).statusCode).toBe(200);
  });

  it('tell why nothing durable can be promised', async () => {
    world.ready = async () => Promise.reject(new Error('the database is away'));
    const answer = await get('/readyz', {});

    expect(answer.statusCode).toBe(503);
    expect(errorOf(answer)).toMatchObject({ code: 'unavailable', message: 'not ready: the database is away' });
    expect((await get('/healthz', {})).statusCode).toBe(200);
  });

  it('do not wait for a store that hangs', async () => {
    world.ready = () => new Promise(() => undefined);
    const answer = get('/readyz', {});
    await app.ready();
    await world.clock.advance(3_000);

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
        '/healthz',
        '/metrics',
      ]),
    );
    expect(answer.json().components.schemas).toHaveProperty('RunAnswer');
    expect(answer.body).toContain('"#/components/schemas/ApiError"');
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
    await app.listen({ port: 0, host: '127.0.0.1' });
    return (app.server.address() as AddressInfo).port;
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

  it('carries headers that keep browsers from guessing and framing', async () => {
    const answer = await get('/api/v1/alerts');

    expect(answer.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
    });
  });
});
