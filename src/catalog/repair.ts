import { dataAt } from '../domain/schema-problem.js';
import type { DataPath, PathProblem } from '../domain/schema-problem.js';

/**
 * A copy of data without what a schema refused in it, so that the rest can be judged too and its author sees every error at once. What
 * every task needs gets a stand-in; whatever is then said about the stand-in itself is no news (`isKnown`).
 */
export function withoutRefused(data: unknown, problems: readonly PathProblem[]): unknown {
  const copy = structuredClone(data);
  for (const { path } of problems) {
    const key = path.at(-1);
    const parent = dataAt(copy, path.slice(0, -1));
    if (key === undefined || parent === null || typeof parent !== 'object') continue;
    replace(parent as Record<string | number, unknown>, key, path); // an object or a list, just looked at
  }
  return copy;
}

function replace(parent: Record<string | number, unknown>, key: string | number, path: DataPath): void {
  const standIn = standInFor(path);
  if (standIn !== undefined) parent[key] = standIn;
  else if (Array.isArray(parent)) parent[key] = path.at(-2) === 'conditions' ? true : '';
  else delete parent[key];
}

function standInFor(path: DataPath): unknown {
  const [first, index, field, more] = path;
  if (first === 'playbook_id' && path.length === 1) return 'unknown';
  if (first !== 'tasks' || more !== undefined) return undefined;
  if (field === 'id') return `task_${index}_without_id`;
  if (field === 'type') return 'unknown';
  return undefined;
}

/** True for a problem at, below or directly above a place that has been told already. */
export function isKnown(problem: PathProblem, told: readonly PathProblem[]): boolean {
  return told.some(({ path }) => {
    const shared = Math.min(path.length, problem.path.length);
    return path.slice(0, shared).every((key, depth) => key === problem.path[depth]);
  });
}
