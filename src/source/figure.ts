import { MetricQuery } from '../domain/alert/metric-query.js';

/** The setting of every source whose alerts may come without a figure: what is asked for it when the alert is decided. */
export const FIGURE_SETTINGS = {
  metric_query: MetricQuery.optional().describe(
    'PromQL with {{ alert.… }} in it that tells metric_value where an alert of this source has none',
  ),
};
