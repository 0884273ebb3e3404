import type { Alert } from '../domain/alert/alert.js';
import { compileChanges } from '../domain/alert/alert-change.js';
import type { ReadyChanges } from '../domain/alert/alert-change.js';
import type { Rule } from '../domain/rule/rule.js';

const ready = new WeakMap<Rule, ReadyChanges>();

/** The alert as the run of a rule sees it, and what of the rule's `set` could not be done; the very alert where the rule sets nothing. */
export function alertFor(rule: Rule, alert: Alert): { readonly alert: Alert; readonly problems: readonly string[] } {
  if (rule.set === undefined) return { alert, problems: [] };
  let changes = ready.get(rule);
  if (changes === undefined) ready.set(rule, (changes = compileChanges(rule.set)));
  return changes.apply(alert);
}
