import { MissingValue } from '../domain/expression/expression.js';
import type { Run, Step } from '../domain/run/run.js';
import { itemsOf } from './items.js';
import type { Plan, PlannedTask } from './plan.js';

/** True for a run that only says what it would write: a dry run, or one in shadow. */
export function isRehearsal({ dry_run, mode }: Pick<Run, 'dry_run' | 'mode'>): boolean {
  return dry_run || (mode !== 'auto' && mode !== 'approve');
}

/** True for a step of which nothing took place but the record of it; a list of such steps is one, too. */
export function isOnlyRecorded(run: Run, step: Step): boolean {
  const items = itemsOf(run, step.step_id);
  return step.recorded_only || (items.length > 0 && items.every((item) => item.recorded_only));
}

/**
 * Why a task cannot begin in a run that writes nothing, where it asks for what only the write would have found out. That is no failure: it
 * would not be missing in a real run. Null for everything else that keeps a task from beginning.
 */
export function whyUnknown(run: Run, plan: Plan, cause: unknown): string | null {
  if (!(cause instanceof MissingValue) || !isRehearsal(run)) return null;
  const source = plan.tasks.find((planned) => isRootOf(cause.path, planned));
  const step = source && run.steps[source.task.id];
  if (!step) return null;
  if (isOnlyRecorded(run, step)) return `${cause.path} is not known: ${step.step_id} was only recorded`;
  return isLeftOut(step) ? `${cause.path} is not known: ${step.step_id} did not take place` : null;
}

function isRootOf(path: string, { task }: PlannedTask): boolean {
  const [root, field] = path.split(/[^\w]+/);
  return (
    (root === 'steps' && field === task.id) || (task.output_variable !== undefined && root === task.output_variable)
  );
}

/** Left out for what is not known, not for a condition of its own. */
function isLeftOut({ state, reason, conditions }: Step): boolean {
  return state === 'skipped' && reason === 'condition' && conditions.every((condition) => condition.holds);
}
