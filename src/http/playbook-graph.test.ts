import { z } from 'zod';
import { expect, it } from 'vitest';
import type { ExecutorSpec } from '../domain/executor.js';
import { Playbook } from '../domain/playbook/playbook.js';
import { graphOf } from './playbook-graph.js';

const CALL: ExecutorSpec = {
  kind: 'call',
  title: 'Call',
  input: z.unknown(),
  output_keys: null,
  effect: (input) => (String((input as { action: string }).action).startsWith('GET') ? 'read' : 'write'), // the test's own input
};

/** The effect of each task of a playbook of these. */
function effects(tasks: readonly Record<string, unknown>[]): unknown[] {
  const playbook = Playbook.parse({
    playbook_id: 'PB-A',
    tasks: tasks.map((task, index) => ({ id: `t${index}`, type: 'Call', ...task })),
  });
  return graphOf(playbook, new Map([['call', CALL]])).nodes.map(({ effect }) => effect);
}

it('tells before a task begins whether it writes, where no expression decides that', () => {
  expect(effects([{ action: 'GET /x' }, { action: 'POST /{{ alert.service_name }}' }])).toEqual(['read', 'write']);
  expect(
    effects([{ action: '{{ vars.method }} /x' }, { action: 'POST /x', parameters: { effect: '{{ vars.effect }}' } }]),
  ).toEqual([null, null]);
  expect(effects([{ type: 'unheard_of' }])).toEqual([null]);
});
