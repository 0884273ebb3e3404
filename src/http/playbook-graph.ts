import type { PlaybookGraph } from '../domain/api/playbook.js';
import type { Effect, ExecutorSpec } from '../domain/executor.js';
import type { Playbook, Task } from '../domain/playbook/playbook.js';

/** A playbook's tasks and what depends on what. */
export function graphOf(playbook: Playbook, specs: ReadonlyMap<string, ExecutorSpec>): PlaybookGraph {
  const nodes = playbook.tasks.map((task) => {
    const kind = task.type.toLowerCase();
    return { task_id: task.id, name: task.name ?? task.id, kind, effect: effectOf(task, specs.get(kind)) };
  });
  const edges = playbook.tasks.flatMap((task) => (task.depends_on ?? []).map((from) => ({ from, to: task.id })));
  return { nodes, edges };
}

/** What a task does; null where that is known only once its expressions are rendered. */
function effectOf({ action, parameters }: Task, spec: ExecutorSpec | undefined): Effect | null {
  if (typeof spec?.effect !== 'function') return spec?.effect ?? null;
  // An action's method and the parameter `effect` are what it hangs on; an expression further on in the path changes nothing.
  const deciding = [action?.trim().split(/\s/, 1)[0], parameters?.['effect']];
  if (deciding.some((text) => typeof text === 'string' && text.includes('{{'))) return null;
  return spec.effect({ ...parameters, action });
}
