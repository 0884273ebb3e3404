import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startApp } from '../../src/app.js';
import type { App } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import type { RunAnswer } from '../../src/domain/api/run.js';
import { SILENT_LOG } from '../../src/domain/log.js';
import type { Approval } from '../../src/domain/run/run.js';
import type { StoreOptions } from '../../src/store/open.js';
import { exportStore, importStore } from '../../src/store/transfer.js';
import { readLines, writeWholeFile } from '../../src/store/transfer-file.js';
import { systemClock } from '../../src/system-clock.js';
import { ROLES } from '../../src/app/work-roles.js';
import { aHome, TOKEN } from '../helper/fixpoint-process.js';
import type { Home } from '../helper/fixpoint-process.js';
import { openLoopback } from '../helper/loopback.js';
import type { Loopback } from '../helper/loopback.js';
import { describeWith } from '../helper/servers.js';
import { ids } from '../helper/store-world.js';
import { until } from '../helper/until.js';

const GO_ON = new AbortController().signal;
const FILES = {
  'wait.yaml': `
playbook_id: PB-Wait
tasks:
  - {id: before, type: api_call, action: POST /before}
  - {id: rest, type: wait, depends_on: [before], parameters: {duration: 61s}}
  - {id: after, type: api_call, action: POST /after, depends_on: [rest]}
`,
  'ask.yaml': `
playbook_id: PB-Ask
tasks:
  - {id: look, type: api_call, action: GET /look}
  - {id: act, type: api_call, action: POST /act, depends_on: [look], approval: {quorum: 1, expires: 1h}}
`,
};

await describeWith(['postgres'], 'runs that are open when an installation moves', ({ postgres }) => {
  const name = `moved_${randomBytes(6).toString('hex')}`;
  const base = postgres.replace(/\/[^/]*$/, '');
  let shop: Loopback;
  let home: Home;
  let app: App | null = null;

  async function admin(sql: string): Promise<void> {
    const client = new pg.Client({ connectionString: `${base}/postgres` });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  }

  beforeAll(async () => {
    await admin(`create database ${name}`);
    shop = await openLoopback();
    shop.answer({ json: {} });
    home = aHome(FILES, `default_mode: auto\nport: 0\nexecutors: {api_call: {base_url: '${shop.url}'}}\n`);
  });
  afterAll(async () => {
    await app?.stop();
    await shop.close();
    home.remove();
    await admin(`drop database if exists ${name} with (force)`);
  });

  async function start(place: { DATABASE_URL: string } | { FIXPOINT_DATA_DIR: string }): Promise<void> {
    const env = { FIXPOINT_ADMIN_TOKEN: TOKEN, FIXPOINT_PLAYBOOKS_DIR: `${home.directory}/playbooks`, ...place };
    const config = loadConfig({ file: `${home.directory}/fixpoint.yaml`, env, cwd: home.directory });
    app = await startApp({ config, roles: ROLES, clock: systemClock, log: SILENT_LOG, version: 'test' });
  }

  async function call<T>(path: string, body?: unknown, token = TOKEN): Promise<T> {
    const answer = await fetch(`${app?.url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  async function begin(playbook_id: string): Promise<string> {
    const alert = { alert_name: 'X', labels: {} };
    return (await call<{ run_id: string }>(`/api/v1/playbooks/${playbook_id}/runs`, { alert })).run_id;
  }

  function reached(run_id: string, holds: (run: RunAnswer) => boolean): Promise<RunAnswer> {
    return until(
      `run ${run_id} to be there`,
      async () => {
        const run = await call<RunAnswer>(`/api/v1/runs/${run_id}`);
        return holds(run) && run;
      },
      100_000,
    );
  }

  function at(place: { url: string } | { directory: string }): StoreOptions & { version: string } {
    const known = { migrations: 'migrations', clock: systemClock, ids, hears: false, version: 'test' };
    return { url: null, directory: '', seed: null, ...known, onError: () => undefined, ...place };
  }

  it('go on where they stood, and nothing of them is done twice', async () => {
    const data = join(home.directory, 'data');
    await start({ FIXPOINT_DATA_DIR: data });
    const [resting, asked] = [await begin('PB-Wait'), await begin('PB-Ask')];
    const before = await reached(resting, (run) => run.steps.some((step) => step.reason === 'timer'));
    await reached(asked, (run) => run.state === 'waiting');
    // Whoever started it may not approve it.
    const { token } = await call<{ token: string }>('/api/v1/tokens', { name: 'ann', role: 'approver' });
    await app?.stop();

    const file = join(home.directory, 'all.jsonl.gz');
    await writeWholeFile(file, (write) => exportStore(at({ directory: data }), write, GO_ON));
    await importStore(at({ url: `${base}/${name}` }), readLines(file), GO_ON);
    await start({ DATABASE_URL: `${base}/${name}` });

    const { items } = await call<{ items: Approval[] }>(`/api/v1/approvals?run_id=${asked}`);
    await call(`/api/v1/approvals/${items[0]?.approval_id}/approve`, {}, token);
    await reached(asked, (run) => run.state === 'succeeded');
    const after = await reached(resting, (run) => run.state === 'succeeded');

    const calls = shop.received.map(({ method, url }) => `${method} ${url.pathname}`).sort();
    expect(calls).toEqual(['GET /look', 'POST /act', 'POST /after', 'POST /before']);
    const rested_until = before.steps.find((step) => step.step_id === 'rest')?.until ?? 'never';
    const began = after.steps.find((step) => step.step_id === 'after')?.started_at ?? '';
    expect(began >= rested_until).toBe(true);
  });
});
