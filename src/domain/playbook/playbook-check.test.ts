import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Duration } from '../duration.js';
import type { ExecutorSpec } from '../executor.js';
import { Playbook } from './playbook.js';
import { checkPlaybook } from './playbook-check.js';

const KINDS = new Map<string, ExecutorSpec>(
  [
    {
      kind: 'api_call',
      title: '',
      effect: 'read' as const,
      takes_action: true,
      encode: { action: 'url' as const },
      output_keys: null,
      input: z.looseObject({ action: z.string().regex(/^(GET|POST) /, 'expected METHOD path') }),
    },
    {
      kind: 'scale',
      title: '',
      effect: 'write' as const,
      output_keys: ['replicas_before', 'replicas_after'],
      input: z
        .strictObject({
          service: z.string(),
          replicas_increase: z.int().optional(),
          mails: z.array(z.email()).optional(),
        })
        .superRefine((input, context) => {
          if (input.replicas_increase === undefined)
            context.addIssue({ code: 'custom', path: [], message: 'say how many' });
        }),
    },
    {
      kind: 'wait',
      title: '',
      effect: 'read' as const,
      output_keys: [],
      input: z.strictObject({ duration: Duration }),
    },
  ].map((spec) => [spec.kind, spec]),
);

const WAIT = { type: 'wait', parameters: { duration: '1s' } };

/** The problems of a playbook as `path: message` lines. */
function problems(draft: Record<string, unknown>): string[] {
  const playbook = Playbook.parse({ playbook_id: 'PB', ...draft });
  return checkPlaybook(playbook, KINDS).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

function ofTask(task: Record<string, unknown>, more: Record<string, unknown> = {}): string[] {
  const before = { id: 'before', ...WAIT, output_variable: 'waited' };
  const prefix = 'tasks.1.';
  return problems({ ...more, tasks: [before, { id: 'it', depends_on: ['before'], ...task }] }).map((line) =>
    line.startsWith(prefix) ? line.slice(prefix.length) : line,
  );
}

describe('a playbook that is right', () => {
  it('has no problem', () => {
    expect(
      problems({
        mode: 'auto',
        vars: { limit: 0.1 },
        trigger_conditions: [{ alert_name: 'X', severity: 'Critical' }],
        tasks: [
          { id: 'ask', type: 'API_Call', action: 'GET /health/{{ alert.service_name }}', output_variable: 'health' },
          {
            id: 'grow',
            type: 'Scale',
            depends_on: ['ask'],
            conditions: ['{{ health.rate < vars.limit && steps.ask.state == "succeeded" }}', true],
            foreach: '{{ health.targets }}',
            max_parallel: 2,
            parameters: {
              service: '{{ item.name }}',
              replicas_increase: '{{ health.n }}',
              mails: ['{{ secrets.mail }}'],
            },
            on_failure: ['skip', 'notify'],
            compensate: false,
          },
          {
            id: 'tidy',
            run_if: 'always',
            type: 'API_Call',
            action: 'POST /done?n={{ health.n }}&run={{ run.run_id }}',
          },
        ],
      }),
    ).toEqual([]);
  });
});

describe('the graph of a playbook', () => {
  it('is checked as a whole, every problem at once', () => {
    expect(
      problems({
        tasks: [
          { id: 'alpha', ...WAIT, depends_on: ['gamma'] },
          { id: 'beta', ...WAIT, depends_on: ['alfa'] },
          { id: 'gamma', ...WAIT, depends_on: ['delta', 'beta'] },
          { id: 'delta', ...WAIT, depends_on: ['alpha'] },
          { id: 'beta', ...WAIT },
          { id: 'self', ...WAIT, depends_on: ['self'] },
        ],
      }),
    ).toEqual([
      'tasks.4.id: task beta stands twice, first as tasks[1]',
      'tasks.1.depends_on.0: there is no task alfa (did you mean alpha?)',
      'tasks.0.depends_on.0: tasks wait for each other: alpha → gamma → delta → alpha',
      'tasks.5.depends_on.0: tasks wait for each other: self → self',
    ]);
  });

  it('refuses the ids that every object has: a run could not tell its steps from them', () => {
    expect(problems({ tasks: ['constructor', '__proto__', 'valueof'].map((id) => ({ id, ...WAIT })) })).toEqual([
      'tasks.0.id: a task cannot be called constructor; choose another id',
      'tasks.1.id: a task cannot be called __proto__; choose another id',
    ]);
  });

  it('gives every output one name, which means nothing else', () => {
    const tasks = ['x', 'x', 'alert', 'item', 'in', 'list'].map((output_variable, i) => ({
      id: `t${i}`,
      ...WAIT,
      output_variable,
    }));
    expect(problems({ tasks })).toEqual([
      'tasks.1.output_variable: x is the output_variable of t0 already',
      'tasks.2.output_variable: alert means something else in every expression',
      'tasks.3.output_variable: item means something else in every expression',
      'tasks.4.output_variable: in is a word of the expression language',
      'tasks.5.output_variable: list is a word of the expression language',
    ]);
  });
});

describe('the kind of a task', () => {
  it('exists, and says what it takes', () => {
    expect(ofTask({ type: 'Api_Cal', action: 'GET /' })).toEqual([
      'type: no executor of this kind: Api_Cal (did you mean api_call?); there are api_call, scale, wait',
    ]);
    expect(ofTask({ type: 'API_CALL' })).toEqual(['action: action is missing: api_call needs one']);
    expect(ofTask({ ...WAIT, action: 'GET /' })).toEqual([
      'action: wait takes no action; what it needs stands in parameters',
    ]);
    expect(ofTask({ type: 'api_call', action: 'FETCH /' })).toEqual(['action: expected METHOD path, came "FETCH /"']);
  });

  it('judges every parameter that is not rendered', () => {
    expect(
      ofTask(
        { type: 'scale', parameters: { service: 3, replicas_increas: 1, mails: ['{{ vars.m }}', 'x'] } },
        { vars: { m: '' } },
      ),
    ).toEqual([
      'parameters.service: expected text, came the number 3',
      'parameters.mails.1: expected a mail address, came "x"',
      'parameters.replicas_increas: unknown key replicas_increas (did you mean replicas_increase?)',
    ]);
    expect(ofTask({ type: 'scale', parameters: { service: '{{ alert.service_name }}' } })).toEqual([
      'parameters: say how many',
    ]);
  });
});

describe('expressions', () => {
  it.each<[string, string]>([
    ['{{ alert.metric }}', 'an alert has no field metric'],
    ['{{ run.id }}', 'run has no field id'],
    ['{{ vars.limt }}', 'vars has no limt (did you mean limit?)'],
    ['{{ steps.befor.output }}', 'there is no task befor (did you mean before?)'],
    ['{{ steps.before.result }}', 'steps.before has output and state, not result'],
    ['{{ steps.it.output }}', 'does not exist before it itself has ended'],
    ['{{ steps.after.output }}', 'it does not wait for after (add it to depends_on)'],
    ['{{ late.x }}', 'late does not exist yet: it does not wait for after'],
    ['{{ wated.x }}', 'unknown name wated (did you mean waited?)'],
    ['{{ before.output }}', 'unknown name before (did you mean steps.before.output?)'],
    ['{{ item }}', 'item exists only in'],
    ['{{ incident.id }}', 'incident has no field id'],
    ['{{ scaled.replicas_aftr }}', 'scaled has no key replicas_aftr (did you mean replicas_after?)'],
    ['{{ steps.first.output.nope }}', 'steps.first.output has no key nope'],
    ['{{ a + }}', 'ends too early'],
    ['{{ has(wated.x) ? 1 : nothing.y }}', 'unknown name wated'],
  ])('%s is refused in a condition', (condition, why) => {
    const found = problems({
      vars: { limit: 1 },
      tasks: [
        { id: 'first', type: 'scale', parameters: { service: 'x', replicas_increase: 1 }, output_variable: 'scaled' },
        { id: 'before', ...WAIT, output_variable: 'waited', depends_on: ['first'] },
        { id: 'it', ...WAIT, depends_on: ['before'], conditions: [condition] },
        { id: 'after', ...WAIT, depends_on: ['it'], output_variable: 'late' },
      ],
    });
    expect(found[0]).toContain(`tasks.2.conditions.0: `);
    expect(found.join('\n')).toContain(why);
  });

  it('are looked for in actions, parameters and foreach alike, and each slip is told once', () => {
    expect(
      ofTask({
        type: 'api_call',
        action: 'GET /{{ a }}/{{ a }}',
        parameters: { body: { deep: ['x {{ b }}'] } },
        foreach: ['{{ item }}'],
      }),
    ).toEqual([
      'action: unknown name a',
      'parameters.body.deep.0: unknown name b',
      'foreach.0: item exists only in action and parameters of a task with foreach',
    ]);
  });

  it('never choose the host of an address', () => {
    for (const action of [
      'GET https://{{ alert.host_ip }}/',
      'GET {{ waited.url }}',
      '{{ waited.url }}',
      'GET http://x.{{ alert.host_ip }}:80/',
    ])
      expect(ofTask({ type: 'api_call', action }).join()).toMatch(/literal text/);
    expect(ofTask({ type: 'api_call', action: 'GET https://x.example/{{ alert.host_ip }}' })).toEqual([]);
  });

  it('stand alone in conditions and foreach, and nowhere in vars', () => {
    expect(
      ofTask(
        { ...WAIT, conditions: ['waited.x > 3', '{{ waited }} == 3'], foreach: 'a,b' },
        { vars: { x: ['{{ 1 }}'] } },
      ),
    ).toEqual([
      'vars.x.0: vars are constants and are not rendered; write the expression where it is used',
      'conditions.0: a condition is one expression in {{ }}, as in {{ check.is_healthy }}; came "waited.x > 3"',
      'conditions.1: a condition is one expression in {{ }}, as in {{ check.is_healthy }}; came "{{ waited }} == 3"',
      'foreach: foreach is one expression in {{ }}, as in {{ check.is_healthy }}; came "a,b"',
    ]);
  });
});

describe('what could only go wrong', () => {
  it('is refused: times, policies, triggers', () => {
    expect(
      ofTask({ ...WAIT, timeout: '1h', max_parallel: 2, on_failure: ['abort', 'continue'] }, { timeout: '10m' }),
    ).toEqual([
      'timeout: 1h is longer than the whole run may take (10m)',
      'on_failure: abort and continue exclude each other; name one of abort, continue and skip',
      'max_parallel: max_parallel needs foreach',
    ]);
    expect(ofTask({ ...WAIT, timeout: '0s', retry: { initial_delay: '1m', max_delay: '1s' } })).toEqual([
      'timeout: expected a timeout of more than 0',
      'retry: initial_delay 1m is longer than max_delay 1s',
    ]);
    expect(
      problems({ trigger_conditions: [{}, { alert_name: '/(/' }], tasks: [{ id: 'a', ...WAIT }] }).join('\n'),
    ).toMatch(/trigger_conditions\.0: nothing is asked[^]*trigger_conditions\.1\.alert_name: not a regular expression/);
  });

  it('in what verifies and takes back is told as in the task itself, which may be looked at there', () => {
    const write = { id: 'w', type: 'noop', output_variable: 'done' };
    expect(
      ofTask({ ...write, type: 'Wait', parameters: { duration: '1s' }, verify: { condition: 'done.ok' } }),
    ).toEqual([expect.stringContaining('verify.condition: a condition is one expression')]);
    expect(
      ofTask({
        ...WAIT,
        output_variable: 'done',
        verify: { condition: '{{ done.waited_until != "" && nothing.here }}' },
        compensate: { type: 'wait', parameters: { duration: '1s', duraton: '{{ done.waited_until }}' } },
      }),
    ).toEqual([
      expect.stringMatching(/^verify\.condition: unknown name nothing/),
      expect.stringMatching(/^compensate\.parameters.*duraton/),
    ]);
    expect(ofTask({ ...WAIT, compensate: { type: 'wiat' } })).toEqual([
      expect.stringContaining('compensate.type: no executor of this kind: wiat'),
    ]);
    expect(ofTask({ ...WAIT, on_failure: ['continue', 'compensate'] })).toEqual([
      expect.stringContaining('on_failure: compensate takes back'),
    ]);
  });

  it('is refused: whatever this version cannot do yet', () => {
    for (const type of ['Kubernetes_Restart', 'ssh_command', 'ci_pipeline'])
      expect(ofTask({ type })).toEqual([`type: ${type.toLowerCase()} is not available in this version`]);
  });
});
