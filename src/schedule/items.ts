import { messageOf } from '../domain/errors.js';
import { renderDeep } from '../domain/expression/expression.js';
import type { Scope } from '../domain/expression/expression.js';
import type { Run, Step } from '../domain/run/run.js';

/** The most items that a `foreach` may have. */
const MAX_ITEMS = 1_000;

/** The items that a `foreach` names, or what is wrong with them. */
export function itemsFrom(foreach: unknown, scope: () => Scope): readonly unknown[] | Error {
  let items: unknown;
  try {
    items = renderDeep(foreach, scope());
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error));
  }
  if (!Array.isArray(items)) return new Error(`expected a list, got ${items === null ? 'null' : typeof items}`);
  return items.length > MAX_ITEMS ? new Error(`${items.length} items, at most ${MAX_ITEMS} are taken`) : items;
}

/** The steps of a task's items. */
export function itemsOf(run: Run, task_id: string): Step[] {
  return Object.values(run.steps).filter((step) => step.task_id === task_id && step.item_index !== null);
}

/** Which items failed; null when none did. */
export function errorOf(items: readonly Step[]): string | null {
  const failed = items.filter((item) => item.state === 'failed');
  if (failed.length === 0) return null;
  const first = failed.slice(0, 3).map((item) => `${item.step_id}: ${item.error ?? ''}`);
  return `${failed.length} of ${items.length} items failed: ${first.join('; ')}`;
}

/** Why the task is cancelled with one of its items: the run ends, or people said no to that item; null when none of them was. */
export function cancelOf(run: Run, items: readonly Step[]): string | null {
  const stopped = items.find((item) => item.state === 'cancelled' || item.reason === 'cancelled');
  if (!stopped) return null;
  return run.ending ?? `${stopped.step_id}: ${stopped.message ?? 'the run was cancelled'}`;
}
