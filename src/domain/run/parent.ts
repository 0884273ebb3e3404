import type { Run, RunState } from './run.js';
import { isRunFinished } from './run.js';

/** True for a run that goes on only when somebody does something about it: answers, or resumes it. */
export function needsAPerson(state: RunState): boolean {
  return state === 'waiting' || state === 'paused';
}

/** What sets a run that a step begins apart from others of its playbook: it stands for itself, alerts join the run that began it. */
export function childKeyOf(parent_run_id: string, step_id: string): string {
  return `run:${parent_run_id}:${step_id}`;
}

/** The step of its parent that began this run. */
export function stepThatBegan({ parent_run_id, group_key }: Pick<Run, 'parent_run_id' | 'group_key'>): string {
  return group_key.slice(childKeyOf(parent_run_id ?? '', '').length);
}

/**
 * Whether the run that began this one has to look at it: it has ended, or it has begun to wait for a person, or goes on. `before` is null for
 * one that begins.
 */
export function concernsParent(before: Run | null, after: Run): boolean {
  if (after.parent_run_id === null) return false;
  const stood = before?.state ?? 'pending';
  if (isRunFinished(after.state)) return !isRunFinished(stood);
  return needsAPerson(after.state) !== needsAPerson(stood);
}
