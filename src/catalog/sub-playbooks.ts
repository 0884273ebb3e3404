import type { Problem } from '../domain/catalog.js';
import { didYouMean } from '../domain/nearest.js';
import { findCycles } from '../domain/playbook/graph.js';
import { dataAt } from '../domain/schema-problem.js';

/** Another playbook that a task runs, where its id is written out. */
export interface StartedPlaybook {
  readonly id: string;
  readonly place: Problem;
  /** Nothing in the playbook keeps the task from running it. */
  readonly always: boolean;
}

/** A playbook and the others that it runs. */
export interface Starter {
  readonly playbook_id: string | null;
  readonly starts: readonly StartedPlaybook[];
}

/** Where a task's or a compensation's sub-playbook is named, and whether it is run whatever comes. */
export interface StartedPath {
  readonly path: readonly (string | number)[];
  readonly always: boolean;
}

/** The sub-playbooks that a playbook names, by the look of its data: also of one that is broken elsewhere. */
export function startedPaths(data: unknown): StartedPath[] {
  const tasks = dataAt(data, ['tasks']);
  if (!Array.isArray(tasks)) return [];
  return tasks.flatMap((task: unknown, index) => {
    const always = ['conditions', 'run_if', 'foreach', 'depends_on'].every((key) => dataAt(task, [key]) === undefined);
    return [
      ...startedBy(task, ['tasks', index], always),
      ...startedBy(dataAt(task, ['compensate']), ['tasks', index, 'compensate'], false),
    ];
  });
}

function startedBy(task: unknown, at: readonly (string | number)[], always: boolean): StartedPath[] {
  const type = dataAt(task, ['type']);
  const id = dataAt(task, ['parameters', 'playbook_id']);
  if (typeof type !== 'string' || type.toLowerCase() !== 'playbook' || typeof id !== 'string') return [];
  return id.includes('{{') ? [] : [{ path: [...at, 'parameters', 'playbook_id'], always }];
}

/** Sub-playbooks that do not exist, and playbooks that would run each other without end. They are told; the playbooks stay in force. */
export function subPlaybookProblems(starters: readonly Starter[], known: ReadonlySet<string>): Problem[] {
  return [...missing(starters, known), ...circles(starters)];
}

function missing(starters: readonly Starter[], known: ReadonlySet<string>): Problem[] {
  return starters
    .flatMap(({ starts }) => starts)
    .filter(({ id }) => !known.has(id))
    .map(({ id, place }) => ({ ...place, message: `there is no playbook ${id}${didYouMean(id, known)}` }));
}

function circles(starters: readonly Starter[]): Problem[] {
  const always = new Map<string, readonly StartedPlaybook[]>();
  for (const { playbook_id, starts } of starters)
    if (playbook_id !== null && !always.has(playbook_id))
      always.set(
        playbook_id,
        starts.filter((started) => started.always),
      );
  const nodes = [...always].map(([id, starts]) => ({ id, depends_on: starts.map((started) => started.id) }));
  return findCycles(nodes).flatMap((circle) => {
    const [first = '', second = first] = circle;
    const round = [...circle, first].join(' → ');
    const place = always.get(first)?.find(({ id }) => id === second)?.place;
    return place ? [{ ...place, message: `playbooks run each other without end: ${round}` }] : [];
  });
}
