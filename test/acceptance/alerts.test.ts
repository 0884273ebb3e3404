import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp } from '../../src/app.js';
import type { App } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import { SILENT_LOG } from '../../src/domain/log.js';
import type { RunHeader, Step } from '../../src/domain/run/run.js';
import type { StoredAlert } from '../../src/domain/decision/alert-view.js';
import { alertmanagerBody } from '../helper/alertmanager-body.js';
import { aHome, TOKEN } from '../helper/fixpoint-process.js';
import type { Home } from '../helper/fixpoint-process.js';
import { until } from '../helper/until.js';
import { systemClock } from '../../src/system-clock.js';
import { ROLES } from '../../src/app/work-roles.js';

type RunAnswer = RunHeader & { steps: Step[] };
type Labels = Record<string, string>;

const FILES = {
  'rules.yaml': `
rules:
  - {rule_id: LOOK, alert_name: Broken, playbook_id: PB-Look, priority: 10}
  - {rule_id: FIRST, alert_name: Twice, playbook_id: PB-Look, priority: 20, continue: true}
  - {rule_id: SECOND, alert_name: Twice, playbook_id: PB-Slow}
  - {rule_id: SLOW, alert_name: Slow, playbook_id: PB-Slow}
  - {rule_id: IDLE, alert_name: Idle, playbook_id: PB-Idle}
  - {rule_id: OFF, alert_name: Off, playbook_id: PB-Off}
  - {rule_id: COOL, alert_name: Cool, playbook_id: PB-Write, cooldown: 4s}
  - {rule_id: BUSY, alert_name: Busy, playbook_id: PB-Busy, cooldown: 1h}
  - {rule_id: HOT, alert_name: Hot, playbook_id: PB-Look, condition: "latency > 500ms", matchers: ['env=~"prod|stage"']}
`,
  'look.yaml': 'playbook_id: PB-Look\ntasks:\n  - {id: look, type: api_call, action: GET /look}\n',
  'slow.yaml': `
playbook_id: PB-Slow
tasks:
  - {id: look, type: api_call, action: GET /slow}
  - {id: act, type: api_call, action: POST /act, depends_on: [look]}
`,
  'idle.yaml':
    'playbook_id: PB-Idle\ntasks:\n  - {id: look, type: api_call, action: GET /look, conditions: ["{{ alert.severity == \'info\' }}"]}\n',
  'off.yaml': 'playbook_id: PB-Off\nmode: off\ntasks:\n  - {id: look, type: api_call, action: GET /look}\n',
  'busy.yaml': `
playbook_id: PB-Busy
tasks:
  - {id: act, type: api_call, action: POST /busy}
  - {id: look, type: api_call, action: GET /slow, depends_on: [act]}
`,
  'write.yaml': 'playbook_id: PB-Write\ntasks:\n  - {id: act, type: api_call, action: POST /act}\n',
};

describe('the fate of an alert', { timeout: 60_000 }, () => {
  const asked: string[] = [];
  const release: (() => void)[] = [];
  const world = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (request.url === '/slow') release.push(() => response.end('{}'));
    else response.end('{}');
  });
  let home: Home;
  let app: App;
  let group = 0;

  beforeAll(async () => {
    await new Promise<void>((resolve) => world.listen(0, '127.0.0.1', resolve));
    const { port } = world.address() as AddressInfo;
    home = aHome(
      FILES,
      `default_mode: auto\nport: 0\nexecutors:\n  api_call:\n    base_url: http://127.0.0.1:${port}\n`,
    );
    const env = {
      FIXPOINT_ADMIN_TOKEN: TOKEN,
      FIXPOINT_DATA_DIR: `${home.directory}/data`,
      FIXPOINT_PLAYBOOKS_DIR: `${home.directory}/playbooks`,
    };
    const config = loadConfig({ file: `${home.directory}/fixpoint.yaml`, env, cwd: home.directory });
    app = await startApp({ config, roles: ROLES, clock: systemClock, log: SILENT_LOG, version: 'test' });
  });
  afterAll(async () => {
    await app.stop();
    world.close();
    world.closeAllConnections();
    home.remove();
  });

  async function call<T>(path: string, body?: unknown): Promise<T> {
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const answer = await fetch(app.url + path, {
      ...init,
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** A group key that no other test has. */
  function aGroup(): string {
    return `group-${(group += 1)}`;
  }

  /** Posts alerts as one group and answers what became of each. */
  async function post(alerts: Parameters<typeof alertmanagerBody>[0], groupKey: string): Promise<StoredAlert[]> {
    const { alerts: accepted } = await call<{ alerts: { alert_id: string }[] }>(
      '/api/v1/webhooks/alertmanager',
      alertmanagerBody(alerts, groupKey),
    );
    return Promise.all(accepted.map(({ alert_id }) => decided(alert_id)));
  }

  function decided(alert_id: string): Promise<StoredAlert> {
    return until('a decision', async () => {
      const alert = await call<StoredAlert>(`/api/v1/alerts/${alert_id}`);
      return alert.decision !== null && alert;
    });
  }

  function run(run_id: string | null | undefined, state = 'succeeded'): Promise<RunAnswer> {
    return until(`run ${run_id} to be ${state}`, async () => {
      const found = await call<RunAnswer>(`/api/v1/runs/${run_id}`);
      return found.state === state && found;
    });
  }

  const broken = (service: string, more: Labels = {}): Labels => ({ alertname: 'Broken', service, ...more });

  it('starts one run for a group, which the others of the same service join', async () => {
    const alerts = await post(
      [{ labels: broken('a', { pod: '1' }) }, { labels: broken('a', { pod: '2' }) }, { labels: broken('b') }],
      aGroup(),
    );
    expect(alerts.map((alert) => alert.decision?.action)).toEqual(['run', 'join', 'run']);
    expect(alerts[1]?.decision?.run_id).toBe(alerts[0]?.decision?.run_id);
    const first = await run(alerts[0]?.decision?.run_id);
    expect(first.alert_ids).toEqual([alerts[0]?.alert_id, alerts[1]?.alert_id]);
    expect(first).toMatchObject({ rule_id: 'LOOK', service_name: 'a', outcome: 'nothing_done' });
  });

  it('lets a later alert of the group join while the run is open', async () => {
    const groupKey = aGroup();
    const labels = { alertname: 'Slow', service: 'a' };
    const [first] = await post([{ labels }], groupKey);
    const [second] = await post([{ labels: { ...labels, pod: '2' } }], groupKey);
    expect(second?.decision).toMatchObject({ action: 'join', run_id: first?.decision?.run_id });
    const joined = await until('the run to know', async () => {
      const found = await call<RunAnswer>(`/api/v1/runs/${first?.decision?.run_id}`);
      return found.alert_ids.length === 2 && found;
    });
    expect(joined.alert_ids[1]).toBe(second?.alert_id);
    for (const go of release.splice(0)) go();
    await run(first?.decision?.run_id);
  });

  it('drops repeats of an open run, word for word or not, and gives each its own id', async () => {
    const groupKey = aGroup();
    const labels = { alertname: 'Slow', service: 'c' };
    const [first] = await post([{ labels }], groupKey);
    const [same] = await post([{ labels }], groupKey);
    const [moved] = await post([{ labels, startsAt: '2026-11-21T10:05:00Z', annotations: { value: '7' } }], groupKey);
    for (const repeat of [same, moved]) {
      expect(repeat?.decision).toMatchObject({ action: 'drop', reason: 'duplicate', run_id: first?.decision?.run_id });
    }
    expect(new Set([first?.alert_id, same?.alert_id, moved?.alert_id]).size).toBe(3);
    expect(moved).toMatchObject({ metric_value: 7, timestamp: '2026-11-21T10:05:00.000Z' });
    const { items } = await call<{ items: StoredAlert[] }>('/api/v1/alerts?service_name=c&limit=10');
    expect(items.map((alert) => alert.alert_id)).toEqual([moved?.alert_id, same?.alert_id, first?.alert_id]);
    for (const go of release.splice(0)) go();
    await run(first?.decision?.run_id);
  });

  it('says of a run that its alert fires again: not fixed, and starts no second one', async () => {
    const groupKey = aGroup();
    const [first] = await post([{ labels: broken('d') }], groupKey);
    await run(first?.decision?.run_id);
    const [again] = await post([{ labels: broken('d') }], groupKey);
    expect(again?.decision).toMatchObject({ action: 'drop', reason: 'duplicate', run_id: first?.decision?.run_id });
    const after = await until('the outcome', async () => {
      const found = await call<RunAnswer>(`/api/v1/runs/${first?.decision?.run_id}`);
      return found.outcome === 'not_fixed' && found;
    });
    expect(after.state).toBe('succeeded');
  });

  it('ends an occurrence with its resolve; what began before that came late, what begins after is new', async () => {
    const groupKey = aGroup();
    const labels = broken('e');
    const [first] = await post([{ labels, startsAt: '2026-11-21T10:00:00Z' }], groupKey);
    await run(first?.decision?.run_id);
    const [resolved] = await post(
      [{ labels, status: 'resolved', startsAt: '2026-11-21T10:00:00Z', endsAt: '2026-11-21T10:10:00Z' }],
      groupKey,
    );
    expect(resolved?.decision).toMatchObject({ action: 'drop', reason: 'resolved', run_id: first?.decision?.run_id });
    const [late] = await post([{ labels, startsAt: '2026-11-21T10:10:00Z' }], groupKey);
    expect(late?.decision).toMatchObject({ action: 'drop', reason: 'resolved' });
    const [anew] = await post([{ labels, startsAt: '2026-11-21T10:10:01Z' }], groupKey);
    expect(anew?.decision?.action).toBe('run');
    expect(anew?.decision?.run_id).not.toBe(first?.decision?.run_id);
  });

  it('counts a firing that was overtaken by its resolve as resolved', async () => {
    const groupKey = aGroup();
    const labels = broken('f');
    const [resolved] = await post([{ labels, status: 'resolved', endsAt: '2026-11-21T10:10:00Z' }], groupKey);
    const [late] = await post([{ labels }], groupKey);
    expect([resolved?.decision?.reason, late?.decision?.reason]).toEqual(['resolved', 'resolved']);
  });

  it('stops the writes of a run whose alert resolves while it reads', async () => {
    const groupKey = aGroup();
    const labels = { alertname: 'Slow', service: 'g' };
    const [first] = await post([{ labels }], groupKey);
    await until('the slow step', () => release.length > 0);
    await post([{ labels, status: 'resolved', endsAt: '2026-11-21T10:10:00Z' }], groupKey);
    const run_id = first?.decision?.run_id;
    await until(
      'the run to know',
      async () => (await call<RunAnswer>(`/api/v1/runs/${run_id}`)).alerts_resolved_at !== null,
    );
    const before = asked.filter((request) => request === 'POST /act').length;
    for (const go of release.splice(0)) go();
    const ended = await run(run_id);
    expect(ended.steps.map((step) => [step.step_id, step.state, step.reason])).toEqual([
      ['look', 'succeeded', null],
      ['act', 'skipped', 'alert_resolved'],
    ]);
    expect(asked.filter((request) => request === 'POST /act')).toHaveLength(before);
  });

  it('starts several runs where a rule says continue, at most one a playbook', async () => {
    const [alert] = await post([{ labels: { alertname: 'Twice', service: 'a' } }], aGroup());
    expect(alert?.decision).toMatchObject({ action: 'run', rule_id: 'FIRST', playbook_id: 'PB-Look' });
    expect(alert?.decision?.run_ids).toHaveLength(2);
    await until('the slow step', () => release.length > 0);
    for (const go of release.splice(0)) go();
    for (const run_id of alert?.decision?.run_ids ?? []) await run(run_id);
  });

  it('stops the writes of every run that an alert started when it resolves', async () => {
    const groupKey = aGroup();
    const labels = { alertname: 'Twice', service: 'r' };
    const before = asked.filter((request) => request === 'POST /act').length;
    const [alert] = await post([{ labels }], groupKey);
    const [first, second] = alert?.decision?.run_ids ?? [];
    await run(first);
    await until('the slow step', () => release.length > 0);
    await post([{ labels, status: 'resolved' }], groupKey);
    await until('the run to know', async () => {
      const found = await call<RunAnswer>(`/api/v1/runs/${second}`);
      return found.alerts_resolved_at !== null;
    });
    for (const go of release.splice(0)) go();
    const ended = await run(second);
    expect(ended.steps.find((step) => step.step_id === 'act')).toMatchObject({
      state: 'skipped',
      reason: 'alert_resolved',
    });
    expect(asked.filter((request) => request === 'POST /act')).toHaveLength(before);
  });

  it('knows of a run that had nothing to do that it has ended', async () => {
    const groupKey = aGroup();
    const labels = { alertname: 'Idle', service: 'i' };
    const [alert] = await post([{ labels }], groupKey);
    expect(await run(alert?.decision?.run_id)).toMatchObject({ steps: [{ state: 'skipped' }] });
    const [repeat] = await post([{ labels, annotations: { description: 'again' } }], groupKey);
    expect(repeat?.decision).toMatchObject({ reason: 'duplicate', run_id: alert?.decision?.run_id });
    expect(repeat?.decision?.explanation).toContain('did not fix it');
    expect(await run(alert?.decision?.run_id)).toMatchObject({ outcome: 'not_fixed' });
  });

  it('tells apart no match, a playbook that is off, and a condition that does not hold', async () => {
    const hot = (value: string, more: Labels = {}) => ({
      labels: { alertname: 'Hot', service: 'h', env: 'prod', ...more },
      annotations: { value },
    });
    const alerts = await post(
      [
        { labels: { alertname: 'Unheard_Of' } },
        { labels: { alertname: 'Off', service: 'a' } },
        hot('0.3 s', { pod: '1' }),
        hot('1.2 s', { pod: '2' }),
        hot('1.2 s', { env: 'test' }),
      ],
      aGroup(),
    );
    expect(alerts.map((alert) => [alert.decision?.action, alert.decision?.reason])).toEqual([
      ['drop', 'no_match'],
      ['drop', 'playbook_off'],
      ['drop', 'no_match'],
      ['run', null],
      ['drop', 'no_match'],
    ]);
  });

  it('holds an alert while its service cools down, and decides it again when that is over', async () => {
    const first = await post([{ labels: { alertname: 'Cool', service: 'cool', pod: '1' } }], aGroup());
    await run(first[0]?.decision?.run_id);
    const [held] = await post([{ labels: { alertname: 'Cool', service: 'cool', pod: '2' } }], aGroup());
    expect(held?.decision).toMatchObject({ action: 'hold', reason: 'cooldown', by: 'rule:COOL' });
    expect(held?.decision?.until).not.toBeNull();
    const later = await until('the hold to end', async () => {
      const alert = await call<StoredAlert>(`/api/v1/alerts/${held?.alert_id}`);
      return alert.decision?.action === 'run' && alert;
    });
    expect(later.decisions.map((decision) => decision.action)).toEqual(['hold', 'run']);
  });

  it('lets an alert join the open run that it belongs to, however lately that has written', async () => {
    const group_key = aGroup();
    const first = await post([{ labels: { alertname: 'Busy', service: 'busy', pod: '1' } }], group_key);
    await until('the write', () => asked.includes('POST /busy') && release.length > 0);

    const [other] = await post([{ labels: { alertname: 'Busy', service: 'busy', pod: '2' } }], aGroup());
    const [joined] = await post([{ labels: { alertname: 'Busy', service: 'busy', pod: '3' } }], group_key);

    expect(other?.decision).toMatchObject({ action: 'hold', reason: 'cooldown' });
    expect(joined?.decision).toMatchObject({ action: 'join', run_id: first[0]?.decision?.run_id });
    for (const answer of release.splice(0)) answer();
    await run(first[0]?.decision?.run_id);
  });

  it('explains for every rule why it matches or not, without starting anything', async () => {
    const { items } = await call<{
      items: { rule_id: string; matched: boolean; chosen: boolean; reasons: string[] }[];
    }>('/api/v1/rules/explain', {
      alert: { alert_name: 'Broken', service_name: 'a', severity: 'critical' },
    });
    expect(items.map((item) => [item.rule_id, item.matched])).toEqual(
      expect.arrayContaining([
        ['LOOK', true],
        ['SLOW', false],
      ]),
    );
    expect(items.find((item) => item.rule_id === 'SLOW')?.reasons.join()).toContain('Broken');
  });

  it('decides alerts of many groups at once, one open run for each', async () => {
    const groups = Array.from({ length: 40 }, (_, n) => `many-${n}`);
    const alerts = await Promise.all(
      [...groups, ...groups].map((groupKey, n) =>
        post([{ labels: { alertname: 'Slow', service: groupKey, pod: String(n) } }], groupKey),
      ),
    );
    const runs = new Set(alerts.flat().map((alert) => alert.decision?.run_id));
    expect(runs.size).toBe(40);
    expect(alerts.flat().filter((alert) => alert.decision?.action === 'run')).toHaveLength(40);
    await until('all slow steps', () => release.length === 40);
    for (const go of release.splice(0)) go();
    for (const run_id of runs) await run(run_id);
  });

  it('runs a playbook by hand, for real or dry', async () => {
    const before = asked.filter((request) => request === 'POST /act').length;
    const dry = await call<RunHeader>('/api/v1/playbooks/PB-Write/runs', {
      alert: { alert_name: 'x', service_name: 'by-hand' },
      dry_run: true,
    });
    expect((await run(dry.run_id)).steps[0]).toMatchObject({ state: 'succeeded', recorded_only: true, change: null });
    expect(asked.filter((request) => request === 'POST /act')).toHaveLength(before);
    const real = await call<RunHeader>('/api/v1/playbooks/PB-Write/runs', {});
    expect(await run(real.run_id)).toMatchObject({ outcome: 'unverified', rule_id: null });
    expect(asked.filter((request) => request === 'POST /act')).toHaveLength(before + 1);
  });
});
