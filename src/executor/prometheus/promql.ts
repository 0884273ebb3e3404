/** A piece of an expression at its outermost level. What stands in brackets, brackets included, is one word. */
interface Word {
  readonly type: 'name' | 'number' | 'text' | 'symbol' | 'round' | 'curly' | 'square';
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

/** An operator between two operands, with the words that belong to it: `> bool on(a) group_left(b)`. */
export interface Operator {
  /** In lower case. */
  readonly symbol: string;
  readonly is_bool: boolean;
  /** `on(a) group_left(b)`, or nothing. */
  readonly matching: string;
  readonly from: number;
  readonly to: number;
}

/** An expression taken apart at its outermost level: operands and the operators between them. */
export interface Parts {
  readonly operands: readonly (readonly Word[])[];
  readonly operators: readonly Operator[];
}

const AGGREGATORS: ReadonlySet<string> = new Set(
  'sum avg count min max group stddev stdvar topk bottomk quantile count_values limitk limit_ratio'.split(' '),
);
const WORD_OPERATORS: ReadonlySet<string> = new Set(['and', 'or', 'unless', 'atan2']);
const KEYWORDS: ReadonlySet<string> = new Set(
  'and or unless atan2 by without on ignoring group_left group_right bool offset'.split(' '),
);
const CLOSERS: Readonly<Record<string, string>> = { '(': ')', '{': '}', '[': ']' };
const GROUPS = { '(': 'round', '{': 'curly', '[': 'square' } as const;
const QUOTES = '"\'`';

const PATTERNS: readonly (readonly [Word['type'] | 'space', RegExp])[] = [
  ['space', /\s+/y],
  ['number', /(?:(?:\d+(?:ms|[smhdwy]))+|0x[\da-f]+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(?![\w:.])/iy],
  ['name', /[A-Za-z_:][\w:]*(?![.])/y],
  ['symbol', /==|!=|<=|>=|[-+*/%^<>@]/y],
];

/** The expression with a space in place of each comment; null when a string in it does not end. */
export function withoutComments(expression: string): string | null {
  let text = '';
  let at = 0;
  while (at < expression.length) {
    const char = expression.charAt(at);
    if (char === '#') {
      const end = expression.indexOf('\n', at);
      text += ' ';
      at = end === -1 ? expression.length : end;
      continue;
    }
    const end = QUOTES.includes(char) ? endOfString(expression, at) : at + 1;
    if (end === null) return null;
    text += expression.slice(at, end);
    at = end;
  }
  return text;
}

/**
 * Takes an expression without comments apart at its outermost level. Null for whatever is not plainly PromQL, such as what other
 * languages add to it: a guess about where an expression divides could turn silence into health.
 */
export function takeApart(expression: string): Parts | null {
  const words = wordsOf(expression);
  if (words === null) return null;
  const operands: (readonly Word[])[] = [];
  const operators: Operator[] = [];
  let at = 0;
  for (;;) {
    const end = endOfOperand(words, at);
    if (end === null) return null;
    operands.push(words.slice(at, end));
    if (end === words.length) return { operands, operators };
    const operator = operatorAt(words, end, expression);
    if (operator === null) return null;
    operators.push(operator.operator);
    at = operator.end;
  }
}

/** Whether a name is one of PromQL's aggregations, whose grouping may stand before or after what they aggregate. */
function isAggregator(word: Word | undefined): boolean {
  return word?.type === 'name' && AGGREGATORS.has(word.text.toLowerCase());
}

function wordsOf(expression: string): Word[] | null {
  const words: Word[] = [];
  let at = 0;
  while (at < expression.length) {
    const found = wordAt(expression, at);
    if (found === null) return null;
    if (found !== 'space') words.push(found);
    at = found === 'space' ? endOfSpace(expression, at) : found.to;
  }
  return words;
}

function wordAt(expression: string, from: number): Word | 'space' | null {
  const char = expression.charAt(from);
  const make = (type: Word['type'], to: number): Word => ({ type, text: expression.slice(from, to), from, to });
  if (char === '(' || char === '{' || char === '[') {
    const to = endOfGroup(expression, from);
    return to === null ? null : make(GROUPS[char], to);
  }
  if (QUOTES.includes(char)) {
    const to = endOfString(expression, from);
    return to === null ? null : make('text', to);
  }
  for (const [type, pattern] of PATTERNS) {
    pattern.lastIndex = from;
    if (!pattern.test(expression)) continue;
    return type === 'space' ? 'space' : make(type, pattern.lastIndex);
  }
  return null;
}

function endOfSpace(expression: string, from: number): number {
  let at = from;
  while (/\s/.test(expression.charAt(at))) at++;
  return at;
}

/** Behind the bracket that closes the one at `from`; null when the brackets do not fit. */
function endOfGroup(expression: string, from: number): number | null {
  const open: string[] = [];
  let at = from;
  while (at < expression.length) {
    const char = expression.charAt(at);
    const closer = CLOSERS[char];
    if (QUOTES.includes(char)) {
      const end = endOfString(expression, at);
      if (end === null) return null;
      at = end;
      continue;
    }
    if (closer !== undefined) open.push(closer);
    else if (char === ')' || char === '}' || char === ']') {
      if (open.pop() !== char) return null;
      if (open.length === 0) return at + 1;
    }
    at++;
  }
  return null;
}

function endOfString(expression: string, from: number): number | null {
  const quote = expression.charAt(from);
  for (let at = from + 1; at < expression.length; at++) {
    const char = expression.charAt(at);
    if (char === quote) return at + 1;
    if (char === '\\' && quote !== '`') at++;
  }
  return null;
}

function endOfOperand(words: readonly Word[], from: number): number | null {
  let at = from;
  while (isSign(words[at])) at++;
  const end = endOfPrimary(words, at);
  return end === null ? null : endOfModifiers(words, end);
}

function endOfPrimary(words: readonly Word[], at: number): number | null {
  const word = words[at];
  if (word === undefined || word.type === 'symbol' || word.type === 'square') return null;
  if (word.type !== 'name') return at + 1;
  if (KEYWORDS.has(word.text.toLowerCase())) return null;
  const next = words[at + 1];
  if (isAggregator(word) && isGrouping(words, at + 1)) return words[at + 3]?.type === 'round' ? at + 4 : null;
  if (next?.type === 'curly') return at + 2;
  if (next?.type !== 'round') return at + 1;
  return isAggregator(word) && isGrouping(words, at + 2) ? at + 4 : at + 2;
}

/** `by (…)` or `without (…)`. */
function isGrouping(words: readonly Word[], at: number): boolean {
  const word = words[at];
  return word?.type === 'name' && /^(by|without)$/i.test(word.text) && words[at + 1]?.type === 'round';
}

/** Behind ranges, `offset` and `@`, as many as there are. */
function endOfModifiers(words: readonly Word[], from: number): number | null {
  let at = from;
  for (;;) {
    const word = words[at];
    if (word?.type === 'square') at++;
    else if (word?.type === 'name' && word.text.toLowerCase() === 'offset') {
      const end = endOfNumber(words, at + 1);
      if (end === null) return null;
      at = end;
    } else if (word?.type === 'symbol' && word.text === '@') {
      const end = endOfMoment(words, at + 1);
      if (end === null) return null;
      at = end;
    } else return at;
  }
}

function endOfNumber(words: readonly Word[], from: number): number | null {
  const at = isSign(words[from]) ? from + 1 : from;
  return words[at]?.type === 'number' ? at + 1 : null;
}

function endOfMoment(words: readonly Word[], from: number): number | null {
  const word = words[from];
  if (word?.type === 'name' && /^(start|end)$/i.test(word.text))
    return words[from + 1]?.text === '()' ? from + 2 : null;
  return endOfNumber(words, from);
}

function isSign(word: Word | undefined): boolean {
  return word?.type === 'symbol' && (word.text === '-' || word.text === '+');
}

function operatorAt(
  words: readonly Word[],
  from: number,
  expression: string,
): { readonly operator: Operator; readonly end: number } | null {
  const word = words[from];
  if (word === undefined) return null;
  const symbol = word.text.toLowerCase();
  const isOperator = word.type === 'symbol' ? symbol !== '@' : word.type === 'name' && WORD_OPERATORS.has(symbol);
  if (!isOperator) return null;
  const is_bool = isName(words[from + 1], 'bool');
  const begin = from + (is_bool ? 2 : 1);
  let end = begin;
  if (isName(words[end], 'on', 'ignoring')) {
    if (words[end + 1]?.type !== 'round') return null;
    end += 2;
    if (isName(words[end], 'group_left', 'group_right')) end += words[end + 1]?.type === 'round' ? 2 : 1;
  }
  const last = words[end - 1] ?? word;
  const matching = end > begin ? expression.slice(words[begin]?.from ?? last.from, last.to) : '';
  return { operator: { symbol, is_bool, matching, from: word.from, to: last.to }, end };
}

function isName(word: Word | undefined, ...names: readonly string[]): boolean {
  return word?.type === 'name' && names.includes(word.text.toLowerCase());
}
