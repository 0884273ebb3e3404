import { absence, compileExpression, ExpressionError, formatReference, MissingValue, valueAt } from './cel.js';
import type { Expression, Scope } from './cel.js';
import type { Reference } from './cel-tree.js';
import { cut } from '../cut.js';
import { createEncoder, textOf } from '../encoding.js';
import { FixpointError, messageOf } from '../errors.js';
import type { Encoding } from '../executor.js';
import { Lru } from '../lru.js';

export { ExpressionError, formatReference, MissingValue };
export type { Reference, Scope };

/** The longest text that a rendering may make. */
const MAX_RENDERED = 1_048_576;
const MAX_DEPTH = 64;
const MAX_REASON_VALUES = 5;

/** A literal part of a template, or an expression and where it begins. */
export type TemplatePart = string | { readonly expression: Expression; readonly offset: number };

/** Text that has been looked through for `{{ }}`, with every expression in it checked. */
export interface Template {
  readonly text: string;
  readonly isTemplate: boolean;
  /** True when it is one `{{ }}` and nothing else but white space: its value keeps its type. */
  readonly isExpression: boolean;
  readonly references: readonly Reference[];
  readonly parts: readonly TemplatePart[];
}

const templates = new Lru<Template>(10_000);

/** The template of a text; ExpressionError (a FixpointError `invalid`) tells what is wrong with it and where. */
export function compileTemplate(text: string): Template {
  return templates.get(text, parseTemplate);
}

function parseTemplate(text: string): Template {
  const parts: TemplatePart[] = [];
  let at = 0;
  for (;;) {
    const open = text.indexOf('{{', at);
    if (open < 0) break;
    const close = findClose(text, open + 2);
    if (close < 0) throw new ExpressionError(`{{ is never closed by }}: ${excerpt(text.slice(open))}`, open);
    if (open > at) parts.push(text.slice(at, open));
    parts.push({ expression: compileAt(text.slice(open + 2, close), open + 2), offset: open });
    at = close + 2;
  }
  if (at < text.length) parts.push(text.slice(at));
  const expressions = parts.filter((part) => typeof part !== 'string');
  return {
    text,
    isTemplate: expressions.length > 0,
    isExpression: expressions.length === 1 && parts.every((part) => typeof part !== 'string' || part.trim() === ''),
    references: expressions.flatMap((part) => part.expression.references),
    parts,
  };
}

function compileAt(source: string, offset: number): Expression {
  try {
    return compileExpression(source);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw new ExpressionError(`${error.message}, in {{ ${excerpt(source.trim())} }}`, offset + error.offset);
  }
}

/** Where the `}}` of an expression stands: not inside one of its strings, and not the end of one of its maps. */
function findClose(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '"' || char === "'") at = endOfString(text, at);
    else if (char === '{') depth++;
    else if (char === '}' && depth > 0) depth--;
    else if (char === '}' && text.charAt(at + 1) === '}') return at;
  }
  return -1;
}

/** The last character of the string literal that begins at `start`; the end of the text when it is never closed. */
function endOfString(text: string, start: number): number {
  const char = text.charAt(start);
  const quote = text.startsWith(char.repeat(3), start) ? char.repeat(3) : char;
  for (let at = start + quote.length; at < text.length; at++) {
    if (text.charAt(at) === '\\')
      at++; // in raw strings too: a quote after a backslash ends none
    else if (text.startsWith(quote, at)) return at + quote.length - 1;
  }
  return text.length;
}

/**
 * What a template stands for in a scope. A single expression keeps its type, unless an encoding is asked for. Throws MissingValue for a
 * key that is missing, or null where it would become part of a text, and FixpointError `invalid` for anything else that cannot be
 * rendered; neither holds the value of a secret.
 */
export function renderTemplate(template: Template, scope: Scope, encode?: Encoding): unknown {
  if (!template.isTemplate) return template.text;
  if (template.isExpression && encode === undefined) {
    const [expression] = template.parts.flatMap((part) => (typeof part === 'string' ? [] : [part.expression]));
    if (expression) return evaluate(expression, scope);
  }
  const encoder = createEncoder(encode);
  for (const part of template.parts) {
    if (typeof part === 'string') encoder.literal(part);
    else encoder.value(partValue(part.expression, scope), part.expression.source);
  }
  const text = encoder.end();
  if (text.length > MAX_RENDERED)
    throw new FixpointError('invalid', `the rendered text is longer than ${MAX_RENDERED} characters`);
  return text;
}

function partValue(expression: Expression, scope: Scope): unknown {
  const value = evaluate(expression, scope);
  if (value !== null) return value;
  for (const reference of expression.references) {
    const missing = absence(reference, scope);
    if (missing) throw missing;
  }
  throw new MissingValue(expression.source, 'is null');
}

function evaluate(expression: Expression, scope: Scope): unknown {
  try {
    return expression.evaluate(scope);
  } catch (error) {
    if (!(error instanceof FixpointError)) throw error;
    throw new FixpointError('invalid', `${error.message}, in {{ ${excerpt(expression.source)} }}`, { cause: error });
  }
}

/**
 * Renders every string inside objects and lists; keys and everything that is no string stay as they are. `encodeOf` says by its path how
 * the values in one string are encoded.
 */
export function renderDeep(
  value: unknown,
  scope: Scope,
  encodeOf?: (path: readonly (string | number)[]) => Encoding | undefined,
): unknown {
  return renderAt(value, scope, [], encodeOf);
}

function renderAt(
  value: unknown,
  scope: Scope,
  path: readonly (string | number)[],
  encodeOf: ((path: readonly (string | number)[]) => Encoding | undefined) | undefined,
): unknown {
  if (path.length > MAX_DEPTH) throw new FixpointError('invalid', `parameters nest more than ${MAX_DEPTH} deep`);
  if (typeof value === 'string') return renderTemplate(compileTemplate(value), scope, encodeOf?.(path));
  if (Array.isArray(value)) return value.map((item, index) => renderAt(item, scope, [...path, index], encodeOf));
  if (value === null || typeof value !== 'object') return value;
  // fromEntries makes `__proto__` a key like any other, where an assignment would not.
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, renderAt(item, scope, [...path, key], encodeOf)]),
  );
}

/**
 * Whether a condition holds, and the values that say so. It never throws: whatever keeps it from being judged (a missing key, null, a
 * value that is not true or false, an error) makes it false, and the explanation tells which.
 */
export function evaluateCondition(
  condition: string | boolean,
  scope: Scope,
): { holds: boolean; explanation: string; unjudged?: true } {
  if (typeof condition === 'boolean') return { holds: condition, explanation: `it says ${condition}` };
  try {
    const template = compileTemplate(condition);
    const value = renderTemplate(template, scope);
    if (typeof value !== 'boolean') return { holds: false, explanation: notABoolean(template, value), unjudged: true };
    return { holds: value, explanation: explain(template, scope) || `it is ${value}` };
  } catch (error) {
    return { holds: false, explanation: messageOf(error), unjudged: true };
  }
}

function notABoolean(template: Template, value: unknown): string {
  const [only, second] = template.references;
  const subject = only && !second && template.isExpression ? formatReference(only) : 'the condition';
  if (value === null) return `${subject} is null`;
  const shown = only?.[0] === 'secrets' ? 'a value' : describe(value);
  return `${subject} is ${shown}, not true or false`;
}

/** `payment_logs_summary.error_rate is 0.25`, for the first few values that a template looks at. */
function explain(template: Template, scope: Scope): string {
  const told = new Map<string, string>();
  for (const reference of template.references) {
    if (told.size === MAX_REASON_VALUES) break;
    const name = formatReference(reference);
    const value = valueAt(reference, scope);
    if (value === undefined) told.set(name, `${name} is missing`);
    else told.set(name, `${name} is ${reference[0] === 'secrets' ? 'set' : describe(value)}`);
  }
  return [...told.values()].join(', ');
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value !== null && typeof value === 'object') return 'an object';
  return excerpt(textOf(typeof value === 'string' ? JSON.stringify(value) : value));
}

function excerpt(text: string): string {
  return cut(text, 100);
}
