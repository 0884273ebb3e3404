import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { RunAnswer } from '../../src/domain/api/run.js';
import type { RunHeader, StoredEvent } from '../../src/domain/run/run.js';
import type { StoredAlert } from '../../src/domain/decision/alert-view.js';
import { alertmanagerBody } from '../helper/alertmanager-body.js';
import { aHome, FixpointProcess, TOKEN } from '../helper/fixpoint-process.js';
import type { Home } from '../helper/fixpoint-process.js';
import { aFreshWorld } from '../helper/fresh-world.js';
import type { FreshWorld } from '../helper/fresh-world.js';
import { freePort } from '../helper/loopback.js';
import { describeWith } from '../helper/servers.js';
import { until } from '../helper/until.js';

/** The machine may be busy with other suites: how long is not what is tested here. */
const PATIENCE_MS = 240_000;
vi.setConfig({ testTimeout: 4 * PATIENCE_MS });

const PLAYBOOKS = {
  'three-steps.yaml': `
playbook_id: PB-Three-Steps
trigger_conditions:
  - alert_name: Something_Broke
tasks:
  - id: first
    type: api_call
    action: GET /first
    parameters: { service: "{{ alert.service_name }}" }
  - id: second
    type: api_call
    depends_on: [first]
    action: GET /second
    parameters: { service: "{{ alert.service_name }}" }
  - id: third
    type: api_call
    depends_on: [second]
    action: GET /third
    parameters: { service: "{{ alert.service_name }}" }
`,
  'write.yaml': `
playbook_id: PB-Write
trigger_conditions:
  - alert_name: Something_To_Change
tasks:
  - id: look
    type: api_call
    action: GET /look
  - id: change
    type: api_call
    depends_on: [look]
    action: POST /change
  - id: after
    type: api_call
    depends_on: [change]
    action: GET /after
`,
};
/** So long that nothing here is ever rescued because a lease has ended. */
const LONG = '2h';
const SHORT = '3s';

interface List<T> {
  items: T[];
  next_cursor: string | null;
}

interface Accepted {
  readonly alerts: readonly { readonly alert_id: string }[];
}

await describeWith(['postgres', 'kafka'], 'killed processes on Postgres and Kafka', (addresses) => {
  const asked: string[] = [];
  const held: ServerResponse[] = [];
  /** Requests to this path get no answer. */
  let holding: string | null = null;
  const shop = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://shop');
    asked.push(`${request.method} ${pathname}`);
    if (pathname === holding) held.push(response);
    else response.end('{}');
  });
  let world: FreshWorld;
  let home: Home;
  const processes = new Set<FixpointProcess>();

  beforeAll(async () => {
    await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    shop.close();
  });
  beforeEach(async () => {
    world = await aFreshWorld(addresses);
    asked.length = 0;
    holding = null;
  });
  afterEach(async () => {
    await Promise.all([...processes].map((each) => each.kill()));
    processes.clear();
    held.length = 0;
    shop.closeAllConnections();
    await world.remove();
    home.remove();
  });

  function eventually<T>(what: string, condition: () => T | Promise<T>) {
    return until(what, condition, PATIENCE_MS);
  }

  function aHomeWithLease(lease: string): Home {
    const { port } = shop.address() as AddressInfo;
    return aHome(
      PLAYBOOKS,
      JSON.stringify({
        default_mode: 'auto',
        schedule: { lease },
        executors: { api_call: { base_url: `http://127.0.0.1:${port}` } },
      }),
    );
  }

  async function start(port: number, roles?: string): Promise<FixpointProcess> {
    const args = roles === undefined ? [] : ['--roles', roles];
    const started = await FixpointProcess.start(home, { ...world.env, PORT: String(port) }, args);
    processes.add(started);
    return started;
  }

  async function kill(victim: FixpointProcess): Promise<void> {
    processes.delete(victim);
    await victim.kill();
  }

  /** Answers the alert's id once it was accepted; throws when it was not. */
  async function send(to: FixpointProcess, alertname: string, service: string): Promise<string> {
    const body = alertmanagerBody([{ labels: { alertname, service } }], `{}:{service="${service}"}`);
    const answer = await to.post('/api/v1/webhooks/alertmanager', body);
    if (answer.status !== 202) throw new Error(`${answer.status} ${await answer.text()}`);
    const [alert] = ((await answer.json()) as Accepted).alerts;
    if (!alert) throw new Error('nothing was accepted');
    return alert.alert_id;
  }

  function runOf(by: FixpointProcess, alert_id: string): Promise<RunAnswer> {
    return eventually(`the run of ${alert_id}`, async () => {
      const { decision } = await by.get<StoredAlert>(`/api/v1/alerts/${alert_id}`);
      return decision?.run_id ? by.get<RunAnswer>(`/api/v1/runs/${decision.run_id}`) : null;
    });
  }

  function finished(by: FixpointProcess, alert_id: string): Promise<RunAnswer> {
    return eventually(`the end of the run of ${alert_id}`, async () => {
      const run = await runOf(by, alert_id);
      return run.finished_at !== null && run;
    });
  }

  async function eventsOf(by: FixpointProcess, run_id: string): Promise<StoredEvent[]> {
    return (await by.get<List<StoredEvent>>(`/api/v1/runs/${run_id}/events`)).items;
  }

  async function allRuns(by: FixpointProcess): Promise<RunHeader[]> {
    const all: RunHeader[] = [];
    for (let cursor = ''; ;) {
      const page = await by.get<List<RunHeader>>(`/api/v1/runs?limit=200${cursor}`);
      all.push(...page.items);
      if (page.next_cursor === null) return all;
      cursor = `&cursor=${page.next_cursor}`;
    }
  }

  /** Whether this process started a run, and so holds it. */
  async function holdsRun(by: FixpointProcess): Promise<boolean> {
    const answer = await fetch(`${by.url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
    return (await answer.text()).includes('fixpoint_alerts_decided_total{action="run",reason=""} 1');
  }

  function expectNothingTwice(run: RunAnswer): void {
    expect(run.state).toBe('succeeded');
    for (const step of run.steps) {
      const outcomes = step.attempts.map((attempt) => attempt.outcome);
      expect(outcomes.at(-1)).toBe('succeeded');
      expect(outcomes.slice(0, -1).filter((outcome) => outcome !== 'lost')).toEqual([]);
    }
  }

  /** Every accepted alert was decided, its run is its own and has done each step once; no service has two runs. */
  async function expectNothingLost(by: FixpointProcess, accepted: readonly string[]): Promise<void> {
    for (const alert_id of accepted) {
      const run = await finished(by, alert_id);
      expectNothingTwice(run);
      expect(run.alert_ids).toEqual([alert_id]);
    }
    const services = (await allRuns(by)).map((run) => run.service_name);
    expect(services.toSorted()).toEqual([...new Set(services)].toSorted());
    expect(services.length).toBeGreaterThanOrEqual(accepted.length);
  }

  it('goes on at its restart with what it held, long before its lease would end', async () => {
    home = aHomeWithLease(LONG);
    const port = await freePort();
    const first = await start(port);
    holding = '/second';
    const alert_id = await send(first, 'Something_Broke', 'checkout');
    await eventually('the second step', () => asked.includes('GET /second'));
    await kill(first);
    holding = null;

    const second = await start(port);
    const run = await finished(second, alert_id);
    expectNothingTwice(run);
    expect(asked).toEqual(['GET /first', 'GET /second', 'GET /second', 'GET /third']);
    const events = await eventsOf(second, run.run_id);
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.filter((event) => event.type === 'run_rescued')).toHaveLength(1);
  });

  it('hands a write that was under way to a person, and does not repeat it', async () => {
    home = aHomeWithLease(LONG);
    const port = await freePort();
    const first = await start(port);
    holding = '/change';
    const alert_id = await send(first, 'Something_To_Change', 'checkout');
    await eventually('the write', () => asked.includes('POST /change'));
    await kill(first);
    holding = null;

    const second = await start(port);
    const run = await eventually('the run to wait for a person', async () => {
      const found = await runOf(second, alert_id);
      return found.state === 'waiting' && found;
    });
    const step = run.steps.find((each) => each.step_id === 'change');
    expect(step).toMatchObject({ state: 'waiting', reason: 'in_doubt', effect: 'write' });
    expect(step?.intent?.idempotency_key).toEqual(expect.any(String));
    expect(asked).toEqual(['GET /look', 'POST /change']);
  });

  it('lets another process take over when the lease of the dead one has ended', async () => {
    home = aHomeWithLease(SHORT);
    const both = await Promise.all([start(await freePort()), start(await freePort())]);
    holding = '/second';
    const alert_id = await send(both[0], 'Something_Broke', 'checkout');
    await eventually('the second step', () => asked.includes('GET /second'));
    const [one, other] = (await holdsRun(both[0])) ? both : [both[1], both[0]];
    expect(await holdsRun(one)).toBe(true);
    await kill(one);
    holding = null;

    const run = await finished(other, alert_id);
    expectNothingTwice(run);
    expect(asked).toEqual(['GET /first', 'GET /second', 'GET /second', 'GET /third']);
    const [rescued, ...more] = (await eventsOf(other, run.run_id)).filter((event) => event.type === 'run_rescued');
    expect(more).toEqual([]);
    expect(rescued?.type === 'run_rescued' && rescued.from).not.toBe(
      rescued?.type === 'run_rescued' && rescued.worker_id,
    );
  });

  it('loses nothing and does nothing twice, two processes killed in turn under load', async () => {
    home = aHomeWithLease(SHORT);
    const ports = [await freePort(), await freePort()] as const;
    const running = [await start(ports[0]), await start(ports[1])];
    const accepted: string[] = [];
    let sent = 0;
    let sending = true;
    const senders = [0, 1].map(async (index) => {
      while (sending) {
        const service = `s-${sent++}`;
        const to = running[index];
        const alert_id = to && (await send(to, 'Something_Broke', service).catch(() => null));
        if (alert_id) accepted.push(alert_id);
        else await new Promise((resolve) => setImmediate(resolve));
      }
    });
    try {
      for (const victim of [0, 1, 0] as const) {
        const goal = accepted.length + 30;
        await eventually('some more alerts', () => accepted.length >= goal);
        const dying = running[victim];
        if (dying) await kill(dying);
        running[victim] = await start(ports[victim]);
      }
    } finally {
      sending = false;
      await Promise.all(senders);
    }

    const [survivor] = running;
    if (!survivor) throw new Error('nobody is left');
    await expectNothingLost(survivor, accepted);
  });

  it('survives the death of each role when the work is split', async () => {
    home = aHomeWithLease(SHORT);
    const ports = { ingest: await freePort(), triage: await freePort(), schedule: await freePort() };
    const roles = ['ingest', 'triage', 'schedule'] as const;
    const running = Object.fromEntries(
      await Promise.all(roles.map(async (role) => [role, await start(ports[role], role)] as const)),
    ) as Record<(typeof roles)[number], FixpointProcess>; // one entry for each role
    const accepted: string[] = [];
    let count = 0;
    const sendSome = async (): Promise<void> => {
      for (let n = 0; n < 10; n++) accepted.push(await send(running.ingest, 'Something_Broke', `s-${count++}`));
    };
    const reborn = async (role: (typeof roles)[number]): Promise<void> => {
      running[role] = await start(ports[role], role);
    };

    // The scheduler dies in the middle of runs.
    holding = '/second';
    await sendSome();
    await eventually('ten runs in their second step', () => held.length >= 10);
    await kill(running.schedule);
    holding = null;
    // Nobody decides for a while, but what was accepted is safe.
    await kill(running.triage);
    await sendSome();
    await reborn('triage');
    await eventually('decisions without a scheduler', async () => {
      const { decision } = await running.ingest.get<StoredAlert>(`/api/v1/alerts/${accepted.at(-1) ?? ''}`);
      return decision?.action === 'run';
    });
    await reborn('schedule');
    // Whoever took the alerts dies right after the last 202.
    await sendSome();
    await kill(running.ingest);
    await reborn('ingest');

    await expectNothingLost(running.ingest, accepted);
    expect(accepted).toHaveLength(30);
    expect(await allRuns(running.ingest)).toHaveLength(30);
    for (const role of ['triage', 'schedule'] as const) {
      const [health, ready] = await Promise.all(
        ['healthz', 'readyz'].map((path) => fetch(`${running[role].url}/${path}`)),
      );
      expect([health?.status, ready?.status]).toEqual([200, 200]);
    }
  });
});
