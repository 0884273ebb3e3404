import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp } from '../../src/app.js';
import type { App } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import { SILENT_LOG } from '../../src/domain/log.js';
import type { StoredAlert } from '../../src/domain/decision/alert-view.js';
import { alertmanagerBody } from '../helper/alertmanager-body.js';
import { aHome, TOKEN } from '../helper/fixpoint-process.js';
import type { Home } from '../helper/fixpoint-process.js';
import { until } from '../helper/until.js';
import { systemClock } from '../../src/system-clock.js';
import { ROLES } from '../../src/app/work-roles.js';

const FILES = {
  'rules.yaml': `
rules:
  - {rule_id: ANY, alert_name: [Latency, Deployment_Failed, Disk full], playbook_id: PB-Slow}
  - rule_id: QUERY
    alert_name: Queue
    metric_query: 'queue_length{queue="{{ alert.labels.queue }}"}'
    condition: depth > 100
    set: {labels: {tier: 'alert.labels.queue + "-workers"'}}
    playbook_id: PB-Tier
`,
  'slow.yaml': `
playbook_id: PB-Slow
tasks:
  - {id: look, type: api_call, action: 'GET /slow/{{ alert.alert_id }}'}
  - {id: act, type: api_call, action: POST /act, depends_on: [look]}
`,
  'tier.yaml': `
playbook_id: PB-Tier
tasks:
  - {id: look, type: api_call, action: 'GET /tier/{{ alert.labels.tier }}/{{ alert.metric_value }}'}
`,
};

const CONFIG = (port: number): string => `
default_mode: auto
port: 0
executors:
  api_call: {base_url: 'http://127.0.0.1:${port}'}
  prometheus: {url: 'http://127.0.0.1:${port}'}
intake:
  - {name: no-dev, matchers: ['env="dev"'], drop: true}
  - {name: cluster, rename_labels: {k8s_cluster: cluster}, set: {service_name: '{{ alert.labels.cluster }}-pay'}, matchers: ['k8s_cluster=~".+"']}
sources:
  github: {secret: github-secret}
  gitlab: {secret: gitlab-token}
  generic:
    mappings:
      - name: nagios
        items: body.checks
        fields: {alert_name: item.name, status: item.state, fingerprint: '{{ item.host }}/{{ item.name }}', labels: {host: item.host}}
`;

const DEPLOYMENT = {
  action: 'created',
  deployment_status: { id: 7, state: 'failure', created_at: '2026-11-21T09:58:33Z' },
  deployment: { id: 5, environment: 'production', ref: 'main', task: 'deploy' },
  repository: { full_name: 'shop/orders' },
};

describe('what is done to alerts on their way in', { timeout: 60_000 }, () => {
  const asked: string[] = [];
  /** By the path that was asked. */
  const release = new Map<string, () => void>();
  const world = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://world');
    asked.push(`${request.method} ${url.pathname}`);
    if (url.pathname.startsWith('/slow/')) return void release.set(url.pathname, () => response.end('{}'));
    const value = url.searchParams.get('query') === 'queue_length{queue="mail"}' ? '250' : '3';
    const result = [{ metric: {}, value: [1795255113, value] }];
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
  });
  let home: Home;
  let app: App;

  beforeAll(async () => {
    await new Promise<void>((resolve) => world.listen(0, '127.0.0.1', resolve));
    home = aHome(FILES, CONFIG((world.address() as AddressInfo).port));
    const env = {
      FIXPOINT_ADMIN_TOKEN: TOKEN,
      FIXPOINT_DATA_DIR: `${home.directory}/data`,
      FIXPOINT_PLAYBOOKS_DIR: `${home.directory}/playbooks`,
    };
    const config = loadConfig({ file: `${home.directory}/fixpoint.yaml`, env, cwd: home.directory });
    app = await startApp({ config, roles: ROLES, clock: systemClock, log: SILENT_LOG, version: 'test' });
  });
  afterAll(async () => {
    for (const end of release.values()) end();
    await app.stop();
    world.close();
    world.closeAllConnections();
    home.remove();
  });

  async function send(path: string, body: unknown, headers?: Record<string, string>): Promise<Response> {
    return fetch(`${app.url}/api/v1/webhooks/${path}`, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: headers ?? { authorization: `Bearer ${TOKEN}` },
    });
  }

  async function post(path: string, body: unknown, headers?: Record<string, string>): Promise<StoredAlert[]> {
    const answer = await send(path, body, headers);
    expect(answer.status).toBe(202);
    const { alerts } = (await answer.json()) as { alerts: { alert_id: string }[] };
    return Promise.all(alerts.map(({ alert_id }) => decided(alert_id)));
  }

  function decided(alert_id: string): Promise<StoredAlert> {
    return until('a decision', async () => {
      const alert = (await get(`/api/v1/alerts/${alert_id}`)) as StoredAlert;
      return alert.decision !== null && alert;
    });
  }

  async function get(path: string): Promise<unknown> {
    return (await fetch(app.url + path, { headers: { authorization: `Bearer ${TOKEN}` } })).json();
  }

  it('drops with a decision of its own what the configuration filters, and each repeat of it', async () => {
    const body = alertmanagerBody([{ labels: { alertname: 'Latency', env: 'dev' }, startsAt: '2026-11-21T09:00:00Z' }]);

    const [first] = await post('alertmanager', body);
    const [repeat] = await post('alertmanager', body);

    expect(first?.decision).toMatchObject({
      action: 'drop',
      reason: 'filtered',
      by: 'intake:no-dev',
      explanation: 'the entry no-dev of intake drops what is env="dev" (it is "dev")',
    });
    expect(repeat?.decision).toMatchObject({ reason: 'filtered', by: 'intake:no-dev' });
    const listed = (await get('/api/v1/alerts?reason=filtered')) as { items: StoredAlert[] };
    expect(listed.items.map(({ alert_id }) => alert_id).sort()).toEqual([first?.alert_id, repeat?.alert_id].sort());
  });

  it('shows what it has changed as it came', async () => {
    const [alert] = await post(
      'alertmanager',
      alertmanagerBody([{ labels: { alertname: 'Idle', k8s_cluster: 'eu' } }]),
    );

    expect(alert).toMatchObject({
      service_name: 'eu-pay',
      labels: { alertname: 'Idle', cluster: 'eu' },
      original: { service_name: null, labels: { alertname: 'Idle', k8s_cluster: 'eu' } },
    });
  });

  it('reads any JSON by the mapping in the path, and keeps what is invalid with its field', async () => {
    const checks = [
      { name: 'Disk full', state: 'critical', host: 'db-1' },
      { name: 'Load', state: 'puzzling', host: 'db-1' },
    ];

    const [disk] = await post('generic/nagios', { checks });
    const [ok] = await post('generic/nagios', { checks: [{ ...checks[0], state: 'ok' }] });

    expect(disk).toMatchObject({ alert_name: 'Disk full', host_ip: 'db-1', decision: { action: 'run' } });
    expect(ok).toMatchObject({ status: 'resolved', fingerprint: disk?.fingerprint });
    const letters = (await get('/api/v1/dead_letters')) as { items: { source: string; details: unknown }[] };
    expect(letters.items[0]).toMatchObject({
      source: 'generic/nagios',
      details: [{ path: 'nagios.items[1].status' }],
    });
    expect((await send('generic/nobody', {})).status).toBe(404);
  });

  it('takes a failed deployment for a moment: its run goes on, and the same delivery starts no other', async () => {
    const body = JSON.stringify(DEPLOYMENT);
    const headers = {
      'x-github-event': 'deployment_status',
      'x-hub-signature-256': `sha256=${createHmac('sha256', 'github-secret').update(body).digest('hex')}`,
    };

    const [event] = await post('github', body, headers);
    const [again] = await post('github', body, headers);
    const [other] = await post(
      'github',
      ...signed({ ...DEPLOYMENT, deployment_status: { ...DEPLOYMENT.deployment_status, id: 8 } }),
    );

    expect(event).toMatchObject({ severity: 'critical', service_name: 'orders', momentary: true });
    expect(event?.decision).toMatchObject({ action: 'run', playbook_id: 'PB-Slow' });
    expect(again?.decision).toMatchObject({ action: 'drop', reason: 'duplicate', by: `alert:${event?.alert_id}` });
    expect(other?.decision?.action).toBe('run');
    expect(other?.decision?.run_id).not.toBe(event?.decision?.run_id);
    const paths = [event, other].map((alert) => `/slow/${alert?.alert_id}`);
    await until('both runs to ask', () => paths.every((path) => release.has(path)));
    for (const path of paths) release.get(path)?.();
    await until('the run to end', async () => {
      const run = (await get(`/api/v1/runs/${event?.decision?.run_id}`)) as { state: string };
      return run.state === 'succeeded';
    });
    expect(asked).toContain('POST /act');
  });

  it('lets nobody in who does not sign', async () => {
    const [body, headers] = signed(DEPLOYMENT);

    expect((await send('github', `${body} `, headers)).status).toBe(401);
    expect((await send('gitlab', { object_kind: 'push' }, { 'x-gitlab-token': 'wrong' })).status).toBe(401);
    expect(
      (await send('gitlab', { object_kind: 'issue', project: {} }, { 'x-gitlab-token': 'gitlab-token' })).status,
    ).toBe(202);
  });

  it('takes events whose attributes stand in headers', async () => {
    const headers = {
      authorization: `Bearer ${TOKEN}`,
      'ce-specversion': '1.0',
      'ce-id': 'e-1',
      'ce-source': '/orders',
      'ce-type': 'order.cancelled',
      'content-type': 'application/json',
    };

    const [event] = await post('cloudevents', { service: 'orders' }, headers);

    expect(event).toMatchObject({ alert_name: 'order.cancelled', service_name: 'orders', momentary: true });
    expect(event?.decision).toMatchObject({ reason: 'no_match' });
  });

  it('asks for the figure that a rule wants, and shows its run what the rule sets', async () => {
    const [mail, sms] = await post(
      'alertmanager',
      alertmanagerBody(['mail', 'sms'].map((queue) => ({ labels: { alertname: 'Queue', queue } }))),
    );

    expect(mail).toMatchObject({ metric_value: 250, decision: { action: 'run' }, labels: { queue: 'mail' } });
    expect(mail?.labels).not.toHaveProperty('tier');
    expect(sms).toMatchObject({ metric_value: 3, decision: { reason: 'no_match' } });
    expect(sms?.annotations['metric_query']).toBe('queue_length{queue="sms"}');
    await until('the run to ask', () => asked.includes('GET /tier/mail-workers/250'));
  });
});

function signed(body: unknown): [string, Record<string, string>] {
  const text = JSON.stringify(body);
  const digest = createHmac('sha256', 'github-secret').update(text).digest('hex');
  return [text, { 'x-github-event': 'deployment_status', 'x-hub-signature-256': `sha256=${digest}` }];
}
