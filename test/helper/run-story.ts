import type { RunEvent } from '../../src/domain/run/run.js';

/** An instant in the minute in which the events below happen. */
export const at = (second: number): string => `2026-11-21T10:00:${String(second).padStart(2, '0')}.000Z`;

export function started(step_id: string, second: number): RunEvent {
  const rest = { item_index: null, item: null, attempt: 1, effect: 'read', recorded_only: false } as const;
  return {
    type: 'step_started',
    at: at(second),
    step_id,
    task_id: step_id,
    name: step_id,
    kind: 'wait',
    ...rest,
    parameters: {},
    conditions: [],
  };
}

export function succeeded(step_id: string, second: number, summary: string): RunEvent {
  return { type: 'step_succeeded', at: at(second), step_id, output: {}, summary, evidence: null, change: null };
}

export function finished(state: 'succeeded' | 'failed', second: number, reason: string | null = null): RunEvent {
  return { type: 'run_finished', at: at(second), state, outcome: 'nothing_done', reason };
}
