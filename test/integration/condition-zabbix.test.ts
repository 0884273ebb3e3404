import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { ConditionAnswer } from '../../src/domain/run/proof.js';
import { openConditions } from '../../src/source/registry.js';
import type { Conditions } from '../../src/source/registry.js';
import { zabbix } from '../../src/source/zabbix/zabbix.js';
import { anAlert } from '../helper/an-alert.js';
import { describeWith } from '../helper/servers.js';
import { SYSTEM_CLOCK } from '../helper/system-clock.js';
import { until } from '../helper/until.js';

/** The machine may be busy with other suites: how long is not what is tested here. */
const PATIENCE_MS = 240_000;
vi.setConfig({ testTimeout: 2 * PATIENCE_MS });

const SETUP = join(import.meta.dirname, '..', 'servers', 'zabbix', 'setup.mjs');
const run = promisify(execFile);

await describeWith(['zabbix'], 'the trigger behind an alert, asked for at a real Zabbix', ({ zabbix: url }) => {
  const folder = mkdtempSync(join(tmpdir(), 'fixpoint-zabbix-'));
  const opened: Conditions[] = [];
  let token = '';
  let session = '';
  let trigger_id = '';

  beforeAll(async () => {
    const file = join(folder, 'token');
    await run(process.execPath, [SETUP], { env: { ...process.env, TOKEN_OUT: file } });
    token = readFileSync(file, 'utf8');
    session = await rpc<string>('user.login', { username: 'Admin', password: 'zabbix' });
    const found = await rpc<{ triggerid: string; description: string }[]>('trigger.get', {
      output: ['triggerid', 'description'],
      search: { description: 'High error rate on' },
    });
    trigger_id = found[0]?.triggerid ?? '';
    await rpc('trigger.update', { triggerid: trigger_id, status: 0 });
  });

  afterAll(async () => {
    await rpc('trigger.update', { triggerid: trigger_id, status: 0 });
    await setHost(0);
    await report(1);
    for (const conditions of opened) await conditions.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function rpc<T>(method: string, params: unknown): Promise<T> {
    const auth = session === '' ? {} : { auth: session };
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json-rpc' },
      body: JSON.stringify({ jsonrpc: '2.0', method, params, id: 1, ...auth }),
    });
    const { result, error } = (await answer.json()) as { result: T; error?: unknown };
    if (error !== undefined) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return result;
  }

  async function setHost(status: 0 | 1): Promise<void> {
    const [host] = await rpc<{ hostid: string }[]>('host.get', { output: ['hostid'], filter: { host: 'checkout-01' } });
    await rpc('host.update', { hostid: host?.hostid, status });
  }

  /** An item that was just made, or made active again, is unknown to the trapper for some seconds. */
  async function report(error_rate: number): Promise<void> {
    const args = ['-z', '127.0.0.1', '-p', '20051', '-s', 'checkout-01', '-k', 'app.error_rate', '-o'];
    await until(
      'Zabbix to take the value',
      async () => (await run('zabbix_sender', [...args, String(error_rate)])).stdout.includes('processed: 1;'),
      PATIENCE_MS,
    );
  }

  function open(api: Record<string, unknown> = {}): Conditions {
    const slice = zabbix.config.parse({ api: { url, token, ...api } });
    const conditions = openConditions({ zabbix: slice }, { clock: SYSTEM_CLOCK });
    opened.push(conditions);
    return conditions;
  }

  function ask(conditions: Conditions, id = trigger_id): Promise<ConditionAnswer> {
    const alert = anAlert({ source_system: 'zabbix', labels: { trigger_id: id } });
    const asker = conditions.conditions()[0]?.asker(alert) ?? null;
    if (asker === null) throw new Error('it does not ask');
    return asker(new AbortController().signal);
  }

  function becomes(conditions: Conditions, type: ConditionAnswer['type']): Promise<ConditionAnswer> {
    return until(
      `the trigger: ${type}`,
      async () => {
        const answer = await ask(conditions);
        return answer.type === type ? answer : null;
      },
      PATIENCE_MS,
    );
  }

  it('holds while it is a problem, and is over after the recovery', async () => {
    const conditions = open();

    await report(12.5);
    expect(await becomes(conditions, 'holds')).toMatchObject({
      evidence: { url, trigger_id, value: 'PROBLEM', hosts: ['checkout-01'] },
    });
    // The trigger recovers below 2: between 2 and 5 it is still a problem.
    await report(3);
    expect((await ask(conditions)).type).toBe('holds');
    await report(1);
    expect(await becomes(conditions, 'over')).toMatchObject({ evidence: { value: 'OK' } });
  });

  it('says nothing while it is disabled, while its host is not monitored, or when it is gone', async () => {
    const conditions = open();

    await rpc('trigger.update', { triggerid: trigger_id, status: 1 });
    expect(await ask(conditions)).toMatchObject({ type: 'no_data', reason: expect.stringContaining('disabled') });
    await rpc('trigger.update', { triggerid: trigger_id, status: 0 });
    await setHost(1);
    expect(await ask(conditions)).toMatchObject({ type: 'no_data', reason: expect.stringContaining('not monitored') });
    await setHost(0);
    expect((await ask(conditions)).type).toBe('over');
    expect(await ask(conditions, '99999999')).toMatchObject({ type: 'no_data' });
  });

  it('is unavailable with a wrong token and at a wrong address', async () => {
    const wrong = await ask(open({ token: '0'.repeat(64) }));
    expect(wrong).toMatchObject({ type: 'unavailable', reason: expect.stringContaining('sources.zabbix.api.token') });

    const elsewhere = await ask(open({ url: new URL('/nowhere/at/all.php', url).href }));
    expect(elsewhere).toMatchObject({ type: 'unavailable', reason: expect.stringContaining('is it the address') });
  });

  it('is checked for the doctor', async () => {
    expect(await open().check(new AbortController().signal)).toMatchObject([
      { name: 'sources.zabbix.api', ok: true, message: expect.stringMatching(/^Zabbix 6\.0\./) },
    ]);
  });
});
