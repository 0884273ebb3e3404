import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startApp } from '../../src/app.js';
import type { App } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import type { StoredAlert } from '../../src/domain/decision/alert-view.js';
import type { Clock } from '../../src/domain/clock.js';
import { SILENT_LOG } from '../../src/domain/log.js';
import type { RunHeader, StoredEvent } from '../../src/domain/run/run.js';
import { systemClock } from '../../src/system-clock.js';
import { ROLES } from '../../src/app/work-roles.js';
import { aHome, TOKEN } from '../helper/fixpoint-process.js';
import type { Home } from '../helper/fixpoint-process.js';
import { alertmanagerBody } from '../helper/alertmanager-body.js';
import { describeWith } from '../helper/servers.js';
import { until } from '../helper/until.js';

const HOUR_MS = 3_600_000;
/** What the clocks of a machine and its own database, and asking, may make of an instant. */
const NEAR_MS = 20_000;

/** The clock of a host on which it is another hour. */
function wrongBy(ms: number): Clock {
  return { ...systemClock, now: () => systemClock.now() + ms };
}

const FILES = {
  'rules.yaml': 'rules:\n  - {rule_id: ALL, alert_name: any, playbook_id: PB-Wait}\n',
  'wait.yaml': "playbook_id: PB-Wait\ntasks:\n  - {id: rest, type: wait, parameters: {duration: '300ms'}}\n",
};

await describeWith(['postgres'], 'processes whose hosts disagree on the time', ({ postgres }) => {
  const name = `clocks_${randomBytes(6).toString('hex')}`;
  const base = postgres.replace(/\/[^/]*$/, '');
  const apps: App[] = [];
  let home: Home;

  async function admin(sql: string): Promise<void> {
    const client = new pg.Client({ connectionString: `${base}/postgres` });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  }

  beforeAll(async () => {
    await admin(`create database ${name}`);
    home = aHome(FILES, 'default_mode: auto\nport: 0\n');
    const env = {
      FIXPOINT_ADMIN_TOKEN: TOKEN,
      DATABASE_URL: `${base}/${name}`,
      FIXPOINT_PLAYBOOKS_DIR: `${home.directory}/playbooks`,
    };
    for (const clock of [wrongBy(HOUR_MS), wrongBy(-HOUR_MS)]) {
      const config = loadConfig({ file: `${home.directory}/fixpoint.yaml`, env, cwd: home.directory });
      apps.push(await startApp({ config, roles: ROLES, clock, log: SILENT_LOG, version: 'test' }));
    }
  });
  afterAll(async () => {
    await Promise.all(apps.map((app) => app.stop()));
    home.remove();
    await admin(`drop database if exists ${name} with (force)`);
  });

  async function call<T>(app: App, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${app.url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  it('write down the time of the database, all of them', async () => {
    for (const app of apps) {
      const body = alertmanagerBody([{ labels: { alertname: `From ${app.url}` } }], app.url);
      const taken = await call<{ alerts: { alert_id: string }[] }>(app, '/api/v1/webhooks/alertmanager', body);
      const alert = await until('the decision', async () => {
        const found = await call<StoredAlert>(app, `/api/v1/alerts/${taken.alerts[0]?.alert_id}`);
        return found.decision !== null && found;
      });
      const run_id = alert.decision?.run_id ?? '';
      await until('the end of the run', async () => {
        return (await call<RunHeader>(app, `/api/v1/runs/${run_id}`)).state === 'succeeded';
      });
      const { items } = await call<{ items: StoredEvent[] }>(app, `/api/v1/runs/${run_id}/events`);
      for (const at of [alert.received_at, alert.decision?.decided_at ?? '', ...items.map((event) => event.at)])
        expect(Math.abs(Date.parse(at) - Date.now())).toBeLessThan(NEAR_MS);
    }
  });
});
