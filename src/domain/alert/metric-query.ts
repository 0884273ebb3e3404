import type { Alert } from './alert.js';
import { ALERT_FIELDS } from './alert.js';
import { compileTemplate, ExpressionError, formatReference, renderTemplate } from '../expression/expression.js';
import { expressionText } from './field-expression.js';
import { didYouMean } from '../nearest.js';

/** PromQL with `{{ alert.… }}` in it, which is put in as what it stands for and never changes what is asked. */
export const MetricQuery = expressionText(checkQuery).describe(
  'PromQL with {{ alert.labels.x }} in it, escaped for where it stands',
);

function checkQuery(text: string): void {
  if (text.trim() === '') throw new ExpressionError('expected PromQL', 0);
  for (const reference of compileTemplate(text).references) {
    const [root, field] = reference;
    if (root !== 'alert')
      throw new ExpressionError(`unknown name ${formatReference(reference)}: the query sees alert only`, 0);
    if (field !== undefined && !ALERT_FIELDS.includes(field))
      throw new ExpressionError(`an alert has no field ${field}${didYouMean(field, ALERT_FIELDS)}`, 0);
  }
}

/** The question for one alert. Throws MissingValue when the alert lacks something that it names, and FixpointError `invalid` for a value that cannot stand there. */
export function metricQueryFor(text: string, alert: Alert): string {
  const rendered = renderTemplate(compileTemplate(text), { alert }, 'promql');
  return String(rendered); // with an encoding it is always text
}
