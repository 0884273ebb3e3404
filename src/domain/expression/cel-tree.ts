import type { ASTNode } from '@marcbachmann/cel-js';

/** A path of names that an expression follows from the scope: `['steps', 'x', 'output', 'y']`. */
export type Reference = readonly string[];

const MACROS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);
/** More would let one line of YAML cost a cube of its input. */
const MAX_MACRO_NESTING = 2;

/** What is wrong with an expression that parses, and how many characters into it. */
export interface TreeProblem {
  readonly message: string;
  readonly offset: number;
}

/** The nodes directly below a node, in the order they are written. */
function childrenOf(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return [];
    case '.':
    case '.?':
      return [node.args[0]];
    case '!_':
    case '-_':
      return [node.args];
    case 'call':
      return node.args[1];
    case 'rcall':
      return [node.args[1], ...node.args[2]];
    case 'map':
      return node.args.flat();
    case '[]':
    case '[?]':
    case 'list':
    case '?:':
    case '||':
    case '&&':
    case '!=':
    case '==':
    case 'in':
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return node.args;
  }
}

/** The variable that a macro call such as `list.map(x, …)` brings in; null when the node is no macro call. */
function macroVariable(node: ASTNode): string | null {
  if (node.op !== 'rcall' || !MACROS.has(node.args[0])) return null;
  const [variable] = node.args[2];
  return variable?.op === 'id' && node.args[2].length > 1 ? variable.args : null;
}

/** The static path that a chain of members stands for; null when it starts or continues with something computed. */
function pathOf(node: ASTNode): string[] | null {
  if (node.op === 'id') return [node.args];
  if (node.op === '.' || node.op === '.?') {
    const path = pathOf(node.args[0]);
    return path && [...path, node.args[1]];
  }
  if (node.op === '[]' || node.op === '[?]') {
    const [object, key] = node.args;
    const path = pathOf(object);
    return path && key.op === 'value' && typeof key.args === 'string' ? [...path, key.args] : null;
  }
  return null;
}

/**
 * Every static path that an expression follows, in the order they are written, without the variables of macros. What follows a computed
 * index is left out: `logs.samples[0].message` refers to `['logs', 'samples']`. With `needed`, only those whose absence is an error:
 * not the ones inside `has()` and after `.?`.
 */
export function referencesOf(node: ASTNode, needed = false): Reference[] {
  const found = new Map<string, Reference>();
  collect(node, new Set(), needed, found);
  return [...found.values()];
}

function collect(node: ASTNode, local: ReadonlySet<string>, needed: boolean, found: Map<string, Reference>): void {
  if (needed && (isHas(node) || node.op === '.?' || node.op === '[?]')) return;
  const path = pathOf(node);
  if (path) {
    if (!local.has(path[0] ?? '')) found.set(JSON.stringify(path), path);
    return;
  }
  const variable = macroVariable(node);
  if (node.op !== 'rcall' || variable === null) {
    for (const child of childrenOf(node)) collect(child, local, needed, found);
    return;
  }
  collect(node.args[1], local, needed, found);
  const inner = new Set([...local, variable]);
  for (const child of node.args[2].slice(1)) collect(child, inner, needed, found);
}

function isHas(node: ASTNode): boolean {
  return node.op === 'call' && node.args[0] === 'has';
}

/** The first thing in an expression that is legal CEL and yet refused here; null when there is none. */
export function findProblem(node: ASTNode, nesting = 0): TreeProblem | null {
  const name = node.op === 'call' || node.op === 'rcall' ? node.args[0] : null;
  if (name === 'matches')
    return { message: 'matches() is not available; write re(text, "pattern"), in RE2 syntax', offset: node.start };
  if (node.op === 'rcall' && node.args[1].op === 'id' && node.args[1].args === 'cel')
    return { message: 'cel.bind() is not available', offset: node.start };
  if (node.op === 'value' && node.args instanceof Uint8Array)
    return { message: 'bytes are not available; use a string', offset: node.start };
  const depth = macroVariable(node) === null ? nesting : nesting + 1;
  if (depth > MAX_MACRO_NESTING)
    return { message: `macros (${[...MACROS].join(', ')}) nest at most ${MAX_MACRO_NESTING} deep`, offset: node.start };
  for (const child of childrenOf(node)) {
    const problem = findProblem(child, depth);
    if (problem) return problem;
  }
  return null;
}

/** Every literal pattern of `re(text, "pattern")` and where it stands, so that a broken one is told before it is used. */
export function patternsOf(node: ASTNode): { pattern: string; offset: number }[] {
  const found = childrenOf(node).flatMap(patternsOf);
  const pattern = node.op === 'call' && node.args[0] === 're' ? node.args[1][1] : undefined;
  if (pattern?.op === 'value' && typeof pattern.args === 'string')
    found.push({ pattern: pattern.args, offset: pattern.start });
  return found;
}

/**
 * The same expression with the house's checks written into it. CEL lets `null != 5` hold, divides doubles by zero and lets macros, `+`
 * and string functions cost without limit; `known`, `nonzero`, `countable`, `sized`, `joinable` and `charged` refuse that while it is
 * evaluated. `dyn` keeps the type checker from taking `2 * x` for a whole number because 2 is one. Everything is put in parentheses: the
 * library's own serializer drops the ones in `a - (b - c)`.
 */
export function guardedSource(node: ASTNode): string {
  switch (node.op) {
    case 'value':
      return literal(node);
    case 'id':
      return node.args;
    case '.':
    case '.?':
      return `${operand(node.args[0])}${node.op}${node.args[1]}`;
    case '[]':
      return `${operand(node.args[0])}[${guardedSource(node.args[1])}]`;
    case '[?]':
      return `${operand(node.args[0])}[?${guardedSource(node.args[1])}]`;
    case '!_':
      return `!${operand(node.args)}`;
    case '-_':
      return `dyn(-${operand(node.args)})`;
    case 'call':
      return `${node.args[0]}(${node.args[1].map(guardedSource).join(', ')})`;
    case 'rcall':
      return methodCall(node);
    case 'list':
      return `[${node.args.map(guardedSource).join(', ')}]`;
    case 'map':
      return `{${node.args.map(([key, value]) => `${guardedSource(key)}: ${guardedSource(value)}`).join(', ')}}`;
    case '?:':
      return `(${operand(node.args[0])} ? dyn(${guardedSource(node.args[1])}) : dyn(${guardedSource(node.args[2])}))`;
    case '==':
    case '!=':
      return comparison(node);
    case 'in':
      return `(${known(node.args[0])} in charged(${guardedSource(node.args[1])}))`;
    case '+':
      return `sized(${operand(node.args[0])} + ${operand(node.args[1])})`;
    case '/':
      return `dyn(${operand(node.args[0])} / nonzero(${guardedSource(node.args[1])}))`;
    case '-':
    case '*':
    case '%':
      return `dyn(${operand(node.args[0])} ${node.op} ${operand(node.args[1])})`;
    case '||':
    case '&&':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return `(${operand(node.args[0])} ${node.op} ${operand(node.args[1])})`;
  }
}

function comparison(node: ASTNode & { op: '==' | '!=' }): string {
  const [left, right] = node.args;
  // Who writes `x == null` asks for null; everybody else is told that the value is missing.
  const asksForNull = [left, right].some((side) => side.op === 'value' && side.args === null);
  if (asksForNull) return `(${operand(left)} ${node.op} ${operand(right)})`;
  return `(${known(left)} ${node.op} ${known(right)})`;
}

/** Methods of optional values and of namespaces: what they are called on must keep its own type. */
const TYPED_METHODS: ReadonlySet<string> = new Set(['of', 'none', 'or', 'orValue', 'value', 'hasValue']);

function methodCall(node: ASTNode & { op: 'rcall' }): string {
  const [name, receiver, args] = node.args;
  const written = args.map(guardedSource).join(', ');
  return `${methodReceiver(node, guardedSource(receiver), written)}.${name}(${written})`;
}

function methodReceiver(node: ASTNode & { op: 'rcall' }, receiver: string, args: string): string {
  if (macroVariable(node) !== null) return `countable(${receiver})`;
  if (node.args[0] === 'join') return `joinable(${receiver}, ${args || '""'})`;
  return TYPED_METHODS.has(node.args[0]) ? operand(node.args[1]) : `charged(${receiver})`;
}

function known(node: ASTNode): string {
  return node.op === 'value' ? guardedSource(node) : `known(${guardedSource(node)})`;
}

function operand(node: ASTNode): string {
  return node.op === 'id' || pathOf(node) ? guardedSource(node) : `(${guardedSource(node)})`;
}

function literal(node: ASTNode & { op: 'value' }): string {
  const value = node.args;
  if (typeof value === 'string') return JSON.stringify(value); // every escape of JSON is one of CEL too
  if (typeof value === 'number') return Number.isInteger(value) ? `${BigInt(value)}.0` : String(value);
  if (value !== null && typeof value === 'object') return `${String(value)}u`; // an unsigned integer: findProblem refuses bytes
  return String(value);
}
