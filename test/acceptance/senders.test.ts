import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp } from '../../src/app.js';
import type { App } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import { SILENT_LOG } from '../../src/domain/log.js';
import { aHome, TOKEN } from '../helper/fixpoint-process.js';
import type { Home } from '../helper/fixpoint-process.js';
import { until } from '../helper/until.js';
import { systemClock } from '../../src/system-clock.js';
import { ROLES } from '../../src/app/work-roles.js';

const CONFIG = `
port: 0
sources:
  sentry: { secret: the client secret }
  cloudwatch: { topics: ['arn:aws:sns:us-east-1:123456789012:alarms'] }
`;

function bodyOf(name: string): string {
  return readFileSync(join(import.meta.dirname, `../fixture/${name}.json`), 'utf8');
}

describe('what other systems send', { timeout: 60_000 }, () => {
  let home: Home;
  let app: App;

  beforeAll(async () => {
    home = aHome({}, CONFIG);
    const env = {
      FIXPOINT_ADMIN_TOKEN: TOKEN,
      FIXPOINT_DATA_DIR: `${home.directory}/data`,
      FIXPOINT_PLAYBOOKS_DIR: `${home.directory}/playbooks`,
    };
    const config = loadConfig({ file: `${home.directory}/fixpoint.yaml`, env, cwd: home.directory });
    app = await startApp({ config, roles: ROLES, clock: systemClock, log: SILENT_LOG, version: 'test' });
  }, 60_000);
  afterAll(async () => {
    await app?.stop();
    home?.remove();
  });

  async function post(path: string, body: string, headers: Record<string, string>): Promise<number> {
    return (await fetch(`${app.url}${path}`, { method: 'POST', body, headers })).status;
  }

  async function list(path: string): Promise<Record<string, unknown>[]> {
    const answer = await fetch(`${app.url}/api/v1/${path}`, { headers: { authorization: `Bearer ${TOKEN}` } });
    return ((await answer.json()) as { items: Record<string, unknown>[] }).items;
  }

  it('is told apart by its shape, stored and decided', async () => {
    const token = { authorization: `Basic ${Buffer.from(`any:${TOKEN}`).toString('base64')}` };
    const names = ['grafana/unified-firing-two', 'azure/metric-fired', 'elastic/watcher-ctx', 'datadog/triggered'];

    for (const name of names) expect(await post('/webhook/alert', bodyOf(name), token)).toBe(202);
    const stored = await until('all are decided', async () => {
      const alerts = await list('alerts?limit=200');
      return alerts.length === 5 && alerts.every((alert) => alert['decision'] !== null) && alerts;
    });

    const sources = stored.map((alert) => alert['source_system']).sort();
    expect(sources).toEqual(['azure', 'datadog', 'elastic', 'grafana', 'grafana']);
  });

  it('needs no token where Sentry signed it', async () => {
    const body = bodyOf('sentry/issue-alert');
    const signature = createHmac('sha256', 'the client secret').update(body).digest('hex');
    const path = '/api/v1/webhooks/sentry';

    expect(await post(path, body, { 'sentry-hook-signature': signature })).toBe(202);
    expect(await post(path, `${body} `, { 'sentry-hook-signature': signature })).toBe(401);
    expect(await post(path, body, {})).toBe(401);
  });

  it('is refused when it is not from SNS, and leaves nothing behind', async () => {
    const forged = JSON.parse(bodyOf('cloudwatch/sns-alarm')) as Record<string, unknown>;
    forged['SigningCertURL'] = 'https://evil.example/SimpleNotificationService-1.pem';
    const before = [await list('alerts?limit=200'), await list('dead_letters')];
    const sns = { 'x-amz-sns-message-type': 'Notification' };

    for (const path of ['/api/v1/webhooks/cloudwatch', '/webhook/alert']) {
      expect(await post(path, JSON.stringify(forged), sns)).toBe(403);
      expect(await post(path, JSON.stringify(forged), { authorization: `Bearer ${TOKEN}` })).toBe(403);
    }
    expect(await post('/webhook/alert', JSON.stringify({ ...forged, TopicArn: 'arn:aws:sns:x' }), sns)).toBe(401);

    expect([await list('alerts?limit=200'), await list('dead_letters')]).toEqual(before);
  });
});
