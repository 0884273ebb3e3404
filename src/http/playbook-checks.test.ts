import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { errorOf, HttpFace } from '../../test/helper/http-face.js';
import { memorySurvey } from '../../test/helper/memory-survey.js';
import { PlaybookCheckAnswer, PlaybookStatsAnswer, PlaybookVersionDetail } from '../domain/api/playbook.js';
import type { CheckedPlaybook } from '../domain/playbook/playbook.js';

const face = new HttpFace();
const { get, post } = face;
const CHECK = '/api/v1/playbooks/check';

const GOOD = `playbook_id: PB-New
tasks:
  - {id: look, type: wait, parameters: {duration: 1s}}
  - {id: again, type: WAIT, depends_on: [look], parameters: {duration: 1s}}
`;

beforeEach(async () => {
  const input = z.strictObject({ duration: z.string() });
  face.world.specs = [{ kind: 'wait', title: 'x', effect: 'read', input, output_keys: null }];
  face.world.playbooks.set('PB-Old', {
    playbook: { playbook_id: 'PB-Old', tasks: [{ id: 'look', type: 'wait', parameters: { duration: '1s' } }] },
    version: 'abc123',
    file: 'old.yaml',
    source: 'playbook_id: PB-Old\n',
  } satisfies CheckedPlaybook);
  await face.open(face.world.deps());
});

describe('a text that is checked', () => {
  it('is understood, and shown as a graph', async () => {
    const answer = PlaybookCheckAnswer.strict().parse((await post(CHECK, { source: GOOD })).json());

    expect(answer).toMatchObject({ ok: true, problems: [], playbooks: [{ playbook_id: 'PB-New', task_count: 2 }] });
    expect(answer.playbooks[0]?.graph).toEqual({
      nodes: [
        { task_id: 'look', name: 'look', kind: 'wait', effect: 'read' },
        { task_id: 'again', name: 'again', kind: 'wait', effect: 'read' },
      ],
      edges: [{ from: 'look', to: 'again' }],
    });
    expect(face.world.playbooks.size).toBe(1);
  });

  it('is told every fault with its line and column', async () => {
    const source = GOOD.replace('duration: 1s', 'duraton: 1s').replace('[look]', '[lok]');
    const { ok, problems, playbooks } = PlaybookCheckAnswer.parse((await post(CHECK, { source })).json());

    expect([ok, playbooks]).toEqual([false, []]);
    expect(problems.map(({ file, line }) => [file, line])).toEqual(
      expect.arrayContaining([
        ['playbook.yaml', 3],
        ['playbook.yaml', 4],
      ]),
    );
    for (const { column, message } of problems) expect([column > 1, message !== '']).toEqual([true, true]);
  });

  it('that is no YAML is told where it ends to be', async () => {
    const { problems } = PlaybookCheckAnswer.parse((await post(CHECK, { source: 'a: [1,\nb: }' })).json());

    expect(problems[0]?.line).toBeGreaterThan(0);
  });

  it('may be rules, for playbooks in force only', async () => {
    const rule = (playbook_id: string) => `rules:\n  - {rule_id: R1, alert_name: Disk, playbook_id: ${playbook_id}}\n`;
    const good = await post(CHECK, { source: rule('PB-Old'), file: 'rules.yaml' });
    const bad = await post(CHECK, { source: rule('PB-None'), file: 'rules.yaml' });

    expect(good.json()).toMatchObject({ ok: true, rules: [{ rule_id: 'R1' }] });
    expect(bad.json()).toMatchObject({ ok: false, problems: [{ file: 'rules.yaml', line: 2 }] });
  });

  it.each([
    [{}, 'source'],
    [{ source: 'x'.repeat(512 * 1024 + 1) }, 'source'],
    [{ source: GOOD, file: '../rules.yaml' }, 'file'],
    [{ source: GOOD, file: 'a.test.yaml' }, 'file'],
    [{ source: GOOD, file: 'a.txt' }, 'file'],
    [{ source: GOOD, run: true }, 'run'],
  ])('is refused with its place: %#', async (body, path) => {
    const answer = await post(CHECK, body);

    expect([answer.statusCode, errorOf(answer).details[0]?.path]).toEqual([400, path]);
  });
});

describe('a version of a playbook', () => {
  it('is shown as the runs hold it', async () => {
    const answer = await get('/api/v1/playbooks/PB-Old/versions/abc123');

    expect(PlaybookVersionDetail.strict().parse(answer.json())).toMatchObject({
      version: 'abc123',
      source: 'playbook_id: PB-Old\n',
      graph: { nodes: [{ task_id: 'look', kind: 'wait' }], edges: [] },
    });
    expect((await get('/api/v1/playbooks/PB-Old/versions/nope')).statusCode).toBe(404);
    expect((await get('/api/v1/playbooks/None/versions/abc123')).statusCode).toBe(404);
  });
});

describe('the figures of playbooks', () => {
  it('are summed by state and by outcome', async () => {
    const last_run = {
      run_id: 'R3',
      state: 'failed' as const,
      outcome: 'handed_over' as const,
      created_at: '2026-11-21T09:00:00.000Z',
    };
    let asked: unknown[] = [];
    face.world.survey = memorySurvey({
      runFigures: async (...args) => {
        asked = args;
        const runs = [
          { state: 'succeeded' as const, outcome: 'verified' as const, count: 3 },
          { state: 'succeeded' as const, outcome: 'nothing_done' as const, count: 2 },
          { state: 'running' as const, outcome: null, count: 1 },
        ];
        return { items: [{ playbook_id: 'PB-Old', runs, median_duration_ms: 1_200, last_run }], complete: false };
      },
    });
    await face.open(face.world.deps());
    const answer = await get('/api/v1/playbook_stats?since=7d&playbook_id=PB-Old');

    expect(asked).toEqual(['2026-11-14T10:00:00.000Z', 'PB-Old', 10_000]);
    expect(PlaybookStatsAnswer.strict().parse(answer.json())).toEqual({
      since: '2026-11-14T10:00:00.000Z',
      complete: false,
      items: [
        {
          playbook_id: 'PB-Old',
          runs: 6,
          states: { succeeded: 5, running: 1 },
          outcomes: { verified: 3, nothing_done: 2 },
          median_duration_ms: 1_200,
          last_run,
        },
      ],
    });
  });
});
