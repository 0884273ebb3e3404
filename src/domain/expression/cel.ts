import { Environment, EvaluationError, Optional } from '@marcbachmann/cel-js';
import type { ASTNode, ParseResult } from '@marcbachmann/cel-js';
import { findProblem, guardedSource, patternsOf, referencesOf } from './cel-tree.js';
import type { Reference } from './cel-tree.js';
import { FixpointError, messageOf } from '../errors.js';
import { Lru } from '../lru.js';
import { compilePattern } from './pattern.js';
import type { Pattern } from './pattern.js';

/** What an expression can see, by name. */
export type Scope = Readonly<Record<string, unknown>>;

/** The longest source of one expression. */
export const MAX_EXPRESSION_LENGTH = 2_048;
const MAX_NODES = 200;
/** How many turns all macros of one evaluation may take together: some tens of milliseconds. */
const MAX_TURNS = 100_000;
/** How many characters or items looked through by one function count as one turn. */
const UNITS_PER_TURN = 100;
/** The longest text or list that `+` and `join` may make. */
const MAX_SIZE = 1_048_576;

/** An expression asked for something that is not there: a key that is missing, or null where a value is needed. */
export class MissingValue extends Error {
  /** The path as it is written in the expression: `payment_logs_summary.error_rate`. */
  readonly path: string;

  constructor(path: string, what: string) {
    super(`${path} ${what}`);
    this.name = 'MissingValue';
    this.path = path;
  }
}

/** Text that is no valid expression or template, and how many characters into it the trouble begins. */
export class ExpressionError extends FixpointError {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super('invalid', message);
    this.name = 'ExpressionError';
    this.offset = offset;
  }
}

/** A CEL expression that has been checked. */
export interface Expression {
  readonly source: string;
  readonly references: readonly Reference[];
  /**
   * Its value as plain JSON data. Throws MissingValue when it asks for what is not there, and FixpointError `invalid` for everything
   * else that keeps it from having a value.
   */
  evaluate(scope: Scope): unknown;
}

/** Parses and checks one expression; throws ExpressionError with the place. */
export function compileExpression(source: string): Expression {
  if (source.trim() === '') throw new ExpressionError('expected an expression between {{ and }}', 0);
  if (source.length > MAX_EXPRESSION_LENGTH)
    throw new ExpressionError(`an expression has at most ${MAX_EXPRESSION_LENGTH} characters`, MAX_EXPRESSION_LENGTH);
  const { written, guarded, meter } = theLanguage();
  const asWritten = parse(written, source);
  const tree = asWritten.ast;
  const problem = findProblem(tree);
  if (problem) throw new ExpressionError(problem.message, problem.offset);
  for (const { pattern, offset } of patternsOf(tree)) checkPattern(pattern, offset);
  const run = parse(guarded, guardedSource(tree));
  const checked = run.check();
  // The place is one in what the author wrote, so that is checked too; its own complaints about whole and broken numbers do not count.
  if (!checked.valid) throw celSyntaxError(asWritten.check().error ?? checked.error, asWritten.check().valid);
  const references = referencesOf(tree);
  const roots = [...new Set(references.map(rootOf))];
  return {
    source: source.trim(),
    references,
    evaluate: (scope) => {
      meter.start();
      // Only what it names, and only own properties: `constructor` is not a value that anybody put into the scope.
      const visible: Record<string, unknown> = Object.create(null) as Record<string, unknown>; // Object.create answers any
      for (const root of roots)
        if (Object.hasOwn(scope, root) && scope[root] !== undefined) visible[root] = scope[root];
      try {
        const value: unknown = run(visible);
        meter.check();
        return plain(value);
      } catch (error) {
        throw evaluationFailure(error, run.ast, references, visible);
      }
    },
  };
}

/** True for a word that an expression cannot use as a name of its own: `in`, `list`, `if` … */
export function isReservedWord(name: string): boolean {
  try {
    return theLanguage().written.hasVariable(name) || parse(theLanguage().written, name).ast.op !== 'id';
  } catch {
    return true;
  }
}

function parse(environment: Environment, source: string): ParseResult {
  try {
    return environment.parse(source);
  } catch (error) {
    throw celSyntaxError(error);
  }
}

function celSyntaxError(error: unknown, placeUnknown = false): ExpressionError {
  const { summary, range } = celFields(error);
  const message = summary.replace('Unexpected token: EOF', 'the expression ends too early');
  return new ExpressionError(message, placeUnknown ? 0 : (range?.start ?? 0));
}

function checkPattern(pattern: string, offset: number): void {
  const compiled = compilePattern(pattern);
  if (typeof compiled === 'string') throw new ExpressionError(compiled, offset);
}

interface CelFields {
  readonly summary: string;
  readonly node?: ASTNode;
  readonly code?: string;
  readonly range?: { readonly start: number };
}

/** The library's errors come with a summary, a node and a place; anything else has at least a message. */
function celFields(error: unknown): CelFields {
  const fields = error as Partial<CelFields> | undefined; // read with care: every field may be absent
  return { ...pick(fields), summary: fields?.summary ?? messageOf(error) };
}

function pick(fields: Partial<CelFields> | undefined): Omit<CelFields, 'summary'> {
  return {
    ...(fields?.node ? { node: fields.node } : {}),
    ...(fields?.code ? { code: fields.code } : {}),
    ...(fields?.range ? { range: fields.range } : {}),
  };
}

/** Says which value was missing where that is the reason, for that is what the reader can act on. */
function evaluationFailure(error: unknown, tree: ASTNode, references: readonly Reference[], scope: Scope): Error {
  if (error instanceof MissingValue || error instanceof FixpointError) return error;
  const { summary, node, code } = celFields(error);
  const roots = new Set(references.map(rootOf));
  const suspects = referencesOf(node ?? tree, true);
  for (const suspect of suspects) {
    if (!roots.has(rootOf(suspect))) continue;
    const missing = absence(suspect, scope);
    if (missing) return missing;
  }
  const [local] = suspects;
  if (code === 'no_such_key' && local) return new MissingValue(formatReference(local), 'is missing');
  // The library quotes values in some messages; a secret must not be among them.
  if (roots.has('secrets')) return new FixpointError('invalid', 'the expression cannot be evaluated');
  return new FixpointError('invalid', summary);
}

/** What keeps a path from having a value; null when it has one. */
export function absence(reference: Reference, scope: Scope): MissingValue | null {
  let value: unknown = scope;
  for (let length = 0; length < reference.length; length++) {
    const key = reference[length] ?? '';
    const here = formatReference(reference.slice(0, length));
    if (value === null) return new MissingValue(here, 'is null');
    if (typeof value !== 'object' || !Object.hasOwn(value, key) || member(value, key) === undefined)
      return new MissingValue(formatReference(reference.slice(0, length + 1)), 'is missing');
    value = member(value, key);
  }
  return value === null ? new MissingValue(formatReference(reference), 'is null') : null;
}

/** The value at a static path; undefined when there is none. */
export function valueAt(reference: Reference, scope: Scope): unknown {
  let value: unknown = scope;
  for (const key of reference) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return undefined;
    value = member(value, key);
  }
  return value;
}

function member(value: object, key: string): unknown {
  return (value as Record<string, unknown>)[key]; // whoever calls has checked that the key is an own one
}

/** A path as it is written in an expression: `alert.labels["app.kubernetes.io/name"]`. */
export function formatReference(reference: Reference): string {
  let text = reference[0] ?? '';
  for (const key of reference.slice(1)) text += /^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
  return text;
}

function rootOf(reference: Reference): string {
  return reference[0] ?? '';
}

/** The language's own values as JSON data: integers as numbers, instants and durations as text. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value))
      throw new FixpointError('invalid', `the value is ${value}, which is no number that data can hold`);
    return value;
  }
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.some(needsChange) ? value.map(plain) : value;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Optional) {
    if (!value.hasValue()) throw new FixpointError('invalid', 'the value is optional and absent; end with .orValue(…)');
    return plain(value.value());
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return plainOfLanguage(value);
  const entries = Object.entries(value);
  return entries.some(([, item]) => needsChange(item))
    ? Object.fromEntries(entries.map(([k, v]) => [k, plain(v)]))
    : value;
}

/** Unsigned integers turn into numbers and durations into text such as `90s`; the library exports no types to tell them by. */
function plainOfLanguage(value: object): unknown {
  const primitive: unknown = value.valueOf();
  if (typeof primitive === 'bigint') return Number(primitive);
  if (typeof primitive === 'number') return `${primitive / 1_000}s`;
  throw new FixpointError('invalid', 'the value is a type, not data');
}

/** Data that came from the scope is handed on as it is; only what the language made has to be turned into data. */
function needsChange(value: unknown): boolean {
  if (typeof value === 'bigint') return true;
  if (typeof value === 'number') return !Number.isFinite(value);
  return value !== null && typeof value === 'object';
}

interface Language {
  /** Takes what an author writes. */
  readonly written: Environment;
  /** Takes the same with the guards written in: more nodes. */
  readonly guarded: Environment;
  readonly meter: Meter;
}

let language: Language | null = null;

/** One for the process, made at its first use: building it takes milliseconds, and it holds no state between evaluations. */
function theLanguage(): Language {
  language ??= createLanguage();
  return language;
}

function createLanguage(): Language {
  const meter = new Meter();
  const patterns = new Lru<Pattern>(1_000);
  const limits = {
    maxAstNodes: MAX_NODES,
    maxDepth: 60,
    maxListElements: 100,
    maxMapEntries: 100,
    maxCallArguments: 16,
  };
  const written = new Environment({
    unlistedVariablesAreDyn: true,
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
    limits,
  });
  registerArithmetic(written);
  written.registerFunction('re(string, string): bool', (text: string, source: string) => {
    meter.spend(1 + text.length / UNITS_PER_TURN);
    const pattern = patterns.get(source, (missing) => {
      const compiled = compilePattern(missing);
      if (typeof compiled === 'string') throw new FixpointError('invalid', compiled);
      return compiled;
    });
    return pattern.finds(text);
  });
  const guarded = written.clone({ limits: { ...limits, maxAstNodes: MAX_NODES * 4, maxDepth: 240 } });
  registerGuards(guarded, meter);
  return { written, guarded, meter };
}

/** JSON has one kind of number and CEL two: without these `p99_ms + 1` has no meaning. */
function registerArithmetic(environment: Environment): void {
  const operators: Record<string, (a: number, b: number) => number> = {
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': (a, b) => a / b,
    '%': (a, b) => a % b,
  };
  for (const [operator, compute] of Object.entries(operators)) {
    environment.registerOperator(`double ${operator} int`, (a: number, b: bigint) => compute(a, Number(b)));
    environment.registerOperator(`int ${operator} double`, (a: bigint, b: number) => compute(Number(a), b));
  }
  environment.registerOperator('double % double', (a: number, b: number) => a % b);
}

/** What `guardedSource` writes into every expression. */
function registerGuards(environment: Environment, meter: Meter): void {
  environment.registerFunction('known(dyn): dyn', (value: unknown) => {
    if (value === null) throw new EvaluationError('null has no value to compare');
    if (typeof value === 'object') meter.spend(sizeOf(value) / UNITS_PER_TURN);
    return value;
  });
  environment.registerFunction('nonzero(dyn): dyn', (value: unknown) => {
    if (value === 0 || value === 0n) throw new EvaluationError('division by zero');
    return value;
  });
  environment.registerFunction('countable(dyn): dyn', (value: unknown) => {
    meter.spend(sizeOf(value));
    return value;
  });
  environment.registerFunction('charged(dyn): dyn', (value: unknown) => {
    meter.spend(sizeOf(value) / UNITS_PER_TURN);
    return value;
  });
  environment.registerFunction('sized(dyn): dyn', (value: unknown) => {
    if (sizeOf(value) > MAX_SIZE) throw new EvaluationError(`the value grows beyond ${MAX_SIZE} characters or items`);
    return value;
  });
  environment.registerFunction('joinable(dyn, dyn): dyn', (value: unknown, separator: unknown) => {
    meter.spend(sizeOf(value));
    let length = sizeOf(value) * sizeOf(separator);
    for (const item of Array.isArray(value) ? value : []) length += sizeOf(item);
    if (length > MAX_SIZE) throw new EvaluationError(`the value grows beyond ${MAX_SIZE} characters`);
    return value;
  });
}

/** Characters of a text, items of a list, keys of a map; 0 for everything else. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  return value !== null && typeof value === 'object' ? Object.keys(value).length : 0;
}

/** Counts what one evaluation costs. `||`, `&&` and quantifiers swallow errors, so going over is remembered and told at the end. */
class Meter {
  #turns = 0;
  // One for all: where macros swallow it a hundred thousand times, making it anew would be the greatest cost.
  readonly #tooCostly = new FixpointError(
    'invalid',
    `the expression takes more than ${MAX_TURNS} turns; let it look at fewer items or less text`,
  );

  start(): void {
    this.#turns = 0;
  }

  spend(turns: number): void {
    this.#turns += turns;
    this.check();
  }

  check(): void {
    if (this.#turns > MAX_TURNS) throw this.#tooCostly;
  }
}
