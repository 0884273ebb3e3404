import { beforeEach, describe, expect, it } from 'vitest';
import { AN_EMPTY_BACKTEST } from '../../test/helper/an-empty-backtest.js';
import { FakeTerminal } from '../../test/helper/cli-io.js';
import { backtest } from './backtest.js';
import type { CliResponse } from './io.js';
import { prove } from './prove.js';
import type { ProofResult, ProveRequest } from './prove.js';
import { test, testFromRun } from './test.js';
import type { TestResult } from './test.js';

let terminal: FakeTerminal;
beforeEach(() => {
  terminal = new FakeTerminal();
});

describe('fixpoint test', () => {
  const passed: TestResult = { name: 'fine', file: 'a.test.yaml', line: 1, ok: true, failures: [], state: 'succeeded' };
  const failure = { file: 'a.test.yaml', line: 9, column: 7, message: 'expected succeeded,\ncame failed' };
  const failed: TestResult = { ...passed, name: 'not so fine', ok: false, failures: [failure] };

  it('prints each test below its file, and what came out otherwise at its place', async () => {
    const code = await test({ paths: ['tests'] }, terminal.io(), async () => ({
      results: [passed, failed],
      problems: [],
    }));

    expect(code).toBe(1);
    expect(terminal.lines).toEqual([
      'a.test.yaml',
      '  ✔ fine',
      '  ✖ not so fine',
      '      a.test.yaml:9:7: expected succeeded, came failed',
      '2 tests: 1 passed, 1 failed',
    ]);
  });

  it('looks at playbooks unless told where, and exits 0 when all pass', async () => {
    const asked: unknown[] = [];
    const code = await test({ paths: [], playbooks: 'pb' }, terminal.io(), async (...args) => {
      asked.push(args);
      return { results: [passed], problems: [] };
    });
    expect(code).toBe(0);
    expect(asked).toEqual([[['playbooks'], 'pb']]);
    expect(terminal.lines.at(-1)).toBe('1 test: 1 passed');
  });

  it('fails for a file that is wrong, though every test passed', async () => {
    const code = await test({ paths: [], json: true }, terminal.io(), async () => ({
      results: [passed],
      problems: [failure],
    }));
    expect(code).toBe(1);
    expect(JSON.parse(terminal.text)).toEqual({ ok: false, results: [passed], problems: [failure] });
  });

  it('takes no tests at all for a slip', async () => {
    expect(await test({ paths: ['x'] }, terminal.io(), async () => ({ results: [], problems: [] }))).toBe(2);
    expect(terminal.errors).toEqual(['fixpoint: no *.test.yaml at x; see docs/playbook-tests.md']);
  });

  it('makes a test from a run only where it is to run none', async () => {
    const options = { paths: ['x'], fromRun: 'R' };
    expect(await testFromRun(options, terminal.io(), () => ({ test: {}, yaml: '' }))).toBe(2);
    expect(terminal.errors[0]).toContain('name no path');
  });
});

describe('fixpoint prove', () => {
  const proof: ProofResult = {
    playbook_id: 'PB',
    result: 'proven',
    violations: [],
    unreached: [],
    warnings: [],
    paths: 12,
    faults: 2,
  };
  const proved = async (over: Partial<ProofResult>): Promise<number> =>
    prove({ playbook_ids: [] }, terminal.io(), async () => ({ proofs: [{ ...proof, ...over }], problems: [] }));

  it('says what was proven, and with how much', async () => {
    expect(await proved({})).toBe(0);
    expect(terminal.lines).toEqual(['✔ PB: proven (12 ways, with up to 2 faults in a run)']);
  });

  it('shows what is worth a look, and exits 0 all the same', async () => {
    expect(await proved({ warnings: [{ message: 'look ends first', steps: ['1. alert comes'] }] })).toBe(0);
    expect(terminal.lines.slice(1)).toEqual(['  ! look ends first', '      1. alert comes']);
  });

  it('prints the steps to each violation, and exits 1', async () => {
    const violations = [{ message: 'restart is done twice', steps: ['1. alert comes', '2. restart is done'] }];
    expect(await proved({ result: 'violated', violations })).toBe(1);
    expect(terminal.lines).toEqual([
      '✖ PB: 1 violation (12 ways, with up to 2 faults in a run)',
      '  restart is done twice',
      '      1. alert comes',
      '      2. restart is done',
    ]);
  });

  it('takes what could not be looked at for no proof', async () => {
    expect(await proved({ result: 'bound' })).toBe(1);
    expect(await proved({ result: 'bound', unreached: ['restart'] })).toBe(1);
    expect(terminal.lines).toEqual([
      expect.stringMatching(/^\? PB: not proven: nothing was found in 12 ways, .*there are more ways/),
      expect.stringMatching(/^\? PB: not proven: none of 12 ways, .*led to restart/),
    ]);
  });

  it('asks for what it was told, and refuses numbers that are none', async () => {
    const asked: ProveRequest[] = [];
    const options = { playbook_ids: ['A'], playbooks: 'dir', faults: '3', paths: '10' };
    await prove(options, terminal.io(), async (request) => {
      asked.push(request);
      return { proofs: [], problems: [] };
    });
    expect(asked).toEqual([{ dir: 'dir', playbook_ids: ['A'], faults: 3, paths: 10 }]);
    const never = async (): Promise<never> => Promise.reject(new Error('asked all the same'));
    expect(await prove({ playbook_ids: [], faults: '-1' }, terminal.io(), never)).toBe(2);
    expect(await prove({ playbook_ids: [], paths: '1e9' }, terminal.io(), never)).toBe(2);
    expect(terminal.errors).toEqual([
      'fixpoint: --faults: expected a whole number from 0 to 5, came -1',
      'fixpoint: --paths: expected a whole number from 1 to 1000000, came 1e9',
    ]);
  });
});

describe('fixpoint backtest', () => {
  const result = {
    ...AN_EMPTY_BACKTEST,
    alerts: 3,
    decisions: [{ action: 'drop', reason: 'no_match', was: 3, now: 1 }],
    runs: [{ playbook_id: 'PB', rule_id: 'R1', service_name: 'shop', was: 0, now: 2 }],
    targets: [{ kind: 'api_call', target: 'POST /restart', playbook_id: 'PB', recorded_only: false, count: 2 }],
    depends: [{ playbook_id: 'PB', step_id: 'scale', on: ['look'], count: 1 }],
    budgets: [{ reason: 'cooldown', by: 'rule:R1', count: 1 }],
    approvals: 2,
    differences: [
      {
        alert_id: 'A',
        alert_name: 'Down',
        service_name: 'shop',
        received_at: '2026-11-21T09:00:00.000Z',
        was: { action: 'drop', reason: 'no_match', rule_id: null, playbook_id: null },
        now: { action: 'run', reason: null, rule_id: 'R1', playbook_id: 'PB', explanation: 'rule R1 matches' },
      },
    ],
    different: 30,
    newly_run: 30,
  };
  let sent: { url: string; body: unknown } | null;
  const io = () =>
    terminal.io({
      fetch: (url, { body }) => {
        sent = { url, body: JSON.parse(body ?? 'null') };
        const answer: CliResponse = {
          status: 200,
          headers: { get: () => null },
          body: null,
          text: async () => JSON.stringify(result),
        };
        return Promise.resolve(answer);
      },
    });

  it('sends the files of a folder, and ends with tables', async () => {
    const files = [{ file: 'rules.yaml', text: 'rules: []' }];
    const code = await backtest({ since: '7d', playbooks: 'dir', maxAlerts: '100' }, io(), async () => files);

    expect(code).toBe(0);
    expect(sent).toEqual({
      url: 'http://127.0.0.1:8080/api/v1/backtest',
      body: { since: '7d', files, max_alerts: 100 },
    });
    expect(terminal.text).toContain('3 alerts from 2026-11-20T10:00:00.000Z');
    for (const line of [
      '  drop (no_match)  3     1',
      '  PB        R1    shop     0     2',
      '  api_call  POST /restart  PB        2',
      '  scale  PB        look  1',
      '  cooldown  rule:R1  1',
      'people are asked 2 times; a yes was assumed',
      '… and 29 more (--json)',
      '30 decided otherwise: 30 now run, 0 run no longer',
    ])
      expect(terminal.lines).toContain(line);
    expect(terminal.lines).toContainEqual(expect.stringMatching(/Down +shop +drop \(no_match\) +run PB$/));
  });

  it('says once where people are asked once', async () => {
    const answer = { status: 200, headers: { get: () => null }, body: null };
    const asked = terminal.io({
      fetch: () => Promise.resolve({ ...answer, text: async () => JSON.stringify({ ...result, approvals: 1 }) }),
    });

    expect(await backtest({ since: '7d', maxAlerts: '100' }, asked, async () => [])).toBe(0);
    expect(terminal.lines).toContain('people are asked once; a yes was assumed');
  });

  it('goes by what is in force unless told otherwise, and prints JSON for programs', async () => {
    await backtest({ since: '1h', json: true }, io(), async () => Promise.reject(new Error('no folder was named')));
    expect(sent?.body).toEqual({ since: '1h' });
    expect(JSON.parse(terminal.text)).toEqual(result);
  });

  it('refuses what is no folder, no number and no time, and asks nobody', async () => {
    sent = null;
    expect(await backtest({ since: '1h', playbooks: 'dir' }, io(), async () => [])).toBe(2);
    expect(await backtest({ since: '1h', maxAlerts: 'many' }, io(), async () => [])).toBe(2);
    expect(await backtest({ since: '7x' }, io(), async () => [])).toBe(2);
    const nowhere = async () => Promise.reject(new Error('ENOENT: no such file or directory'));
    expect(await backtest({ since: '1h', playbooks: 'nowhere' }, io(), nowhere)).toBe(2);
    expect(sent).toBeNull();
    expect(terminal.errors).toEqual([
      'fixpoint: dir holds no *.yaml',
      'fixpoint: --max-alerts: expected a whole number, came many',
      'fixpoint: --since: expected an instant such as 2026-11-21T10:00:00Z, or a duration such as 24h, came 7x',
      'fixpoint: --playbooks: nowhere cannot be read: ENOENT: no such file or directory',
    ]);
  });
});
