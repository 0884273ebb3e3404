import { describe, expect, it } from 'vitest';
import { nearest } from './nearest.js';
import { Playbook } from './playbook/playbook.js';
import { schemaProblems } from './schema-problem.js';

/** `path: message` of everything that the playbook schema minds. */
function problems(data: unknown): string[] {
  return schemaProblems(Playbook, data).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

const TASK = { id: 'a', type: 'wait' };

describe('what a schema refuses', () => {
  it.each<[unknown, string]>([
    [5, ': expected a map, came the number 5'],
    [{ tasks: [TASK] }, 'playbook_id: playbook_id is missing: expected text'],
    [{ playbook_id: 'x', tasks: [] }, 'tasks: expected at least 1 entry, came a list'],
    [{ playbook_id: 'a b', tasks: [TASK] }, 'playbook_id: expected letters, digits, ., _ and -, came "a b"'],
    [
      { playbook_id: 'x', mode: 'atuo', tasks: [TASK] },
      'mode: expected auto, approve, shadow or off, came "atuo" (did you mean auto?)',
    ],
    [{ playbook_id: 'x', moed: 'auto', tasks: [TASK] }, 'moed: unknown key moed (did you mean mode?)'],
    [
      { playbook_id: 'x', tasks: [{ ...TASK, timeout: 30 }] },
      'tasks.0.timeout: expected a duration such as 300ms, 30s, 10m, 2h or 7d, came the number 30',
    ],
    [
      { playbook_id: 'x', tasks: [{ ...TASK, conditions: [3] }] },
      'tasks.0.conditions.0: expected text or true or false, came the number 3',
    ],
    [
      { playbook_id: 'x', tasks: [{ ...TASK, compensate: { action: 'x' } }] },
      'tasks.0.compensate.type: type is missing: expected text',
    ],
    [
      { playbook_id: 'x', tasks: [{ ...TASK, retry: { max_attempts: 0 } }] },
      'tasks.0.retry.max_attempts: expected at least 1, came the number 0',
    ],
    [
      { playbook_id: 'x', tasks: [{ ...TASK, depends_on: null }] },
      'tasks.0.depends_on: expected a list, came nothing (null)',
    ],
    [
      { playbook_id: 'x', vars: { A: 1 }, tasks: [TASK] },
      'vars.A: expected letters a-z, digits and _, not beginning with a digit, came "A"',
    ],
    [
      { playbook_id: 'x', vars: JSON.parse('{"__proto__": 1}') as unknown, trigger_conditions: 1, tasks: [TASK] },
      'trigger_conditions: expected a list, came the number 1',
    ],
  ])('is told in plain words: %j', (data, expected) => {
    expect(problems(data)).toEqual([expected]);
  });

  it('is told for every shape that a value might have had', () => {
    const [told] = problems({ playbook_id: 'x', tasks: [{ ...TASK, on_failure: 'abrt' }] });
    expect(told).toMatch(
      /^tasks\.0\.on_failure: expected abort_with_notification, .* or compensate, came "abrt" \(did you mean abort\?\)$/,
    );
  });
});

describe('the nearest word', () => {
  it.each([
    ['replicas_increas', 'replicas_increase'],
    ['duraiton', 'duration'],
    ['Duration', 'duration'],
    ['x', null],
    ['completely_else', null],
  ])('to %s is %s', (word, expected) => {
    expect(nearest(word, ['replicas_increase', 'duration', 'y'])).toBe(expected);
  });
});
