import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { PlaybookTest } from '../domain/playbook-test.js';
import { Playbook } from '../domain/playbook/playbook.js';
import type { CheckedPlaybook } from '../domain/playbook/playbook.js';
import { rehearsalParts } from '../app/rehearsal-parts.js';
import { runTest } from './run-test.js';
import type { TestBench, TestEnd } from './run-test.js';

const parts = rehearsalParts(new FakeClock());

const LOOK = { id: 'look', type: 'prometheus_query', parameters: { query: 'up' }, output_variable: 'up' };
const RESTART = {
  id: 'restart',
  type: 'api_call',
  depends_on: ['look'],
  conditions: ['{{ up.value < 1 }}'],
  action: 'POST /restart/{{ alert.service_name }}',
  parameters: { reason: 'up is {{ up.value }}', token: '{{ secrets.restarts }}' },
};
const SCALE = {
  id: 'scale',
  type: 'kubernetes_scale',
  parameters: { service: 'shop', replicas_increase: 1, max_replicas: 4 },
};
const ALERT = { alert_name: 'Down', service_name: 'shop' };
const DOWN = { output: { value: 0 } };

function checkedOf(over: object): CheckedPlaybook {
  const playbook = Playbook.parse({ playbook_id: 'PB', ...over });
  return { playbook, version: 'v1', file: 'pb.yaml', source: '' };
}

/** What comes of a test of a playbook with these tasks. */
async function tested(
  tasks: object[],
  test: object,
  over: object = {},
  others: CheckedPlaybook[] = [],
): Promise<TestEnd> {
  const all = [checkedOf({ tasks, ...over }), ...others];
  const bench: TestBench = {
    parts,
    playbooks: new Map(all.map((checked) => [checked.playbook.playbook_id, checked])),
    rules: [{ rule_id: 'R1', alert_name: 'Down', playbook_id: 'PB' }],
    suppressions: { silences: [], windows: [], inhibit_rules: [] },
    parse: () => ({ problem: 'no webhooks here' }),
  };
  return runTest(PlaybookTest.parse({ name: 'a test', alert: ALERT, expect: {}, ...test }), bench);
}

async function complaints(...args: Parameters<typeof tested>): Promise<string[]> {
  return (await tested(...args)).complaints.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('a playbook test', () => {
  it('passes when everything comes out as expected', async () => {
    const expected = {
      decision: { action: 'run', rule_id: 'R1' },
      state: 'succeeded',
      outcome: 'unverified',
      steps: { look: 'succeeded', restart: 'succeeded' },
      writes: [{ step: 'restart', kind: 'api_call', parameters: { action: 'POST /restart/shop', reason: 'up is 0' } }],
      notices: [{ kind: 'report' }],
    };
    expect(
      await complaints([LOOK, RESTART], { answers: { look: DOWN, restart: { output: {} } }, expect: expected }),
    ).toEqual([]);
  });

  it('renders with the names of secrets, never with a value', async () => {
    const { story } = await tested([LOOK, RESTART], { answers: { look: DOWN, restart: { output: {} } } });
    expect(story?.writes[0]?.parameters).toMatchObject({ token: '{{ secrets.restarts }}' });
  });

  it('names the place of everything that came out otherwise', async () => {
    const found = await complaints([LOOK, RESTART], {
      answers: { look: DOWN, restart: { output: {} } },
      expect: {
        decision: { rule_id: 'R9' },
        state: 'failed',
        outcome: 'nothing_done',
        steps: { restart: 'skipped' },
        writes: [{ parameters: { reason: 'up is 1' } }],
        notices: [{ text: 'never said' }],
        no_notices: [{ kind: 'report' }],
      },
    });
    expect(found.map((line) => line.split(':')[0])).toEqual([
      'expect.decision.rule_id',
      'expect.state',
      'expect.outcome',
      'expect.steps.restart',
      'expect.writes.0.parameters',
      'expect.notices.0',
      'expect.no_notices.0',
    ]);
    expect(found[4]).toContain('reason: expected "up is 1", came "up is 0"');
  });

  it('fails for a write that was not expected, and for one that did not happen', async () => {
    const answers = { look: DOWN, restart: { output: {} } };
    expect(await complaints([LOOK, RESTART], { answers, expect: { writes: [] } })).toEqual([
      expect.stringMatching(/^expect.writes: written and not expected: .*POST \/restart\/shop/),
    ]);
    const healthy = { look: { output: { value: 1 } } };
    expect(await complaints([LOOK, RESTART], { answers: healthy, expect: { writes: [{ step: 'restart' }] } })).toEqual([
      expect.stringContaining('nothing was written'),
    ]);
  });

  it('names a step that ran without an answer, and shows what was rendered', async () => {
    expect(await complaints([LOOK, RESTART], { answers: { look: DOWN } })).toEqual([
      expect.stringMatching(/^answers: step restart \(api_call\) ran, .*"action":"POST \/restart\/shop"/),
    ]);
  });

  it('says which names stand for nothing', async () => {
    const test = {
      answers: { lok: DOWN },
      approvals: { restrat: 'approve' },
      expect: { steps: { nothing: 'failed' } },
    };
    expect(await complaints([LOOK, RESTART], { ...test, kinds: [{ kind: 'prometheus', answer: DOWN }] })).toEqual([
      'answers.lok: there is no task lok (did you mean look?)',
      'approvals.restrat: there is no task restrat (did you mean restart?)',
      'expect.steps.nothing: there is no task nothing',
      expect.stringContaining('kinds.0.kind: there is no kind prometheus'),
    ]);
    expect(await complaints([LOOK], { playbook: 'PX' })).toEqual(['playbook: there is no playbook PX']);
  });

  it('answers each attempt in its turn', async () => {
    const retried = { ...LOOK, retry: { max_attempts: 3, initial_delay: '10s' } };
    const answers = {
      look: [{ failed: 'refused', retryable: true }, { times_out: true }, DOWN],
      restart: { output: {} },
    };
    const { complaints: found, story } = await tested([retried, RESTART], { answers });

    expect(found).toEqual([]);
    expect(story?.run?.steps['look']?.attempts.map((attempt) => attempt.outcome)).toEqual([
      'failed',
      'failed',
      'succeeded',
    ]);
    expect(Date.parse(story?.run?.finished_at ?? '') - Date.parse(story?.run?.created_at ?? '')).toBeGreaterThan(
      60_000,
    );
  });

  it('finds answers by kind and rendered parameters', async () => {
    const kinds = [
      { kind: 'Prometheus_Query', parameters: { query: 'down' }, answer: { failed: 'no' } },
      { kind: 'prometheus_query', parameters: { query: 'up' }, answer: DOWN },
      { kind: 'api_call', answer: { output: {} } },
    ];
    expect(
      await complaints([LOOK, RESTART], { kinds, expect: { steps: { look: 'succeeded', restart: 'succeeded' } } }),
    ).toEqual([]);
  });

  it('lets people answer, or not', async () => {
    const asked = { ...SCALE, approval: { approvers: ['sre'], quorum: 1 } };
    const answers = { scale: { output: {} } };
    const write = [{ step: 'scale' }];
    expect(
      await complaints([asked], {
        answers,
        approvals: { scale: 'approve' },
        expect: { state: 'succeeded', writes: write },
      }),
    ).toEqual([]);
    expect(
      await complaints([asked], { answers, approvals: { scale: 'deny' }, expect: { state: 'cancelled', writes: [] } }),
    ).toEqual([]);
    expect(
      await complaints([asked], {
        answers,
        approvals: { scale: 'nobody' },
        expect: { outcome: 'handed_over', writes: [] },
      }),
    ).toEqual([]);
    expect(await complaints([asked], { answers })).toEqual([expect.stringContaining('people are asked at step scale')]);
  });

  it('takes an approver who is none for nobody', async () => {
    const asked = { ...SCALE, approval: { approvers: ['sre'] } };
    const approvals = { scale: { answer: 'approve', by: 'mallory' } };
    const found = await complaints([asked], { approvals, answers: { scale: { output: {} } }, expect: { writes: [] } });
    expect(found).toEqual([expect.stringContaining('is for sre')]);
  });

  it('survives a crash: a write is looked up, and done once', async () => {
    const done = { scale: { crashes: 'after_effect', output: { replicas_after: 3 } } };
    const { complaints: found, story } = await tested([SCALE], {
      answers: done,
      expect: { state: 'succeeded', writes: [{}] },
    });
    expect(found).toEqual([]);
    expect(story?.run?.steps['scale']?.output).toEqual({ replicas_after: 3 });

    const notDone = { scale: [{ crashes: 'before_effect' }, { output: {} }] };
    expect(await complaints([SCALE], { answers: notDone, expect: { state: 'succeeded', writes: [{}] } })).toEqual([]);

    const unknown = { scale: { crashes: 'after_effect', lookup: 'unknown' } };
    const doubt = { answers: unknown, doubts: { scale: 'done' }, expect: { state: 'succeeded', writes: [{}] } };
    expect(await complaints([SCALE], doubt)).toEqual([]);
  });

  it('takes back what did not help', async () => {
    const verified = { ...SCALE, depends_on: ['look'], verify: { condition: '{{ up.value > 0 }}', within: '1m' } };
    const answers = { look: DOWN, scale: { output: {} }, 'scale:undo': { output: {} } };
    const expected = { state: 'failed', outcome: 'not_fixed', writes: [{ step: 'scale' }, { step: 'scale:undo' }] };
    expect(await complaints([LOOK, verified], { answers, expect: expected })).toEqual([]);
  });

  it('proves by the alert’s own condition', async () => {
    const answers = { scale: { output: {} } };
    const over = { condition: { after: 'over' }, answers, expect: { outcome: 'verified' } };
    const holds = {
      condition: { after: 'holds' },
      answers,
      expect: { outcome: 'not_fixed', notices: [{ about: 'not_fixed' }] },
    };
    const gone = { condition: { before: 'over' }, expect: { outcome: 'nothing_done', writes: [] } };
    for (const test of [over, holds, gone]) expect(await complaints([SCALE], test)).toEqual([]);
  });

  it('stops writing when the alert resolves, and goes on where that is wanted', async () => {
    const test = { answers: { look: { ...DOWN, takes: '1m' }, restart: { output: {} } }, resolve_at: '30s' };
    expect(
      await complaints([LOOK, RESTART], { ...test, expect: { steps: { restart: 'skipped' }, writes: [] } }),
    ).toEqual([]);
    const goesOn = { on_resolved: 'continue' };
    expect(await complaints([LOOK, RESTART], { ...test, expect: { writes: [{}] } }, goesOn)).toEqual([]);
  });

  it('only records in shadow, and asks nobody', async () => {
    const asked = { ...SCALE, approval: {} };
    const expected = { state: 'succeeded', outcome: 'nothing_done', writes: [{ step: 'scale', recorded_only: true }] };
    expect(await complaints([asked], { mode: 'shadow', expect: expected })).toEqual([]);
  });

  it('runs the playbooks of its steps', async () => {
    const inner = { ...checkedOf({ tasks: [SCALE] }), version: 'v2' };
    const child = { ...inner, playbook: { ...inner.playbook, playbook_id: 'PC' } };
    const outer = [{ id: 'other', type: 'playbook', parameters: { playbook_id: 'PC' } }];
    const test = { answers: { scale: { output: {} } }, expect: { state: 'succeeded', writes: [{ step: 'scale' }] } };
    expect(await complaints(outer, test, {}, [child])).toEqual([]);
  });

  it('goes through the items of a list', async () => {
    const each = { ...SCALE, foreach: ['a', 'b', 'c'], parameters: { service: '{{ item }}', replicas: 2 } };
    const answers = { scale: { output: {} }, 'scale[1]': { failed: 'refused' } };
    const { complaints: found, story } = await tested([each], { answers, expect: { state: 'failed' } });
    expect(found).toEqual([]);
    expect(story?.writes.map(({ step, target }) => [step, target])).toEqual([['scale[0]', 'a']]);
  });

  it('tells when no run began', async () => {
    const found = await complaints([LOOK], { alert: { alert_name: 'Other' }, expect: { state: 'succeeded' } });
    expect(found).toEqual([expect.stringMatching(/^expect.state: no run began: no rule matches/)]);
  });
});

describe('a rehearsal', () => {
  it('lets hours pass without waiting for them', async () => {
    const wait = { id: 'rest', type: 'wait', parameters: { duration: '6h' } };
    const { story } = await tested([wait], {}, { timeout: '1d' });
    expect(story?.run?.state).toBe('succeeded');
    expect(Date.parse(story?.run?.finished_at ?? '') - Date.parse(story?.run?.created_at ?? '')).toBe(6 * 3_600_000);
  });
});
