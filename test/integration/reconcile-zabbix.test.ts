import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Alert, ParsedAlert } from '../../src/domain/alert/alert.js';
import type { SourceReconciler } from '../../src/domain/source.js';
import { zabbix } from '../../src/source/zabbix/zabbix.js';
import { describeWith } from '../helper/servers.js';
import { SYSTEM_CLOCK } from '../helper/system-clock.js';
import { until } from '../helper/until.js';

/** The machine may be busy with other suites: how long is not what is tested here. */
const PATIENCE_MS = 240_000;
vi.setConfig({ testTimeout: 3 * PATIENCE_MS });

const SETUP = join(import.meta.dirname, '..', 'servers', 'zabbix', 'setup.mjs');
const SIGNAL = new AbortController().signal;
/** Past the time in which a problem may still be on its way as a webhook. */
const LATER = { ...SYSTEM_CLOCK, now: () => Date.now() + 600_000 };
const run = promisify(execFile);

await describeWith(['zabbix'], 'what a real Zabbix holds for a problem', ({ zabbix: url }) => {
  const folder = mkdtempSync(join(tmpdir(), 'fixpoint-zabbix-'));
  const taken: ParsedAlert[] = [];
  let open: Alert[] = [];
  let reconciler: SourceReconciler;
  let session = '';

  beforeAll(async () => {
    const file = join(folder, 'token');
    await run(process.execPath, [SETUP], { env: { ...process.env, TOKEN_OUT: file } });
    session = await rpc<string>('user.login', { username: 'Admin', password: 'zabbix' });
    const config = zabbix.config.parse({ api: { url, token: readFileSync(file, 'utf8'), acknowledge: true } });
    const source = zabbix.create(config);
    reconciler = zabbix.openReconciler!(config, {
      clock: LATER,
      occurrences: {
        open: async () => open.map((alert) => ({ occurrence_id: alert.occurrence_id, alert, run_ids: ['01RUN'] })),
      },
      take: async (payload) => {
        const parsed = source.parse(payload, Date.now());
        if ('unusable' in parsed) throw new Error(JSON.stringify(parsed.unusable));
        taken.push(...parsed.alerts);
        return parsed.alerts.length;
      },
    })!;
  });

  afterAll(async () => {
    await report(1);
    await reconciler.stop();
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

  async function report(error_rate: number): Promise<void> {
    const args = ['-z', '127.0.0.1', '-p', '20051', '-s', 'checkout-01', '-k', 'app.error_rate', '-o'];
    await until(
      'Zabbix to take the value',
      async () => (await run('zabbix_sender', [...args, String(error_rate)])).stdout.includes('processed: 1;'),
      PATIENCE_MS,
    );
  }

  /** The last alert of the trigger with such a status, after looks at Zabbix until there is one. */
  function found(status: string): Promise<ParsedAlert> {
    return until(
      `the error rate to be ${status}`,
      async () => {
        await reconciler.look!(SIGNAL);
        return taken.findLast((alert) => alert.status === status && alert.alert_name.startsWith('High error rate'));
      },
      PATIENCE_MS,
    );
  }

  it('is taken in, acknowledged with the run, and resolved when it has ended', async () => {
    await report(1);
    await report(12.5);

    const problem = await found('firing');
    expect(problem).toMatchObject({
      severity: 'critical',
      service_name: 'checkout',
      metric_value: 12.5,
      host_ip: '127.0.0.1',
      labels: { env: 'prod', host: 'checkout-01', host_group: 'Fixpoint/Payments' },
    });

    open = [{ ...problem, alert_id: '01A', received_at: problem.timestamp }];
    await reconciler.look!(SIGNAL);
    await reconciler.look!(SIGNAL);
    const eventids = [problem.labels['event_id']];
    const [event] = await rpc<{ acknowledged: string; acknowledges: { message: string }[] }[]>('event.get', {
      eventids,
      select_acknowledges: ['message'],
    });
    expect(event?.acknowledged).toBe('1');
    expect(event?.acknowledges.map(({ message }) => message)).toEqual(['Fixpoint: run 01RUN works on it']);

    await report(1);
    const end = await found('resolved');
    expect(end).toMatchObject({ fingerprint: problem.fingerprint, occurrence_id: problem.occurrence_id });
    expect(Date.parse(end.ends_at ?? '')).toBeGreaterThanOrEqual(Date.parse(problem.timestamp));
  });
});
