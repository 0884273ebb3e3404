import { ALERT_FIELDS } from '../alert/alert.js';
import { formatReference } from '../expression/expression.js';
import type { Reference } from '../expression/expression.js';
import type { ExecutorSpec } from '../executor.js';
import { upstreamOf } from './graph.js';
import { INCIDENT_FIELDS } from '../incident/incident.js';
import { didYouMean } from '../nearest.js';
import type { Playbook, Task } from './playbook.js';

/** The names that every expression of a playbook can see; an `output_variable` cannot take one of them. */
export const SCOPE_NAMES: readonly string[] = [
  'alert',
  'alerts',
  'incident',
  'run',
  'steps',
  'vars',
  'secrets',
  'item',
];

/** What an expression may ask `run` for. */
export const RUN_FIELDS: readonly string[] = [
  'run_id',
  'playbook_id',
  'service_name',
  'group_key',
  'mode',
  'dry_run',
  'created_at',
];

/** What an expression may ask `incident` for. */
const INCIDENT_NAMES: readonly string[] = INCIDENT_FIELDS;

/** What an expression may ask `steps.<id>` for. */
export const STEP_FIELDS: readonly string[] = ['output', 'state'];

/** Knows which names exist in a playbook, and from where each can be seen. */
export interface Names {
  /** Why an expression of a task cannot use a path; null when it can. `item` exists inside of `foreach` only. */
  problem(reference: Reference, task: Task, hasItem: boolean): string | null;
}

/** Reads the names of a playbook whose tasks have distinct ids and no cycles; with those it answers as well as it can. */
export function namesOf(playbook: Playbook, kinds: ReadonlyMap<string, ExecutorSpec>): Names {
  const tasks = new Map(playbook.tasks.map((task) => [task.id, task]));
  const producers = new Map<string, Task>();
  for (const task of playbook.tasks)
    if (task.output_variable !== undefined && !producers.has(task.output_variable))
      producers.set(task.output_variable, task);
  const upstream = upstreamOf(playbook.tasks);

  function step(reference: Reference, user: Task): string | null {
    const [, id, field, ...rest] = reference;
    if (id === undefined) return null;
    const task = tasks.get(id);
    if (!task) return `there is no task ${id}${didYouMean(id, tasks.keys())}`;
    if (field !== undefined && !STEP_FIELDS.includes(field))
      return `steps.${id} has ${STEP_FIELDS.join(' and ')}, not ${field}${didYouMean(field, STEP_FIELDS)}`;
    return (
      notYetRun(task, user) ??
      (field === 'output' ? outputKey(task, rest, formatReference(['steps', id, 'output'])) : null)
    );
  }

  function variable(reference: Reference, user: Task): string | null {
    const [name = '', ...rest] = reference;
    const task = producers.get(name);
    if (task) return notYetRun(task, user) ?? outputKey(task, rest, name);
    const meant = tasks.has(name)
      ? ` (did you mean steps.${name}.output?)`
      : didYouMean(name, [...producers.keys(), ...SCOPE_NAMES]);
    return `unknown name ${name}${meant}`;
  }

  function notYetRun(task: Task, user: Task): string | null {
    if (upstream.get(user.id)?.has(task.id) === true) return null;
    const name = task.output_variable === undefined ? `the output of ${task.id}` : task.output_variable;
    if (task.id === user.id) return `${name} does not exist before ${user.id} itself has ended`;
    return `${name} does not exist yet: ${user.id} does not wait for ${task.id} (add it to depends_on)`;
  }

  function outputKey(task: Task, path: readonly string[], name: string): string | null {
    const known = kinds.get(task.type.toLowerCase())?.output_keys;
    const [key] = path;
    if (key === undefined || !known || task.foreach !== undefined || known.includes(key)) return null;
    return `${name} has no key ${key}${didYouMean(key, known) || `; it has ${known.join(', ')}`}`;
  }

  return {
    problem: (reference, user, hasItem) => {
      const [root = '', field] = reference;
      switch (root) {
        case 'alert':
          return field === undefined || ALERT_FIELDS.includes(field)
            ? null
            : `an alert has no field ${field}${didYouMean(field, ALERT_FIELDS)}`;
        case 'run':
          return field === undefined || RUN_FIELDS.includes(field)
            ? null
            : `run has no field ${field}${didYouMean(field, RUN_FIELDS)}`;
        case 'vars':
          return field === undefined || Object.hasOwn(playbook.vars ?? {}, field)
            ? null
            : `vars has no ${field}${didYouMean(field, Object.keys(playbook.vars ?? {}))}`;
        case 'steps':
          return step(reference, user);
        case 'item':
          return hasItem ? null : 'item exists only in action and parameters of a task with foreach';
        case 'incident':
          return field === undefined || INCIDENT_NAMES.includes(field)
            ? null
            : `incident has no field ${field}${didYouMean(field, INCIDENT_NAMES)}`;
        case 'alerts':
        case 'secrets':
          return null;
        default:
          return variable(reference, user);
      }
    },
  };
}
