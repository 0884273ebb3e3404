import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunAnswer } from '../../src/domain/api/run.js';
import type { RunHeader, Step, StoredEvent } from '../../src/domain/run/run.js';
import { alertmanagerBody } from '../helper/alertmanager-body.js';
import { aHome, FixpointProcess } from '../helper/fixpoint-process.js';
import type { Home } from '../helper/fixpoint-process.js';
import { openLoopback } from '../helper/loopback.js';
import type { Loopback } from '../helper/loopback.js';
import { until } from '../helper/until.js';

const PATIENCE_MS = 60_000;

/** A webhook, then A, then a wait, then B. */
function playbook(a: string, wait: string): string {
  return `
playbook_id: PB-Wait
trigger_conditions:
  - alert_name: Something_Broke
tasks:
  - id: a
    type: api_call
    ${a}
  - id: wait
    type: wait
    depends_on: [a]
    parameters: { duration: ${wait} }
  - id: b
    type: api_call
    depends_on: [wait]
    action: POST /b
`;
}

const READ = 'action: GET /a';
const WRITE = 'action: POST /a';
const REPEATABLE_WRITE = 'idempotent: true\n    action: POST /a';

describe('a service that is killed between A, a wait, and B', { timeout: 4 * PATIENCE_MS }, () => {
  let shop: Loopback;
  let home: Home;
  let service: FixpointProcess;

  beforeAll(async () => {
    shop = await openLoopback();
  });
  afterAll(() => shop.close());
  beforeEach(() => {
    shop.answer({ json: {} });
  });
  afterEach(async () => {
    await service.kill();
    home.remove();
  });

  /** Starts the service, sends the alert, and answers where in `shop.received` its story begins. */
  async function begin(a: string, wait = '1s'): Promise<number> {
    const first = shop.received.length;
    home = aHome(
      { 'wait.yaml': playbook(a, wait) },
      `default_mode: auto\nexecutors: { api_call: { base_url: '${shop.url}' } }`,
    );
    service = await FixpointProcess.start(home);
    const body = alertmanagerBody([{ labels: { alertname: 'Something_Broke', service: 'shop' } }]);
    const answer = await service.post('/api/v1/webhooks/alertmanager', body);
    expect(answer.status).toBe(202);
    return first;
  }

  async function killAndRestart(): Promise<void> {
    await service.kill();
    shop.answer({ json: {} });
    service = await FixpointProcess.start(home);
  }

  function theRun(what: string, is: (run: RunAnswer) => boolean): Promise<RunAnswer> {
    return until(
      what,
      async () => {
        const { items } = await service.get<{ items: RunHeader[] }>('/api/v1/runs');
        expect(items).toHaveLength(1);
        const run = await service.get<RunAnswer>(`/api/v1/runs/${items[0]?.run_id}`);
        return is(run) && run;
      },
      PATIENCE_MS,
    );
  }

  function stepOf(run: RunAnswer, step_id: string): Step | undefined {
    return run.steps.find((step) => step.step_id === step_id);
  }

  function asked(first: number): string[] {
    return shop.received.slice(first).map(({ method, url }) => `${method} ${url.pathname}`);
  }

  async function eventsOf(run: RunAnswer): Promise<StoredEvent[]> {
    return (await service.get<{ items: StoredEvent[] }>(`/api/v1/runs/${run.run_id}/events`)).items;
  }

  /** Until when it was ever waited. */
  async function waits(run: RunAnswer): Promise<unknown[]> {
    return (await eventsOf(run)).flatMap((event) => (event.type === 'step_waiting' ? [event.until] : []));
  }

  /** How often each step began, by the events alone. */
  async function beginnings(run: RunAnswer): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const event of await eventsOf(run))
      if (event.type === 'step_started') counts[event.step_id] = (counts[event.step_id] ?? 0) + 1;
    return counts;
  }

  it('after A, in the wait: B is called once when the wait is over, and A is not repeated', async () => {
    // So long that somebody can die in it.
    const first = await begin(WRITE, '5s');
    const before = await theRun('the wait', (run) => stepOf(run, 'wait')?.state === 'waiting');
    const due = stepOf(before, 'wait')?.until ?? '';
    expect(asked(first)).toEqual(['POST /a']);

    await killAndRestart();
    const run = await theRun('the end', ({ finished_at }) => finished_at !== null);

    expect(run.state).toBe('succeeded');
    expect(asked(first)).toEqual(['POST /a', 'POST /b']);
    // The wait was neither cut short nor begun anew.
    expect(await waits(run)).toEqual([due]);
    expect(Date.parse(stepOf(run, 'b')?.started_at ?? '')).toBeGreaterThanOrEqual(Date.parse(due));
    expect(await beginnings(run)).toMatchObject({ a: 1, b: 1 });
  });

  it('during A, which reads: it is read again, and B is called once', async () => {
    shop.answer('hang');
    const first = await begin(READ);
    await until('A', () => asked(first).length > 0);

    await killAndRestart();
    const run = await theRun('the end', ({ finished_at }) => finished_at !== null);

    expect(run.state).toBe('succeeded');
    expect(asked(first)).toEqual(['GET /a', 'GET /a', 'POST /b']);
  });

  it('during A, which writes: nobody repeats it; a person says that it took place, and B is called once', async () => {
    shop.answer('hang');
    const first = await begin(WRITE);
    await until('A', () => asked(first).length > 0);

    await killAndRestart();
    const asks = await theRun('the run to wait for a person', ({ state }) => state === 'waiting');
    expect(stepOf(asks, 'a')).toMatchObject({ state: 'waiting', reason: 'in_doubt', effect: 'write' });
    expect(asked(first)).toEqual(['POST /a']);

    const said = await service.post(`/api/v1/runs/${asks.run_id}/confirm`, { done: true });
    expect(said.status).toBe(200);
    const run = await theRun('the end', ({ finished_at }) => finished_at !== null);
    expect(run.state).toBe('succeeded');
    expect(asked(first)).toEqual(['POST /a', 'POST /b']);
  });

  it('during A, which writes: a person says that it did not take place, and it is done once more, with the same key', async () => {
    shop.answer('hang');
    const first = await begin(WRITE);
    await until('A', () => asked(first).length > 0);

    await killAndRestart();
    const asks = await theRun('the run to wait for a person', ({ state }) => state === 'waiting');
    const said = await service.post(`/api/v1/runs/${asks.run_id}/confirm`, { done: false });
    expect(said.status).toBe(200);
    const run = await theRun('the end', ({ finished_at }) => finished_at !== null);

    expect(run.state).toBe('succeeded');
    expect(asked(first)).toEqual(['POST /a', 'POST /a', 'POST /b']);
    expectOneKeyForA(first);
  });

  it('during A, which may be repeated: it is, with the same key, and B is called once', async () => {
    shop.answer('hang');
    const first = await begin(REPEATABLE_WRITE);
    await until('A', () => asked(first).length > 0);

    await killAndRestart();
    const run = await theRun('the end', ({ finished_at }) => finished_at !== null);

    expect(run.state).toBe('succeeded');
    expect(asked(first)).toEqual(['POST /a', 'POST /a', 'POST /b']);
    expectOneKeyForA(first);
  });

  function expectOneKeyForA(first: number): void {
    const [a, again, b] = shop.received.slice(first).map(({ headers }) => headers['idempotency-key']);
    expect(a).toEqual(expect.any(String));
    expect(again).toBe(a);
    expect(b).not.toBe(a);
  }
});
