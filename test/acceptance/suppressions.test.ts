import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp } from '../../src/app.js';
import type { App } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import type {
  InhibitRuleAnswer,
  SilenceAnswer,
  SilencePreview,
  WindowAnswer,
} from '../../src/domain/api/suppression.js';
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
  - {rule_id: LOOK, alert_name: any, playbook_id: PB-Look}
  - {rule_id: WRITE, alert_name: Write, playbook_id: PB-Write, priority: 10}
`,
  'look.yaml': 'playbook_id: PB-Look\ntasks:\n  - {id: look, type: api_call, action: GET /look}\n',
  'write.yaml': `
playbook_id: PB-Write
tasks:
  - {id: look, type: api_call, action: GET /look}
  - {id: act, type: api_call, action: POST /act, depends_on: [look]}
`,
  'suppressions.yaml': `
inhibit_rules:
  - name: cluster-down
    source_matchers: ['alertname="ClusterDown"']
    target_matchers: ['severity=~"warning|info"']
    equal: [cluster]
`,
};

describe('what holds alerts back', { timeout: 60_000 }, () => {
  const asked: string[] = [];
  const world = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.end('{}');
  });
  let home: Home;
  let app: App;
  let count = 0;

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

  async function send(method: string, path: string, body?: unknown): Promise<Response> {
    return fetch(app.url + path, {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  async function call<T>(path: string, body?: unknown, method = body === undefined ? 'GET' : 'POST'): Promise<T> {
    const answer = await send(method, path, body);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** A label value that no other test has. */
  function fresh(): string {
    return `x${(count += 1)}`;
  }

  type Sent = Parameters<typeof alertmanagerBody>[0];

  const post = (...alerts: Sent): Promise<StoredAlert[]> => postTo(fresh(), ...alerts);

  async function postTo(group: string, ...alerts: Sent): Promise<StoredAlert[]> {
    const { alerts: accepted } = await call<{ alerts: { alert_id: string }[] }>(
      '/api/v1/webhooks/alertmanager',
      alertmanagerBody(alerts, group),
    );
    return Promise.all(accepted.map(({ alert_id }) => decided(alert_id, (alert) => alert.decision !== null)));
  }

  function decided(alert_id: string | undefined, holds: (alert: StoredAlert) => boolean): Promise<StoredAlert> {
    return until(`alert ${alert_id} to be decided as expected`, async () => {
      const alert = await call<StoredAlert>(`/api/v1/alerts/${alert_id}`);
      return holds(alert) && alert;
    });
  }

  const one = (service: string, more: Labels = {}): { labels: Labels } => ({
    labels: { alertname: 'Broken', service, severity: 'critical', ...more },
  });

  const silence = (matchers: unknown[], more: Record<string, unknown> = {}): Promise<SilenceAnswer> =>
    call<SilenceAnswer>('/api/v1/silences', { matchers, duration: '1h', comment: 'we are on it', ...more });

  it('holds what a silence matches, says who and why, and decides it again when the silence is ended', async () => {
    const service = fresh();
    const made = await silence([`service="${service}"`, 'severity=~"crit.*"'], { created_by: 'ann' });
    expect(made).toMatchObject({ state: 'active', created_by: 'ann', comment: 'we are on it', origin: 'api' });

    const [held, other] = await post(one(service), one(service, { severity: 'warning' }));
    expect(held?.decision).toMatchObject({
      action: 'hold',
      reason: 'silence',
      until: made.ends_at,
      by: `silence:${made.silence_id}`,
    });
    expect(held?.decision?.explanation).toContain('ann');
    expect(held?.decision?.explanation).toContain('we are on it');
    expect(other?.decision?.action).toBe('run');

    const ended = await call<SilenceAnswer>(`/api/v1/silences/${made.silence_id}`, undefined, 'DELETE');
    expect(ended).toMatchObject({ state: 'expired', ended_by: 'admin' });
    const later = await decided(held?.alert_id, (alert) => alert.decision?.action !== 'hold');
    expect(later.decisions).toHaveLength(2);
    expect(['run', 'join']).toContain(later.decision?.action);
    expect((await send('DELETE', `/api/v1/silences/${made.silence_id}`)).status).toBe(409);
  });

  it('decides again what a silence held when its time is over', async () => {
    const service = fresh();
    await silence([`service="${service}"`], { duration: '2s' });
    const [held] = await post(one(service));
    expect(held?.decision?.reason).toBe('silence');
    const later = await decided(held?.alert_id, (alert) => alert.decision?.action === 'run');
    expect(later.decisions).toHaveLength(2);
  });

  it('keeps repeats of what is held as lines, and starts one run in the end', async () => {
    const service = fresh();
    const made = await silence([`service="${service}"`]);
    const group = fresh();
    const [first] = await postTo(group, one(service));
    const [second] = await postTo(group, one(service));
    expect(second?.decision).toMatchObject({ action: 'hold', reason: 'silence', until: made.ends_at });
    expect(second?.decision?.by).toBe(first?.decision?.by);
    expect(second?.decision?.explanation).toContain(`repeats alert ${first?.alert_id}`);
    const [changed] = await postTo(group, { ...one(service), annotations: { value: '7' } });
    expect(changed?.decision).toMatchObject({ reason: 'silence', until: made.ends_at });
    expect(changed?.decision?.explanation).not.toContain('repeats');
    const listed = await call<{ items: StoredAlert[] }>(`/api/v1/alerts?service_name=${service}&action=hold`);
    const all = [changed, second, first].map((alert) => alert?.alert_id);
    expect(listed.items.map((alert) => alert.alert_id)).toEqual(all);

    await call(`/api/v1/silences/${made.silence_id}`, undefined, 'DELETE');
    await until('the one run', async () => {
      const { items } = await call<{ items: RunAnswer[] }>(`/api/v1/runs?service_name=${service}`);
      return items.length === 1;
    });
    await decided(first?.alert_id, (alert) => alert.decision?.action === 'run');
    const after = await decided(changed?.alert_id, (alert) => alert.decision?.action !== 'hold');
    expect(after.decision?.reason).toBe('duplicate');
    const { undecided } = await call<{ undecided: number }>('/api/v1/stats');
    expect(undecided).toBe(0);
  });

  it('lets resolved alerts pass, and does not bring back what has resolved meanwhile', async () => {
    const service = fresh();
    const made = await silence([`service="${service}"`]);
    const [held] = await post(one(service));
    const [resolved] = await post({ ...one(service), status: 'resolved' });
    expect(resolved?.decision).toMatchObject({ action: 'drop', reason: 'resolved' });
    await call(`/api/v1/silences/${made.silence_id}`, undefined, 'DELETE');
    const later = await decided(held?.alert_id, (alert) => alert.decision?.action === 'drop');
    expect(later.decision?.reason).toBe('resolved');
  });

  it('is told by its place what is wrong with a silence', async () => {
    const wrong = [
      [{ matchers: ['a=~"("'], duration: '1h', comment: 'c' }, 'matchers[0]'],
      [{ matchers: [], duration: '1h', comment: 'c' }, 'matchers'],
      [{ matchers: ['a!="b"'], duration: '1h', comment: 'c' }, 'matchers'],
      [{ matchers: ['a="b"'], duration: '1h' }, 'comment'],
      [{ matchers: ['a="b"'], comment: 'c' }, 'ends_at'],
      [{ matchers: ['a="b"'], comment: 'c', ends_at: '2020-01-01T00:00:00Z' }, 'ends_at'],
      [{ matchers: ['a="b"'], comment: 'c', duration: '1h', colour: 'red' }, 'colour'],
    ] as const;
    for (const [body, place] of wrong) {
      const answer = await send('POST', '/api/v1/silences', body);
      const { error } = (await answer.json()) as { error: { code: string; details: { path: string }[] } };
      expect([answer.status, error.code, error.details[0]?.path]).toEqual([400, 'invalid', place]);
    }
  });

  it('takes a body of Alertmanager’s own API, and ends the silence whose place a new one takes', async () => {
    const service = fresh();
    const hour = 3_600_000;
    const body = {
      matchers: [{ name: 'service', value: service, isRegex: false, isEqual: true }],
      startsAt: new Date(Date.now()).toISOString(),
      endsAt: new Date(Date.now() + hour).toISOString(),
      createdBy: 'karma',
      comment: 'ACK',
    };
    const first = await call<SilenceAnswer>('/api/v1/silences', body);
    expect(first).toMatchObject({ matchers: [`service="${service}"`], created_by: 'karma', state: 'active' });
    const second = await call<SilenceAnswer>('/api/v1/silences', { ...body, id: first.silence_id, comment: 'longer' });
    expect(second.replaces).toBe(first.silence_id);
    expect(await call<SilenceAnswer>(`/api/v1/silences/${first.silence_id}`)).toMatchObject({ state: 'expired' });
    const { items } = await call<{ items: SilenceAnswer[] }>('/api/v1/silences?state=active&limit=200');
    expect(items.map(({ silence_id }) => silence_id)).toContain(second.silence_id);
    expect(items.map(({ silence_id }) => silence_id)).not.toContain(first.silence_id);
    expect((await send('POST', '/api/v1/silences', { ...body, id: first.silence_id })).status).toBe(409);
  });

  it('shows which alerts a silence would hold before it is made', async () => {
    const service = fresh();
    await post(one(service), one(service, { pod: '2' }), one(fresh()));
    const shown = await call<SilencePreview>('/api/v1/silences/preview', { matchers: [`service="${service}"`] });
    expect(shown).toMatchObject({ count: 2, complete: true });
    expect(shown.items.map((alert) => alert.service_name)).toEqual([service, service]);
  });

  it('writes down who silenced what', async () => {
    const made = await silence([`service="${fresh()}"`]);
    const { items } = await call<{ items: { what: string; target: string; who: string }[] }>('/api/v1/audit');
    expect(items[0]).toMatchObject({ what: 'silence.create', target: made.silence_id, who: 'admin' });
  });

  it('holds alerts in a maintenance window of the API, by the fields that every alert has', async () => {
    const service = fresh();
    const made = await call<WindowAnswer>('/api/v1/maintenance_windows', {
      matchers: [`service_name="${service}"`],
      cron: '* * * * *',
      duration: '10m',
      timezone: 'Europe/Berlin',
      comment: 'the racks are moved',
    });
    expect(made).toMatchObject({ state: 'active', hold: true, freeze: false });
    expect(made.next.length).toBeGreaterThan(0);
    const [held] = await post(one(service));
    expect(held?.decision).toMatchObject({
      action: 'hold',
      reason: 'maintenance_window',
      by: `maintenance_window:${made.window_id}`,
    });
    const explained = await call<{ decision: { action: string; by: string }; held_by: unknown[] }>(
      '/api/v1/rules/explain',
      { alert: { alert_name: 'Broken', service_name: service } },
    );
    expect(explained.decision).toMatchObject({ action: 'hold', by: `maintenance_window:${made.window_id}` });
    expect(explained.held_by).toHaveLength(1);
    await call(`/api/v1/maintenance_windows/${made.window_id}`, undefined, 'DELETE');
    await decided(held?.alert_id, (alert) => alert.decision?.action === 'run');
  });

  it('freezes the writes of a run that is under way, reads on, and goes on when the freeze is ended', async () => {
    const service = fresh();
    const made = await call<WindowAnswer>('/api/v1/maintenance_windows', {
      matchers: [`service="${service}"`],
      starts_at: new Date(Date.now() - 1_000).toISOString(),
      ends_at: new Date(Date.now() + 3_600_000).toISOString(),
      hold: false,
      freeze: true,
      comment: 'no changes before the sale',
    });
    const [alert] = await post(one(service, { alertname: 'Write' }));
    expect(alert?.decision?.action).toBe('run');
    const run_id = alert?.decision?.run_id ?? '';
    const frozen = await until('the write to wait', async () => {
      const run = await call<RunAnswer>(`/api/v1/runs/${run_id}`);
      return run.steps.find((step) => step.step_id === 'act')?.state === 'waiting' && run;
    });
    const act = frozen.steps.find((step) => step.step_id === 'act');
    expect(act).toMatchObject({ reason: 'pause', until: made.next[0]?.ends_at });
    expect(act?.message).toContain(made.window_id);
    expect(act?.message).toContain('no changes before the sale');
    expect(frozen.steps.find((step) => step.step_id === 'look')?.state).toBe('succeeded');
    const before = asked.filter((request) => request === 'POST /act').length;

    await call(`/api/v1/maintenance_windows/${made.window_id}`, undefined, 'DELETE');
    await until('the run to end', async () => {
      const run = await call<RunAnswer>(`/api/v1/runs/${run_id}`);
      return run.state === 'succeeded';
    });
    expect(asked.filter((request) => request === 'POST /act')).toHaveLength(before + 1);
  });

  it('holds targets while a source fires with the same labels, whatever stands first in the group, and lets them go', async () => {
    const cluster = fresh();
    const source = { labels: { alertname: 'ClusterDown', severity: 'critical', cluster } };
    const target = { labels: { alertname: 'Slow', severity: 'warning', cluster, service: fresh() } };
    const elsewhere = { labels: { ...target.labels, cluster: fresh() } };
    const [held, first, other] = await post(target, source, elsewhere);
    expect(first?.decision?.action).toBe('run');
    expect(other?.decision?.action).toBe('run');
    expect(held?.decision).toMatchObject({
      action: 'hold',
      reason: 'inhibition',
      until: null,
      by: 'inhibit_rule:cluster-down',
    });
    expect(held?.decision?.explanation).toContain('ClusterDown');
    const [repeat] = await post(target);
    expect(repeat?.decision).toMatchObject({ action: 'hold', reason: 'inhibition' });

    await post({ ...source, status: 'resolved' });
    const later = await decided(held?.alert_id, (alert) => alert.decision?.action === 'run');
    expect(later.decisions.map(({ action }) => action)).toEqual(['hold', 'run']);
  });

  it('takes an inhibition rule by the API for what fires already', async () => {
    const zone = fresh();
    await post({ labels: { alertname: 'ZoneDown', severity: 'critical', zone } });
    const rule = await call<InhibitRuleAnswer>('/api/v1/inhibit_rules', {
      source_matchers: ['alertname="ZoneDown"'],
      target_matchers: ['alertname!="ZoneDown"', `zone="${zone}"`],
      equal: ['zone'],
      comment: 'one is enough',
    });
    const [held] = await post({ labels: { alertname: 'HostDown', severity: 'critical', zone, service: fresh() } });
    expect(held?.decision).toMatchObject({ reason: 'inhibition', by: `inhibit_rule:${rule.inhibit_rule_id}` });
    await call(`/api/v1/inhibit_rules/${rule.inhibit_rule_id}`, undefined, 'DELETE');
    await decided(held?.alert_id, (alert) => alert.decision?.action === 'run');
  });

  it('takes up a changed file without a restart, keeps the last good one, and says what is wrong with it', async () => {
    const file = join(home.directory, 'playbooks', 'suppressions.yaml');
    const service = fresh();
    writeFileSync(
      file,
      `${FILES['suppressions.yaml']}
maintenance_windows:
  - window_id: MW-always
    matchers: ['service="${service}"']
    time_intervals: [always]
    comment: never mind
time_intervals:
  - name: always
    time_intervals:
      - years: ['2000:2999']
`,
    );
    const windows = await until('the window to be in force', async () => {
      const { items } = await call<{ items: WindowAnswer[] }>('/api/v1/maintenance_windows?origin=file');
      return items.length === 1 && items;
    });
    expect(windows[0]).toMatchObject({ window_id: 'MW-always', origin: 'file', state: 'active' });
    const [held] = await post(one(service));
    expect(held?.decision).toMatchObject({ reason: 'maintenance_window', by: 'maintenance_window:MW-always' });
    expect((await send('DELETE', '/api/v1/maintenance_windows/MW-always')).status).toBe(409);

    writeFileSync(file, 'maintenance_windows:\n  - window_id: MW-always\n    cron: "never"\n');
    const { problems } = await until('the problem to be told', async () => {
      const answer = await call<{ problems: { file: string; line: number; message: string }[] }>('/api/v1/playbooks');
      return answer.problems.length > 0 && answer;
    });
    expect(problems.map(({ file, line }) => [file, line])).toContainEqual(['suppressions.yaml', 3]);
    const [still] = await post(one(service, { pod: '2' }));
    expect(still?.decision?.reason).toBe('maintenance_window');

    writeFileSync(file, FILES['suppressions.yaml']);
    await decided(held?.alert_id, (alert) => alert.decision?.action === 'run');
  });

  it('counts what is in force', async () => {
    const answer = await send('GET', '/metrics');
    expect(await answer.text()).toMatch(/^fixpoint_suppressions\{kind="inhibit_rule",state="active"\} 1$/m);
  });
});
