import { describe, expect, it } from 'vitest';
import { HttpFace } from '../../test/helper/http-face.js';
import { memorySurvey } from '../../test/helper/memory-survey.js';
import { OverviewAnswer, SystemAnswer } from '../domain/api/overview.js';

const face = new HttpFace();
const { get } = face;

describe('the overview', () => {
  it('of a fresh installation shows 25 empty hours and the last body that was refused', async () => {
    face.world.letters.push({
      dead_letter_id: 'DL1',
      source: 'alertmanager',
      received_at: '2026-11-21T09:59:00.000Z',
      reason: 'not JSON',
      details: [{ path: '', message: 'not JSON' }],
      body: '{oops',
      replayed_at: null,
      raw: Buffer.from('{oops'),
    });
    const overview = OverviewAnswer.strict().parse((await get('/api/v1/overview')).json());

    expect(overview.any_alerts).toBe(false);
    expect(overview.alerts_by_hour).toHaveLength(25);
    expect(overview.since).toBe('2026-11-20T10:00:00.000Z');
    expect(overview.alerts_by_hour.at(-1)?.at).toBe('2026-11-21T10:00:00.000Z');
    expect(overview.last_refused).toMatchObject({ reason: 'not JSON', body: '{oops' });
    expect(overview).toMatchObject({ alerts_complete: true, undecided: 0, runs: { open: 0, items: [] } });
    expect((await get('/api/v1/overview', {})).statusCode).toBe(401);
  });

  it('tells how far runs under way have come, and reads one again only when it has changed', async () => {
    face.world.openRun('R1');
    let seq = 1;
    let read = 0;
    face.world.survey = memorySurvey({
      waiting: { any_alerts: true, open_runs: 7 },
      openRuns: async () => [
        { run_id: 'R1', seq },
        { run_id: 'gone', seq: 1 },
      ],
    });
    const deps = face.world.deps();
    const runView = {
      ...deps.store.runView,
      get: async (run_id: string) => {
        read += 1;
        return deps.store.runView.get(run_id);
      },
    };
    await face.open({ ...deps, store: { ...deps.store, runView } });
    const ask = async () => {
      await face.world.clock.advance(1_000);
      return OverviewAnswer.parse((await get('/api/v1/overview')).json());
    };
    const first = await ask();
    await ask();

    expect(first.last_refused).toBeNull();
    expect(first.runs.open).toBe(7);
    expect(first.runs.items).toMatchObject([
      { run_id: 'R1', state: 'pending', progress: { done: 0, total: 0, failed: 0, left_out: 0, now: [] } },
    ]);
    const before = read;
    seq = 2;
    await ask();
    // R1 once, and `gone` each time, for it is not kept.
    expect(read - before).toBe(2);
  });

  it('looks once a second, however many pages are open', async () => {
    let looked = 0;
    face.world.survey = memorySurvey({
      backlog: async () => {
        looked += 1;
        return memorySurvey().backlog();
      },
    });
    await face.open(face.world.deps());
    await Promise.all(Array.from({ length: 20 }, () => get('/api/v1/overview')));
    expect(looked).toBe(1);
    await face.world.clock.advance(1_000);
    await get('/api/v1/overview');
    expect(looked).toBe(2);
  });

  it('that could not be made is made anew for the next who asks', async () => {
    let isAway = true;
    face.world.survey = memorySurvey({
      backlog: () => (isAway ? Promise.reject(new Error('away')) : memorySurvey().backlog()),
    });
    await face.open(face.world.deps());
    expect((await get('/api/v1/overview')).statusCode).toBe(500);
    isAway = false;
    expect((await get('/api/v1/overview')).statusCode).toBe(200);
  });
});

describe('the system', () => {
  it('tells what waits, who works and how its parts fare', async () => {
    const worker = {
      worker_id: 'embedded#1',
      name: 'embedded',
      since: '2026-11-21T09:00:00.000Z',
      lease_until: '2026-11-21T10:00:15.000Z',
      alive: true,
      runs_held: 3,
    };
    face.world.survey = memorySurvey({ waiting: { undecided: 4, open_runs: 5 }, workers: async () => [worker] });
    face.world.busLag = async () => 9;
    face.world.stuck = Array.from({ length: 30 }, (_, number) => `the run ${number}`);
    await face.open(face.world.deps());
    const system = SystemAnswer.strict().parse((await get('/api/v1/system')).json());

    expect(system).toMatchObject({
      version: '0.1.0',
      roles: ['ingest', 'schedule'],
      store: 'in memory',
      health: [{ name: 'store', ok: true }],
      undecided: 4,
      open_runs: 5,
      bus_lag: 9,
      workers: [worker],
    });
    expect(system.stuck).toEqual(face.world.stuck.slice(0, 20));
  });

  it('is told also while the bus does not tell what waits in it', async () => {
    face.world.busLag = async () => Promise.reject(new Error('no broker'));
    const answer = await get('/api/v1/system');

    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ bus_lag: null });
    expect(face.world.logged).toHaveLength(1);
  });
});
