import { describe, expect, it } from 'vitest';
import { HttpFace } from '../../test/helper/http-face.js';
import { pageOf } from '../domain/api/page.js';
import { RunListItem } from '../domain/api/run.js';

const face = new HttpFace();
const at = '2026-11-21T10:00:00.000Z';
const list = async (query: string) =>
  pageOf(RunListItem.strict())
    .strict()
    .parse((await face.get(`/api/v1/runs${query}`)).json()).items;
const asked = () => face.world.asked.filter(({ what }) => what === 'steps').map((one) => one.with);

describe('the list of runs', () => {
  it('tells how far those under way have come, where that is asked for', async () => {
    face.world.openRun('run-1');
    face.world.openRun('run-2');
    face.world.happen('run-2', { type: 'run_finished', at, state: 'succeeded', outcome: 'nothing_done', reason: null });

    expect((await list('')).map((run) => run.progress)).toEqual([undefined, undefined]);
    expect((await list('?progress=true')).map((run) => run.progress)).toEqual([
      { done: 0, total: 0, failed: 0, left_out: 0, now: [] },
      undefined,
    ]);
    expect(asked()).toEqual([['run-1']]);
  });

  it('reads a run again only when it has changed', async () => {
    face.world.openRun('run-1');
    face.world.openRun('run-2');
    await list('?progress=true');
    await list('?progress=true');
    face.world.happen('run-2', { type: 'run_paused', at, by: 'ann', reason: null });
    await list('?progress=true');

    expect(asked()).toEqual([['run-1', 'run-2'], ['run-2']]);
  });

  it('tells it of fifty at most', async () => {
    for (let n = 0; n < 60; n++) face.world.openRun(`run-${n}`);
    expect((await list('?progress=true')).filter(({ progress }) => progress !== undefined)).toHaveLength(50);
  });

  it('asks the store for the children of a run', async () => {
    await list('?parent_run_id=run-1');
    expect(face.world.asked).toMatchObject([{ what: 'runs', with: { filter: { parent_run_id: 'run-1' } } }]);
  });
});
