import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { ParsedAlert } from '../../src/domain/alert/alert.js';
import type { StoredAlert } from '../../src/domain/decision/alert-view.js';
import { startApp } from '../../src/app.js';
import type { App } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import { SILENT_LOG } from '../../src/domain/log.js';
import { aHome, TOKEN } from '../helper/fixpoint-process.js';
import type { Home } from '../helper/fixpoint-process.js';
import { freePort } from '../helper/loopback.js';
import { alertmanager as source } from '../../src/source/alertmanager/alertmanager.js';
import { anAlert } from '../helper/an-alert.js';
import { describeWith } from '../helper/servers.js';
import { SYSTEM_CLOCK } from '../helper/system-clock.js';
import { until } from '../helper/until.js';
import { systemClock } from '../../src/system-clock.js';
import { ROLES } from '../../src/app/work-roles.js';

/** The machine may be busy with other suites: how long is not what is tested here. */
const PATIENCE_MS = 60_000;
vi.setConfig({ testTimeout: 3 * PATIENCE_MS });

// Of its own: what other suites have in the shared one does not count, and a group of one alert is shown to be cut.
await describeWith(['prometheus'], 'a group that a real Alertmanager truncates', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fixpoint-alertmanager-'));
  let home: Home;
  let service: App;
  let alertmanager: ChildProcess;
  let url = '';

  beforeAll(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    home = aHome({}, `port: 0\nsources:\n  alertmanager:\n    url: ${url}\n`);
    const env = {
      FIXPOINT_ADMIN_TOKEN: TOKEN,
      FIXPOINT_DATA_DIR: `${home.directory}/data`,
      FIXPOINT_PLAYBOOKS_DIR: `${home.directory}/playbooks`,
    };
    const config = loadConfig({ file: `${home.directory}/fixpoint.yaml`, env, cwd: home.directory });
    service = await startApp({ config, roles: ROLES, clock: systemClock, log: SILENT_LOG, version: 'test' });
    writeFileSync(
      join(folder, 'alertmanager.yml'),
      `
route: {receiver: fix.point, group_by: [alertname], group_wait: 1s, group_interval: 2s, repeat_interval: 1h}
receivers:
  - name: fix.point
    webhook_configs:
      - url: ${service.url}/api/v1/webhooks/alertmanager
        max_alerts: 1
        http_config: {authorization: {type: Bearer, credentials: ${TOKEN}}}
`,
    );
    alertmanager = spawn(
      'prometheus-alertmanager',
      [
        `--config.file=${folder}/alertmanager.yml`,
        `--storage.path=${folder}/data`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--cluster.listen-address=',
      ],
      { stdio: 'ignore' },
    );
    await until(
      'Alertmanager to be ready',
      async () => (await fetch(`${url}/-/ready`).catch(() => null))?.ok,
      PATIENCE_MS,
    );
  });

  afterAll(async () => {
    alertmanager.kill('SIGKILL');
    await once(alertmanager, 'exit');
    await service.stop();
    home.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  async function fire(instances: readonly string[], ended: readonly string[] = []): Promise<void> {
    const startsAt = new Date(Date.now() - 60_000).toISOString();
    const alerts = [...instances, ...ended].map((instance) => ({
      labels: { alertname: 'TargetDown', severity: 'critical', instance },
      startsAt,
      ...(ended.includes(instance) ? { endsAt: new Date(Date.now() - 1_000).toISOString() } : {}),
    }));
    const answer = await fetch(`${url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(alerts),
    });
    expect(answer.status).toBe(200);
  }

  async function known(status: string): Promise<string[]> {
    const answer = await fetch(`${service.url}/api/v1/alerts?alert_name=TargetDown&status=${status}&limit=200`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    const { items } = (await answer.json()) as { items: StoredAlert[] };
    return [...new Set(items.map(({ labels }) => labels['instance'] ?? ''))].sort();
  }

  it('is known whole, its resolves too', async () => {
    await fire(['a:1', 'b:1', 'c:1', 'd:1']);

    await until('all four', async () => (await known('firing')).length === 4, PATIENCE_MS);

    await fire(['a:1', 'b:1'], ['c:1', 'd:1']);
    await until('both resolves', async () => (await known('resolved')).join() === 'c:1,d:1', PATIENCE_MS);
  });
  it('lets no condition last for ever that ends while it is silenced, of which Alertmanager sends no resolve', async () => {
    const labels = { alertname: 'Silenced', severity: 'critical', instance: 's:1' };
    const began = new Date(Date.now() - 60_000).toISOString();
    const post = (path: string, body: unknown): Promise<Response> =>
      fetch(url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    await post('/api/v2/alerts', [{ labels, startsAt: began }]);
    await post('/api/v2/silences', {
      matchers: [{ name: 'alertname', value: 'Silenced', isRegex: false, isEqual: true }],
      startsAt: new Date().toISOString(),
      endsAt: new Date(Date.now() + 3_600_000).toISOString(),
      createdBy: 'eve',
      comment: 'on it',
    });
    const held = async (): Promise<{ fingerprint: string }[]> => {
      const answer = await fetch(`${url}/api/v2/alerts?filter=alertname%3DSilenced`);
      return (await answer.json()) as { fingerprint: string }[];
    };
    const [{ fingerprint }] = await until('Alertmanager to hold it', async () => {
      const found = await held();
      return found[0] && ([found[0]] as const);
    });

    let ahead_ms = 0;
    const taken: ParsedAlert[] = [];
    const config = source.config.parse({ url });
    const open = anAlert({ fingerprint, labels, timestamp: began, received_at: began, group_key: 'fix\\.point:{}:{}' });
    const reconciler = source.openReconciler!(config, {
      clock: { ...SYSTEM_CLOCK, now: () => Date.now() + ahead_ms },
      occurrences: { open: async () => [{ occurrence_id: fingerprint, alert: open, run_ids: [] }] },
      take: async (payload) => {
        const parsed = source.create(config).parse(payload, Date.now());
        if ('unusable' in parsed) throw new Error(JSON.stringify(parsed.unusable));
        taken.push(...parsed.alerts);
        return parsed.alerts.length;
      },
    })!;
    const look = (): Promise<unknown> => reconciler.look!(AbortSignal.timeout(PATIENCE_MS));

    await look();
    await post('/api/v2/alerts', [{ labels, startsAt: began, endsAt: new Date(Date.now() - 1_000).toISOString() }]);
    await until('it to be over', async () => (await held()).length === 0, PATIENCE_MS);
    await look();
    expect(taken).toEqual([]);
    ahead_ms = 11 * 60_000;
    expect(await look()).toEqual({ taken: 0, ended: 1 });

    expect(taken).toMatchObject([{ status: 'resolved', fingerprint, labels, group_key: open.group_key }]);
    await reconciler.stop();
  });
});
