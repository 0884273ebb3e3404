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

/** Aggregations of one argument, which answer for every group that has a member. */
const COUNTABLE = /^(sum|avg|count|min|max|group|stddev|stdvar)$/i;
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
  const data = text === null ? null : dataOf(text, 0);
  return data?.divides === true ? data.queries : null;
}

function dataOf(expression: string, depth: number): Data | null {
  const text = expression.trim();
  const parts = depth > MAX_DEPTH ? null : takeApart(text);
  if (parts === null) return null;
  const operator = weakest(parts.operators);
  if (operator === null) return dataOfOperand(parts, text, depth);
  const left = text.slice(0, operator.from);
  const right = text.slice(operator.to);
  switch (operator.symbol) {
    case 'or':
      return both(dataOf(left, depth + 1), dataOf(right, depth + 1));
    case 'and':
      return paired(dataOf(left, depth + 1), `and ${operator.matching}`, withFigures(dataOf(right, depth + 1)), true);
    case 'unless': {
      // Empty while the left side has data: its comparison is false, or the right side answered.
      const data = dataOf(left, depth + 1);
      return data && { ...data, divides: true };
    }
  }
  if (operator.is_bool) return { queries: [text], divides: false };
  const isComparison = LEVELS[2]?.has(operator.symbol) === true;
  const data = dataOfSides({ left, right, matching: operator.matching }, isComparison, depth + 1);
  return data === null || data.divides ? data : { queries: [text], divides: false };
}

interface Sides {
  readonly left: string;
  readonly right: string;
  readonly matching: string;
}

/** Of a comparison or of arithmetic. Beside a number it is the other side, so that its figure can be shown. */
function dataOfSides({ left, right, matching }: Sides, isComparison: boolean, depth: number): Data | null {
  if (isLiteral(left) && isLiteral(right)) return isComparison ? null : { queries: [left], divides: false };
  if (isLiteral(left) || isLiteral(right)) {
    const data = dataOf(isLiteral(right) ? left : right, depth);
    return data && { ...data, divides: data.divides || isComparison };
  }
  // A difference has a figure exactly where two series are compared, and it keeps the same labels.
  return paired(dataOf(left, depth), `- ${matching}`, dataOf(right, depth), isComparison);
}

function dataOfOperand({ operands: [words = []] }: Parts, text: string, depth: number): Data | null {
  const own: Data = { queries: [text], divides: false };
  const unsigned = words.filter(({ type }, index) => type !== 'symbol' || index > 0);
  const [first, second] = unsigned;
  if (first?.type === 'round' && unsigned.length === 1) return dataOf(first.text.slice(1, -1), depth + 1);
  if (first?.type !== 'name') return own;
  if (ABSENCE.test(first.text) && second?.type === 'round' && unsigned.length === 2)
    return { queries: [], divides: true };
  if (!COUNTABLE.test(first.text)) return own;
  const grouping = unsigned.findIndex(({ text: word }) => /^(by|without)$/i.test(word));
  const by = grouping === -1 ? '' : `${unsigned[grouping]?.text ?? ''} ${unsigned[grouping + 1]?.text ?? ''}`;
  const body = grouping === 1 ? unsigned[3] : second;
  if (body?.type !== 'round' || unsigned.length !== (grouping === -1 ? 2 : 4)) return own;
  const inner = dataOf(body.text.slice(1, -1), depth + 1);
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
