import { compileTemplate } from '../../domain/expression/expression.js';
import type { ExecutorSpec } from '../../domain/executor.js';
import { upstreamOf } from '../../domain/playbook/graph.js';
import { failureActions } from '../../domain/playbook/playbook.js';
import type { Playbook, Task } from '../../domain/playbook/playbook.js';

/** What can be said of one write by reading the playbook. */
export interface WriteGates {
  readonly task: Task;
  /** Readings that it waits for, or whose answers its conditions look at: without what they find it must not be done. */
  readonly readings: ReadonlySet<string>;
  /** Everything that has to end before it. */
  readonly upstream: ReadonlySet<string>;
  /** It is there for what went wrong, or cleans up behind another write: it goes by none of the readings. */
  readonly is_clean_up: boolean;
}

/** Reads the gates of every task that may write. */
export function gatesOf(playbook: Playbook, specs: ReadonlyMap<string, ExecutorSpec>): Map<string, WriteGates> {
  const upstream = upstreamOf(playbook.tasks);
  const writes = playbook.tasks.filter((task) => mayWrite(task, specs));
  const writers = new Set(writes.map((task) => task.id));
  const reads = new Set(playbook.tasks.filter((task) => isReading(task, specs)).map((task) => task.id));
  return new Map(
    writes.map((task) => {
      const above = upstream.get(task.id) ?? new Set<string>();
      const named = [...(task.depends_on ?? []), ...stepsAsked(task, playbook)];
      const follows = [...above].some((id) => writers.has(id));
      const is_clean_up = task.run_if === 'failure' || (task.run_if === 'always' && follows);
      return [task.id, { task, readings: new Set(named.filter((id) => reads.has(id))), upstream: above, is_clean_up }];
    }),
  );
}

/** Steps whose pace decides what others meet: readings beside which something writes, and writes beside one another. */
export function pacedSteps(playbook: Playbook, specs: ReadonlyMap<string, ExecutorSpec>): Set<string> {
  const upstream = upstreamOf(playbook.tasks);
  const writers = playbook.tasks.filter((task) => mayWrite(task, specs)).map(({ id }) => id);
  const isBeside = (id: string, other: string): boolean =>
    id !== other && upstream.get(id)?.has(other) !== true && upstream.get(other)?.has(id) !== true;
  return new Set(
    playbook.tasks
      .filter((task) => writers.includes(task.id) || isReading(task, specs))
      .map(({ id }) => id)
      .filter((id) => writers.some((writer) => isBeside(id, writer))),
  );
}

/** What bounds a write by its own parameters, by kind: whoever says the first has to say the second. */
const BOUNDS: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  kubernetes_scale: [
    ['replicas_increase', 'max_replicas'],
    ['replicas_decrease', 'min_replicas'],
  ],
};

function unboundedWrites({ tasks }: Playbook): string[] {
  return tasks.flatMap(({ id, type, parameters }) =>
    (BOUNDS[type.toLowerCase()] ?? [])
      .filter(([change, bound]) => parameters?.[change] !== undefined && parameters[bound] === undefined)
      .map(
        ([change, bound]) =>
          `${id} has ${change} and no ${bound}: nothing in the playbook bounds what repeated runs make of it`,
      ),
  );
}

/** Writes that the playbook wants taken back when it fails or the alert resolves, and that nothing takes back. */
function lastingWrites(
  { tasks, on_resolved }: Playbook,
  gates: ReadonlyMap<string, WriteGates>,
  takesBack: (kind: string) => boolean,
): string[] {
  const upstream = upstreamOf(tasks);
  const takers = tasks.filter(({ on_failure }) => failureActions(on_failure).includes('compensate'));
  return [...gates.values()].flatMap(({ task: { id, type, compensate, verify } }) => {
    // false says that it is to stay.
    if (typeof compensate === 'object' || compensate === false || takesBack(type.toLowerCase())) return [];
    // A step that fails itself has done nothing, but where it is looked at afterwards.
    const taker = takers.find((other) => upstream.get(other.id)?.has(id) || (other.id === id && verify !== undefined));
    if (taker === undefined && on_resolved !== 'compensate') return [];
    const wish = taker === undefined ? 'on_resolved: compensate' : `on_failure of ${taker.id}`;
    return [
      `${wish} wants ${id} taken back, and ${type} cannot do that by itself: give ${id} a compensate, or compensate: false`,
    ];
  });
}

/** What is wrong with the gates of a playbook, whatever happens. `takesBack` tells the kinds that can undo what they did. */
export function looseGates(
  playbook: Playbook,
  specs: ReadonlyMap<string, ExecutorSpec>,
  takesBack: (kind: string) => boolean,
): string[] {
  const gates = gatesOf(playbook, specs);
  const problems: string[] = [...unboundedWrites(playbook), ...lastingWrites(playbook, gates, takesBack)];
  for (const { task } of gates.values()) {
    const waits = new Set(task.depends_on ?? []);
    for (const id of stepsAsked(task, playbook))
      if (!waits.has(id))
        problems.push(
          `${task.id} is gated by what ${id} finds, and does not wait for ${id} itself: only other tasks stand between them (name it in depends_on)`,
        );
  }
  const isHeeded = (id: string): boolean => [...gates.values()].some(({ upstream }) => upstream.has(id));
  for (const task of playbook.tasks)
    if (task.type.toLowerCase() === 'approval' && gates.size > 0 && !isHeeded(task.id))
      problems.push(`whatever people answer to ${task.id}, nothing that writes waits for it`);
  return problems;
}

/** The steps whose answers a task's conditions look at. */
function stepsAsked(task: Task, playbook: Playbook): string[] {
  const producers = new Map(playbook.tasks.map((one) => [one.output_variable ?? '', one.id]));
  const found = new Set<string>();
  for (const condition of task.conditions ?? []) {
    if (typeof condition !== 'string') continue;
    for (const [root = '', id] of compileTemplate(condition).references) {
      const step = root === 'steps' ? id : producers.get(root);
      if (step !== undefined) found.add(step);
    }
  }
  return [...found];
}

/** True for a task whose kind writes, or decides by its input whether it does. */
function mayWrite(task: Task, specs: ReadonlyMap<string, ExecutorSpec>): boolean {
  const effect = specs.get(task.type.toLowerCase())?.effect;
  if (typeof effect !== 'function') return effect === 'write';
  const action = task.action?.trim() ?? '';
  return task.parameters?.['effect'] !== 'read' && !/^(GET|HEAD)\s/i.test(action);
}

const NO_EVIDENCE: ReadonlySet<string> = new Set(['wait', 'playbook']);

function isReading(task: Task, specs: ReadonlyMap<string, ExecutorSpec>): boolean {
  const kind = task.type.toLowerCase();
  const effect = specs.get(kind)?.effect;
  if (NO_EVIDENCE.has(kind) || effect === 'write' || effect === 'notify') return false;
  return !mayWrite(task, specs);
}
