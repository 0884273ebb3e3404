import { messageOf } from '../domain/errors.js';
import type { Effect, ExecutorSpec } from '../domain/executor.js';
import { evaluateCondition, renderDeep } from '../domain/expression/expression.js';
import type { Scope } from '../domain/expression/expression.js';
import type { IncidentBrief } from '../domain/incident/incident.js';
import type { ConditionResult, Run } from '../domain/run/run.js';
import { isSinceRetry, isStepFinished } from '../domain/run/run.js';
import { schemaProblems } from '../domain/schema-problem.js';
import { isRehearsal } from './only-recorded.js';
import type { Plan, PlannedTask } from './plan.js';

/** One attempt, ready to be made. Secrets stand in it as marks. */
export interface Prepared {
  readonly step_id: string;
  readonly planned: PlannedTask;
  readonly spec: ExecutorSpec;
  readonly attempt: number;
  /** An earlier attempt waited for a time that has come. */
  readonly waited: boolean;
  readonly effect: Effect;
  /** Only say what would be done. */
  readonly recorded_only: boolean;
  readonly input: unknown;
}

export type Preparation =
  | { readonly type: 'ready'; readonly prepared: Prepared; readonly parameters: unknown }
  | { readonly type: 'failed'; readonly error: string; readonly cause?: unknown };

/** What the expressions of a run may ask for; `item` only inside of `foreach`. */
export function scopeOf(
  run: Run,
  plan: Plan,
  secrets: Readonly<Record<string, string>>,
  incident: IncidentBrief | null,
  item?: unknown,
): Scope {
  const steps: Record<string, unknown> = {};
  const outputs: Record<string, unknown> = {};
  for (const { task } of plan.tasks) {
    const step = run.steps[task.id];
    if (!step || !isStepFinished(step.state)) continue;
    steps[task.id] = { output: step.output, state: step.state };
    if (task.output_variable !== undefined && step.state === 'succeeded') outputs[task.output_variable] = step.output;
  }
  return {
    alert: run.alert,
    alerts: run.joined,
    incident,
    run: {
      run_id: run.run_id,
      playbook_id: run.playbook_id,
      service_name: run.service_name,
      group_key: run.group_key,
      mode: run.mode,
      dry_run: run.dry_run,
      created_at: run.created_at,
    },
    steps,
    vars: plan.playbook.vars ?? {},
    secrets,
    ...outputs,
    ...(item === undefined ? {} : { item }),
  };
}

/** Judges every condition of a task: all are told, not only the first that does not hold. */
export function judge(planned: PlannedTask, scope: () => Scope): ConditionResult[] {
  const { conditions } = planned.task;
  if (!conditions || conditions.length === 0) return [];
  const values = scope();
  return conditions.map((condition) => ({ condition: String(condition), ...evaluateCondition(condition, values) }));
}

/** Renders and validates what an attempt is to do. A parameter that cannot be rendered or is refused fails the step, naming its place. */
export function prepare(
  run: Run,
  planned: PlannedTask,
  spec: ExecutorSpec | undefined,
  scope: () => Scope,
  step_id: string,
  conceal: (value: unknown) => unknown,
): Preparation {
  if (!spec) return { type: 'failed', error: `there is no executor of kind ${planned.kind}` };
  const { task } = planned;
  let parameters: unknown;
  try {
    const written = task.action === undefined ? (task.parameters ?? {}) : { ...task.parameters, action: task.action };
    parameters =
      Object.keys(written).length === 0
        ? written
        : renderDeep(written, scope(), (path) => spec.encode?.[String(path[0])]);
  } catch (error) {
    return { type: 'failed', error: `parameters: ${messageOf(error)}`, cause: error };
  }
  const parsed = spec.input.safeParse(parameters);
  if (!parsed.success) {
    // Asked of what may be shown: words are cut, and half of a secret would not be known for one.
    const problems = schemaProblems(spec.input, conceal(parameters));
    const issues = problems.length > 0 ? problems : parsed.error.issues;
    const told = issues.map(({ path, message }) => `${path.join('.') || 'parameters'}: ${message}`);
    return { type: 'failed', error: `parameters: ${String(conceal(told.join('; ')))}` };
  }
  const effect = typeof spec.effect === 'function' ? spec.effect(parsed.data) : spec.effect;
  const earlier = run.steps[step_id]?.attempts ?? [];
  const waited = earlier.some((made) => made.outcome === 'waiting' && isSinceRetry(run, made));
  const attempt = earlier.length + 1;
  // Where nothing is written, nobody has to be asked.
  const rehearses = isRehearsal(run);
  const recorded_only =
    effect === 'write' ? rehearses : (effect === 'notify' && run.dry_run) || (spec.follows_mode === true && rehearses);
  return {
    type: 'ready',
    prepared: { step_id, planned, spec, attempt, waited, effect, recorded_only, input: parsed.data },
    parameters: conceal(parameters),
  };
}
