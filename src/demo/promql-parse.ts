import { lexPromql, placeOf, promqlDurationMs, PromqlError, unquote } from './promql-lex.js';
import type { Token } from './promql-lex.js';

/** A condition on one label; a regular expression has to match the whole value. */
export interface LabelMatcher {
  readonly label: string;
  readonly matches: (value: string) => boolean;
  /** True when a series without the label would do: a selector needs at least one matcher that says no. */
  readonly matchesEmpty: boolean;
}

export interface Selector {
  readonly type: 'selector';
  readonly metric: string | null;
  readonly matchers: readonly LabelMatcher[];
  /** Set for a range vector. */
  readonly range_ms: number | null;
  readonly offset_ms: number;
}

/** How two vectors find each other's series. */
export interface Matching {
  readonly on: boolean;
  readonly labels: readonly string[];
}

/** A parsed query. */
export type Expression =
  | { readonly type: 'number'; readonly value: number }
  | { readonly type: 'text'; readonly value: string }
  | Selector
  | { readonly type: 'call'; readonly name: string; readonly args: readonly Expression[]; readonly place: string }
  | {
      readonly type: 'aggregate';
      readonly operator: string;
      readonly parameter: Expression | null;
      readonly of: Expression;
      readonly grouping: { readonly by: boolean; readonly labels: readonly string[] };
      readonly place: string;
    }
  | { readonly type: 'negate'; readonly of: Expression }
  | {
      readonly type: 'binary';
      readonly operator: string;
      readonly bool: boolean;
      readonly matching: Matching | null;
      readonly left: Expression;
      readonly right: Expression;
      readonly place: string;
    };

export const AGGREGATORS: ReadonlySet<string> = new Set([
  'sum',
  'avg',
  'min',
  'max',
  'count',
  'group',
  'topk',
  'bottomk',
  'quantile',
  'stddev',
]);
const WITH_PARAMETER: ReadonlySet<string> = new Set(['topk', 'bottomk', 'quantile']);
const LEVELS: readonly (readonly string[])[] = [
  ['or'],
  ['and', 'unless'],
  ['==', '!=', '<=', '<', '>=', '>'],
  ['+', '-'],
  ['*', '/', '%'],
];
const COMPARISONS: ReadonlySet<string> = new Set(LEVELS[2]);
const MAX_DEPTH = 60;

/** Parses the part of PromQL that the shop understands; everything else is refused as Prometheus refuses what it cannot parse. */
export function parsePromql(query: string): Expression {
  if (query.trim() === '') throw new PromqlError('unknown position: parse error: no expression found in input');
  return new Parser(query).whole();
}

class Parser {
  readonly #query: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(query: string) {
    this.#query = query;
    this.#tokens = lexPromql(query);
  }

  whole(): Expression {
    const expression = this.#binary(0);
    if (this.#peek().type !== 'end') this.#refuse(`unexpected ${describe(this.#peek())}`);
    return expression;
  }

  #binary(level: number): Expression {
    const operators = LEVELS[level];
    if (!operators) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const token = this.#peek();
      const operator = token.text.toLowerCase();
      if ((token.type !== 'symbol' && token.type !== 'name') || !operators.includes(operator)) return left;
      this.#next++;
      const bool = this.#word('bool');
      if (bool && !COMPARISONS.has(operator))
        this.#refuse('bool modifier can only be used on comparison operators', token);
      const matching = this.#matching();
      const right = this.#binary(level + 1);
      left = { type: 'binary', operator, bool, matching, left, right, place: placeOf(this.#query, token.at) };
    }
  }

  #matching(): Matching | null {
    const word = this.#peek().text.toLowerCase();
    if (this.#peek().type !== 'name' || (word !== 'on' && word !== 'ignoring')) return null;
    this.#next++;
    const labels = this.#labelList();
    if (/^group_(left|right)$/.test(this.#peek().text))
      this.#refuse(`unexpected <${this.#peek().text}>: many-to-one matching is not available in the shop`);
    return { on: word === 'on', labels };
  }

  #unary(): Expression {
    const sign = this.#peek().text;
    if (this.#peek().type === 'symbol' && (sign === '-' || sign === '+')) {
      this.#next++;
      const of = this.#unary();
      return sign === '+' ? of : { type: 'negate', of };
    }
    return this.#power();
  }

  #power(): Expression {
    const left = this.#postfix();
    const token = this.#peek();
    if (token.text !== '^' || token.type !== 'symbol') return left;
    this.#next++;
    const bool = false;
    const right = this.#unary();
    return { type: 'binary', operator: '^', bool, matching: null, left, right, place: placeOf(this.#query, token.at) };
  }

  #postfix(): Expression {
    this.#depth++;
    if (this.#depth > MAX_DEPTH) this.#refuse('expression is nested too deeply');
    let expression = this.#primary();
    this.#depth--;
    if (this.#symbol('[')) {
      if (expression.type !== 'selector' || expression.range_ms !== null)
        this.#refuse('ranges only allowed for vector selectors');
      const duration = this.#take('duration', 'duration');
      this.#expect(']');
      expression = { ...expression, range_ms: promqlDurationMs(duration.text) };
      if (expression.range_ms === 0) this.#refuse('duration must be greater than 0', duration);
    }
    if (this.#word('offset')) {
      if (expression.type !== 'selector')
        this.#refuse(
          'offset modifier must be preceded by an instant vector selector or range vector selector or a subquery',
        );
      const sign = this.#symbol('-') ? -1 : 1;
      expression = { ...expression, offset_ms: sign * promqlDurationMs(this.#take('duration', 'duration').text) };
    }
    return expression;
  }

  #primary(): Expression {
    const token = this.#peek();
    if (this.#symbol('(')) {
      const inner = this.#binary(0);
      if (!this.#symbol(')'))
        this.#refuse(
          this.#peek().type === 'end' ? 'unclosed left parenthesis' : `unexpected ${describe(this.#peek())}`,
        );
      return inner;
    }
    if (token.text === '{' && token.type === 'symbol') return this.#selector(null);
    this.#next++;
    switch (token.type) {
      case 'number':
        return { type: 'number', value: Number(token.text) };
      case 'text':
        return { type: 'text', value: unquote(token.text) };
      case 'name':
        return this.#named(token);
      case 'duration':
      case 'symbol':
      case 'end':
        this.#next--;
        return this.#refuse(`unexpected ${describe(token)}`);
    }
  }

  #named(token: Token): Expression {
    const word = token.text.toLowerCase();
    const opens = this.#peek().text === '(' && this.#peek().type === 'symbol';
    if (AGGREGATORS.has(word) && (opens || ['by', 'without'].includes(this.#peek().text.toLowerCase())))
      return this.#aggregate(token);
    if (word === 'inf' || word === 'nan') return { type: 'number', value: word === 'inf' ? Infinity : NaN };
    if (!opens) return this.#selector(token.text);
    const args = this.#arguments();
    return { type: 'call', name: token.text, args, place: placeOf(this.#query, token.at) };
  }

  #aggregate(token: Token): Expression {
    const operator = token.text.toLowerCase();
    let grouping = this.#grouping();
    const args = this.#arguments();
    grouping ??= this.#grouping() ?? { by: true, labels: [] };
    const parameter = WITH_PARAMETER.has(operator) ? args.shift() : null;
    const [of] = args;
    if (!of || args.length > 1 || parameter === undefined) {
      return this.#refuse(
        `wrong number of arguments for aggregate expression provided, expected ${WITH_PARAMETER.has(operator) ? 2 : 1}, got ${args.length + (parameter ? 1 : 0)}`,
        token,
      );
    }
    return { type: 'aggregate', operator, parameter, of, grouping, place: placeOf(this.#query, token.at) };
  }

  #grouping(): { by: boolean; labels: string[] } | null {
    if (this.#word('by')) return { by: true, labels: this.#labelList() };
    if (this.#word('without')) return { by: false, labels: this.#labelList() };
    return null;
  }

  #arguments(): Expression[] {
    this.#expect('(');
    const args: Expression[] = [];
    if (this.#symbol(')')) return args;
    do args.push(this.#binary(0));
    while (this.#symbol(','));
    if (!this.#symbol(')'))
      this.#refuse(
        this.#peek().type === 'end'
          ? 'unclosed left parenthesis'
          : `unexpected ${describe(this.#peek())} in function call`,
      );
    return args;
  }

  #labelList(): string[] {
    this.#expect('(');
    const labels: string[] = [];
    while (!this.#symbol(')')) {
      labels.push(this.#take('name', 'label').text);
      if (!this.#symbol(',') && this.#peek().text !== ')')
        this.#refuse(`unexpected ${describe(this.#peek())} in grouping opts, expected "," or ")"`);
    }
    return labels;
  }

  #selector(metric: string | null): Selector {
    const begin = this.#peek();
    const matchers: LabelMatcher[] = [];
    if (this.#symbol('{')) {
      while (!this.#symbol('}')) {
        matchers.push(this.#matcher());
        if (!this.#symbol(',') && this.#peek().text !== '}')
          this.#refuse(`unexpected ${describe(this.#peek())} in label matching, expected "," or "}"`);
      }
    }
    if (metric === null && matchers.every((matcher) => matcher.matchesEmpty)) {
      this.#refuse('vector selector must contain at least one non-empty matcher', begin);
    }
    return { type: 'selector', metric, matchers, range_ms: null, offset_ms: 0 };
  }

  #matcher(): LabelMatcher {
    const label = this.#take('name', 'identifier').text;
    const operator = this.#peek();
    if (!['=', '!=', '=~', '!~'].includes(operator.text))
      this.#refuse(`unexpected ${describe(operator)} in label matching, expected label matching operator`);
    this.#next++;
    const value = unquote(this.#take('text', 'string').text);
    const matches = operator.text.endsWith('~')
      ? this.#wholeMatch(value, operator)
      : (other: string) => other === value;
    const test = operator.text.startsWith('!') ? (other: string) => !matches(other) : matches;
    return { label, matches: test, matchesEmpty: test('') };
  }

  #wholeMatch(pattern: string, place: Token): (value: string) => boolean {
    try {
      const expression = new RegExp(`^(?:${pattern})$`, 's');
      return (value) => expression.test(value);
    } catch {
      return this.#refuse(`error parsing regexp: ${pattern}`, place);
    }
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { type: 'end', text: '', at: this.#query.length };
  }

  #symbol(text: string): boolean {
    const is = this.#peek().type === 'symbol' && this.#peek().text === text;
    if (is) this.#next++;
    return is;
  }

  #word(text: string): boolean {
    const is = this.#peek().type === 'name' && this.#peek().text.toLowerCase() === text;
    if (is) this.#next++;
    return is;
  }

  #take(type: Token['type'], expected: string): Token {
    const token = this.#peek();
    if (token.type !== type) this.#refuse(`unexpected ${describe(token)}, expected ${expected}`);
    this.#next++;
    return token;
  }

  #expect(symbol: string): void {
    if (!this.#symbol(symbol)) this.#refuse(`unexpected ${describe(this.#peek())}, expected "${symbol}"`);
  }

  #refuse(message: string, at: Token = this.#peek()): never {
    throw new PromqlError(`${placeOf(this.#query, at.at)}: parse error: ${message}`);
  }
}

function describe(token: Token): string {
  if (token.type === 'end') return 'end of input';
  if (token.type === 'name') return `identifier "${token.text}"`;
  return token.type === 'symbol' ? `"${token.text}"` : `${token.type === 'text' ? 'string' : token.type} ${token.text}`;
}
