import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { RunHeader } from '../../src/domain/run/run.js';
import type { StoredAlert } from '../../src/domain/decision/alert-view.js';
import { aHome, FixpointProcess, TOKEN } from '../helper/fixpoint-process.js';
import type { Home } from '../helper/fixpoint-process.js';
import { describeWith } from '../helper/servers.js';
import { until } from '../helper/until.js';

/** The machine may be busy with other suites: how long is not what is tested here. */
const PATIENCE_MS = 240_000;
vi.setConfig({ testTimeout: 3 * PATIENCE_MS });

const SECRET = 'a-secret-that-zabbix-signs-with';
const SETUP = join(import.meta.dirname, '..', 'servers', 'zabbix', 'setup.mjs');
const run = promisify(execFile);

// The run stays open for as long as the test holds the answer of its step.
const PLAYBOOK = `
playbook_id: PB-Error-Rate
trigger_conditions:
  - alert_name: /High error rate on .*/
    service_name: checkout
    matchers: ['host="checkout-01"', 'env="prod"']
    condition: error_rate > 5%
tasks:
  - id: ask_checkout
    type: api_call
    action: GET /checkout
    timeout: 20m
`;

interface List<T> {
  items: T[];
}

interface Problem {
  readonly eventid: string;
  readonly objectid: string;
}

await describeWith(['zabbix'], 'the events of a real Zabbix', ({ zabbix: api }) => {
  const held: ServerResponse[] = [];
  const checkout = createServer((_request, response) => void held.push(response));
  let home: Home;
  let service: FixpointProcess;
  let session = '';

  beforeAll(async () => {
    await new Promise<void>((resolve) => checkout.listen(0, '127.0.0.1', resolve));
    const { port } = checkout.address() as AddressInfo;
    const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
    home = aHome(
      { 'error-rate.yaml': PLAYBOOK },
      `default_mode: auto
sources:
  zabbix: { secret: ${SECRET}, timezone: ${timeZone} }
executors:
  api_call: { base_url: 'http://127.0.0.1:${port}', timeout: 20m }
`,
    );
    service = await FixpointProcess.start(home);
    await setUp({ FIXPOINT_SECRET: SECRET });
    session = await ask<string>('user.login', { username: 'Admin', password: 'zabbix' });
    await report(1);
    await eventually('the problems of earlier runs to end', async () => (await problems()).length === 0);
  });

  afterAll(async () => {
    await report(1);
    await run(process.execPath, [SETUP]);
    await service.stop();
    checkout.close();
    checkout.closeAllConnections();
    home.remove();
  });

  function eventually<T>(what: string, condition: () => T | Promise<T>) {
    return until(what, condition, PATIENCE_MS);
  }

  /** Points Zabbix's webhook here; it proves itself by the token, or by signing with the secret. */
  async function setUp(proof: { FIXPOINT_TOKEN: string } | { FIXPOINT_SECRET: string }): Promise<void> {
    const env = { ...process.env, HOOK: `${service.url}/api/v1/webhooks/zabbix`, ...proof };
    await run(process.execPath, [SETUP], { env });
    // Zabbix reads its configuration every two seconds and tells nobody when it has: a problem that comes before the new action is
    // known is never sent by it.
    await new Promise((resolve) => setTimeout(resolve, 7_000));
  }

  async function ask<T>(method: string, params: unknown): Promise<T> {
    const auth = session === '' ? {} : { auth: session };
    const answer = await fetch(api, {
      method: 'POST',
      headers: { 'content-type': 'application/json-rpc' },
      body: JSON.stringify({ jsonrpc: '2.0', method, params, id: 1, ...auth }),
    });
    const { result, error } = (await answer.json()) as { result: T; error?: unknown };
    if (error !== undefined) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return result;
  }

  async function problems(): Promise<Problem[]> {
    const found = await ask<(Problem & { name: string })[]>('problem.get', { output: ['eventid', 'objectid', 'name'] });
    return found.filter((problem) => problem.name.startsWith('High error rate on'));
  }

  /** Reports an error rate to Zabbix; an item that was just made is unknown to the trapper for some seconds. */
  async function report(error_rate: number): Promise<void> {
    await eventually('Zabbix to take the value', async () => {
      const args = [
        '-z',
        '127.0.0.1',
        '-p',
        '20051',
        '-s',
        'checkout-01',
        '-k',
        'app.error_rate',
        '-o',
        String(error_rate),
      ];
      const { stdout } = await run('zabbix_sender', args);
      return stdout.includes('processed: 1;');
    });
  }

  async function theProblem(): Promise<Problem> {
    const [problem] = await eventually('the problem', async () => {
      const found = await problems();
      return found.length > 0 && found;
    });
    if (!problem) throw new Error('no problem');
    return problem;
  }

  /** What was accepted about one event, the oldest first. */
  async function alertsOf(event_id: string): Promise<StoredAlert[]> {
    const { items } = await service.get<List<StoredAlert>>('/api/v1/alerts?limit=200&source_system=zabbix');
    return items.filter((alert) => alert.labels['event_id'] === event_id && alert.decision !== null).reverse();
  }

  function alertOf(event_id: string, what: string, wanted: (alert: StoredAlert) => boolean): Promise<StoredAlert> {
    return eventually(`${what} of event ${event_id}`, async () => (await alertsOf(event_id)).find(wanted));
  }

  function runs(): Promise<RunHeader[]> {
    return service.get<List<RunHeader>>('/api/v1/runs').then((list) => list.items);
  }

  function release(): void {
    for (const response of held.splice(0)) response.end('{}');
  }

  it('takes problem, update and recovery of one event, each with its decision', async () => {
    await report(12.345);
    const { eventid, objectid } = await theProblem();
    const problem = await alertOf(eventid, 'the problem', () => true);
    const [started] = await runs();

    expect(problem).toMatchObject({
      source_system: 'zabbix',
      alert_name: 'High error rate on Checkout 01 (生产): 12.35 %',
      severity: 'critical',
      status: 'firing',
      service_name: 'checkout',
      host_ip: '127.0.0.1',
      metric_value: 12.35,
      metric_unit: '%',
      ends_at: null,
      occurrence_id: eventid,
      links: { runbook: 'http://wiki.example.test/error-rate' },
      decision: { action: 'run', playbook_id: 'PB-Error-Rate', run_id: started?.run_id },
    });
    expect(problem.labels).toMatchObject({
      host: 'checkout-01',
      host_group: 'Fixpoint/Payments',
      trigger_id: objectid,
      event_id: eventid,
      env: 'prod',
      scope: 'availability',
      component: 'app',
    });
    // The time zone was understood: the problem began just now, not hours from here.
    const age_ms = Date.parse(problem.received_at) - Date.parse(problem.timestamp);
    expect(Math.abs(age_ms)).toBeLessThan(15 * 60_000);

    // A person takes it up, says so, and lowers its severity: 2 acknowledge, 4 message, 8 severity.
    await ask('event.acknowledge', { eventids: eventid, action: 14, message: '正在处理 "checkout"', severity: 3 });
    const update = await alertOf(eventid, 'the update', (alert) => alert.severity === 'warning');
    expect(update).toMatchObject({
      status: 'firing',
      occurrence_id: eventid,
      fingerprint: problem.fingerprint,
      timestamp: problem.timestamp,
      decision: { action: 'drop', reason: 'duplicate', run_id: started?.run_id },
    });

    await report(1);
    const recovery = await alertOf(eventid, 'the recovery', (alert) => alert.status === 'resolved');
    expect(recovery).toMatchObject({
      occurrence_id: eventid,
      fingerprint: problem.fingerprint,
      timestamp: problem.timestamp,
      decision: { action: 'drop', reason: 'resolved', run_id: started?.run_id },
    });
    expect(Date.parse(recovery.ends_at ?? '')).toBeGreaterThanOrEqual(Date.parse(problem.timestamp));
    await eventually('the run to hear of it', async () => (await runs())[0]?.alerts_resolved_at);
    release();
    await eventually('the end of the run', async () => (await runs())[0]?.state === 'succeeded');
    expect(await runs()).toHaveLength(1);
  });

  it('takes the next problem of the same trigger for a new occurrence, by its event id', async () => {
    const [before] = await runs();
    await setUp({ FIXPOINT_TOKEN: TOKEN });
    await report(20);
    const { eventid } = await theProblem();
    const problem = await alertOf(eventid, 'the problem', () => true);
    const [started, ...older] = await runs();

    expect(older.map((each) => each.run_id)).toEqual([before?.run_id]);
    expect(problem).toMatchObject({
      fingerprint: before?.alert?.fingerprint,
      group_key: before?.alert?.group_key,
      occurrence_id: eventid,
      decision: { action: 'run', run_id: started?.run_id },
    });
    expect(eventid).not.toBe(before?.alert?.occurrence_id);

    await ask('event.acknowledge', { eventids: eventid, action: 6, message: 'seen' });
    const update = await alertOf(eventid, 'the update', (alert) => alert.alert_id !== problem.alert_id);
    expect(update).toMatchObject({ status: 'firing', decision: { reason: 'duplicate', run_id: started?.run_id } });

    release();
    await eventually('the end of the run', async () => (await runs())[0]?.state === 'succeeded');
    await report(1);
    const recovery = await alertOf(eventid, 'the recovery', (alert) => alert.status === 'resolved');
    expect(recovery.decision).toMatchObject({ action: 'drop', reason: 'resolved' });
  });

  it('understands an update that comes after the recovery', async () => {
    const [last] = await runs();
    const eventid = last?.alert?.occurrence_id ?? '';
    const known = await alertsOf(eventid);
    await ask('event.acknowledge', { eventids: eventid, action: 4, message: 'it was the cache' });

    const late = await alertOf(eventid, 'the late update', (alert) =>
      known.every((each) => each.alert_id !== alert.alert_id),
    );
    expect(late).toMatchObject({ status: 'resolved', decision: { action: 'drop', reason: 'resolved' } });
    expect(await runs()).toHaveLength(2);
    expect((await service.get<List<unknown>>('/api/v1/dead_letters')).items).toEqual([]);
  });
});
