import { Agent, request } from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { StoredAlert } from '../../src/domain/decision/alert-view.js';
import { alertmanagerBody } from '../helper/alertmanager-body.js';
import { aHome, FixpointProcess, TOKEN } from '../helper/fixpoint-process.js';
import type { Home } from '../helper/fixpoint-process.js';
import { aFreshWorld } from '../helper/fresh-world.js';
import type { FreshWorld } from '../helper/fresh-world.js';
import { startOwnServers } from '../helper/own-servers.js';
import type { OwnServers } from '../helper/own-servers.js';
import { describeWith } from '../helper/servers.js';
import { until } from '../helper/until.js';

/** The machine may be busy with other suites: how long is not what is tested here. */
const PATIENCE_MS = 120_000;
vi.setConfig({ testTimeout: 6 * PATIENCE_MS, hookTimeout: 600_000 });

interface Answer {
  readonly status: number;
  readonly retry_after: string | undefined;
  readonly text: string;
}

interface Accepted {
  readonly alerts: readonly { readonly alert_id: string }[];
}

const PLAYBOOKS = {
  'one-step.yaml': `
playbook_id: PB-One-Step
trigger_conditions:
  - alert_name: Something_Broke
tasks:
  - { id: rest, type: wait, parameters: { duration: 10ms } }
`,
};

/** Of no alert more than one run, whatever was sent how often. */
async function runsByService(service: FixpointProcess): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: { items: { service_name: string }[]; next_cursor: string | null } = await service.get(
      `/api/v1/runs?limit=200${cursor === '' ? '' : `&cursor=${cursor}`}`,
    );
    for (const { service_name } of page.items) counts.set(service_name, (counts.get(service_name) ?? 0) + 1);
    cursor = page.next_cursor;
  }
  return counts;
}

await describeWith(['postgres', 'kafka'], 'an outage of what durability stands on', () => {
  const agent = new Agent({ headersTimeout: PATIENCE_MS, connections: 2_500 });
  let own: OwnServers;
  let world: FreshWorld;
  let home: Home;
  let service: FixpointProcess;

  beforeAll(async () => {
    own = await startOwnServers();
  });
  afterAll(async () => {
    await agent.close();
    await own.remove();
  });
  beforeEach(async () => {
    world = await aFreshWorld(own);
    home = aHome(PLAYBOOKS, JSON.stringify({ default_mode: 'auto' }));
  });
  afterEach(async () => {
    for (const name of ['postgres', 'kafka'] as const) {
      own.thaw(name);
      await own.up(name);
    }
    await service.kill();
    await world.remove();
    home.remove();
  });

  async function start(withKafka: boolean): Promise<void> {
    const { DATABASE_URL } = world.env;
    service = await FixpointProcess.start(home, withKafka ? world.env : { DATABASE_URL });
  }

  async function post(name: string, padding = 0): Promise<Answer> {
    const labels = { alertname: 'Something_Broke', service: name };
    const annotations = { text: 'x'.repeat(padding) };
    const { statusCode, headers, body } = await request(`${service.url}/api/v1/webhooks/alertmanager`, {
      method: 'POST',
      dispatcher: agent,
      headers: { authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify(alertmanagerBody([{ labels, annotations }], `{}:{service="${name}"}`)),
    });
    const retry_after = headers['retry-after'];
    return { status: statusCode, retry_after: String(retry_after), text: await body.text() };
  }

  function expectRefusal({ status, retry_after, text }: Answer): void {
    expect([status, JSON.parse(text)]).toEqual([
      503,
      { error: { code: 'unavailable', message: expect.any(String), details: [] } },
    ]);
    expect(Number(retry_after)).toBeGreaterThan(0);
  }

  async function readiness(): Promise<{ status: number; text: string }> {
    const { statusCode, body } = await request(`${service.url}/readyz`, { dispatcher: agent });
    return { status: statusCode, text: await body.text() };
  }

  async function accepted(name: string): Promise<string> {
    const { text } = await until(
      '202',
      async () => {
        const answer = await post(name);
        return answer.status === 202 && answer;
      },
      PATIENCE_MS,
    );
    return (JSON.parse(text) as Accepted).alerts[0]!.alert_id;
  }

  /** All of it by itself, without a restart: it takes alerts, is ready, and decides what it took. */
  async function expectRecovery(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const alert_id = await accepted(name);
      await until(
        `the decision on ${name}`,
        async () => (await service.get<StoredAlert>(`/api/v1/alerts/${alert_id}`)).decision,
        PATIENCE_MS,
      );
    }
    await until('readiness', async () => (await readiness()).status === 200, PATIENCE_MS);
    const counts = await runsByService(service);
    for (const name of names) expect([name, counts.get(name)]).toEqual([name, 1]);
    expect([...counts.values()].filter((count) => count !== 1)).toEqual([]);
  }

  async function memory(): Promise<number> {
    const { body } = await request(`${service.url}/metrics`, {
      dispatcher: agent,
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    return Number(/^fixpoint_process_resident_memory_bytes (\S+)$/m.exec(await body.text())?.[1]);
  }

  describe.each([
    ['Postgres alone', false, 'postgres', 'store'],
    ['Postgres and Kafka', true, 'kafka', 'kafka'],
  ] as const)('with %s', (_what, withKafka, name, blamed) => {
    it(`refuses with 503 and Retry-After while ${name} is down, says why, and recovers by itself`, async () => {
      await start(withKafka);
      await accepted('before');
      await own.down(name);

      const refusals = await Promise.all(Array.from({ length: 20 }, () => post('meanwhile')));
      const ready = await readiness();
      const asked = await service.get('/api/v1/runs').catch((error: unknown) => String(error));
      await own.up(name);

      if (name === 'postgres') expect(asked).toContain('503');
      for (const refusal of refusals) expectRefusal(refusal);
      expect(ready).toMatchObject({ status: 503, text: expect.stringContaining(blamed) });
      await expectRecovery(['before', 'meanwhile', 'after']);
    });

    it(`refuses 2,000 deliveries while ${name} hangs, in bounded memory, says why, and recovers by itself`, async () => {
      await start(withKafka);
      await accepted('before');
      const before = await memory();
      await own.freeze(name);

      const refusals = await Promise.all(Array.from({ length: 2_000 }, (_, n) => post(`s-${n % 500}`, 100_000)));
      const ready = await readiness();
      const grown = (await memory()) - before;
      own.thaw(name);

      for (const refusal of refusals) expectRefusal(refusal);
      expect(ready).toMatchObject({ status: 503, text: expect.stringContaining(blamed) });
      // 200 MB were sent.
      process.stderr.write(`${name} hangs: ${Math.round(grown / 1e6)} MB more with 2,000 deliveries of 100 kB\n`);
      expect(grown).toBeLessThan(700e6);
      await expectRecovery(['before', 's-0', 's-499', 'after']);
    });
  });

  it('keeps what Kafka has taken while Postgres is down, and decides it when it is back', async () => {
    await start(true);
    await accepted('before');
    await own.down('postgres');

    const alert_id = await accepted('meanwhile');
    const ready = await readiness();
    await own.up('postgres');

    expect(ready).toMatchObject({ status: 503, text: expect.stringContaining('store') });
    const decided = await until(
      'the decision',
      async () => (await service.get<StoredAlert>(`/api/v1/alerts/${alert_id}`)).decision,
      PATIENCE_MS,
    );
    expect(decided.action).toBe('run');
    await expectRecovery(['before', 'meanwhile', 'after']);
  });

  it('gives no alert up while Postgres hangs, however long', async () => {
    await start(true);
    await accepted('before');
    await own.freeze('postgres');

    const alert_id = await accepted('meanwhile');
    // Longer than a batch may fail before it is given up, each failure after the five seconds that a connection may take.
    const begin = Date.now();
    await until('a minute of it', () => Date.now() - begin > 60_000, 70_000);
    own.thaw('postgres');

    await until(
      'the decision',
      async () => (await service.get<StoredAlert>(`/api/v1/alerts/${alert_id}`)).decision?.action === 'run',
      PATIENCE_MS,
    );
    expect(await service.get('/api/v1/dead_letters')).toMatchObject({ items: [] });
  });
});
