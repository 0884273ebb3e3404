import type { Alert } from '../alert/alert.js';
import { ALERT_FIELDS } from '../alert/alert.js';
import { compileTemplate, evaluateCondition, ExpressionError, formatReference } from '../expression/expression.js';
import type { Template } from '../expression/expression.js';
import { didYouMean } from '../nearest.js';
import { convertUnit, parseQuantity } from '../alert/quantity.js';
import type { Quantity } from '../alert/quantity.js';

/** A rule's `condition`, ready to be asked. */
export interface RuleCondition {
  /** What it comes to where it compares the metric's value with a number, else null. */
  readonly threshold: Threshold | null;
  holds(alert: Alert): boolean;
  /** A sentence on the values that made it hold or not. */
  explain(alert: Alert): string;
}

const OPERATORS = ['>', '>=', '<', '<=', '==', '!='] as const;

/** `metric_value` on one side, a number with or without a unit on the other. */
export interface Threshold {
  readonly operator: (typeof OPERATORS)[number];
  readonly limit: Quantity;
}

/** Whether the metric's value is where the threshold wants it; never where there is none, or where the units do not go together. */
export function reaches({ operator, limit }: Threshold, alert: Alert): boolean {
  const value = compared(alert, limit);
  if (value === null) return false;
  switch (operator) {
    case '>':
      return value > limit.value;
    case '>=':
      return value >= limit.value;
    case '<':
      return value < limit.value;
    case '<=':
      return value <= limit.value;
    case '==':
      return value === limit.value;
    case '!=':
      return value !== limit.value;
  }
}

/** The metric's value in the limit's unit. */
function compared({ metric_value, metric_unit }: Alert, { unit }: Quantity): number | null {
  if (metric_value === null || unit === null || metric_unit === null) return metric_value;
  return convertUnit(metric_value, metric_unit, unit);
}

/** Reads `{{ CEL }}` over `alert`, or a threshold as in `latency > 500ms`; throws ExpressionError with the place. */
export function compileCondition(text: string): RuleCondition {
  return text.includes('{{') ? compileCel(text) : compileThreshold(text);
}

function compileCel(text: string): RuleCondition {
  const template = compileTemplate(text);
  if (!template.isExpression)
    throw new ExpressionError('expected the whole condition inside one {{ }}, as in {{ alert.metric_value > 90 }}', 0);
  checkNames(template);
  return {
    threshold: null,
    holds: (alert) => evaluateHolds(template, alert),
    explain: (alert) => evaluateCondition(text, { alert }).explanation,
  };
}

/** Without the explanation, which costs more than the evaluation: most rules are only asked. */
function evaluateHolds(template: Template, alert: Alert): boolean {
  const [part] = template.parts.filter((candidate) => typeof candidate !== 'string');
  try {
    return part?.expression.evaluate({ alert }) === true;
  } catch {
    return false; // whatever keeps a condition from being judged makes it false; `explain` tells what it was
  }
}

function checkNames(template: Template): void {
  for (const reference of template.references) {
    const [root, field] = reference;
    if (root !== 'alert')
      throw new ExpressionError(`unknown name ${formatReference(reference)}: a rule sees alert only`, 0);
    if (field !== undefined && !ALERT_FIELDS.includes(field))
      throw new ExpressionError(`an alert has no field ${field}${didYouMean(field, ALERT_FIELDS)}`, 0);
  }
}

function compileThreshold(text: string): RuleCondition {
  const [, word, written, figure] = /^\s*([\p{L}_][\p{L}\p{N}_]*)\s*(>=|<=|==|!=|>|<)\s*(.+?)\s*$/su.exec(text) ?? [];
  const operator = OPERATORS.find((known) => known === written);
  if (word === undefined || operator === undefined || figure === undefined)
    throw new ExpressionError(
      'expected {{ an expression }}, or a word, one of > >= < <= == != and a number, as in latency > 500ms',
      0,
    );
  const limit = parseQuantity(figure);
  if (limit === null)
    throw new ExpressionError(
      `expected a number with a unit such as 90%, 500ms or 5, came ${figure}`,
      text.indexOf(figure),
    );
  const threshold: Threshold = { operator, limit };
  return {
    threshold,
    holds: (alert) => reaches(threshold, alert),
    explain: (alert) => {
      const wants = `the rule wants ${text.trim()}`;
      if (alert.metric_value === null) return `metric_value is null, ${wants}`;
      const shown = `metric_value is ${alert.metric_value}${alert.metric_unit === null ? '' : ` ${alert.metric_unit}`}`;
      if (compared(alert, limit) === null) return `${shown}, which cannot be compared with ${figure}; ${wants}`;
      return `${shown}, ${wants}`;
    },
  };
}
