import { describe, expect, it } from 'vitest';
import type { Attempt, Step } from '../../../domain/run/run.js';
import { ticksWithin, timeRows } from './time-rows.js';

const T0 = Date.parse('2026-11-21T10:00:00.000Z');
const at = (s: number): string => new Date(T0 + s * 1_000).toISOString();

function attempt(n: number, from: number, to: number | null, outcome: Attempt['outcome']): Attempt {
  return { attempt: n, started_at: at(from), finished_at: to === null ? null : at(to), outcome, error: null };
}

function aStep(step_id: string, change: Partial<Step>): Step {
  const base = { step_id, task_id: step_id, name: step_id, kind: 'api_call', item_index: null, state: 'succeeded' };
  return { ...base, attempts: [], approval: null, started_at: at(0), finished_at: at(10), ...change } as Step;
}

const run = { started_at: at(0), created_at: at(0), finished_at: at(10) };

describe('the time line of a run', () => {
  it('has a bar for each attempt and for the wait between two', () => {
    const step = aStep('a', { attempts: [attempt(1, 0, 2, 'failed'), attempt(2, 5, 10, 'succeeded')] });

    const { rows } = timeRows({ ...run, steps: [step] }, T0);

    expect(rows[0]?.bars).toEqual([
      { from: 0, to: 0.2, what: 'attempt', state: 'failed', attempt: 1 },
      { from: 0.2, to: 0.5, what: 'wait', state: 'retry', attempt: null },
      { from: 0.5, to: 1, what: 'attempt', state: 'succeeded', attempt: 2 },
    ]);
  });

  it('shows that a person was waited for, until now where nobody has answered', () => {
    const approval = { state: 'pending' } as Step['approval'];
    const step = aStep('a', {
      state: 'waiting',
      approval,
      finished_at: null,
      attempts: [attempt(1, 0, 1, 'asked')],
    });

    const { rows, length_ms } = timeRows({ ...run, finished_at: null, steps: [step] }, T0 + 20_000);

    expect(length_ms).toBe(20_000);
    expect(rows[0]?.bars[1]).toEqual({ from: 0.05, to: 1, what: 'person', state: 'approval', attempt: null });
  });

  it('leaves out what has not begun, and stands in the order of beginning', () => {
    const steps = [
      aStep('later', { started_at: at(5) }),
      aStep('never', { started_at: null, finished_at: null }),
      aStep('first', { started_at: at(1) }),
    ];

    const { rows } = timeRows({ ...run, steps }, T0);

    expect(rows.map(({ step }) => step.step_id)).toEqual(['first', 'later']);
  });

  it('counts the items of a foreach, and shows them only when it is opened', () => {
    const steps = [
      aStep('each', { kind: 'foreach' }),
      ...[0, 1, 2].map((index) => aStep(`each[${index}]`, { task_id: 'each', item_index: index })),
    ];

    const closed = timeRows({ ...run, steps }, T0);
    const opened = timeRows({ ...run, steps }, T0, new Set(['each']));

    expect(closed.rows.map(({ step, items }) => [step.step_id, items])).toEqual([['each', 3]]);
    expect(opened.rows.map(({ step }) => step.step_id)).toEqual(['each', 'each[0]', 'each[1]', 'each[2]']);
  });

  it('has a few round marks, for a run of a second as for one of a month', () => {
    for (const length of [0.3, 7, 61, 3_600, 86_400, 30 * 86_400]) {
      const { ticks } = timeRows({ ...run, finished_at: at(length), steps: [] }, T0);

      expect(ticks.length).toBeGreaterThanOrEqual(2);
      expect(ticks.length).toBeLessThanOrEqual(5);
      expect(ticks.every((tick) => tick.at >= 0 && tick.at < 0.9)).toBe(true);
    }
  });

  it('leaves marks out on a phone whose labels would be cut', () => {
    const { ticks } = timeRows({ ...run, finished_at: at(140), steps: [] }, T0);

    expect(ticks.map(({ ms }) => ms)).toEqual([0, 60_000, 120_000]);
    expect(ticksWithin(ticks, false)).toEqual(ticks);
    expect(ticksWithin(ticks, true).map(({ ms }) => ms)).toEqual([0, 60_000]);
  });

  it('holds when a clock of another machine is behind: no bar ends before it begins', () => {
    const step = aStep('a', { started_at: at(-5), finished_at: at(3), attempts: [attempt(1, -5, 3, 'succeeded')] });

    const { rows } = timeRows({ ...run, steps: [step] }, T0 - 60_000);

    expect(rows[0]?.bars.every(({ from, to }) => from >= 0 && to <= 1 && from <= to)).toBe(true);
  });
});
