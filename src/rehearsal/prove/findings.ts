import type { Alert } from '../../domain/alert/alert.js';
import type { ExecutorSpec } from '../../domain/executor.js';
import { compileTemplate, evaluateCondition, renderDeep } from '../../domain/expression/expression.js';
import type { Reference, Scope } from '../../domain/expression/expression.js';
import { topologicalOrder } from '../../domain/playbook/graph.js';
import type { Playbook, Task } from '../../domain/playbook/playbook.js';

/** What a step may find, as far as the playbook can tell one answer from another; the first leads furthest. */
export interface Findings {
  readonly outputs: readonly unknown[];
  /** Answers that hold no data: every figure null, and where the answer's keys are not known, none at all. */
  readonly nothing: readonly unknown[];
}

/** What is known before a playbook is proven. */
export interface Evidence {
  readonly steps: ReadonlyMap<string, Findings>;
  /** Alerts that conditions tell apart, the first leads furthest. */
  readonly alerts: readonly Alert[];
}

const MOST_VALUES = 8;
const MOST_COMBINATIONS = 400;
const MOST_FINDINGS = 12;
const ALERT = 'alert';

/** One place of an answer that expressions look at: `['value']` of `order_cpu.value`. */
type Place = readonly string[];

interface Subject {
  readonly id: string;
  readonly places: readonly Place[];
  readonly combinations: readonly unknown[];
}

/**
 * Finds answers that make every condition true and false, by trying values next to those that the conditions name. Nothing outside is
 * asked; what conditions do not look at may be anything.
 */
export function evidenceFor(playbook: Playbook, specs: ReadonlyMap<string, ExecutorSpec>, alert: Alert): Evidence {
  const expressions = expressionsOf(playbook);
  const order = topologicalOrder(playbook.tasks);
  const subjects = order.map((task) => subjectOf(task, playbook, expressions));
  const base = new Map<string, unknown>(subjects.map(({ id, combinations }) => [id, combinations[0] ?? null]));
  const alerts = alertsLike(alert, playbook, expressions);
  let chosen: Alert = alert;
  // Two rounds: the second knows what the others answer.
  for (let round = 0; round < 2; round++) {
    chosen = best(alerts, (candidate) => scopeOf(playbook, base, candidate), expressions, ALERT) ?? alert;
    for (const { id, combinations } of subjects) {
      const found = best(
        combinations,
        (output) => scopeOf(playbook, new Map(base).set(id, output), chosen),
        expressions,
        id,
      );
      base.set(id, found ?? null);
    }
  }
  const steps = new Map(
    subjects.map(({ id, places, combinations }) => {
      const scope = (output: unknown): Scope => scopeOf(playbook, new Map(base).set(id, output), chosen);
      const outputs = distinct(base.get(id), combinations, scope, expressions, id);
      return [id, { outputs, nothing: nothingFor(id, places, playbook, specs) }] as const;
    }),
  );
  const others = distinct(chosen, alerts, (candidate) => scopeOf(playbook, base, candidate), expressions, ALERT);
  return { steps, alerts: withoutFigure(others as readonly Alert[], expressions) }; // every candidate is an alert
}

/** An expression of the playbook: a condition, or a text that is rendered. */
interface Written {
  readonly text: string;
  readonly is_condition: boolean;
  /** What `foreach` goes through. */
  readonly is_list?: true;
  readonly references: readonly Reference[];
  /** The steps (or `alert`) that it looks at. */
  readonly subjects: ReadonlySet<string>;
}

function expressionsOf(playbook: Playbook): Written[] {
  const producers = new Map(playbook.tasks.map((task) => [task.output_variable ?? '', task.id]));
  const subjectOfReference = ([root = '', field]: Reference): string | null =>
    root === ALERT ? ALERT : root === 'steps' ? (field ?? null) : (producers.get(root) ?? null);
  const written = (text: unknown, is_condition: boolean): Written[] => {
    if (typeof text !== 'string')
      return typeof text === 'object' && text !== null
        ? Object.values(text).flatMap((part) => written(part, is_condition))
        : [];
    // One by one: that one expression of a text cannot be judged says nothing of the others.
    return compileTemplate(text).parts.flatMap((part) => {
      if (typeof part === 'string') return [];
      const { references, source } = part.expression;
      const subjects = new Set(references.flatMap((reference) => subjectOfReference(reference) ?? []));
      return [{ text: `{{ ${source} }}`, is_condition, references, subjects }];
    });
  };
  return playbook.tasks.flatMap((task) => [
    ...(task.conditions ?? []).flatMap((condition) => written(condition, true)),
    ...written(task.verify?.condition, true),
    ...written([task.action, task.parameters], false),
    ...written(task.foreach, false).map((one): Written => ({ ...one, is_list: true })),
    ...(typeof task.compensate === 'object'
      ? written([task.compensate.action, task.compensate.parameters], false)
      : []),
  ]);
}

function subjectOf(task: Task, playbook: Playbook, expressions: readonly Written[]): Subject {
  const places = placesOf(task.id, (reference) => placeIn(reference, task), expressions);
  const values = places.map((place) => valuesFor(task.id, place, playbook, expressions));
  const combinations = combine(values, places, places.some((place) => place.length === 0) ? null : {});
  return { id: task.id, places, combinations };
}

function placeIn([root, field, key, ...rest]: Reference, task: Task): Place | null {
  if (root === 'steps') return field === task.id && key === 'output' ? rest : null;
  if (root === undefined || root !== task.output_variable) return null;
  return [field, key, ...rest].filter((part) => part !== undefined);
}

function placesOf(
  id: string,
  placeOf: (reference: Reference) => Place | null,
  expressions: readonly Written[],
): Place[] {
  const found = new Map<string, Place>();
  for (const { references, subjects } of expressions)
    if (subjects.has(id))
      for (const place of references.map(placeOf)) if (place !== null) found.set(JSON.stringify(place), place);
  const places = [...found.values()];
  // What is looked into deeper is an object; its own place says no more.
  return places.filter(
    (place) => !places.some((other) => other.length > place.length && place.every((key, at) => other[at] === key)),
  );
}

/** Values that an author's words tell apart: his numbers and what lies beside them, his texts, true and false. */
function valuesFor(id: string, _place: Place, playbook: Playbook, expressions: readonly Written[]): unknown[] {
  const values = new Set<unknown>();
  for (const { text, subjects, references } of expressions) {
    if (!subjects.has(id)) continue;
    for (const number of [...numbersIn(text), ...varsIn(references, playbook)]) {
      if (typeof number === 'number')
        for (const near of [number, number + 1, number < 1 ? number / 2 : number - 1]) values.add(near);
      else values.add(number);
    }
    for (const [, one, other] of text.matchAll(/"([^"\\]{0,100})"|'([^'\\]{0,100})'/g)) values.add(one ?? other);
  }
  const kept = [...values].slice(0, MOST_VALUES * 3);
  const lists = [['item-1', 'item-2'], []];
  return [
    ...new Set([...kept.filter((value) => typeof value === 'number'), 1, 0, ...kept, true, false, 'text']),
    ...lists,
  ];
}

function numbersIn(text: string): number[] {
  return [...text.matchAll(/(?<![\w."'])\d+(?:\.\d+)?/g)].map(([number]) => Number(number));
}

function varsIn(references: readonly Reference[], { vars }: Playbook): unknown[] {
  return references.flatMap(([root, name]) => (root === 'vars' && name !== undefined && vars ? [vars[name]] : []));
}

/** Answers with every place set to every value, as far as that can be looked through; else one place after the other. */
function combine(values: readonly (readonly unknown[])[], places: readonly Place[], start: unknown): unknown[] {
  const all = values.reduce((product, some) => product * some.length, 1);
  const first = values.map(([value]) => value);
  const rows: unknown[][] = [];
  if (all <= MOST_COMBINATIONS) rows.push(...product(values));
  else {
    // Where every place has the same value, whatever type is wanted is there once; and each place by itself.
    for (const value of values[0] ?? []) rows.push(values.map(() => value));
    for (const [at, some] of values.entries()) for (const value of some) rows.push(first.with(at, value));
  }
  return rows
    .slice(0, MOST_COMBINATIONS * 4)
    .map((row) => row.reduce((output: unknown, value, at) => put(output, places[at] ?? [], value), start));
}

function product(values: readonly (readonly unknown[])[]): unknown[][] {
  return values.reduce<unknown[][]>((rows, some) => rows.flatMap((row) => some.map((value) => [...row, value])), [[]]);
}

function put(output: unknown, [key, ...rest]: Place, value: unknown): unknown {
  if (key === undefined) return value;
  const object = (typeof output === 'object' && output !== null ? output : {}) as Record<string, unknown>; // made here
  return { ...object, [key]: put(object[key], rest, value) };
}

function scopeOf(playbook: Playbook, outputs: ReadonlyMap<string, unknown>, alert: unknown): Scope {
  const steps: Record<string, unknown> = {};
  const variables: Record<string, unknown> = {};
  for (const task of playbook.tasks) {
    const output = task.foreach === undefined ? outputs.get(task.id) : [outputs.get(task.id)];
    steps[task.id] = { output, state: 'succeeded' };
    if (task.output_variable !== undefined) variables[task.output_variable] = output;
  }
  const secrets = new Proxy(
    {},
    {
      get: () => 'secret',
      has: () => true,
      getOwnPropertyDescriptor: () => ({ configurable: true, enumerable: true, value: 'secret' }),
    },
  );
  const run = {
    run_id: 'run',
    playbook_id: playbook.playbook_id,
    service_name: 'service',
    group_key: 'group',
    mode: 'auto',
    dry_run: false,
    created_at: '2026-01-05T10:00:00.000Z',
  };
  return {
    alert,
    alerts: [alert],
    incident: null,
    run,
    steps,
    vars: playbook.vars ?? {},
    secrets,
    ...variables,
    item: 'item-1',
  };
}

/** How everything that looks at a subject judges it: true, false, or not at all. */
function judged(scope: Scope, expressions: readonly Written[], id: string): (boolean | null)[] {
  return expressions.flatMap(({ text, is_condition, is_list, subjects }) => {
    if (!subjects.has(id)) return [];
    if (!is_condition) return [isRendered(text, scope, is_list === true) ? true : null];
    const { holds, unjudged } = evaluateCondition(text, scope);
    return [unjudged ? null : holds];
  });
}

function isRendered(text: string, scope: Scope, asList: boolean): boolean {
  try {
    const value = renderDeep(text, scope);
    return !asList || (Array.isArray(value) && value.length > 0);
  } catch {
    return false;
  }
}

function best<Candidate>(
  candidates: readonly Candidate[],
  scope: (candidate: Candidate) => Scope,
  expressions: readonly Written[],
  id: string,
): Candidate | undefined {
  let found: Candidate | undefined;
  let most = -1;
  for (const candidate of candidates) {
    // That it can be judged at all says that its type is right; that counts more than what is said.
    const marks = judged(scope(candidate), expressions, id);
    const score = marks.reduce<number>((sum, mark) => sum + (mark === null ? 0 : mark ? 101 : 100), 0);
    if (score > most) [found, most] = [candidate, score];
  }
  return found;
}

/** One answer for each way in which conditions judge it; answers of a wrong type are no answers. */
function distinct(
  chosen: unknown,
  candidates: readonly unknown[],
  scope: (candidate: unknown) => Scope,
  expressions: readonly Written[],
  id: string,
): unknown[] {
  const marksOfChosen = judged(scope(chosen), expressions, id);
  const found = new Map([[JSON.stringify(marksOfChosen), chosen]]);
  for (const candidate of candidates) {
    if (found.size >= MOST_FINDINGS) break;
    const marks = judged(scope(candidate), expressions, id);
    const isOfType = marks.every((mark, at) => mark !== null || marksOfChosen[at] === null);
    const key = JSON.stringify(marks);
    if (isOfType && !found.has(key)) found.set(key, candidate);
  }
  return [...found.values()];
}

/** An answer without data: every figure that is known by name is null. */
function nothingFor(
  id: string,
  places: readonly Place[],
  playbook: Playbook,
  specs: ReadonlyMap<string, ExecutorSpec>,
): unknown[] {
  const task = playbook.tasks.find((candidate) => candidate.id === id);
  const keys = specs.get(task?.type.toLowerCase() ?? '')?.output_keys ?? null;
  if (places.some((place) => place.length === 0)) return [null];
  const nulls = places.reduce<unknown>((output, place) => put(output, place, null), {});
  // Where nobody knows the keys of an answer, they may be missing as well.
  return keys === null && places.length > 0 ? [nulls, {}] : [nulls];
}

/** Alerts as conditions tell them apart. */
function alertsLike(alert: Alert, playbook: Playbook, expressions: readonly Written[]): Alert[] {
  const places = placesOf(
    ALERT,
    ([root, ...rest]) => (root === ALERT && rest.length > 0 ? rest : null),
    expressions.filter((written) => written.is_condition),
  );
  if (places.length === 0) return [alert];
  const values = places.map((place) => {
    const own = place.reduce<unknown>(
      (value, key) =>
        typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined,
      alert,
    ); // read by keys
    const all = valuesFor(
      ALERT,
      place,
      playbook,
      expressions.filter((written) => written.is_condition),
    );
    const isText = place[0] === 'labels' || place[0] === 'annotations' || typeof own === 'string';
    return [
      ...(own === undefined || own === null ? [] : [own]),
      ...all.filter((value) => typeof value === (isText ? 'string' : 'number')),
    ];
  });
  return [alert, ...(combine(values, places, alert) as Alert[])]; // an alert with other values in it
}

/** Where conditions look at the alert's figure, it may also carry none. */
function withoutFigure(alerts: readonly Alert[], expressions: readonly Written[]): readonly Alert[] {
  const [first] = alerts;
  const isAsked = expressions.some(
    ({ is_condition, references }) =>
      is_condition && references.some(([root, field]) => root === ALERT && field === 'metric_value'),
  );
  return first && isAsked ? [...alerts, { ...first, metric_value: null }] : alerts;
}
