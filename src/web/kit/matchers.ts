/** The operators of Alertmanager's matchers. */
export type MatcherOperator = '=' | '!=' | '=~' | '!~';

/** One matcher as it stands in a text. */
export interface TypedMatcher {
  /** As it is sent: without what surrounds it. */
  readonly text: string;
  readonly name: string;
  readonly operator: MatcherOperator;
  readonly value: string;
}

/** What is wrong, and at which character. The words for it are `words.matcher[problem]`. */
export interface MatcherError {
  readonly at: number;
  readonly problem: 'name' | 'name_end' | 'operator' | 'value' | 'quote' | 'rest';
  readonly came: string;
}

/** What a text of matchers says: those before its first mistake, and that mistake. */
export interface TypedMatchers {
  readonly matchers: readonly TypedMatcher[];
  readonly error: MatcherError | null;
}

const NAME = /[^\s{}!=~,\\"'`]+/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/sy;
const OPERATOR = /=~|!~|!=|=/y;
const PLAIN_VALUE = /(?:\\.|[^,\\])*/sy;

/** Reads `env="prod", team=~"pay.*"`, with or without braces around it, as Alertmanager's own field does. */
export function readMatchers(typed: string): TypedMatchers {
  const matchers: TypedMatcher[] = [];
  const { from, to } = withoutBraces(typed);
  const source = typed.slice(0, to);
  let at = skipSpace(source, from);
  while (at < source.length) {
    const one = readOne(source, at);
    if ('problem' in one) return { matchers, error: one };
    matchers.push(one.matcher);
    at = skipSpace(source, one.end);
    if (at >= source.length) break;
    if (source[at] !== ',') return { matchers, error: { at, problem: 'rest', came: cameAt(source, at) } };
    at = skipSpace(source, at + 1);
  }
  return { matchers, error: null };
}

/** `team=~"pay.*"`: a matcher that says exactly this. */
export function writeMatcher(name: string, operator: MatcherOperator, value: string): string {
  const label = /^[A-Za-z_][\w.]*$/.test(name) ? name : `"${escaped(name)}"`;
  return `${label}${operator}"${escaped(value)}"`;
}

function escaped(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}

function withoutBraces(typed: string): { from: number; to: number } {
  const from = skipSpace(typed, 0);
  const end = typed.trimEnd().length;
  return typed[from] === '{' && typed[end - 1] === '}' ? { from: from + 1, to: end - 1 } : { from, to: typed.length };
}

function readOne(source: string, start: number): { matcher: TypedMatcher; end: number } | MatcherError {
  const name = readName(source, start);
  if ('problem' in name) return name;
  const beforeOperator = skipSpace(source, name.end);
  const operator = matchAt(OPERATOR, source, beforeOperator)?.[0] as MatcherOperator | undefined; // the expression admits these four
  if (operator === undefined) return { at: beforeOperator, problem: 'operator', came: cameAt(source, beforeOperator) };
  const value = readValue(source, skipSpace(source, beforeOperator + operator.length));
  if ('problem' in value) return value;
  const text = source.slice(start, value.end).trimEnd();
  return { matcher: { text, name: name.text, operator, value: value.text }, end: value.end };
}

type Read = { readonly text: string; readonly end: number };

function readName(source: string, at: number): Read | MatcherError {
  if (source[at] === '"') {
    const quoted = matchAt(QUOTED, source, at);
    if (quoted === null) return { at, problem: 'name_end', came: '"' };
    if (quoted[1] === '') return { at, problem: 'name', came: '""' };
    return { text: unescaped(quoted[1] ?? ''), end: at + quoted[0].length };
  }
  const plain = matchAt(NAME, source, at);
  if (plain === null) return { at, problem: 'name', came: cameAt(source, at) };
  return { text: plain[0], end: at + plain[0].length };
}

function readValue(source: string, at: number): Read | MatcherError {
  if (source[at] === '"') {
    const quoted = matchAt(QUOTED, source, at);
    if (quoted === null) return { at, problem: 'value', came: '"' };
    return { text: unescaped(quoted[1] ?? ''), end: at + quoted[0].length };
  }
  const plain = matchAt(PLAIN_VALUE, source, at)?.[0] ?? '';
  const quote = /(?<!\\)(?:\\\\)*"/.exec(plain);
  if (quote !== null) return { at: at + quote.index, problem: 'quote', came: '"' };
  return { text: unescaped(plain.trimEnd()), end: at + plain.length };
}

function matchAt(pattern: RegExp, source: string, at: number): RegExpExecArray | null {
  const sticky = new RegExp(pattern);
  sticky.lastIndex = at;
  return sticky.exec(source);
}

function cameAt(source: string, at: number): string {
  return source.slice(at, at + 1);
}

function skipSpace(source: string, at: number): number {
  let next = at;
  while (next < source.length && /\s/.test(source.charAt(next))) next += 1;
  return next;
}

/** As Alertmanager does: any other backslash stands for itself. */
function unescaped(raw: string): string {
  return raw.replace(/\\(["\\n])/g, (_, escape: string) => (escape === 'n' ? '\n' : escape));
}
