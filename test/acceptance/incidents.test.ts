import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp } from '../../src/app.js';
import type { App } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import type { Incident, IncidentDetail } from '../../src/domain/incident/incident.js';
import { SILENT_LOG } from '../../src/domain/log.js';
import type { Report } from '../../src/domain/run/report.js';
import type { RunHeader } from '../../src/domain/run/run.js';
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
  - {rule_id: TELL, alert_name: Told, playbook_id: PB-Tell}
  - {rule_id: ACT, alert_name: Slow, playbook_id: PB-Act}
`,
  'tell.yaml': `
playbook_id: PB-Tell
tasks:
  - id: page
    type: api_call
    action: POST /page
    conditions: ["{{ incident.priority in ['P0', 'P1'] }}"]
    parameters: {id: "{{ incident.incident_id }}", text: "{{ incident.priority }} {{ incident.title }}", services: "{{ incident.service_names }}"}
  - id: ticket
    type: api_call
    action: POST /ticket
    conditions: ["{{ incident.priority == 'P4' }}"]
`,
  'act.yaml': 'playbook_id: PB-Act\ntasks:\n  - {id: act, type: api_call, action: POST /act}\n',
};

type Labels = Record<string, string>;

describe('incidents from the first alert to the last resolve', { timeout: 60_000 }, () => {
  const posted: { path: string; body: Record<string, unknown> }[] = [];
  const world = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => void (text += chunk.toString()));
    request.on('end', () => {
      posted.push({ path: request.url ?? '', body: JSON.parse(text || '{}') as Record<string, unknown> });
      response.end('{}');
    });
  });
  let home: Home;
  let app: App;

  beforeAll(async () => {
    await new Promise<void>((resolve) => world.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(world.address() as AddressInfo).port}`;
    home = aHome(
      FILES,
      `
default_mode: auto
port: 0
executors:
  api_call: {base_url: "${base}"}
  topology:
    services:
      web: {downstream: [orders]}
      orders: {downstream: [stock], databases: [orders-db]}
      stock: {databases: [stock-db]}
notifiers: {webhook: {url: "${base}/told"}}
report: {notify: []}
incidents:
  notify: [webhook]
  notify_wait: 300ms
  impact: {services: {lonely: low}}
`,
    );
    app = await start();
  }, 60_000);
  afterAll(async () => {
    await app.stop();
    world.close();
    world.closeAllConnections();
    home.remove();
  });

  function start(): Promise<App> {
    const env = {
      FIXPOINT_ADMIN_TOKEN: TOKEN,
      FIXPOINT_DATA_DIR: `${home.directory}/data`,
      FIXPOINT_PLAYBOOKS_DIR: `${home.directory}/playbooks`,
    };
    const config = loadConfig({ file: `${home.directory}/fixpoint.yaml`, env, cwd: home.directory });
    return startApp({ config, roles: ROLES, clock: systemClock, log: SILENT_LOG, version: 'test' });
  }

  async function ask(path: string, body?: unknown, token = TOKEN): Promise<{ status: number; json: unknown }> {
    const answer = await fetch(app.url + path, {
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    });
    const text = await answer.text();
    return { status: answer.status, json: text.startsWith('{') ? (JSON.parse(text) as unknown) : text };
  }

  async function call<T>(path: string, body?: unknown): Promise<T> {
    const { status, json } = await ask(path, body);
    if (status >= 300) throw new Error(`${path}: ${status} ${JSON.stringify(json)}`);
    return json as T;
  }

  let begun = Date.now() - 3_600_000;
  /** Posts one alert; `resolved` ends the one with the same labels. */
  async function send(labels: Labels, status: 'firing' | 'resolved' = 'firing'): Promise<string> {
    begun += 1_000;
    const at = new Date(begun).toISOString();
    const alert = { labels: { alertname: 'Unmatched', severity: 'critical', ...labels }, status };
    const times = status === 'resolved' ? { startsAt: at, endsAt: at } : { startsAt: at };
    const { alerts } = await call<{ alerts: { alert_id: string }[] }>(
      '/api/v1/webhooks/alertmanager',
      alertmanagerBody([{ ...alert, ...times }], JSON.stringify(labels)),
    );
    return alerts[0]!.alert_id;
  }

  async function list(query: string): Promise<Incident[]> {
    return (await call<{ items: Incident[] }>(`/api/v1/incidents?${query}`)).items;
  }

  function show(incident_id: string): Promise<IncidentDetail> {
    return call(`/api/v1/incidents/${incident_id}`);
  }

  function open(service: string): Promise<Incident> {
    return until(`an open incident of ${service}`, async () => (await list(`service_name=${service}&state=open`))[0]);
  }

  it('joins services that depend on one another, takes people’s words, and ends with the last alert', async () => {
    await send({ service: 'web' });
    const first = await open('web');
    expect(first).toMatchObject({ title: 'Unmatched on web', priority: 'P1', response_level: 2, firing_count: 1 });
    await send({ service: 'stock-db', alertname: 'Slow' });
    // Three steps away, which is as far as trouble is taken to reach.
    const second = await until('the database', async () => (await list('service_name=stock-db'))[0]);
    const detail = await until('a joined incident', async () => {
      const found = await show(first.incident_id);
      return found.firing_count === 2 && found.runs.length === 1 && found;
    });
    expect(second.incident_id).toBe(first.incident_id);
    expect(detail.service_names).toEqual(['web', 'stock-db']);
    const run = await call<RunHeader & { incident_id: string }>(`/api/v1/runs/${detail.runs[0]!.run_id}`);
    expect(run.incident_id).toBe(first.incident_id);
    const alert = await call<StoredAlert & { incident_id: string }>(`/api/v1/alerts/${detail.alerts[0]!.alert_id}`);
    expect(alert.incident_id).toBe(first.incident_id);

    const path = `/api/v1/incidents/${first.incident_id}`;
    const { token } = await call<{ token: string }>('/api/v1/tokens', { name: 'ann', role: 'operator' });
    const { token: viewer } = await call<{ token: string }>('/api/v1/tokens', { name: 'vic', role: 'viewer' });
    expect((await ask(`${path}/acknowledge`, {}, viewer)).status).toBe(403);
    expect((await ask(`${path}/acknowledge`, {}, token)).json).toMatchObject({
      state: 'acknowledged',
      acknowledged_by: 'ann',
      acknowledge_breached: false,
    });
    expect((await ask(`${path}/acknowledge`, {}, token)).status).toBe(409);
    expect((await ask(`${path}/assign`, { assignee: 'bob' }, token)).json).toMatchObject({ assignee: 'bob' });
    expect((await ask(`${path}/notes`, { text: 'line 1\nline 2' }, token)).status).toBe(200);
    expect((await ask(`${path}/notes`, { text: '' }, token)).status).toBe(400);
    expect((await ask(`${path}/priority`, { impact: 'high', urgency: 'high' }, token)).json).toMatchObject({
      priority: 'P0',
      priority_by: 'ann',
    });
    expect((await ask(`${path}/priority`, { impact: 'huge', urgency: 'high' }, token)).status).toBe(400);
    expect((await ask('/api/v1/incidents/nothing/resolve', {}, token)).status).toBe(404);
    expect((await list('assignee=bob')).map((incident) => incident.incident_id)).toEqual([first.incident_id]);

    await send({ service: 'web' }, 'resolved');
    await send({ service: 'stock-db', alertname: 'Slow' }, 'resolved');
    const ended = await until('the end', async () => {
      const found = await show(first.incident_id);
      return found.state === 'resolved' && found;
    });
    expect(ended).toMatchObject({ resolved_by: null, firing_count: 0, alert_count: 2 });
    const told = ended.timeline.map((entry) => entry.type);
    for (const type of ['opened', 'alert_joined', 'run_started', 'run_ended', 'acknowledged', 'assigned', 'note'])
      expect(told).toContain(type);
    expect(ended.timeline.find((entry) => entry.type === 'note')).toMatchObject({
      who: 'ann',
      message: 'line 1\nline 2',
    });
    const { items } = await call<{ items: { what: string; who: string }[] }>('/api/v1/audit?limit=100');
    expect(items.filter((entry) => entry.who === 'ann').map((entry) => entry.what)).toEqual([
      'incident.priority',
      'incident.note',
      'incident.assign',
      'incident.acknowledge',
    ]);
  });

  it('hands the incident to the very first step of a playbook that names it, and to its report', async () => {
    async function told(service: string): Promise<RunHeader & { steps: { state: string }[] }> {
      const alert_id = await send({ service, alertname: 'Told' });
      return until(`the run for ${service}`, async () => {
        const { decision } = await call<StoredAlert>(`/api/v1/alerts/${alert_id}`);
        const run = await call<RunHeader & { steps: { state: string }[] }>(`/api/v1/runs/${decision?.run_id}`);
        return run.state === 'succeeded' && run;
      });
    }
    const run = await told('payment');
    const incident = await open('payment');
    expect(run.steps.map((step) => step.state)).toEqual(['succeeded', 'skipped']);
    expect(posted.find(({ path }) => path === '/page')?.body).toEqual({
      id: incident.incident_id,
      text: 'P1 Told on payment',
      services: ['payment'],
    });
    const report = await call<Report>(`/api/v1/runs/${run.run_id}/report`);
    expect(report.incident).toEqual({
      incident_id: incident.incident_id,
      title: 'Told on payment',
      priority: 'P1',
    });
    expect(report.summary).toContain(incident.incident_id);
    // Its impact is configured to be low: it is worth neither a page nor a ticket.
    expect((await told('lonely')).steps.map((step) => step.state)).toEqual(['skipped', 'skipped']);
    expect((await open('lonely')).priority).toBe('P2');
  });

  it('begins again where it was when it fires soon after, and survives a restart', async () => {
    await send({ service: 'again' });
    const first = await open('again');
    await send({ service: 'again' }, 'resolved');
    await until('the end', async () => (await show(first.incident_id)).state === 'resolved');
    await app.stop();
    app = await start();
    await send({ service: 'again' });
    const again = await open('again');
    expect(again).toMatchObject({ incident_id: first.incident_id, reopen_count: 1 });
  });

  it('tells the configured channel of new incidents, several at once in one message', async () => {
    const before = posted.filter(({ path }) => path === '/told').length;
    const names = Array.from({ length: 30 }, (_, n) => `many-${n}`);
    await Promise.all(names.map((service) => send({ service })));
    const texts = (): string[] => posted.filter(({ path }) => path === '/told').map(({ body }) => JSON.stringify(body));
    await until('all to be told of', () =>
      names.every(
        (name) => texts().some((text) => text.includes(name)) || texts().some((text) => /and \d+ more/.test(text)),
      ),
    );
    expect(texts().length - before).toBeLessThanOrEqual(10);
  });

  it('shows in the metrics', async () => {
    const [incident] = await list('service_name=many-0');
    await call(`/api/v1/incidents/${incident?.incident_id}/acknowledge`, {});
    await call(`/api/v1/incidents/${incident?.incident_id}/resolve`, {});
    const { json } = await ask('/metrics');
    expect(json).toMatch(/fixpoint_incidents_open\{priority="P1"\} \d/);
    expect(json).toMatch(/fixpoint_incident_time_to_acknowledge_seconds_count\{priority="P1"\} 1/);
    expect(json).toMatch(/fixpoint_incident_time_to_resolve_seconds_count\{priority="P1"\} 1/);
  });
});
