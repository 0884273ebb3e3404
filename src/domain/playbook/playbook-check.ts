import { isReservedWord } from '../expression/cel.js';
import { durationMs } from '../duration.js';
import { templatesTheHost } from '../encoding.js';
import type { Encoding, ExecutorSpec } from '../executor.js';
import { compileTemplate, ExpressionError, formatReference } from '../expression/expression.js';
import type { Reference, Template } from '../expression/expression.js';
import { findCycles } from './graph.js';
import { didYouMean } from '../nearest.js';
import { DEFAULT_RUN_TIMEOUT_MS, failureActions } from './playbook.js';
import type { Playbook, Task } from './playbook.js';
import { namesOf, SCOPE_NAMES } from './playbook-names.js';
import type { Names } from './playbook-names.js';
import { compileCriteria } from '../rule/rule-criterion.js';
import { dataAt, schemaProblems } from '../schema-problem.js';
import type { DataPath, PathProblem } from '../schema-problem.js';
import { kindNotYet } from '../unavailable.js';

type Kinds = ReadonlyMap<string, ExecutorSpec>;

/**
 * Everything that is wrong with a playbook whose shape is right, all at once: its graph, its names and expressions, what its executors
 * refuse, and what this version cannot do. What stands inside of a template is judged when it is rendered, everything else here.
 */
export function checkPlaybook(playbook: Playbook, kinds: Kinds): PathProblem[] {
  const names = namesOf(playbook, kinds);
  return [
    ...triggerProblems(playbook),
    ...varsProblems(playbook),
    ...graphProblems(playbook),
    ...variableProblems(playbook),
    ...playbook.tasks.flatMap((task, index) =>
      taskProblems(task, playbook, kinds, names).map((problem) => ({
        ...problem,
        path: ['tasks', index, ...problem.path],
      })),
    ),
  ];
}

function triggerProblems(playbook: Playbook): PathProblem[] {
  return (playbook.trigger_conditions ?? []).flatMap((match, index) =>
    compileCriteria(match).problems.map((problem) => ({
      ...problem,
      path: ['trigger_conditions', index, ...problem.path],
    })),
  );
}

/** `vars` are constants: nothing renders them, so that an expression in one would be handed on as it stands. */
function varsProblems(playbook: Playbook): PathProblem[] {
  return strings(playbook.vars ?? {}, ['vars'])
    .filter(({ text }) => text.includes('{{'))
    .map(({ path }) => ({
      path,
      message: 'vars are constants and are not rendered; write the expression where it is used',
    }));
}

function graphProblems({ tasks }: Playbook): PathProblem[] {
  const problems: PathProblem[] = [];
  const places = new Map<string, number>();
  for (const [index, { id }] of tasks.entries()) {
    const first = places.get(id);
    if (first === undefined) places.set(id, index);
    else problems.push({ path: ['tasks', index, 'id'], message: `task ${id} stands twice, first as tasks[${first}]` });
    // Steps are kept by their id in plain objects, which have these two names already.
    if (id in Object.prototype)
      problems.push({ path: ['tasks', index, 'id'], message: `a task cannot be called ${id}; choose another id` });
  }
  for (const [index, task] of tasks.entries()) {
    for (const [place, id] of (task.depends_on ?? []).entries()) {
      if (places.has(id)) continue;
      const message = `there is no task ${id}${didYouMean(id, places.keys())}`;
      problems.push({ path: ['tasks', index, 'depends_on', place], message });
    }
  }
  for (const cycle of findCycles(tasks)) {
    const index = places.get(cycle[0] ?? '') ?? 0;
    const place = tasks[index]?.depends_on?.indexOf(cycle[1] ?? cycle[0] ?? '') ?? 0;
    const round = [...cycle, cycle[0]].join(' → ');
    problems.push({
      path: ['tasks', index, 'depends_on', Math.max(0, place)],
      message: `tasks wait for each other: ${round}`,
    });
  }
  return problems;
}

function variableProblems({ tasks }: Playbook): PathProblem[] {
  const problems: PathProblem[] = [];
  const owners = new Map<string, string>();
  for (const [index, { id, output_variable: name }] of tasks.entries()) {
    if (name === undefined) continue;
    const path = ['tasks', index, 'output_variable'];
    const owner = owners.get(name);
    if (owner !== undefined) problems.push({ path, message: `${name} is the output_variable of ${owner} already` });
    else if (SCOPE_NAMES.includes(name))
      problems.push({ path, message: `${name} means something else in every expression` });
    else if (isReservedWord(name)) problems.push({ path, message: `${name} is a word of the expression language` });
    owners.set(name, owner ?? id);
  }
  return problems;
}

function taskProblems(task: Task, playbook: Playbook, kinds: Kinds, names: Names): PathProblem[] {
  const spec = kinds.get(task.type.toLowerCase());
  const problems = [...timeProblems(task, playbook), ...policyProblems(task)];
  if (spec) problems.push(...actionProblems(task, spec), ...inputProblems(task, spec));
  else problems.push({ path: ['type'], message: unknownKind(task.type, kinds) });
  return [...problems, ...expressionProblems(task, spec, names), ...undoProblems(task, kinds, names)];
}

/** What takes a write back is checked like any task, where it is written. */
function undoProblems(task: Task, kinds: Kinds, names: Names): PathProblem[] {
  const { compensate } = task;
  if (typeof compensate !== 'object') return [];
  const { type, action, parameters } = compensate;
  const spec = kinds.get(type.toLowerCase());
  if (!spec) return [{ path: ['compensate', 'type'], message: unknownKind(type, kinds) }];
  const undo: Task = {
    id: task.id,
    type,
    ...(task.foreach === undefined ? {} : { foreach: task.foreach }),
    ...(task.output_variable === undefined ? {} : { output_variable: task.output_variable }),
    ...(action === undefined ? {} : { action }),
    ...(parameters === undefined ? {} : { parameters }),
  };
  const found = [...actionProblems(undo, spec), ...inputProblems(undo, spec), ...undoExpressions(undo, spec, names)];
  return found.map((problem) => ({ ...problem, path: ['compensate', ...problem.path] }));
}

/** It runs after the task, and so may use what that found out. */
function undoExpressions(undo: Task, spec: ExecutorSpec, names: Names): PathProblem[] {
  const { foreach: _foreach, ...alone } = undo;
  return expressionProblems(alone, spec, {
    problem: (reference, user) => ownProblem(reference, undo, names, user, undo.foreach !== undefined),
  });
}

/** A task's own output is there for what comes after it. */
function ownProblem(reference: Reference, own: Task, names: Names, user: Task, hasItem: boolean): string | null {
  const [root, field] = reference;
  const isOwn = (root === 'steps' && field === own.id) || (root !== undefined && root === own.output_variable);
  return isOwn ? null : names.problem(reference, user, hasItem);
}

function unknownKind(type: string, kinds: Kinds): string {
  const later = kindNotYet(type.toLowerCase());
  if (later !== null) return later;
  return `no executor of this kind: ${type}${didYouMean(type, kinds.keys())}; there are ${[...kinds.keys()].sort().join(', ')}`;
}

function timeProblems(task: Task, playbook: Playbook): PathProblem[] {
  const problems: PathProblem[] = [];
  const runTimeout = playbook.timeout === undefined ? DEFAULT_RUN_TIMEOUT_MS : durationMs(playbook.timeout);
  if (task.timeout !== undefined) {
    const timeout = durationMs(task.timeout);
    if (timeout <= 0) problems.push({ path: ['timeout'], message: 'expected a timeout of more than 0' });
    if (timeout > runTimeout) {
      const whole = playbook.timeout === undefined ? '30m, unless timeout is set for it' : playbook.timeout;
      problems.push({ path: ['timeout'], message: `${task.timeout} is longer than the whole run may take (${whole})` });
    }
  }
  const { retry } = task;
  if (retry && durationMs(retry.initial_delay) > durationMs(retry.max_delay))
    problems.push({
      path: ['retry'],
      message: `initial_delay ${retry.initial_delay} is longer than max_delay ${retry.max_delay}`,
    });
  return problems;
}

function policyProblems(task: Task): PathProblem[] {
  const problems: PathProblem[] = [];
  const ends = failureActions(task.on_failure).filter((action) => ['abort', 'continue', 'skip'].includes(action));
  if (ends.length > 1)
    problems.push({
      path: ['on_failure'],
      message: `${ends.join(' and ')} exclude each other; name one of abort, continue and skip`,
    });
  const actions = failureActions(task.on_failure);
  if (actions.includes('compensate') && !actions.includes('abort'))
    problems.push({
      path: ['on_failure'],
      message: 'compensate takes back what the run wrote, which then ends; leave continue and skip out',
    });
  if (task.max_parallel !== undefined && task.foreach === undefined)
    problems.push({ path: ['max_parallel'], message: 'max_parallel needs foreach', on_key: true });
  return problems;
}

function actionProblems(task: Task, spec: ExecutorSpec): PathProblem[] {
  if (task.action !== undefined && spec.takes_action !== true)
    return [
      { path: ['action'], message: `${spec.kind} takes no action; what it needs stands in parameters`, on_key: true },
    ];
  if (task.action === undefined && spec.takes_action === true)
    return [{ path: ['action'], message: `action is missing: ${spec.kind} needs one` }];
  if (task.parameters !== undefined && Object.hasOwn(task.parameters, 'action') && spec.takes_action === true)
    return [{ path: ['parameters', 'action'], message: 'action stands beside parameters, not in them', on_key: true }];
  return [];
}

/** What the executor's schema refuses, apart from values that are known only when they are rendered. */
function inputProblems(task: Task, spec: ExecutorSpec): PathProblem[] {
  const input = {
    ...task.parameters,
    ...(spec.takes_action === true && task.action !== undefined ? { action: task.action } : {}),
  };
  return refusals(spec, input)
    .filter((problem) => !(problem.path[0] === 'action' && spec.takes_action === true && task.action === undefined))
    .filter((problem) => problem.on_key === true || !holdsTemplate(input, problem.path))
    .map((problem) =>
      problem.path[0] === 'action' && spec.takes_action === true
        ? problem
        : { ...problem, path: ['parameters', ...problem.path] },
    );
}

function refusals(spec: ExecutorSpec, input: unknown): PathProblem[] {
  try {
    return schemaProblems(spec.input, input);
  } catch {
    // A refinement that computes with a value may not survive a template in its place; rendered, the value is judged again.
    return [];
  }
}

/** True where a value that is refused, or one on the way to it, is rendered before anybody uses it. */
function holdsTemplate(input: unknown, path: DataPath): boolean {
  const isTemplate = (value: unknown): boolean => typeof value === 'string' && value.includes('{{');
  for (let length = 1; length < path.length; length++)
    if (isTemplate(dataAt(input, path.slice(0, length)))) return true;
  const value = dataAt(input, path);
  return path.length === 0 ? false : strings(value, []).some(({ text }) => isTemplate(text));
}

interface Written {
  readonly text: string;
  readonly path: DataPath;
}

/** Every string in a value, with its place. */
function strings(value: unknown, path: DataPath): Written[] {
  if (typeof value === 'string') return [{ text: value, path }];
  if (value === null || typeof value !== 'object') return [];
  if (Array.isArray(value)) return value.flatMap((item, index) => strings(item, [...path, index]));
  return Object.entries(value).flatMap(([key, item]) => strings(item, [...path, key]));
}

function expressionProblems(task: Task, spec: ExecutorSpec | undefined, names: Names): PathProblem[] {
  const hasItem = task.foreach !== undefined;
  const check = (written: Written[], withItem: boolean, encode?: Encoding): PathProblem[] =>
    written.flatMap(({ text, path }) =>
      templateProblems(text, path, (template) => nameProblems(template, path, withItem), encode),
    );
  function nameProblems(template: Template, path: DataPath, withItem: boolean): PathProblem[] {
    const found = template.references.flatMap((reference) => {
      const message = names.problem(reference, task, withItem);
      return message === null
        ? []
        : [{ path, message, offset: Math.max(0, template.text.indexOf(formatReference(reference))) }];
    });
    return found.filter((problem, index) => found.findIndex((other) => other.message === problem.message) === index);
  }
  return [
    ...check(strings(task.action, ['action']), hasItem, spec?.encode?.action),
    ...Object.entries(task.parameters ?? {}).flatMap(([key, value]) =>
      check(strings(value, ['parameters', key]), hasItem, spec?.encode?.[key]),
    ),
    ...check(strings(task.conditions, ['conditions']), false),
    ...check(strings(task.foreach, ['foreach']), false),
    ...verifyProblems(task, names),
    ...wholeExpressions(task),
  ];
}

function verifyProblems(task: Task, names: Names): PathProblem[] {
  const condition = task.verify?.condition;
  if (condition === undefined) return [];
  const path = ['verify', 'condition'];
  return templateProblems(condition, path, (template) =>
    template.references.flatMap((reference) => {
      const message = ownProblem(reference, task, names, task, false);
      if (message === null) return [];
      return [{ path, message, offset: Math.max(0, template.text.indexOf(formatReference(reference))) }];
    }),
  );
}

function templateProblems(
  text: string,
  path: DataPath,
  look: (template: Template) => PathProblem[],
  encode?: Encoding,
): PathProblem[] {
  try {
    const template = compileTemplate(text);
    const host = encode === 'url' ? addressProblem(template, path) : [];
    return [...host, ...look(template)];
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return [{ path, message: error.message, offset: error.offset }];
  }
}

/** Method, scheme and host are the author's: a value that chose them could send the request, and its secrets, anywhere. */
function addressProblem({ isTemplate, parts: [first] }: Template, path: DataPath): PathProblem[] {
  if (!isTemplate) return [];
  const prefix = typeof first === 'string' ? first : '';
  const offset = prefix.length;
  if (templatesTheHost(prefix))
    return [{ path, message: 'the host of the address must be literal text, not an expression', offset }];
  if (/^\s*([A-Za-z]+\s*)?$/.test(prefix))
    return [
      { path, message: 'the address must begin with literal text: a path such as /api/ or https://host/', offset },
    ];
  return [];
}

/** Where only a value makes sense, text with expressions in it is a slip: it would never be true, and never a list. */
function wholeExpressions(task: Task): PathProblem[] {
  const problems: PathProblem[] = [];
  const conditions = (task.conditions ?? []).map((text, index) => ({
    text,
    path: ['conditions', index],
    what: 'a condition',
  }));
  const verify = { text: task.verify?.condition, path: ['verify', 'condition'], what: 'a condition' };
  for (const { text, path, what } of [
    ...conditions,
    verify,
    { text: task.foreach, path: ['foreach'], what: 'foreach' },
  ]) {
    if (typeof text === 'string' && !isWholeExpression(text))
      problems.push({
        path,
        message: `${what} is one expression in {{ }}, as in {{ check.is_healthy }}; came ${JSON.stringify(text.slice(0, 80))}`,
      });
  }
  return problems;
}

function isWholeExpression(text: string): boolean {
  try {
    return compileTemplate(text).isExpression;
  } catch {
    return true; // that it does not parse has been told
  }
}
