import { describe, expect, it } from 'vitest';
import type { Attempt, Step } from '../../../domain/run/run.js';
import { frozenBy, signValue, triesOf, waitOf } from './waits.js';

function waiting(part: Partial<Pick<Step, 'state' | 'reason' | 'approval' | 'until'>>) {
  return { state: 'waiting' as const, reason: 'timer' as const, approval: null, until: null, ...part };
}

describe('what a waiting step waits for', () => {
  it('is a person where somebody has to answer or to release', () => {
    for (const reason of ['confirmation', 'in_doubt', 'pause', 'sub_playbook'] as const)
      expect(waitOf(waiting({ reason })), reason).toBe('person');
  });

  it('is time where it goes on by itself, also out of a freeze that ends', () => {
    for (const reason of ['timer', 'retry'] as const) expect(waitOf(waiting({ reason })), reason).toBe('time');
    expect(waitOf(waiting({ reason: 'pause', until: '2026-11-22T16:00:00.000Z' }))).toBe('time');
    expect(signValue('waiting', 'time')).toBe('waits_by_itself');
    expect(signValue('waiting', 'person')).toBe('waiting');
  });

  it('is nothing for a step that does not wait', () => {
    expect(waitOf(waiting({ state: 'succeeded', reason: null }))).toBeNull();
  });

  it('is no other try: tried is what was done, and what failed', () => {
    const tried = (...outcomes: Attempt['outcome'][]) =>
      triesOf({
        attempts: outcomes.map((outcome, index) => ({
          attempt: index,
          started_at: '',
          finished_at: '',
          outcome,
          error: null,
        })),
      });

    expect(tried('waiting', 'succeeded')).toBe(1);
    expect(tried('failed', 'failed', 'running')).toBe(3);
    expect(tried('asked')).toBe(1);
    expect(tried()).toBe(0);
  });

  it('names the window of a freeze', () => {
    const message = 'writes are frozen by maintenance window W1 of bob until 2026-11-21T12:00:00.000Z: sale';

    expect(frozenBy({ reason: 'pause', message })).toBe('W1');
    expect(frozenBy({ reason: 'pause', message: 'writes are paused by bob' })).toBeNull();
    expect(frozenBy({ reason: 'timer', message })).toBeNull();
  });
});
