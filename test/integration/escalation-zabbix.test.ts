import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { StoredAlert } from '../../src/domain/decision/alert-view.js';
import type { RunHeader, StoredEvent } from '../../src/domain/run/run.js';
import { TOKEN } from '../helper/fixpoint-process.js';
import { HoldingShop } from '../helper/holding-shop.js';
import { freePort } from '../helper/loopback.js';
import { RunningApp } from '../helper/running-app.js';
import { describeWith } from '../helper/servers.js';
import { until } from '../helper/until.js';

/** Two steps a minute apart, and the machine may be busy with other suites. */
const PATIENCE_MS = 300_000;
vi.setConfig({ testTimeout: 3 * PATIENCE_MS });

const SETUP = join(import.meta.dirname, '..', 'servers', 'zabbix', 'setup.mjs');
const run = promisify(execFile);

// A run stays open for as long as the test holds the answer of its step.
const PLAYBOOK = `
playbook_id: PB-Look
trigger_conditions: [{ alert_name: any, matchers: ['host="checkout-01"'] }]
tasks:
  - { id: look, type: api_call, action: GET /look, timeout: 30m }
`;

interface Problem {
  readonly eventid: string;
  readonly name: string;
}

await describeWith(['zabbix'], 'the escalation of a real Zabbix', ({ zabbix: api }) => {
  const folder = mkdtempSync(join(tmpdir(), 'fixpoint-zabbix-'));
  const shop = new HoldingShop();
  let app: RunningApp;
  let session = '';

  beforeAll(async () => {
    const file = join(folder, 'token');
    await run(process.execPath, [SETUP], { env: { ...process.env, TOKEN_OUT: file } });
    session = await ask<string>('user.login', { username: 'Admin', password: 'zabbix' });
    await shop.start();
    const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
    app = await RunningApp.start(
      { 'look.yaml': PLAYBOOK },
      `default_mode: auto
sources:
  zabbix: { timezone: ${timeZone}, api: { url: '${api}', token: ${readFileSync(file, 'utf8')}, reconcile: 5s } }
executors: { api_call: { base_url: '${shop.url}', timeout: 30m } }
`,
    );
    await endAll();
    await point(`${app.url}/api/v1/webhooks/zabbix`);
  });

  afterAll(async () => {
    await endAll();
    // As it was: nobody who listens.
    await run(process.execPath, [SETUP]);
    await app.stop();
    await shop.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const eventually = <T>(what: string, condition: () => T | Promise<T>) => until(what, condition, PATIENCE_MS);
  const runs = (): Promise<RunHeader[]> => app.list<RunHeader>('/api/v1/runs');

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

  /** Says where the webhooks go. */
  async function point(url: string): Promise<void> {
    const [found] = await ask<{ mediatypeid: string; parameters: { name: string }[] }[]>('mediatype.get', {
      output: ['mediatypeid', 'parameters'],
      filter: { name: 'Fixpoint' },
    });
    const ours: Record<string, string> = { fixpoint_url: url, fixpoint_token: TOKEN, fixpoint_secret: '' };
    const others = found?.parameters.filter(({ name }) => !(name in ours)) ?? [];
    const parameters = [...others, ...Object.entries(ours).map(([name, value]) => ({ name, value }))];
    await ask('mediatype.update', { mediatypeid: found?.mediatypeid, parameters });
    // Zabbix reads its configuration every two seconds and tells nobody when it has.
    await new Promise((resolve) => setTimeout(resolve, 7_000));
  }

  async function report(key: string, value: string): Promise<void> {
    const args = ['-z', '127.0.0.1', '-p', '20051', '-s', 'checkout-01', '-k', key, '-o', value];
    await eventually('Zabbix to take the value', async () =>
      (await run('zabbix_sender', args)).stdout.includes('processed: 1;'),
    );
  }

  async function problems(named: RegExp): Promise<Problem[]> {
    const found = await ask<Problem[]>('problem.get', { output: ['eventid', 'name'], sortfield: ['eventid'] });
    return found.filter(({ name }) => named.test(name));
  }

  function aProblem(named: RegExp, count = 1): Promise<Problem[]> {
    return eventually(`${count} problems ${named.source}`, async () => {
      const found = await problems(named);
      return found.length >= count && found;
    });
  }

  /** 1 closes it, 4 leaves a message. */
  const close = (eventid: string): Promise<unknown> =>
    ask('event.acknowledge', { eventids: eventid, action: 5, message: 'closed by hand' });

  /** Nothing of this or an earlier suite lasts. */
  async function endAll(): Promise<void> {
    await report('app.error_rate', '1');
    for (const { eventid } of await problems(/ERROR line/)) await close(eventid).catch(() => undefined);
    await eventually('all problems to end', async () => (await problems(/High error rate|ERROR line/)).length === 0);
  }

  /** What was accepted about an event, all decided, the oldest first. */
  async function heard(eventid: string): Promise<StoredAlert[]> {
    const all = await app.list<StoredAlert>('/api/v1/alerts?source_system=zabbix');
    const found = all.filter((alert) => alert.labels['event_id'] === eventid);
    if (found.some((alert) => alert.decision === null)) throw new Error('not all are decided');
    return found.toReversed();
  }

  function heardOf(eventid: string, what: string, wanted: (alerts: StoredAlert[]) => unknown): Promise<StoredAlert[]> {
    return eventually(`${what} of event ${eventid}`, async () => {
      const found = await heard(eventid);
      return wanted(found) ? found : null;
    });
  }

  async function expectToldOnce(run_id: string | undefined): Promise<void> {
    await eventually('the run to hear of the end', async () => {
      const found = (await runs()).find((each) => each.run_id === run_id);
      return found?.alerts_resolved_at;
    });
    const events = await app.list<StoredEvent>(`/api/v1/runs/${run_id}/events`);
    expect(events.filter((event) => event.type === 'alerts_resolved')).toHaveLength(1);
  }

  async function letGo(): Promise<void> {
    shop.release();
    await eventually('the runs to end', async () => (await runs()).every((each) => each.state === 'succeeded'));
    shop.hold();
  }

  it('starts one run by its first step; the second and an update repeat it, and the recovery ends it', async () => {
    await report('app.error_rate', '12.5');
    const [problem] = await aProblem(/High error rate/);
    const id = problem?.eventid ?? '';
    const steps = await heardOf(id, 'two steps', (alerts) => alerts.length >= 2);

    const [started, ...more] = await runs();
    expect(more).toEqual([]);
    expect(steps.map(({ decision }) => [decision?.action, decision?.reason, decision?.run_id])).toEqual([
      ['run', null, started?.run_id],
      ['drop', 'duplicate', started?.run_id],
    ]);
    expect(new Set(steps.map((alert) => `${alert.fingerprint} ${alert.timestamp} ${alert.occurrence_id}`)).size).toBe(
      1,
    );

    await ask('event.acknowledge', { eventids: id, action: 6, message: 'seen' });
    const updated = await heardOf(id, 'the update', (alerts) => alerts.length >= 3);
    expect(updated.at(-1)).toMatchObject({ status: 'firing', decision: { reason: 'duplicate' } });

    await report('app.error_rate', '1');
    const ended = await heardOf(id, 'the recovery', (alerts) => alerts.some(({ status }) => status === 'resolved'));
    expect(ended.at(-1)?.decision).toMatchObject({ action: 'drop', reason: 'resolved', run_id: started?.run_id });
    await expectToldOnce(started?.run_id);
    await letGo();
    expect(await runs()).toHaveLength(1);
  });

  it('resolves a problem that a person closes, and the run goes on while another of its trigger lasts', async () => {
    const before = await runs();
    // This trigger makes a problem of every line, and nothing but a person ends one.
    await report('app.log', 'ERROR code=41 one');
    const [first] = await aProblem(/ERROR line/);
    await heardOf(first?.eventid ?? '', 'the first problem', (alerts) => alerts.length >= 1);
    await report('app.log', 'ERROR code=42 two');
    const [, second] = await aProblem(/ERROR line/, 2);
    const [joined] = await heardOf(second?.eventid ?? '', 'the second problem', (alerts) => alerts.length >= 1);
    const begun = (await runs()).filter((each) => before.every(({ run_id }) => run_id !== each.run_id));
    expect(begun).toHaveLength(1);
    expect(joined?.decision).toMatchObject({ action: 'join', run_id: begun[0]?.run_id });

    await close(first?.eventid ?? '');
    const closed = await heardOf(first?.eventid ?? '', 'the end', (all) =>
      all.some((each) => each.status === 'resolved'),
    );
    expect(closed.at(-1)?.decision).toMatchObject({ action: 'drop', reason: 'resolved', run_id: begun[0]?.run_id });
    expect((await runs()).find(({ run_id }) => run_id === begun[0]?.run_id)).toMatchObject({
      state: 'running',
      alerts_resolved_at: null,
    });

    await close(second?.eventid ?? '');
    await heardOf(second?.eventid ?? '', 'the end', (all) => all.some((each) => each.status === 'resolved'));
    await expectToldOnce(begun[0]?.run_id);
    await letGo();
    expect(await runs()).toHaveLength(before.length + 1);
  });

  it('is made up for where Zabbix gave its messages up: the problem is found, and its end too', async () => {
    const before = await runs();
    await point(`http://127.0.0.1:${await freePort()}/nobody`);
    await report('app.error_rate', '20');
    const [problem] = await aProblem(/High error rate/);
    const id = problem?.eventid ?? '';
    await eventually('Zabbix to give up', async () => {
      const sent = await ask<{ status: string }[]>('alert.get', { eventids: id, output: ['status'] });
      return sent.some(({ status }) => status === '2');
    });

    const [found] = await heardOf(id, 'what was lost', (alerts) => alerts.length >= 1);
    const begun = (await runs()).find((each) => before.every(({ run_id }) => run_id !== each.run_id));
    expect(found).toMatchObject({
      status: 'firing',
      severity: 'critical',
      metric_value: 20,
      occurrence_id: id,
      decision: { action: 'run', run_id: begun?.run_id },
    });

    await report('app.error_rate', '1');
    const ended = await heardOf(id, 'its end', (alerts) => alerts.some(({ status }) => status === 'resolved'));
    expect(ended).toHaveLength(2);
    expect(ended.at(-1)?.decision).toMatchObject({ action: 'drop', reason: 'resolved', run_id: begun?.run_id });
    await expectToldOnce(begun?.run_id);
    await letGo();
    expect(await runs()).toHaveLength(before.length + 1);
    expect(await app.list('/api/v1/dead_letters')).toEqual([]);
  });
});
