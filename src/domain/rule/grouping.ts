import type { Alert } from '../alert/alert.js';
import { labelOf } from '../alert/label.js';
import type { Rule } from './rule.js';

/** How alerts are put together where a rule does not say it: as in Alertmanager's route. Null: by what the source calls their group. */
export interface Grouping {
  readonly by: readonly string[] | null;
  readonly wait_ms: number;
  readonly interval_ms: number;
}

/** Nothing is configured: the source's groups, no waiting. */
export const NO_GROUPING: Grouping = { by: null, wait_ms: 0, interval_ms: 0 };

/** Stands for all labels, as in Alertmanager. */
const ALL = '...';

/** What an alert is handled together with by a rule: the values of the labels that the rule (or else the configuration) names. */
export function groupKeyOf(rule: Rule, alert: Alert, grouping: Grouping): string {
  const by = rule.group_by ?? grouping.by;
  if (by === null) return alert.group_key;
  const names = by.includes(ALL) ? Object.keys(alert.labels) : by;
  const values = [...new Set(names)].sort().map((name) => `${name}=${JSON.stringify(labelOf(alert.labels, name))}`);
  return `rule:${rule.rule_id}:{${values.join(',')}}`;
}
