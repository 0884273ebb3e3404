/** A query that Prometheus would refuse, with its own words; `bad_data` for what cannot be parsed, `execution` for what cannot be worked out. */
export class PromqlError extends Error {
  readonly kind: 'bad_data' | 'execution';

  constructor(message: string, kind: 'bad_data' | 'execution' = 'bad_data') {
    super(message);
    this.name = 'PromqlError';
    this.kind = kind;
  }
}

/** One word of a query. `at` is where it begins, counted from 0. */
export interface Token {
  readonly type: 'name' | 'number' | 'text' | 'duration' | 'symbol' | 'end';
  readonly text: string;
  readonly at: number;
}

const MAX_QUERY = 16_384;
const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

const PATTERNS: readonly (readonly [Token['type'] | 'space', RegExp])[] = [
  ['space', /(?:\s+|#[^\n]*)+/y],
  ['duration', /(?:\d+(?:ms|[smhdwy]))+(?![A-Za-z0-9_:.])/y],
  ['number', /(?:0[xX][0-9a-fA-F]+|\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)(?![A-Za-z0-9_:])/y],
  ['name', /[A-Za-z_:][A-Za-z0-9_:]*/y],
  ['text', /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`/y],
  ['symbol', /=~|!~|==|!=|>=|<=|[-+*/%^(){}[\],=<>@]/y],
];

/** The words of a query, `end` last. */
export function lexPromql(query: string): Token[] {
  if (query.length > MAX_QUERY)
    throw new PromqlError(`query too long: ${query.length} characters, at most ${MAX_QUERY}`);
  const tokens: Token[] = [];
  let at = 0;
  while (at < query.length) {
    const [type, text] = nextWord(query, at);
    if (type !== 'space') tokens.push({ type, text, at });
    at += text.length;
  }
  tokens.push({ type: 'end', text: '', at: query.length });
  return tokens;
}

/** Milliseconds of `5m` or `1h30m`. */
export function promqlDurationMs(text: string): number {
  let total = 0;
  for (const [, digits, unit] of text.matchAll(/(\d+)(ms|[smhdwy])/g))
    total += Number(digits) * (UNIT_MS[unit ?? ''] ?? 0);
  return total;
}

/** The text that a quoted literal stands for. */
export function unquote(literal: string): string {
  const inner = literal.slice(1, -1);
  if (literal.startsWith('`')) return inner;
  return inner.replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)/gs, (_, escape: string) => {
    if (escape.length > 1) return String.fromCharCode(parseInt(escape.slice(1), 16));
    const known: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v' };
    if (known[escape] !== undefined) return known[escape];
    if (`\\'"`.includes(escape)) return escape;
    throw new PromqlError(
      `parse error: unknown escape sequence U+${escape.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
    );
  });
}

/** `line:column`, as Prometheus counts. */
export function placeOf(query: string, at: number): string {
  const before = query.slice(0, at).split('\n');
  return `${before.length}:${(before.at(-1) ?? '').length + 1}`;
}

function nextWord(query: string, at: number): [Token['type'] | 'space', string] {
  for (const [type, pattern] of PATTERNS) {
    pattern.lastIndex = at;
    const text = pattern.exec(query)?.[0];
    if (text !== undefined) return [type, text];
  }
  const character = query.charAt(at);
  if (`"'\``.includes(character))
    throw new PromqlError(`${placeOf(query, at)}: parse error: unterminated quoted string`);
  throw new PromqlError(`${placeOf(query, at)}: parse error: unexpected character: '${character}'`);
}
