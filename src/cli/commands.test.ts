import { beforeEach, describe, expect, it } from 'vitest';
import { CliFace } from '../../test/helper/cli-face.js';
import type { FakeTerminal } from '../../test/helper/cli-io.js';
import type { HttpWorld } from '../../test/helper/http-deps.js';
import { finished, started, succeeded } from '../../test/helper/run-story.js';
import { until } from '../../test/helper/until.js';
import { explain } from './explain.js';
import { pause, resume } from './pause.js';
import { run } from './run.js';
import { runsCancel, runsList, runsShow } from './runs.js';

const face = new CliFace();
let world: HttpWorld;
let terminal: FakeTerminal;
let url: string;

beforeEach(() => {
  ({ world, terminal, url } = face);
  world.playbooks.set('PB-1', {
    playbook: { playbook_id: 'PB-1', tasks: [{ id: 'look', type: 'wait' }] },
    version: 'v1',
    file: 'pb.yaml',
    source: '',
  });
});

/** Lets a started run go through one step to its end, after it was asked for. */
function playOut(state: 'succeeded' | 'failed'): void {
  world.startRun = async (playbook_id) => {
    world.openRun('run-1', { playbook_id });
    setImmediate(() => {
      world.happen('run-1', started('look', 1));
      world.happen('run-1', succeeded('look', 3, 'healthy \u001b[2J'));
      world.happen('run-1', finished(state, 4));
    });
    return 'run-1';
  };
}

describe('fixpoint run', () => {
  it('starts the playbook with the alert of a file and follows it to its end', async () => {
    let asked: unknown = null;
    playOut('succeeded');
    const start = world.startRun;
    world.startRun = (playbook_id, request) => {
      asked = request;
      return start(playbook_id, request);
    };
    terminal.files.set('alert.json', '\uFEFF{"alert_name": "X"}');
    const code = await run({ playbook_id: 'PB-1', alert: 'alert.json', dryRun: true, url }, terminal.io());

    expect(terminal.errors).toEqual([]);
    expect(code).toBe(0);
    expect(asked).toMatchObject({ dry_run: true, alert: { alert_name: 'X' } });
    expect(terminal.lines.slice(1)).toEqual([
      '10:00:00  ▶ run                                        PB-1, auto',
      '10:00:03  ✔ look                               2.0 s   healthy  [2J',
      '10:00:04  ✔ run                                        succeeded, nothing_done',
    ]);
  });

  it('exits 1 when the run failed, and prints the run alone as JSON', async () => {
    playOut('failed');
    const code = await run({ playbook_id: 'PB-1', url, json: true }, terminal.io());

    expect(code).toBe(1);
    expect(JSON.parse(terminal.text)).toMatchObject({ run_id: 'run-1', state: 'failed', steps: [{ step_id: 'look' }] });
  });

  it('goes on where a cut connection left it', async () => {
    playOut('succeeded');
    let cuts = 0;
    const io = terminal.io({
      fetch: async (address, init) => {
        const answer = await fetch(address, init);
        if (!address.includes('/events') || cuts > 0) return answer;
        cuts += 1;
        return { status: 200, headers: answer.headers, body: oneEventOf(answer.body!), text: () => answer.text() };
      },
    });
    const ended = run({ playbook_id: 'PB-1', url }, io);
    await until('the end', async () => {
      await terminal.clock.advance(1_000);
      return terminal.lines.some((line) => line.includes('succeeded, nothing_done'));
    });

    expect(await ended).toBe(0);
    expect(cuts).toBe(1);
    expect(terminal.lines.filter((line) => line.includes('▶ run'))).toHaveLength(1);
  });

  it.each([
    ['nothing.json', undefined, 'cannot be read'],
    ['alert.json', '{', 'alert.json is not JSON at line 1, column 2'],
    ['-', '{"alert_name": "X",\n "severity" critical}', 'standard input is not JSON at line 2, column 13'],
    ['-', '{"token": hunter2}', 'standard input is not JSON at line 1, column 11'],
    ['empty.json', ' \n', 'empty.json is empty; expected JSON'],
  ])('is wrong usage with %s holding %s', async (path, text, message) => {
    if (text !== undefined) terminal.files.set(path, text);

    expect(await run({ playbook_id: 'PB-1', alert: path, url }, terminal.io())).toBe(2);
    expect(terminal.errors[0]).toContain(message);
    expect(terminal.errors[0]).not.toContain('hunter2');
    expect(await explain({ alert: path, url }, terminal.io())).toBe(2);
    expect(terminal.errors[1]).toBe(terminal.errors[0]);
  });

  it('says which playbook may have been meant', async () => {
    expect(await run({ playbook_id: 'PB1', url }, terminal.io())).toBe(1);
    expect(terminal.errors).toEqual(['fixpoint: there is no playbook PB1 (did you mean PB-1?)']);
  });

  it('repeats the server’s words and places', async () => {
    terminal.files.set('-', '{"alert_name": "X", "metric_value": "95"}');

    expect(await run({ playbook_id: 'PB-1', alert: '-', url }, terminal.io())).toBe(2);
    expect(terminal.errors.join('\n')).toContain('alert.metric_value: ');
  });

  it('stops following when interrupted', async () => {
    world.startRun = async () => {
      world.openRun('run-1');
      return 'run-1';
    };
    const ended = run({ playbook_id: 'PB-1', url }, terminal.io());
    await until('the first line', () => terminal.lines.length === 2);
    terminal.interrupt.abort();

    expect(await ended).toBe(1);
    expect(terminal.errors).toEqual(['fixpoint: no longer followed; run run-1 goes on: fixpoint runs show run-1']);
  });
});

/** The first event of a stream, and then its end, as when a proxy cuts it. */
async function* oneEventOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    const text = Buffer.from(chunk).toString();
    yield Buffer.from(text.slice(0, text.indexOf('\n\n') + 2));
    return;
  }
}

describe('fixpoint explain', () => {
  it('tells of every rule why, and what would run', async () => {
    world.explanations = [
      {
        rule_id: 'R1',
        playbook_id: 'PB-2',
        matched: false,
        chosen: false,
        reasons: ['service_name: expected a, is b'],
      },
      { rule_id: 'R2', playbook_id: 'PB-1', matched: true, chosen: true, reasons: ['alert_name is X'] },
    ];
    terminal.files.set('a.json', '{"alert": {"alert_name": "X"}}');

    const hold = { by: 'rule:R2', until: '2026-11-21T11:00:00.000Z', explanation: 'it rests', rule_id: 'R2' };
    world.foreseen = { ...world.foreseen, ...hold, action: 'hold', reason: 'cooldown' };
    world.stages = [{ stage: 'cooldown', verdict: 'holds', ...hold }];
    expect(await explain({ alert: 'a.json', url }, terminal.io())).toBe(0);
    expect(terminal.lines).toEqual([
      '✔ R2 → PB-1: chosen',
      '    alert_name is X',
      '✖ R1 → PB-2: does not match',
      '    service_name: expected a, is b',
      '',
      '⏸ cooldown (R2): it rests, until 2026-11-21T11:00:00.000Z',
      '',
      'hold, cooldown: it rests',
    ]);
  });
});

describe('fixpoint runs', () => {
  beforeEach(() => {
    world.openRun('run-1');
    world.happen('run-1', started('look', 1), succeeded('look', 3, '健康'));
  });

  it('list hands filters on and aligns columns', async () => {
    const code = await runsList({ state: 'running', since: '2h', limit: '5', url }, terminal.io());

    expect(code).toBe(0);
    expect(world.asked[0]).toMatchObject({ with: { filter: { state: 'running' }, page: { limit: 5 } } });
    expect(terminal.lines).toEqual([
      'run    created (UTC)        state    outcome  playbook                 service',
      'run-1  2026-11-21T10:00:00  running           PB-Payment-Troubleshoot  payment-gateway',
    ]);
  });

  it.each([
    [{ limit: '0' }, 'limit: '],
    [{ limit: 'many' }, 'limit: '],
    [{ state: 'nonsense' }, 'state: '],
    [{ since: 'yesterday' }, 'since: '],
  ])('is wrong usage where the service refuses what it was given: %o', async (wrong, place) => {
    expect(await runsList({ ...wrong, url }, terminal.io())).toBe(2);
    expect(terminal.errors.join('\n')).toContain(place);
  });

  it('show tells the run and its steps', async () => {
    expect(await runsShow({ run_id: 'run-1', url }, terminal.io())).toBe(0);
    expect(terminal.lines).toContain('state     running');
    expect(terminal.lines.at(-1)).toBe('look  succeeded  2.0 s  健康');
  });

  it('cancel asks for it with the reason', async () => {
    expect(await runsCancel({ run_id: 'run-1', reason: 'wrong', url }, terminal.io())).toBe(0);
    expect(world.asked[0]).toMatchObject({ with: { type: 'cancel', reason: 'wrong' } });
  });

  it('say when there is no such run', async () => {
    expect(await runsShow({ run_id: 'run/../9', url }, terminal.io())).toBe(1);
    expect(terminal.errors[0]).toMatch(/^fixpoint: there is no/);
  });
});

describe('fixpoint pause and resume', () => {
  it('press and let go of the big red button', async () => {
    await pause({ reason: 'storm', url }, terminal.io());
    expect(world.pause).toMatchObject({ paused: true, reason: 'storm' });
    expect(terminal.lines[0]).toMatch(/^paused by .* \(storm\): no new write starts$/);
    await resume({ url }, terminal.io());

    expect(world.pause.paused).toBe(false);
    expect(terminal.lines[1]).toBe('not paused: writes may start');
  });
});
