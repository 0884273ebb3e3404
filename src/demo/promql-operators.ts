import { PromqlError } from './promql-lex.js';
import type { Expression, Matching } from './promql-parse.js';
import { groupLabels, labelKey, vectorOf, withoutName } from './promql-value.js';
import type { Value } from './promql-value.js';
import type { Sample } from './series.js';

/** Works out an operator between two values: arithmetic, comparison, or the sets' `and`, `or`, `unless`. */
export function applyOperator(expression: Expression & { type: 'binary' }, left: Value, right: Value): Value {
  const { operator, bool } = expression;
  if (['and', 'or', 'unless'].includes(operator)) return combine(expression, left, right);
  const compares = COMPARE[operator] !== undefined;
  if (left.type === 'scalar' && right.type === 'scalar') {
    if (compares && !bool)
      throw new PromqlError(`${expression.place}: parse error: comparisons between scalars must use BOOL modifier`);
    return { type: 'scalar', value: calculate(operator, left.value, right.value) };
  }
  const keep = (sample: Sample, a: number, b: number, labels: Sample['labels']): Sample[] => {
    if (!compares) return [{ labels: withoutName(labels), value: calculate(operator, a, b) }];
    if (bool) return [{ labels: withoutName(labels), value: calculate(operator, a, b) }];
    return calculate(operator, a, b) === 1 ? [{ ...sample, labels }] : [];
  };
  if (right.type === 'scalar') {
    const samples = vectorOf(left, 'binary expression').flatMap((sample) =>
      keep(sample, sample.value, right.value, sample.labels),
    );
    return { type: 'vector', samples };
  }
  if (left.type === 'scalar') {
    const samples = vectorOf(right, 'binary expression').flatMap((sample) =>
      keep(sample, left.value, sample.value, sample.labels),
    );
    return { type: 'vector', samples };
  }
  return matchVectors(expression, left, right, keep);
}

function matchVectors(
  expression: Expression & { type: 'binary' },
  left: Value,
  right: Value,
  keep: (sample: Sample, a: number, b: number, labels: Sample['labels']) => Sample[],
): Value {
  const partners = new Map<string, Sample>();
  for (const sample of vectorOf(right, 'binary expression')) {
    const key = matchKey(sample.labels, expression.matching);
    if (partners.has(key)) throw manyError('right');
    partners.set(key, sample);
  }
  const used = new Set<string>();
  const samples = vectorOf(left, 'binary expression').flatMap((sample) => {
    const key = matchKey(sample.labels, expression.matching);
    const partner = partners.get(key);
    if (!partner) return [];
    if (used.has(key)) throw manyError('left');
    used.add(key);
    const labels = expression.matching?.on
      ? groupLabels(sample.labels, true, expression.matching.labels)
      : groupLabels(sample.labels, false, expression.matching?.labels ?? []);
    const keepsMetric = COMPARE[expression.operator] !== undefined && !expression.bool;
    return keep(sample, sample.value, partner.value, keepsMetric ? sample.labels : labels);
  });
  return { type: 'vector', samples };
}

function combine(expression: Expression & { type: 'binary' }, left: Value, right: Value): Value {
  if (left.type !== 'vector' || right.type !== 'vector') {
    throw new PromqlError(
      `${expression.place}: parse error: set operator "${expression.operator}" not allowed in binary scalar expression`,
    );
  }
  const keys = new Set(
    (expression.operator === 'or' ? left : right).samples.map((sample) => matchKey(sample.labels, expression.matching)),
  );
  const isIn = (sample: Sample): boolean => keys.has(matchKey(sample.labels, expression.matching));
  switch (expression.operator) {
    case 'and':
      return { type: 'vector', samples: left.samples.filter(isIn) };
    case 'unless':
      return { type: 'vector', samples: left.samples.filter((sample) => !isIn(sample)) };
    default:
      return { type: 'vector', samples: [...left.samples, ...right.samples.filter((sample) => !isIn(sample))] };
  }
}

const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
};

function calculate(operator: string, a: number, b: number): number {
  const compare = COMPARE[operator];
  if (compare) return compare(a, b) ? 1 : 0;
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return a % b;
    case '^':
      return a ** b;
    default:
      throw new PromqlError(`operator "${operator}" not allowed`);
  }
}

function matchKey(labels: Readonly<Record<string, string>>, matching: Matching | null): string {
  return labelKey(groupLabels(labels, matching?.on ?? false, matching?.labels ?? []));
}

function manyError(side: 'left' | 'right'): PromqlError {
  return new PromqlError(
    `found duplicate series for the match group on the ${side} hand-side of the operation;many-to-many matching not allowed: matching labels must be unique on one side`,
    'execution',
  );
}
