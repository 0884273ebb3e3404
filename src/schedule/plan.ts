import { durationMs } from '../domain/duration.js';
import { needsOf, topologicalOrder, upstreamOf } from '../domain/graph.js';
import type { Playbook, Task } from '../domain/playbook.js';
import { DEFAULT_RUN_TIMEOUT_MS, DEFAULT_STEP_TIMEOUT_MS } from '../domain/playbook.js';

/** A playbook made ready to be worked through. */
export interface Plan {
  readonly playbook: Playbook;
  /** In an order in which nothing comes before what it depends on; authors' order where that leaves a choice. */
  readonly tasks: readonly PlannedTask[];
  readonly byId: ReadonlyMap<string, PlannedTask>;
  readonly timeout_ms: number;
}

export interface PlannedTask {
  readonly task: Task;
  /** The canonical kind. */
  readonly kind: string;
  /** What has to end first. */
  readonly needs: readonly string[];
  /** Everything that has to end before it, near and far. */
  readonly upstream: ReadonlySet<string>;
  readonly timeout_ms: number;
  /** A write that does no harm when it is done twice, by its author's word. */
  readonly idempotent: boolean;
}

/** Prepares a playbook that passed every check. */
export function planOf(playbook: Playbook): Plan {
  const needs = needsOf(playbook.tasks);
  const upstream = upstreamOf(playbook.tasks);
  const tasks = topologicalOrder(playbook.tasks).map((task): PlannedTask => ({
    task,
    kind: task.type.toLowerCase(),
    needs: needs.get(task.id) ?? [],
    upstream: upstream.get(task.id) ?? new Set(),
    timeout_ms: task.timeout === undefined ? DEFAULT_STEP_TIMEOUT_MS : durationMs(task.timeout),
    idempotent: task.idempotent === true || task.parameters?.['idempotent'] === true,
  }));
  return {
    playbook,
    tasks,
    byId: new Map(tasks.map((task) => [task.task.id, task])),
    timeout_ms: playbook.timeout === undefined ? DEFAULT_RUN_TIMEOUT_MS : durationMs(playbook.timeout),
  };
}
