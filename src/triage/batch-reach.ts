import type { Alert } from '../domain/alert/alert.js';
import type { Rule } from '../domain/rule/rule.js';
import type { RunKey } from '../domain/triage-store.js';
import type { TriageCache } from './cache.js';
import { runKeyText } from './cache.js';
import type { Policy } from './deps.js';
import type { Flaps } from './flaps.js';
import type { Starts } from './starts.js';

interface ReachOptions {
  readonly alerts: readonly Alert[];
  /** The occurrence of each of them. */
  readonly keys: readonly string[];
  readonly cache: TriageCache;
  readonly policy: Policy;
  readonly maxRunsPerOccurrence: number;
  readonly starts: Starts;
  readonly flaps: Flaps;
}

/** What the alerts of one batch look at besides their occurrences: rules, the runs that they may start or join, and what they may use up. */
export class BatchReach {
  readonly #options: ReachOptions;
  readonly #hasResolved: boolean;
  readonly #matches = new Map<string, readonly Rule[]>();

  constructor(options: ReachOptions) {
    this.#options = options;
    this.#hasResolved = options.alerts.some((alert) => alert.status === 'resolved');
  }

  matching(alert: Alert): readonly Rule[] {
    let rules = this.#matches.get(alert.alert_id);
    if (!rules) {
      rules = this.#options.policy.rules.match(alert);
      this.#matches.set(alert.alert_id, rules);
    }
    return rules;
  }

  /** The rules that match where they were asked; no rule is asked for this. */
  matched(alert: Alert): readonly Rule[] {
    return this.#matches.get(alert.alert_id) ?? [];
  }

  /** True for a repeat that its occurrence alone settles: no rule is asked. What an alert of the same batch may end is not settled yet. */
  isSettled(alert: Alert, index: number): boolean {
    const { keys, cache, maxRunsPerOccurrence } = this.#options;
    if (alert.filtered !== undefined) return true;
    const before = cache.occurrence(keys[index] ?? '');
    if (!before?.open || before.run_id === null || before.alert_id === alert.alert_id || this.#hasResolved)
      return false;
    return before.run_open || before.runs_used >= maxRunsPerOccurrence;
  }

  /** The alerts for which their occurrence is not all that counts. What is remembered may be another after everything that is awaited. */
  unsettled(): ReadonlySet<Alert> {
    return new Set(this.#options.alerts.filter((alert, index) => !this.isSettled(alert, index)));
  }

  /** What alerts of this batch may use up. */
  budgetKeys(unsettled: ReadonlySet<Alert>): ReadonlySet<string> {
    const { alerts, starts, flaps } = this.#options;
    const keys = new Set<string>();
    for (const [rule, alert] of this.#mayRun(unsettled))
      for (const key of starts.budgetKeys(rule, alert)) keys.add(key);
    for (const alert of alerts)
      if (alert.status === 'resolved' || unsettled.has(alert)) for (const key of flaps.budgetKeys(alert)) keys.add(key);
    return keys;
  }

  /** Runs that alerts of this batch may start or join. */
  runKeys(unsettled: ReadonlySet<Alert>): ReadonlyMap<string, RunKey> {
    const keys = new Map<string, RunKey>();
    for (const [rule, alert] of this.#mayRun(unsettled)) {
      const key = this.#options.starts.keyOf(rule, alert);
      keys.set(runKeyText(key), key);
    }
    return keys;
  }

  *#mayRun(unsettled: ReadonlySet<Alert>): Generator<[Rule, Alert]> {
    for (const alert of unsettled) {
      if (alert.status === 'resolved') continue;
      for (const rule of this.matching(alert)) yield [rule, alert];
    }
  }
}
