import type { Step } from './run.js';

/** Left out for want of a condition, or because nobody needed it any more, is not left out by a failure. */
const LEFT_OUT: ReadonlySet<string> = new Set(['dependency_failed', 'aborted', 'cancelled', 'denied']);

/** True for a step that ended without its work done: it failed, was cancelled, or was left out for that. A retry begins it anew. */
export function isLeftUndone({ state, reason }: Pick<Step, 'state' | 'reason'>): boolean {
  return state === 'failed' || state === 'cancelled' || (state === 'skipped' && LEFT_OUT.has(reason ?? ''));
}
