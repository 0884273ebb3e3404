import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startApp } from '../../src/app.js';
import type { App } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import type { SilenceAnswer, WindowAnswer } from '../../src/domain/api/suppression.js';
import { SILENT_LOG } from '../../src/domain/log.js';
import type { RunHeader, Step } from '../../src/domain/run/run.js';
import type { StoredAlert } from '../../src/domain/decision/alert-view.js';
import { alertmanagerBody } from '../helper/alertmanager-body.js';
import { aHome, TOKEN } from '../helper/fixpoint-process.js';
import type { Home } from '../helper/fixpoint-process.js';
import { describeWith } from '../helper/servers.js';
import { until } from '../helper/until.js';
import { systemClock } from '../../src/system-clock.js';
import { ROLES } from '../../src/app/work-roles.js';

const FILES = {
  'rules.yaml': 'rules:\n  - {rule_id: ALL, alert_name: any, playbook_id: PB-Write}\n',
  'write.yaml': 'playbook_id: PB-Write\ntasks:\n  - {id: act, type: api_call, action: POST /act}\n',
  'suppressions.yaml': `
inhibit_rules:
  - name: zone
    source_matchers: ['alertname="ZoneDown"']
    target_matchers: ['alertname="HostDown"']
    equal: [zone]
`,
};

type Labels = Record<string, string>;

await describeWith(['postgres'], 'what holds alerts back in two processes over one Postgres', ({ postgres }) => {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const base = postgres.replace(/\/[^/]*$/, '');
  const world = createServer((_request, response) => response.end('{}'));
  const apps: App[] = [];
  let home: Home;
  let count = 0;

  async function admin(sql: string): Promise<void> {
    const client = new pg.Client({ connectionString: `${base}/postgres` });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  }

  beforeAll(async () => {
    await admin(`create database ${name}`);
    await new Promise<void>((resolve) => world.listen(0, '127.0.0.1', resolve));
    const { port } = world.address() as AddressInfo;
    home = aHome(FILES, `default_mode: auto\nport: 0\nexecutors: {api_call: {base_url: 'http://127.0.0.1:${port}'}}\n`);
    const env = {
      FIXPOINT_ADMIN_TOKEN: TOKEN,
      DATABASE_URL: `${base}/${name}`,
      FIXPOINT_PLAYBOOKS_DIR: `${home.directory}/playbooks`,
    };
    for (let n = 0; n < 2; n++) {
      const config = loadConfig({ file: `${home.directory}/fixpoint.yaml`, env, cwd: home.directory });
      apps.push(await startApp({ config, roles: ROLES, clock: systemClock, log: SILENT_LOG, version: 'test' }));
    }
  });

  afterAll(async () => {
    await Promise.all(apps.map((app) => app.stop()));
    world.close();
    world.closeAllConnections();
    home.remove();
    await admin(`drop database if exists ${name} with (force)`);
  });

  async function call<T>(process: 0 | 1, path: string, body?: unknown, method?: string): Promise<T> {
    const answer = await fetch(`${apps[process]?.url}${path}`, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  async function post(process: 0 | 1, labels: Labels, status: 'firing' | 'resolved' = 'firing'): Promise<StoredAlert> {
    const body = alertmanagerBody([{ labels, status }], `group-${(count += 1)}`);
    const { alerts } = await call<{ alerts: { alert_id: string }[] }>(process, '/api/v1/webhooks/alertmanager', body);
    return decided(alerts[0]?.alert_id ?? '', (alert) => alert.decision !== null);
  }

  function decided(alert_id: string, holds: (alert: StoredAlert) => boolean): Promise<StoredAlert> {
    return until('the decision', async () => {
      const alert = await call<StoredAlert>(0, `/api/v1/alerts/${alert_id}`);
      return holds(alert) && alert;
    });
  }

  it('is the same in both: a silence made in one holds in the other, and its end is seen', async () => {
    const silence = await call<SilenceAnswer>(0, '/api/v1/silences', {
      matchers: ['team="web"'],
      duration: '1h',
      comment: 'deploying',
    });
    await until('the other process to know', async () => {
      const { held_by } = await call<{ held_by: unknown[] }>(1, '/api/v1/rules/explain', {
        alert: { alert_name: 'X', labels: { team: 'web' } },
      });
      return held_by.length === 1;
    });
    const held = await post(1, { alertname: 'Slow', team: 'web' });
    expect(held.decision?.by).toBe(`silence:${silence.silence_id}`);

    await call(1, `/api/v1/silences/${silence.silence_id}`, undefined, 'DELETE');
    const later = await decided(held.alert_id, (alert) => alert.decision?.action !== 'hold');
    expect(later.decisions.map(({ action }) => action)).toEqual(['hold', 'run']);
  });

  it('counts at once what fires in the other process, and its end', async () => {
    for (let round = 0; round < 5; round++) {
      const zone = `z${round}`;
      await post(0, { alertname: 'ZoneDown', zone });
      const held = await post(1, { alertname: 'HostDown', zone, host: 'a' });
      expect(held.decision).toMatchObject({ reason: 'inhibition', by: 'inhibit_rule:zone' });

      await post(1, { alertname: 'ZoneDown', zone }, 'resolved');
      await decided(held.alert_id, (alert) => alert.decision?.action === 'run');
      const free = await post(0, { alertname: 'HostDown', zone, host: 'b' });
      expect(free.decision?.action).toBe('run');
    }
  });

  it('freezes writes in both, and lets them go on when the window is ended in the other', async () => {
    const window = await call<WindowAnswer>(0, '/api/v1/maintenance_windows', {
      matchers: ['team="db"'],
      starts_at: new Date(Date.now()).toISOString(),
      ends_at: new Date(Date.now() + 3_600_000).toISOString(),
      hold: false,
      freeze: true,
      comment: 'no changes',
    });
    await until('the other process to know', async () => {
      const { items } = await call<{ items: WindowAnswer[] }>(1, '/api/v1/maintenance_windows');
      return items.some(({ window_id }) => window_id === window.window_id);
    });
    const { decision } = await post(1, { alertname: 'Slow', team: 'db' });
    const run = (): Promise<RunHeader & { steps: Step[] }> => call(0, `/api/v1/runs/${decision?.run_id}`);
    await until('the write to wait', async () => (await run()).steps[0]?.state === 'waiting');
    expect((await run()).steps[0]?.message).toContain(window.window_id);

    await call(0, `/api/v1/maintenance_windows/${window.window_id}`, undefined, 'DELETE');
    await until('the run to end', async () => (await run()).state === 'succeeded');
  });
});
