import { beforeEach, describe, expect, it } from 'vitest';
import { anAlert } from '../../test/helper/an-alert.js';
import { HttpFace, BEARER, errorOf } from '../../test/helper/http-face.js';
import { AlertAnswer } from '../domain/api/alert.js';
import { pageOf } from '../domain/api/page.js';
import { RunAnswer, RunItem } from '../domain/api/run.js';

const face = new HttpFace();
const { get, post } = face;

describe('lists', () => {
  it('hand filters and page on, a duration as the instant so long ago', async () => {
    const answer = await get(
      '/api/v1/alerts?severity=critical&status=firing&action=run&service_name=a%20b&since=2h&limit=7&cursor=abc',
    );

    expect(answer.statusCode).toBe(200);
    expect(face.world.asked).toEqual([
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

  it('read what a query asks of times, truth and annotations', async () => {
    await get(
      '/api/v1/alerts?timestamp=2026-11-21T11:00:00%2B01:00&momentary=false&annotation=a%3D%22b%22&metric_value=5&limit=1',
    );

    expect(face.world.asked.at(-1)).toEqual({
      what: 'alerts',
      with: {
        filter: {
          timestamp: '2026-11-21T10:00:00.000Z',
          momentary: false,
          annotation_matchers: ['a="b"'],
          metric_value: 5,
        },
        page: { limit: 1, cursor: null },
      },
    });
  });

  it('answer with at most 200 items however many are asked for', async () => {
    await get('/api/v1/runs?limit=1000&since=2026-11-21T10:00:00%2B08:00');

    expect(face.world.asked[0]!.with).toEqual({
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
    face.world.alerts.push({ ...anAlert(), decision: null, decisions: [] });
    face.world.openRun('run-1');

    pageOf(AlertAnswer.strict()).parse((await get('/api/v1/alerts')).json());
    pageOf(RunItem.strict()).parse((await get('/api/v1/runs')).json());
    AlertAnswer.strict().parse((await get(`/api/v1/alerts/${face.world.alerts[0]!.alert_id}`)).json());
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
    const answer = await face.app.inject({ method, url, headers: BEARER });

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
    ['pause', 'paused', {}],
    ['cancel', 'running', { compensate: false }],
  ])('%s tells who and why, answers the run and is written down', async (type, state, more) => {
    face.world.openRun('run-1');
    const answer = await post(`/api/v1/runs/run-1/${type}`, { reason: 'looks wrong' });

    expect(answer.statusCode).toBe(200);
    expect(answer.json().state).toBe(state);
    const told = { type, by: 'admin', reason: 'looks wrong', ...more };
    expect(face.world.asked[0]).toEqual({ what: 'steer run-1', with: told });
    expect(face.world.auditEntries[0]).toMatchObject({ who: 'admin', what: `run.${type}`, target: 'run-1' });
  });

  it('needs no body', async () => {
    face.world.openRun('run-1');
    await post('/api/v1/runs/run-1/pause', undefined, { ...BEARER, 'content-type': 'application/json' });

    expect((await post('/api/v1/runs/run-1/resume')).json().state).toBe('running');
  });

  it('that the state does not allow is a conflict, and is not written down', async () => {
    face.world.openRun('run-1');
    const answer = await post('/api/v1/runs/run-1/resume');

    expect(answer.statusCode).toBe(409);
    expect(face.world.auditEntries).toEqual([]);
  });

  it('by retry and confirm is handed on with what was said, and written down', async () => {
    face.world.openRun('run-1');
    const headers = { ...BEARER, 'content-type': 'application/json' };
    expect((await post('/api/v1/runs/run-1/retry')).statusCode).toBe(200);
    const said = JSON.stringify({ solved: false, comment: 'still\u0000slow' });
    expect((await post('/api/v1/runs/run-1/confirm', said, headers)).statusCode).toBe(200);
    expect((await post('/api/v1/runs/run-1/confirm', JSON.stringify({ solved: 'no' }), headers)).statusCode).toBe(400);

    expect(face.world.asked).toEqual([
      { what: 'retry run-1', with: { by: 'admin', step_id: null, reason: null } },
      { what: 'confirm run-1', with: { by: 'admin', step_id: null, solved: false, done: null, comment: 'still slow' } },
    ]);
    expect(face.world.auditEntries.map((entry) => entry.what)).toEqual(['run.retry', 'run.confirm']);
  });

  it('holds although the journal cannot be written', async () => {
    face.world.openRun('run-1');
    const deps = face.world.deps();
    deps.store.audit.add = async () => Promise.reject(new Error('disk full'));
    await face.open(deps);

    expect((await post('/api/v1/runs/run-1/pause')).statusCode).toBe(200);
    expect(face.world.logged[0]!.message).toContain('audit');
  });

  it.each([
    ['{"reason": 5}', 'reason'],
    ['{"because": "x"}', 'because'],
  ])('refuses %s', async (body, path) => {
    face.world.openRun('run-1');
    const answer = await post('/api/v1/runs/run-1/pause', body);

    expect(answer.statusCode).toBe(400);
    expect(errorOf(answer).details[0]!.path).toBe(path);
  });
});

describe('a report', () => {
  beforeEach(() => face.world.openRun('run-1'));

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
