import type { AttemptContext } from '../../src/domain/executor.js';

/** The first attempt of a step, with what the test cares about put over it. */
export function anAttempt(over: Partial<AttemptContext> = {}): AttemptContext {
  return {
    run_id: '01KAJRUN000000000000000001',
    step_id: 'a_step',
    attempt: 1,
    alert: null,
    idempotency_key: '01KAJRUN000000000000000001:a_step:do',
    signal: new AbortController().signal,
    dry_run: false,
    waited: false,
    intent: null,
    ...over,
  };
}
