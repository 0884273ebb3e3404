import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../run/run.js';
import { createEventLines, formatEventLine } from './event-line.js';

const at = '2026-11-21T10:00:05.000Z';
const step = { step_id: 'scale', name: 'Scale', kind: 'kubernetes_scale' } as const;
const starts = {
  type: 'step_started',
  at: '2026-11-21T10:00:01.000Z',
  ...step,
  task_id: 'scale',
  item_index: null,
  item: null,
  attempt: 1,
  effect: 'write',
  recorded_only: false,
  parameters: {},
  conditions: [],
} satisfies RunEvent;

/** The lines of a run that consists of these events, without their time. */
function told(...events: RunEvent[]): string[] {
  const lineOf = createEventLines();
  return events.flatMap((event, index) => {
    const line = lineOf({ ...event, seq: index + 1, run_id: 'run-1' });
    return line === null ? [] : [formatEventLine(line).slice(10).replace(/ {2,}/g, '  ')];
  });
}

function ends(over: Partial<RunEvent & { type: 'step_succeeded' }>): RunEvent {
  const nothing = { output: null, summary: null, evidence: null, change: null };
  return { type: 'step_succeeded', at, step_id: 'scale', ...nothing, ...over };
}

describe('the line of an event', () => {
  it('tells how long a step took and what it found, or what it changed', () => {
    const change = { target: 'payment-gateway', what: 'replicas', from: 2, to: 3 };

    expect(told(starts, ends({ summary: 'ready', change }))).toEqual(['✔ scale  4.0 s  ready']);
    expect(told(starts, ends({ change }))).toEqual(['✔ scale  4.0 s  payment-gateway: replicas 2 → 3']);
  });

  it('says of a write that it was only recorded', () => {
    expect(told({ ...starts, recorded_only: true }, ends({ summary: '2 → 3' }))).toEqual([
      '✔ scale  4.0 s  2 → 3 (recorded only)',
    ]);
  });

  it('measures from the first attempt of a step that was tried again', () => {
    const again: RunEvent = { type: 'step_retrying', at, step_id: 'scale', error: 'refused', until: at };
    const second: RunEvent = { ...starts, at, attempt: 2 };

    expect(told(starts, again, second, ends({ summary: 'ready' }))).toEqual([
      '↻ scale  refused; again at 10:00:05',
      '✔ scale  4.0 s  ready',
    ]);
  });

  it.each<[RunEvent, string]>([
    [{ type: 'alerts_resolved', at }, '✔ run  its alerts resolved'],
    [{ type: 'step_failed', at, task_id: 'scale', ...step, error: 'no', output: null, evidence: null }, '✖ scale  no'],
    [
      { type: 'step_waiting', at, step_id: 'scale', reason: 'approval', message: 'sre approves', until: at },
      '… scale  waits: sre approves (until 10:00:05)',
    ],
    [
      { type: 'step_skipped', at, ...step, reason: 'condition', message: 'is_healthy is true', conditions: [] },
      '- scale  skipped: is_healthy is true',
    ],
    [
      { type: 'step_cancelled', at, step_id: 'scale', reason: 'cancelled by ann' },
      '- scale  cancelled: cancelled by ann',
    ],
    [{ type: 'run_paused', at, by: 'ann', reason: 'look first' }, '‖ run  paused by ann: look first'],
    [{ type: 'run_cancel_requested', at, by: 'ann', reason: null }, '■ run  cancelled by ann'],
    [
      { type: 'run_finished', at, state: 'failed', outcome: 'handed_over', reason: 'scale failed' },
      '✖ run  failed, handed_over: scale failed',
    ],
    [{ type: 'run_rescued', at, worker_id: 'w2', from: 'w1' }, '! run  taken up after its worker was lost'],
  ])('of %o', (event, line) => {
    expect(told(event)).toEqual([line]);
  });

  it('is one line of plain text whatever came from outside', () => {
    const [line] = told(starts, ends({ summary: `a\nb\u001b[31m\u202E${'x'.repeat(1_000)}` }));

    expect(line).not.toMatch(/[\p{Cc}\u202E]/u);
    expect(line!.length).toBeLessThan(450);
  });
});
