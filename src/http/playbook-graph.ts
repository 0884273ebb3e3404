import type { PlaybookGraph } from '../domain/api/playbook.js';
import type { ExecutorSpec } from '../domain/executor.js';
import type { Playbook } from '../domain/playbook/playbook.js';

/** A playbook's tasks and what depends on what. */
export function graphOf(playbook: Playbook, specs: ReadonlyMap<string, ExecutorSpec>): PlaybookGraph {
  const nodes = playbook.tasks.map((task) => {
    const kind = task.type.toLowerCase();
    const effect = specs.get(kind)?.effect;
    return { task_id: task.id, name: task.name ?? task.id, kind, effect: typeof effect === 'string' ? effect : null };
  });
  const edges = playbook.tasks.flatMap((task) => (task.depends_on ?? []).map((from) => ({ from, to: task.id })));
  return { nodes, edges };
}
