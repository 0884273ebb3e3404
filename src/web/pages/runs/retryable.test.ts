import { describe, expect, it } from 'vitest';
import type { Step } from '../../../domain/run/run.js';
import { isRetryable, retryable } from './retryable.js';

type Kept = Pick<Step, 'step_id' | 'state' | 'reason'>;

function aStep(step_id: string, state: Step['state'], reason: Step['reason'] = null): Kept {
  return { step_id, state, reason };
}

const ids = (steps: readonly Kept[]): string[] => retryable(steps).map(({ step_id }) => step_id);

describe('what can be tried again', () => {
  it('is what failed, was cancelled or was left out for that', () => {
    const steps = [
      aStep('a', 'succeeded'),
      aStep('b', 'failed'),
      aStep('c', 'skipped', 'dependency_failed'),
      aStep('d', 'skipped', 'condition'),
      aStep('e', 'cancelled'),
      aStep('alert:verify', 'failed'),
    ];
    expect(ids(steps)).toEqual(['b', 'c', 'e']);
  });

  it('is nothing of a run that took its writes back', () => {
    const steps = [aStep('a', 'succeeded'), aStep('a:undo', 'succeeded'), aStep('b', 'failed')];
    expect(ids(steps)).toEqual([]);
    expect(steps.filter((step) => isRetryable(step, steps))).toEqual([]);
  });

  it('is, by itself, also what could not be taken back', () => {
    const steps = [aStep('a', 'succeeded'), aStep('a:undo', 'failed'), aStep('b', 'failed')];
    expect(ids(steps)).toEqual(['b']);
    expect(steps.filter((step) => isRetryable(step, steps)).map(({ step_id }) => step_id)).toEqual(['a:undo', 'b']);
  });
});
