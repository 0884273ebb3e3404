import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startApp } from '../../src/app.js';
import type { App } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import type { SilenceAnswer } from '../../src/domain/api/suppression.js';
import { SILENT_LOG } from '../../src/domain/log.js';
import type { RunHeader } from '../../src/domain/run/run.js';
import type { StoredAlert } from '../../src/domain/decision/alert-view.js';
import { alertmanagerBody } from '../helper/alertmanager-body.js';
import { aHome, TOKEN } from '../helper/fixpoint-process.js';
import type { Home } from '../helper/fixpoint-process.js';
import { openLoopback } from '../helper/loopback.js';
import type { Loopback } from '../helper/loopback.js';
import { pointMonitoring } from '../helper/real-monitoring.js';
import { describeWith } from '../helper/servers.js';
import { until } from '../helper/until.js';
import { systemClock } from '../../src/system-clock.js';
import { ROLES } from '../../src/app/work-roles.js';

/** The machine may be busy with other suites: how long is not what is tested here. */
const PATIENCE_MS = 180_000;
vi.setConfig({ testTimeout: 2 * PATIENCE_MS });
const SUITE = `suppress-${process.pid}-${Date.now()}`;
const ALERTMANAGER = 'http://127.0.0.1:29093';

const FILES = {
  'rules.yaml': 'rules:\n  - {rule_id: ALL, alert_name: any, playbook_id: PB-Look}\n',
  'look.yaml': 'playbook_id: PB-Look\ntasks:\n  - {id: look, type: api_call, action: GET /look}\n',
  'suppressions.yaml': `
inhibit_rules:
  - name: ours
    source_matchers: ['alertname="ZoneDown"']
    target_matchers: ['alertname="HostDown"']
    equal: [zone]
`,
};

type Labels = Record<string, string>;

await describeWith(['prometheus'], 'silences and inhibition beside a real Alertmanager', () => {
  const world = createServer((_request, response) => response.end('{}'));
  let pager: Loopback;
  let home: Home;
  let app: App;
  let restore: (() => Promise<void>) | null = null;

  beforeAll(async () => {
    await new Promise<void>((resolve) => world.listen(0, '127.0.0.1', resolve));
    pager = await openLoopback();
    const { port } = world.address() as AddressInfo;
    const config = `default_mode: auto
port: 0
sources: {alertmanager: {url: '${ALERTMANAGER}'}}
executors: {api_call: {base_url: 'http://127.0.0.1:${port}'}}
`;
    home = aHome(FILES, config);
    const env = {
      FIXPOINT_ADMIN_TOKEN: TOKEN,
      FIXPOINT_DATA_DIR: `${home.directory}/data`,
      FIXPOINT_PLAYBOOKS_DIR: `${home.directory}/playbooks`,
    };
    app = await startApp({
      config: loadConfig({ file: `${home.directory}/fixpoint.yaml`, env, cwd: home.directory }),
      roles: ROLES,
      clock: systemClock,
      log: SILENT_LOG,
      version: 'test',
    });
    restore = await point();
  });

  afterAll(async () => {
    await restore?.();
    await app.stop();
    await pager.close();
    world.close();
    world.closeAllConnections();
    home.remove();
  });

  function point(): Promise<() => Promise<void>> {
    return pointMonitoring({
      fixpoint_url: app.url,
      token: TOKEN,
      pager_port: Number(new URL(pager.url).port),
      suite: SUITE,
      group_wait: '1s',
      repeat_interval: '5s',
      inhibit_rules: [
        { source_matchers: ['alertname="ClusterDown"'], target_matchers: ['alertname="NodeDown"'], equal: ['cluster'] },
      ],
    });
  }

  async function ask<T>(base: string, path: string, body?: unknown, method = body === undefined ? 'GET' : 'POST') {
    const answer = await fetch(base + path, {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    const text = await answer.text();
    return (text === '' ? null : JSON.parse(text)) as T;
  }

  const fires = (labels: Labels, resolved = false): Promise<unknown> =>
    ask(ALERTMANAGER, '/api/v2/alerts', [
      { labels: { suite: SUITE, ...labels }, ...(resolved ? { endsAt: new Date(Date.now()).toISOString() } : {}) },
    ]);

  /** The alerts with a name that reached Fixpoint, the newest first. */
  async function heard(alert_name: string): Promise<StoredAlert[]> {
    const { items } = await ask<{ items: StoredAlert[] }>(app.url, `/api/v1/alerts?alert_name=${alert_name}&limit=200`);
    return items;
  }

  function eventually<T>(what: string, condition: () => T | Promise<T>) {
    return until(what, condition, PATIENCE_MS);
  }

  async function runsOf(service: string): Promise<RunHeader[]> {
    return (await ask<{ items: RunHeader[] }>(app.url, `/api/v1/runs?service_name=${service}`)).items;
  }

  it('holds what our silence matches through every repeat, and starts one run when it is ended', async () => {
    const labels = { alertname: 'Silenced', service: 'checkout' };
    const silence = await ask<SilenceAnswer>(app.url, '/api/v1/silences', {
      matchers: ['service="checkout"', 'alertname=~"Sil.*"'],
      duration: '1h',
      comment: 'deploying',
    });
    await fires(labels);
    const repeats = await eventually('a repeat of what is held', async () => {
      const found = (await heard('Silenced')).filter((alert) => alert.decision !== null);
      return found.length >= 2 && found;
    });
    for (const { decision } of repeats)
      expect(decision).toMatchObject({ action: 'hold', reason: 'silence', by: `silence:${silence.silence_id}` });
    expect(await runsOf('checkout')).toEqual([]);

    await ask(app.url, `/api/v1/silences/${silence.silence_id}`, undefined, 'DELETE');
    const [run, ...more] = await eventually('the run', async () => {
      const found = await runsOf('checkout');
      return found.length > 0 && found;
    });
    expect([run?.playbook_id, more]).toEqual(['PB-Look', []]);
    await fires(labels, true);
  });

  it('holds a target while a source fires, over a reload of Alertmanager, and lets it go when that resolves', async () => {
    const zone = { zone: 'z1' };
    await fires({ alertname: 'ZoneDown', service: 'zone', ...zone });
    await eventually('the source', async () => (await heard('ZoneDown')).length > 0);
    await fires({ alertname: 'HostDown', service: 'host-a', ...zone });
    const [held] = await eventually('the target', async () => {
      const found = (await heard('HostDown')).filter((alert) => alert.decision !== null);
      return found.length > 0 && found;
    });
    expect(held?.decision).toMatchObject({ action: 'hold', reason: 'inhibition', by: 'inhibit_rule:ours' });

    await ask(ALERTMANAGER, '/-/reload', undefined, 'POST');
    await fires({ alertname: 'HostDown', service: 'host-a', ...zone });
    const count = (await heard('HostDown')).length;
    await eventually('a repeat after the reload', async () => (await heard('HostDown')).length > count);
    expect(new Set((await heard('HostDown')).map((alert) => alert.decision?.reason))).toEqual(new Set(['inhibition']));
    expect(await runsOf('host-a')).toEqual([]);

    await fires({ alertname: 'ZoneDown', service: 'zone', ...zone }, true);
    await eventually('the run of the target', async () => (await runsOf('host-a')).length === 1);
  });

  it('hears nothing of what Alertmanager inhibits itself until it lets go', async () => {
    const cluster = { cluster: 'c1' };
    await fires({ alertname: 'ClusterDown', service: 'cluster', ...cluster });
    await eventually('the source', async () => (await heard('ClusterDown')).length > 0);
    await fires({ alertname: 'NodeDown', service: 'node-a', ...cluster });
    await eventually('a repeat of the source', async () => (await heard('ClusterDown')).length > 2);
    expect(await heard('NodeDown')).toEqual([]);

    await fires({ alertname: 'ClusterDown', service: 'cluster', ...cluster }, true);
    await fires({ alertname: 'NodeDown', service: 'node-a', ...cluster });
    await eventually('the run of the target', async () => (await runsOf('node-a')).length === 1);
  });

  it('takes Alertmanager’s silences for its own, and lets go when they are ended there', async () => {
    const day = 86_400_000;
    const { silenceID } = await ask<{ silenceID: string }>(ALERTMANAGER, '/api/v2/silences', {
      matchers: [
        { name: 'suite', value: SUITE, isRegex: false, isEqual: true },
        { name: 'service', value: 'pay.*', isRegex: true, isEqual: true },
      ],
      startsAt: new Date(Date.now()).toISOString(),
      endsAt: new Date(Date.now() + day).toISOString(),
      createdBy: 'eve',
      comment: 'on it',
    });
    const { items } = await eventually('the silence to be known', async () => {
      const list = await ask<{ items: SilenceAnswer[] }>(app.url, '/api/v1/silences?origin=alertmanager&limit=200');
      return list.items.some((silence) => silence.silence_id === silenceID) && list;
    });
    expect(items.find((silence) => silence.silence_id === silenceID)).toMatchObject({
      state: 'active',
      created_by: 'eve',
      comment: 'on it',
      matchers: expect.arrayContaining(['service=~"pay.*"']) as unknown,
    });
    const refused = ask(app.url, `/api/v1/silences/${silenceID}`, undefined, 'DELETE');
    await expect(refused).rejects.toThrow('409');

    // Alertmanager itself sends nothing of it: what was on its way, or comes from its twin, is held here.
    const labels = { alertname: 'Slow', service: 'payments', suite: SUITE };
    await ask(app.url, '/api/v1/webhooks/alertmanager', alertmanagerBody([{ labels }], 'twin'));
    const [held] = await eventually('the decision', async () => {
      const found = (await heard('Slow')).filter((alert) => alert.decision !== null);
      return found.length > 0 && found;
    });
    expect(held?.decision).toMatchObject({ action: 'hold', reason: 'silence', by: `silence:${silenceID}` });
    expect(held?.decision?.explanation).toContain('eve');

    await ask(ALERTMANAGER, `/api/v2/silence/${silenceID}`, undefined, 'DELETE');
    await eventually('the run', async () => (await runsOf('payments')).length === 1);
    const lines = await app.check(AbortSignal.timeout(10_000));
    expect(lines.find(({ name, message }) => name === 'sources.alertmanager.url' && /silences/.test(message))?.ok).toBe(
      true,
    );
  });
});
