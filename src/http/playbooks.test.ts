import { z } from 'zod';
import { beforeEach, describe, expect, it } from 'vitest';
import { anAlert } from '../../test/helper/an-alert.js';
import { HttpFace, errorOf } from '../../test/helper/http-face.js';
import { pageOf } from '../domain/api/page.js';
import { PlaybookAnswer, PlaybookItem } from '../domain/api/playbook.js';
import { Explanation } from '../domain/api/rule.js';
import { ExecutorAnswer } from '../domain/api/system.js';
import type { CheckedPlaybook } from '../domain/playbook/playbook.js';

const face = new HttpFace();
const { get, post } = face;

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
  beforeEach(async () => {
    face.world.playbooks.set('PB-1', aPlaybook());
    face.world.specs = [
      { kind: 'log_aggregation', title: 'Logs', effect: 'read', input: z.object({ n: z.int() }), output_keys: ['a'] },
      { kind: 'api_call', title: 'API', effect: () => 'write', input: z.object({ when: z.date() }), output_keys: null },
    ];
    await face.open(face.world.deps());
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
        { task_id: 'act', name: 'Act', kind: 'api_call', effect: 'write' },
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
    face.world.startRun = async (playbook_id, request) => {
      asked = { playbook_id, ...request };
      face.world.openRun('run-9');
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
    expect(face.world.auditEntries[0]).toMatchObject({ what: 'run.start', target: 'run-9' });
  });

  it('start without an alert, for real, when nothing is said', async () => {
    let asked: unknown = null;
    face.world.startRun = async (_playbook_id, request) => {
      asked = request;
      face.world.openRun('run-9');
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
    face.world.startRun = async () => {
      started = true;
      return 'run-9';
    };
    const answer = await post('/api/v1/playbooks/PB-1/runs', body);

    expect(answer.statusCode).toBe(400);
    expect(errorOf(answer).details.map((detail) => detail.path)).toEqual([path]);
    expect(started).toBe(false);
  });

  it.each([
    ['PB-1x', 'there is no playbook PB-1x (did you mean PB-1?)'],
    ['restart-everything', 'there is no playbook restart-everything; there are PB-1'],
  ])('that do not exist are told with what may have been meant: %s', async (playbook_id, message) => {
    for (const answer of [
      await post(`/api/v1/playbooks/${playbook_id}/runs`, {}),
      await get(`/api/v1/playbooks/${playbook_id}`),
    ]) {
      expect(answer.statusCode).toBe(404);
      expect(errorOf(answer)).toMatchObject({ code: 'not_found', message });
    }
  });

  it('that are broken are told with what is wrong, and where', async () => {
    const message = 'no executor of this kind: nonsense';
    face.world.broken.set('PB-Bad', [{ file: 'bad.yaml', line: 3, column: 19, message }]);
    for (const answer of [await post('/api/v1/playbooks/PB-Bad/runs', {}), await get('/api/v1/playbooks/PB-Bad')]) {
      expect(answer.statusCode).toBe(404);
      expect(errorOf(answer)).toEqual({
        code: 'not_found',
        message: `playbook PB-Bad is not in force: bad.yaml:3:19: ${message}`,
        details: [{ path: 'bad.yaml:3:19', message }],
      });
    }
  });

  it('are named ten at most where none was meant', async () => {
    for (let n = 10; n < 30; n++) face.world.playbooks.set(`PB-${n}`, aPlaybook());
    const { message } = errorOf(await get('/api/v1/playbooks/something-else'));

    expect(message).toMatch(/there are PB-1, PB-10, .*, PB-18 and 11 more$/);
  });

  it.each([
    [{ dryrun: true }, 'body dryrun: unknown key dryrun (did you mean dry_run?)'],
    [{ zzz: 1 }, 'body zzz: unknown key zzz; expected one of alert, dry_run'],
    [{ dry_run: 'yes' }, 'body dry_run: expected true or false, came "yes"'],
    [{ alert: {} }, 'body alert.alert_name: alert_name is missing: expected text'],
    [{ alert: { alert_name: '' } }, 'body alert.alert_name: expected at least 1 character, came ""'],
    [{ alert: { alert_name: 'X', metric_value: '95' } }, 'body alert.metric_value: expected a number, came "95"'],
    [
      { alert: { alert_name: 'X', severity: 'Critcal' } },
      'body alert.severity: expected critical, warning or info, came "Critcal" (did you mean critical?)',
    ],
    [
      { alert: { alert_name: 'X', timestamp: 'now' } },
      'body alert.timestamp: expected an instant such as 2026-01-31T12:00:00Z, came "now"',
    ],
    [[], 'body: expected a map, came a list'],
  ])('tell what was expected and what came: %j', async (body, message) => {
    expect(errorOf(await post('/api/v1/playbooks/PB-1/runs', body)).message).toBe(message);
  });

  it('name at most 100 wrong places of a body', async () => {
    const labels = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`label_${index}`, index]));
    const keys = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`${'k'.repeat(5_000)}${index}`, index]));
    for (const body of [{ alert: { alert_name: 'X', labels } }, keys]) {
      const { details } = errorOf(await post('/api/v1/playbooks/PB-1/runs', body));

      expect(details).toHaveLength(100);
      expect(Math.max(...details.map((detail) => detail.message.length))).toBeLessThan(300);
    }
  });

  it.each([
    ['{', 'line 1, column 2'],
    ['null null', 'line 1, column 6'],
    ['\u0000', 'line 1, column 1'],
    ['{"alert_name": "X",\n  "severity": }', 'line 2, column 15'],
  ])('say where %j stops being JSON', async (body, place) => {
    for (const path of ['/api/v1/playbooks/PB-1/runs', '/api/v1/rules/explain', '/api/v1/pause']) {
      const answer = await post(path, body);

      expect(answer.statusCode).toBe(400);
      expect(errorOf(answer).message).toBe(`the body is not JSON at ${place}`);
      expect(errorOf(answer).details).toEqual([{ path: '', message: `the body is not JSON at ${place}` }]);
    }
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

  it('tells what would become of the alert and what each stage says, the chosen rules first', async () => {
    face.world.explanations = [rule('R1', false, false), rule('R2', true, false), rule('R3', true, true)];
    face.world.foreseen = {
      ...face.world.foreseen,
      action: 'join',
      reason: null,
      run_id: 'run-1',
      playbook_id: 'PB-1',
    };
    const stage = { rule_id: 'R3', by: 'run:run-1', until: null, explanation: 'it joins run run-1 of PB-1' };
    face.world.stages = [{ stage: 'join', verdict: 'joins', ...stage }];

    for (const body of [{ alert: { alert_name: 'X' } }, { alert_name: 'X' }]) {
      const answer = Explanation.strict().parse((await post('/api/v1/rules/explain', body)).json());
      expect(answer.items.map((item) => item.rule_id)).toEqual(['R3', 'R2', 'R1']);
      expect(answer.decision).toMatchObject({ action: 'join', run_id: 'run-1', playbook_id: 'PB-1' });
      expect(answer.stages).toEqual([{ stage: 'join', verdict: 'joins', ...stage }]);
      expect(answer.alert).toMatchObject({ alert_name: 'X', source_system: 'manual' });
    }
  });

  it('asks about the occurrence that is named, else about the fingerprint', async () => {
    const draft = { alert_name: 'X', fingerprint: 'f1' };
    expect((await post('/api/v1/rules/explain', draft)).json().alert.occurrence_id).toBe('f1');
    const named = { ...draft, occurrence_id: 'event-7' };
    expect((await post('/api/v1/rules/explain', named)).json().alert.occurrence_id).toBe('event-7');
  });

  it('takes back what the API itself answered of an alert', async () => {
    const stored = { ...anAlert(), decision: null, decisions: [] };

    expect((await post('/api/v1/rules/explain', stored)).statusCode).toBe(200);
  });

  it('names the place of what is wrong', async () => {
    const known = Explanation.strict().parse((await post('/api/v1/rules/explain', { alert_name: 'X' })).json());
    expect(known.not_looked_at.join(' ')).toMatch(/comes before.*storms.*as they are now.*the pause.*guards/);
    const answer = await post('/api/v1/rules/explain', { alert_name: 'X', severity: 'mauve' });

    expect(errorOf(answer).details).toEqual([
      { path: 'alert.severity', message: 'expected critical, warning or info, came "mauve"' },
    ]);
  });

  it('lists rules by priority, page by page', async () => {
    face.world.rules = [
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
