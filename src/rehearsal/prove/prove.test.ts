import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/helper/fake-clock.js';
import { Playbook } from '../../domain/playbook/playbook.js';
import { rehearsalParts } from '../../app/rehearsal-parts.js';
import { prove } from './prove.js';
import type { Proof } from './prove.js';

const parts = rehearsalParts(new FakeClock());

const LOOK = { id: 'look', type: 'prometheus_query', parameters: { query: 'up' }, output_variable: 'up' };
const RESTART = { id: 'restart', type: 'api_call', depends_on: ['look'], action: 'POST /restart' };
const GATED = { ...RESTART, conditions: ['{{ up.value < 1 }}'] };

async function proofOf(tasks: object[], over: object = {}, bounds = { faults: 1, paths: 3_000 }): Promise<Proof> {
  const playbook = Playbook.parse({ playbook_id: 'PB', tasks, ...over });
  const checked = { playbook, version: 'v1', file: 'pb.yaml', source: '' };
  return prove(checked, { parts, playbooks: new Map([['PB', checked]]), rules: [] }, bounds);
}

async function messages(...args: Parameters<typeof proofOf>): Promise<string[]> {
  return (await proofOf(...args)).violations.map(({ message }) => message);
}

describe('what can be proven', () => {
  it.each([
    ['a write that a figure gates', [LOOK, GATED]],
    ['one that people approve', [{ ...RESTART, depends_on: [], approval: { approvers: ['sre'], quorum: 1 } }]],
    [
      'one behind a question',
      [
        { id: 'ask', type: 'approval', parameters: { message: 'may I?' } },
        { ...RESTART, depends_on: ['ask'] },
      ],
    ],
    [
      'one that is verified and taken back',
      [
        LOOK,
        {
          id: 'scale',
          type: 'kubernetes_scale',
          depends_on: ['look'],
          conditions: ['{{ up.value < 1 }}'],
          parameters: { service: 'shop', replicas_increase: 1, max_replicas: 4 },
          verify: { condition: '{{ up.value >= 1 }}', within: '3s' },
        },
      ],
    ],
    [
      'one for each of what was found',
      [
        { ...LOOK, type: 'api_call', action: 'GET /hosts', parameters: {} },
        {
          ...RESTART,
          foreach: '{{ up.hosts }}',
          conditions: ['{{ size(up.hosts) < 5 }}'],
          parameters: { host: '{{ item }}' },
        },
      ],
    ],
    [
      'one that a label of the alert gates',
      [{ ...RESTART, depends_on: [], conditions: ['{{ alert.labels.env == "prod" }}'] }],
    ],
    [
      'a clean-up after a failure',
      [LOOK, GATED, { id: 'tidy', type: 'api_call', action: 'POST /tidy', run_if: 'failure' }],
    ],
    [
      'a playbook that only tells',
      [
        LOOK,
        {
          id: 'tell',
          type: 'notification',
          depends_on: ['look'],
          parameters: { message: 'up: {{ up.value == null ? "?" : string(up.value) }}' },
        },
      ],
    ],
  ])('%s', async (_what, tasks) => {
    expect(await proofOf(tasks)).toMatchObject({ result: 'proven', violations: [] });
  });

  it('one that a mode of the playbook gates', async () => {
    expect(await proofOf([{ ...RESTART, depends_on: [] }], { mode: 'approve' })).toMatchObject({ result: 'proven' });
  });
});

describe('what must never happen', () => {
  it('is a write that nothing gates', async () => {
    expect(await messages([{ ...RESTART, depends_on: [] }])).toEqual([
      expect.stringContaining('restart is a write that nothing gates'),
    ]);
    expect(
      await messages([{ ...RESTART, depends_on: [], conditions: ['{{ vars.on }}'] }], { vars: { on: true } }),
    ).toHaveLength(1);
  });

  it('is a write without what its reading should have found', async () => {
    const other = { ...LOOK, id: 'other', output_variable: 'second', on_failure: 'continue' };
    const found = await proofOf([LOOK, other, { ...GATED, depends_on: ['look', 'other'] }]);
    expect(found.violations.map(({ message }) => message)).toEqual([
      'restart is written although other found no data',
      'restart is written although other failed',
    ]);
    expect(found.violations[0]?.steps).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^\d\. other finds no data/),
        expect.stringMatching(/^\d\. restart is done$/),
      ]),
    );
  });

  it('is a write whose reading failed', async () => {
    const careless = { ...LOOK, on_failure: 'continue' };
    const state = { ...RESTART, conditions: ['{{ steps.look.state == "failed" || up.value < 1 }}'] };
    expect(await messages([careless, state])).toContain('restart is written although look failed');
  });

  it('is a write whose reading was left out', async () => {
    const rare = {
      ...LOOK,
      id: 'rare',
      output_variable: 'second',
      depends_on: ['look'],
      conditions: ['{{ up.value == 0 }}'],
    };
    const write = {
      ...RESTART,
      depends_on: ['look', 'rare'],
      conditions: ['{{ up.value < 5 }}', '{{ steps.rare.state != "failed" }}'],
    };
    expect(await messages([LOOK, rare, write])).toContain('restart is written although rare did not run');
  });

  it('is a write that is done twice', async () => {
    const found = await proofOf([LOOK, { ...GATED, in_doubt: 'retry' }]);
    expect(found.violations.map(({ message }) => message)).toEqual(['restart is done twice']);
    expect(found.violations[0]?.steps.join('\n')).toMatch(/no answer comes within its time[^]*restart is done/);
    expect(await messages([LOOK, { ...GATED, in_doubt: 'retry', idempotent: true }])).toEqual([]);
  });

  it('is an answer that nothing heeds', async () => {
    const ask = { id: 'ask', type: 'approval', depends_on: ['look'], parameters: { message: 'may I?' } };
    expect(await messages([LOOK, ask, GATED])).toEqual([expect.stringContaining('whatever people answer to ask')]);
  });

  it('is a gate that only other tasks keep in its place', async () => {
    const between = { id: 'between', type: 'wait', depends_on: ['look'], parameters: { duration: '1s' } };
    const found = await messages([LOOK, between, { ...GATED, depends_on: ['between'] }]);
    expect(found).toEqual([expect.stringContaining('does not wait for look itself')]);
  });

  it('is an end that nobody hears of, because its message cannot be put together', async () => {
    const tell = {
      id: 'tell',
      type: 'notification',
      depends_on: ['look'],
      parameters: { message: 'up: {{ up.value }}' },
    };
    expect(await messages([LOOK, tell])).toEqual([
      expect.stringContaining('the message of tell cannot be put together'),
    ]);
  });
});

describe('the order of what runs side by side', () => {
  const PREP = { id: 'prep', type: 'prometheus_query', parameters: { query: 'vector(1)' }, output_variable: 'prep' };
  const WRITE = { ...GATED, depends_on: ['look'] };

  it('is no gate: a reading that ends the run only when it ends first', async () => {
    const guard = { ...PREP, id: 'guard', output_variable: 'guarded', on_failure: 'abort' };
    const found = await proofOf([LOOK, { ...guard, depends_on: ['start'] }, { ...PREP, id: 'start' }, WRITE]);
    const [meant] = found.violations;
    expect(meant?.message).toContain('what guard finds keeps restart from being written only while guard ends first');
    expect(found.warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining('what start finds keeps restart from being written only while start ends first'),
    ]);
    expect(meant?.steps.join('\n')).toMatch(/guard fails[^]*guard takes longer than what runs beside it/);
  });

  it('is told and proves nothing wrong where no author wrote that the reading ends the run', async () => {
    const found = await proofOf([LOOK, { ...PREP, id: 'start' }, WRITE]);
    expect(found).toMatchObject({ result: 'proven', violations: [], warnings: [{}] });
  });

  it('may be any where nothing hangs on it', async () => {
    const beside = { ...PREP, id: 'beside', output_variable: 'beside', on_failure: 'continue' };
    const waits = { ...WRITE, depends_on: ['look', 'prep'], conditions: [...WRITE.conditions, '{{ prep.value > 0 }}'] };
    expect(await proofOf([LOOK, beside, WRITE])).toMatchObject({ result: 'proven' });
    expect(await proofOf([LOOK, PREP, waits])).toMatchObject({ result: 'proven' });
    const other = { ...WRITE, id: 'other', action: 'POST /other', on_failure: 'continue' };
    expect(await proofOf([LOOK, { ...WRITE, on_failure: 'continue' }, other])).toMatchObject({ result: 'proven' });
  });
});

describe('a write that changes a number', () => {
  it('has a bound', async () => {
    const scale = (parameters: object) => ({
      ...{ id: 'scale', type: 'kubernetes_scale', depends_on: ['look'], conditions: ['{{ up.value < 1 }}'] },
      parameters: { service: 's', ...parameters },
    });
    expect(await messages([LOOK, scale({ replicas_increase: 1, max_replicas: 4 })])).toEqual([]);
    expect(await messages([LOOK, scale({ replicas_increase: 1 })])).toEqual([
      'scale has replicas_increase and no max_replicas: nothing in the playbook bounds what repeated runs make of it',
    ]);
  });
});

describe('a write that is to be taken back', () => {
  const said = (wish: string): string =>
    `${wish} wants restart taken back, and api_call cannot do that by itself: give restart a compensate, or compensate: false`;
  const FAILING = { id: 'after', type: 'prometheus_query', depends_on: ['restart'], parameters: { query: 'up' } };
  const undo = { type: 'api_call', action: 'POST /undo' };

  it('has something that takes it back, when the alert resolves', async () => {
    const over = { on_resolved: 'compensate' };
    expect(await messages([LOOK, GATED], over)).toEqual([said('on_resolved: compensate')]);
    expect(await messages([LOOK, { ...GATED, compensate: undo }], over)).toEqual([]);
    expect(await messages([LOOK, { ...GATED, compensate: false }], over)).toEqual([]);
    expect(await messages([LOOK, GATED])).toEqual([]);
  });

  it('has something that takes it back, when a later step fails or it did not help', async () => {
    const on_failure = ['abort', 'notify', 'compensate'];
    expect(await messages([LOOK, GATED, { ...FAILING, on_failure }])).toEqual([said('on_failure of after')]);
    expect(await messages([LOOK, { ...GATED, compensate: undo }, { ...FAILING, on_failure }])).toEqual([]);
    // What failed itself has done nothing, until it is looked at afterwards.
    expect(await messages([LOOK, { ...GATED, on_failure }])).toEqual([]);
    const verify = { condition: '{{ up.value == 1 }}' };
    expect(await messages([LOOK, { ...GATED, verify, on_failure }])).toEqual([said('on_failure of restart')]);
  });
});

describe('what is not proven', () => {
  it('is a playbook with more ways than may be gone', async () => {
    expect(await proofOf([LOOK, GATED], {}, { faults: 2, paths: 5 })).toMatchObject({ result: 'bound', paths: 5 });
  });

  it('is a write that no way led to', async () => {
    const impossible = { ...RESTART, conditions: ['{{ up.value < 1 }}', '{{ up.value > 2 }}'] };
    expect(await proofOf([LOOK, impossible])).toMatchObject({
      result: 'bound',
      unreached: ['restart'],
      violations: [],
    });
  });
});

it('knows what each executor can do by itself', () => {
  const scale = parts.abilities('kubernetes_scale');
  expect(scale).toEqual({ plans: true, looks_up: true, takes_back: true });
  expect(parts.abilities('api_call')).toMatchObject({ takes_back: false });
  expect(parts.abilities('no_such_kind')).toEqual({ plans: false, looks_up: false, takes_back: false });
});
