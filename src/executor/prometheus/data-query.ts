import { takeApart, withoutComments } from './promql.js';
import type { Operator, Parts } from './promql.js';

/** Longer expressions are not taken apart; nobody writes them by hand. */
const MAX_EXPRESSION = 16_384;
const MAX_DEPTH = 20;
/** Each is one more question to Prometheus. */
const MAX_QUERIES = 4;

const LEVELS: readonly ReadonlySet<string>[] = [
  new Set(['or']),
  new Set(['and', 'unless']),
  new Set(['==', '!=', '<=', '<', '>=', '>']),
  new Set(['+', '-']),
  new Set(['*', '/', '%', 'atan2']),
  new Set(['^']),
];

/** Aggregations that would be 0 if they did not fall silent over nothing. */
const COUNTING = /^(sum|count)$/i;
const ABSENCE = /^(absent|absent_over_time)$/i;

/** What has to answer before silence of a condition means that it is false. */
interface Data {
  /** Every one of them must have a figure. None: the condition is about absence, and its silence is data enough. */
  readonly queries: readonly string[];
  /** False for what divides nowhere: it is its own data. */
  readonly divides: boolean;
}

/**
 * The questions that must have data before an empty answer to `expression` means that it is false: the expression without its
 * comparisons. An empty list when emptiness itself says so (`absent`); null when the expression cannot be taken apart safely.
 */
export function dataQueries(expression: string): readonly string[] | null {
  if (expression.length > MAX_EXPRESSION) return null;
  const text = withoutComments(expression);
  const data = text === null ? null : dataOf(text, { depth: 0, zero_is_over: false });
  return data?.divides === true ? data.queries : null;
}

/** Where a part of an expression stands. */
interface Place {
  readonly depth: number;
  /**
   * True when the comparison around the part is false for 0. Then a count of failures that falls silent for want of any means the same as
   * 0: `count(up == 0) > 3`. In `count(up == 1) < 3` the same silence means that nothing is up.
   */
  readonly zero_is_over: boolean;
}

function dataOf(expression: string, place: Place): Data | null {
  const text = expression.trim();
  const parts = place.depth > MAX_DEPTH ? null : takeApart(text);
  if (parts === null) return null;
  const operator = weakest(parts.operators);
  if (operator === null) return dataOfOperand(parts, text, place);
  const left = text.slice(0, operator.from);
  const right = text.slice(operator.to);
  const inside = { ...place, depth: place.depth + 1 };
  const beside = { ...inside, zero_is_over: false };
  switch (operator.symbol) {
    case 'or':
      return both(dataOf(left, inside), dataOf(right, inside));
    case 'and':
      return paired(dataOf(left, inside), `and ${operator.matching}`, withFigures(dataOf(right, beside)), true);
    case 'unless': {
      // Empty while the left side has data: its comparison is false, or the right side answered.
      const data = dataOf(left, inside);
      return data && { ...data, divides: true };
    }
  }
  if (operator.is_bool) return { queries: [text], divides: false };
  const data = dataOfSides({ left, right, operator }, inside);
  return data === null || data.divides ? data : { queries: [text], divides: false };
}

interface Sides {
  readonly left: string;
  readonly right: string;
  readonly operator: Operator;
}

/** Of a comparison or of arithmetic. Beside a number it is the other side, so that its figure can be shown. */
function dataOfSides(sides: Sides, place: Place): Data | null {
  const { left, right, operator } = sides;
  const isComparison = LEVELS[2]?.has(operator.symbol) === true;
  if (isLiteral(left) && isLiteral(right)) return isComparison ? null : { queries: [left], divides: false };
  const [forLeft, forRight] = [placeOf('left', sides, place), placeOf('right', sides, place)];
  if (isLiteral(left) || isLiteral(right)) {
    const data = isLiteral(right) ? dataOf(left, forLeft) : dataOf(right, forRight);
    return data && { ...data, divides: data.divides || isComparison };
  }
  // A difference has a figure exactly where two series are compared, and it keeps the same labels.
  return paired(dataOf(left, forLeft), `- ${operator.matching}`, dataOf(right, forRight), isComparison);
}

/** What 0 on one side of an operator comes to. */
function placeOf(side: 'left' | 'right', { left, right, operator }: Sides, place: Place): Place {
  if (operator.symbol === '*' || (operator.symbol === '/' && side === 'left')) return place;
  const [one, other] = side === 'left' ? [0, numberOf(right)] : [numberOf(left), 0];
  return { ...place, zero_is_over: one !== null && other !== null && isFalse(one, operator.symbol, other) };
}

function isFalse(left: number, symbol: string, right: number): boolean {
  switch (symbol) {
    case '==':
      return left !== right;
    case '!=':
      return left === right;
    case '<':
      return left >= right;
    case '<=':
      return left > right;
    case '>':
      return left <= right;
    case '>=':
      return left < right;
    default:
      return false; // arithmetic, of which 0 is not followed any further
  }
}

function numberOf(text: string): number | null {
  return /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i.test(text) ? Number(text) : null;
}

function dataOfOperand({ operands: [words = []] }: Parts, text: string, place: Place): Data | null {
  const own: Data = { queries: [text], divides: false };
  const [word, only] = words;
  if (word?.type === 'round' && words.length === 1)
    return dataOf(word.text.slice(1, -1), { ...place, depth: place.depth + 1 });
  if (word?.type !== 'name') return own;
  if (ABSENCE.test(word.text) && only?.type === 'round' && words.length === 2) return { queries: [], divides: true };
  if (!COUNTING.test(word.text) || !place.zero_is_over) return own;
  const grouping = words.findIndex(({ text: name }) => /^(by|without)$/i.test(name));
  const by = grouping === -1 ? '' : `${words[grouping]?.text ?? ''} ${words[grouping + 1]?.text ?? ''}`;
  const body = grouping === 1 ? words[3] : only;
  if (body?.type !== 'round' || words.length !== (grouping === -1 ? 2 : 4)) return own;
  // A sum of zeros is 0; a count of them is not.
  const zero_is_over = word.text.toLowerCase() === 'sum';
  const inner = dataOf(body.text.slice(1, -1), { depth: place.depth + 1, zero_is_over });
  if (inner === null || !inner.divides || inner.queries.length === 0) return own;
  // A count would take NaN for a member.
  const queries = inner.queries.map((query) => `count ${by} ((${query}) >= -Inf)`);
  return { queries, divides: true };
}

/** Without NaN, which compares with nothing: only the left side of `and` shows its value. */
function withFigures(data: Data | null): Data | null {
  return data && { ...data, queries: data.queries.map((query) => `(${query}) >= -Inf`) };
}

function both(left: Data | null, right: Data | null): Data | null {
  if (left === null || right === null) return null;
  return bounded([...left.queries, ...right.queries], left.divides || right.divides);
}

/** Each question of one side with each of the other. A side that is about absence has no data of its own to be paired with. */
function paired(left: Data | null, operator: string, right: Data | null, divides: boolean): Data | null {
  if (left === null || right === null || left.queries.length === 0 || right.queries.length === 0) return null;
  const queries = left.queries.flatMap((one) => right.queries.map((other) => `(${one}) ${operator} (${other})`));
  return bounded(queries, divides || left.divides || right.divides);
}

function bounded(queries: readonly string[], divides: boolean): Data | null {
  const distinct = [...new Set(queries)];
  const isTooMuch = distinct.length > MAX_QUERIES || distinct.some((query) => query.length > 2 * MAX_EXPRESSION);
  return isTooMuch ? null : { queries: distinct, divides };
}

/** The operator that is applied last: of those that bind least the last one, of `^` the first. */
function weakest(operators: readonly Operator[]): Operator | null {
  for (const level of LEVELS) {
    const found = operators.filter(({ symbol }) => level.has(symbol));
    const operator = level.has('^') ? found[0] : found.at(-1);
    if (operator !== undefined) return operator;
  }
  return null;
}

/** A number, or a sum of numbers: `10 * 60`, `1e9`, `-Inf`. */
function isLiteral(text: string): boolean {
  const left = text.replace(
    /(?<![\w:.])(?:(?:\d+(?:ms|[smhdwy]))+|0x[\da-f]+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf|nan)(?![\w:.])/gi,
    '',
  );
  return left !== text && /^[\s()+\-*/%^]*$/.test(left);
}
