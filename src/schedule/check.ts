import { z } from 'zod';
import { sleep } from '../domain/clock.js';
import { messageOf } from '../domain/errors.js';
import type { ExecutorSpec } from '../domain/executor.js';
import { compileTemplate, evaluateCondition } from '../domain/expression/expression.js';
import type { Reference, Scope } from '../domain/expression/expression.js';
import type { Outcome } from '../domain/run/outcome.js';
import type { Run } from '../domain/run/run.js';
import { contextOf, revealedInput } from './context.js';
import type { AttemptDeps } from './context.js';
import type { Check, PlannedTask } from './plan.js';
import { prepare, scopeOf } from './prepare.js';
import type { Prepared } from './prepare.js';

/** What the scheduler looks at by itself: no executor has it. */
export const CHECK_SPEC: ExecutorSpec = {
  kind: 'verify',
  title: 'Look whether it helped',
  effect: 'read',
  input: z.unknown(),
  output_keys: null,
};

const SHORTEST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 5_000;

/** One look: whether it is as it should be, and in words why. `isFinal`: looking again would say the same. */
interface Look {
  readonly isGood: boolean;
  readonly isFinal: boolean;
  readonly result: string;
  readonly explanation: string;
  readonly evidence: Readonly<Record<string, unknown>>;
}

/**
 * Looks until it is good for as long as it has to hold, or until the time is over. A restart begins the hold anew, never the time. The
 * alert's own condition is a finding whatever it is; a `verify` that does not come true has failed, also where that is for want of data.
 */
export async function makeCheck(
  run: Run,
  prepared: Prepared,
  check: Check,
  signal: AbortSignal,
  deps: AttemptDeps,
): Promise<Outcome> {
  const { clock } = deps;
  const begun = beginOf(run, prepared.step_id);
  const pause = Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, (check.hold_ms || check.within_ms) / 4));
  let since: number | null = null;
  for (;;) {
    const look =
      check.condition === null
        ? await lookAtAlert(run, signal, deps)
        : await lookAtCondition(run, prepared, check.condition, signal, deps);
    if (signal.aborted) return { type: 'cancelled', reason: 'the run was cancelled' };
    const now = clock.now();
    since = look.isGood ? (since ?? now) : null;
    if (since !== null && now - since >= check.hold_ms) return found(look, check);
    if (since === null && (look.isFinal || now - begun >= check.within_ms)) return found(look, check);
    await sleep(clock, pause, signal);
  }
}

/** When it first began to look; trying a run again gives it its whole time anew. */
function beginOf(run: Run, step_id: string): number {
  const started_at = Date.parse(run.steps[step_id]?.started_at ?? run.created_at);
  return run.retried_at === null ? started_at : Math.max(started_at, Date.parse(run.retried_at));
}

function found({ isGood, result, explanation, evidence }: Look, check: Check): Outcome {
  const output = { result, explanation };
  if (check.condition === null || isGood) return { type: 'succeeded', output, summary: explanation, evidence };
  const reason =
    result === 'false' ? `it did not help: ${explanation}` : `whether it helped cannot be told: ${explanation}`;
  return { type: 'failed', reason, retryable: false, output, evidence };
}

async function lookAtAlert(run: Run, signal: AbortSignal, deps: AttemptDeps): Promise<Look> {
  const ask = run.alert && deps.condition(run.alert);
  if (!ask) return alertLook('unavailable', 'nobody is configured who could be asked', {}, true);
  const answer = await ask(signal);
  switch (answer.type) {
    case 'over':
      return alertLook('over', "the alert's own condition is over", answer.evidence);
    case 'holds':
      return alertLook('holds', "the alert's own condition still holds", answer.evidence);
    case 'no_data':
      return alertLook(
        'no_data',
        `whether the alert's condition is over cannot be told: ${answer.reason}`,
        answer.evidence,
      );
    case 'unavailable':
      return alertLook('unavailable', `whether the alert's condition is over cannot be asked: ${answer.reason}`, {});
  }
}

function alertLook(
  result: 'over' | 'holds' | 'no_data' | 'unavailable',
  explanation: string,
  evidence: Readonly<Record<string, unknown>>,
  isFinal = false,
): Look {
  return { isGood: result === 'over', isFinal, result, explanation, evidence };
}

/** The reads that the condition speaks of are made again: what they said before the write proves nothing. */
async function lookAtCondition(
  run: Run,
  prepared: Prepared,
  condition: string,
  signal: AbortSignal,
  deps: AttemptDeps,
): Promise<Look> {
  const incident = deps.plan.names_incident && run.alert ? ((await deps.incident?.(run.alert)) ?? null) : null;
  const scope = { ...scopeOf(run, deps.plan, deps.vault.scopeFor(run.playbook_id), incident) };
  const steps: Record<string, unknown> = { ...(scope['steps'] as Record<string, unknown>) }; // as scopeOf makes it
  scope['steps'] = steps;
  const evidence: Record<string, unknown> = {};
  let asked = 0;
  for (const planned of readsOf(condition, deps)) {
    const answer = await askAgain(run, prepared, planned, scope, signal, deps);
    if (answer === null) continue;
    asked += 1;
    const { id, output_variable } = planned.task;
    if (answer.type !== 'succeeded') {
      const why = 'reason' in answer ? answer.reason : 'it gave no answer';
      const explanation = `${id} could not be asked again: ${why}`;
      return { isGood: false, isFinal: false, result: 'unavailable', explanation, evidence };
    }
    steps[id] = { output: answer.output, state: 'succeeded' };
    if (output_variable !== undefined) scope[output_variable] = answer.output;
    if (answer.summary !== undefined) evidence[id] = answer.summary;
  }
  const { holds, explanation, unjudged } = evaluateCondition(condition, scope);
  const result = unjudged ? 'no_data' : holds ? 'true' : 'false';
  return { isGood: holds, isFinal: asked === 0, result, explanation, evidence: { ...evidence, condition } };
}

function readsOf(condition: string, { plan }: AttemptDeps): PlannedTask[] {
  const names = compileTemplate(condition).references;
  return plan.tasks.filter(({ task, check }) => {
    const isNamed = ([root, field]: Reference): boolean =>
      (root === 'steps' && field === task.id) || (task.output_variable !== undefined && root === task.output_variable);
    return check === undefined && task.foreach === undefined && names.some(isNamed);
  });
}

/** Null for what is no read: that is never done again. */
async function askAgain(
  run: Run,
  prepared: Prepared,
  planned: PlannedTask,
  scope: Scope,
  signal: AbortSignal,
  deps: AttemptDeps,
): Promise<Outcome | null> {
  const executor = deps.executor(planned.kind);
  if (!executor || run.steps[planned.task.id]?.state !== 'succeeded') return null;
  const ready = prepare(
    run,
    planned,
    executor.spec,
    () => scope,
    planned.task.id,
    (value) => deps.vault.conceal(value),
  );
  if (ready.type === 'failed') return { type: 'failed', reason: ready.error, retryable: false };
  if (ready.prepared.effect !== 'read') return null;
  const input = revealedInput(deps.vault, ready.prepared, executor);
  try {
    return await executor.execute(input, { ...contextOf(run, ready.prepared, { signal }), attempt: prepared.attempt });
  } catch (error) {
    return { type: 'failed', reason: `the executor is broken: ${messageOf(error)}`, retryable: false };
  }
}
