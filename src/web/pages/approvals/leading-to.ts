import type { PlaybookGraph } from '../../../domain/api/playbook.js';
import type { Step } from '../../../domain/run/run.js';

/**
 * The steps that came before another one and found something out, in the order they ended: those that it waited for, directly or through
 * others; where the playbook's arrows are not known, all that had ended.
 */
export function leadingTo(
  step_id: string,
  steps: readonly Step[],
  edges: PlaybookGraph['edges'] | null,
): readonly Step[] {
  const asked = steps.find((step) => step.step_id === step_id);
  const upstream = edges === null ? null : upstreamOf(asked?.task_id ?? step_id, edges);
  return steps
    .filter((step) => {
      if (step.step_id === step_id || step.finished_at === null || step.started_at === null) return false;
      // Items are told by their list, which says what came of all of them.
      if (step.item_index !== null || step.step_id.endsWith(':undo')) return false;
      return upstream === null || upstream.has(step.task_id);
    })
    .sort((a, b) => Date.parse(a.finished_at ?? '') - Date.parse(b.finished_at ?? ''));
}

function upstreamOf(task_id: string, edges: PlaybookGraph['edges']): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [task_id];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const { from, to } of edges) {
      if (to !== next || found.has(from)) continue;
      found.add(from);
      open.push(from);
    }
  }
  return found;
}
