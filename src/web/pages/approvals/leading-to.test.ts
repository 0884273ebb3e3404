import { describe, expect, it } from 'vitest';
import type { Step } from '../../../domain/run/run.js';
import { leadingTo } from './leading-to.js';

function ended(step_id: string, second: number, change: Partial<Step> = {}): Step {
  const at = `2026-11-21T10:00:${String(second).padStart(2, '0')}.000Z`;
  return { step_id, task_id: step_id, item_index: null, started_at: at, finished_at: at, ...change } as Step;
}

const edges = [
  { from: 'look', to: 'judge' },
  { from: 'judge', to: 'scale' },
  { from: 'look', to: 'elsewhere' },
];

function ids(steps: readonly Step[]): string[] {
  return steps.map(({ step_id }) => step_id);
}

describe('what led to an approval', () => {
  it('is what the step waited for, directly or through others, in the order it ended', () => {
    const steps = [
      ended('judge', 9),
      ended('elsewhere', 5),
      ended('look', 2),
      ended('scale', 10, { finished_at: null }),
    ];

    expect(ids(leadingTo('scale', steps, edges))).toEqual(['look', 'judge']);
  });

  it('is found for an item of a list by the task that it belongs to', () => {
    const steps = [ended('look', 2), ended('scale[3]', 9, { task_id: 'scale', item_index: 3 }), ended('judge', 3)];

    expect(ids(leadingTo('scale[3]', steps, edges))).toEqual(['look', 'judge']);
  });

  it('leaves out what was skipped before it began, items, and what takes back', () => {
    const steps = [
      ended('look', 1, { started_at: null }),
      ended('judge', 2),
      ended('judge[0]', 2, { task_id: 'judge', item_index: 0 }),
      ended('judge:undo', 3),
    ];

    expect(ids(leadingTo('scale', steps, edges))).toEqual(['judge']);
  });

  it('is all that had ended where the arrows are not known, and ends where they go round', () => {
    const steps = [ended('b', 2), ended('a', 1)];

    expect(ids(leadingTo('scale', steps, null))).toEqual(['a', 'b']);
    const round = [
      { from: 'a', to: 'scale' },
      { from: 'scale', to: 'a' },
    ];
    expect(ids(leadingTo('scale', steps, round))).toEqual(['a']);
  });
});
