import type { Decision, HoldReason } from '../domain/decision/decision.js';
import type { Rule } from '../domain/rule/rule.js';

/** Why nothing starts now, until when, and by what. */
export interface Hold {
  readonly reason: HoldReason;
  readonly until: string;
  readonly by: string;
  readonly explanation: string;
}

/** The hold that ends first: then the alert is looked at again. */
export function soonest<Any extends { readonly until: string }>(holds: readonly Any[]): Any | undefined {
  return [...holds].sort((a, b) => (a.until < b.until ? -1 : 1))[0];
}

/** The decision that a hold is; `rule` is the one that would have started something now, where it came so far. */
export function heldBy(
  base: Decision,
  { reason, until, by, explanation }: Omit<Hold, 'until'> & { readonly until: string | null },
  rule: Rule | null,
): Decision {
  return { ...ofRule(base, rule), action: 'hold', reason, until, by, explanation };
}

/** A decision about what a rule would have started. */
export function ofRule(base: Decision, rule: Rule | null): Decision {
  return rule === null ? base : { ...base, rule_id: rule.rule_id, playbook_id: rule.playbook_id };
}
