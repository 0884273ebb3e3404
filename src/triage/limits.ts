import type { Budgets } from '../domain/decision/budget.js';
import type { Severity } from '../domain/alert/alert.js';
import { NO_GROUPING } from '../domain/rule/grouping.js';
import type { Grouping } from '../domain/rule/grouping.js';
import type { FlapPolicy } from './flapping.js';
import type { StormGauge } from './storm.js';

/** What limits how much triage starts, and who hears of what it does not start. */
export interface Limits {
  readonly budgets: Budgets;
  readonly grouping: Grouping;
  /** Null where storms are not watched. */
  readonly storm: StormGauge | null;
  /** Null where flapping is not looked for. */
  readonly flapping: FlapPolicy | null;
  /** Severities of alerts that somebody is to hear of when no rule takes them. */
  readonly unmatched: ReadonlySet<Severity>;
}

/** Nothing is limited. */
export const NO_LIMITS: Limits = {
  budgets: { find: () => Promise.resolve([]) },
  grouping: NO_GROUPING,
  storm: null,
  flapping: null,
  unmatched: new Set(),
};
