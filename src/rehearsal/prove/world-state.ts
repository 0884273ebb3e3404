import type { Run, Step } from '../../domain/run/run.js';

/** What runs are like, without times: two that are described alike go on alike. */
export function describeRuns(runs: readonly Run[]): string {
  return JSON.stringify(runs.map(describeRun));
}

function describeRun(run: Run): unknown {
  const { run_id, state, outcome, aborted, compensating, cancel_requested, alerts_resolved_at } = run;
  const flags = [aborted, compensating !== null, cancel_requested, alerts_resolved_at !== null];
  return [run_id, state, outcome, flags, Object.values(run.steps).map(describeStep)];
}

function describeStep(step: Step): unknown {
  const { step_id, state, reason, output, attempts, approval, intent, change, effect } = step;
  return [
    step_id,
    state,
    reason,
    output,
    effect,
    attempts.map((attempt) => attempt.outcome),
    approval?.state ?? null,
    intent !== null,
    change !== null,
  ];
}
