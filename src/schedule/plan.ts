import { durationMs } from '../domain/duration.js';
import { topologicalOrder } from '../domain/graph.js';
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
  readonly timeout_ms: number;
}

/** Prepares a playbook that passed every check. */
export function planOf(playbook: Playbook): Plan {
  const order = topologicalOrder(playbook.tasks);
  const usual = playbook.tasks.filter((task) => (task.run_if ?? 'success') === 'success').map((task) => task.id);
  const tasks = order.map((task): PlannedTask => {
    const written = task.depends_on ?? [];
    // A clean-up without dependencies waits for everything else: it is about how the run as a whole went.
    const needs = written.length === 0 && task.run_if !== undefined && task.run_if !== 'success' ? usual : written;
    return {
      task,
      kind: task.type.toLowerCase(),
      needs,
      timeout_ms: task.timeout === undefined ? DEFAULT_STEP_TIMEOUT_MS : durationMs(task.timeout),
    };
  });
  return {
    playbook,
    // Such clean-ups come last, behind all that they wait for.
    tasks: [...tasks.filter((task) => task.needs !== usual), ...tasks.filter((task) => task.needs === usual)],
    byId: new Map(tasks.map((task) => [task.task.id, task])),
    timeout_ms: playbook.timeout === undefined ? DEFAULT_RUN_TIMEOUT_MS : durationMs(playbook.timeout),
  };
}
