import type { RuleQuery } from '../domain/api/rule.js';
import type { Rule } from '../domain/rule/rule.js';

/** A rule with its place in the order in which rules are asked, counted from 1. */
export interface PlacedRule {
  readonly rule: Rule;
  readonly place: number;
}

/** Puts rules in the order in which they are asked, once for each set of them: a set may hold a hundred thousand. */
export function createRuleOrder(): (rules: readonly Rule[]) => readonly PlacedRule[] {
  let known: { readonly rules: readonly Rule[]; readonly placed: readonly PlacedRule[] } | null = null;
  return (rules) => {
    if (known?.rules !== rules)
      known = { rules, placed: [...rules].sort(byPriority).map((rule, index) => ({ rule, place: index + 1 })) };
    return known.placed;
  };
}

type RuleFilter = Partial<Pick<RuleQuery, 'rule_id' | 'playbook_id' | 'text'>>;

/** Those that a filter asks for, in their order. */
export function filterRules(placed: readonly PlacedRule[], filter: RuleFilter): readonly PlacedRule[] {
  const { rule_id, playbook_id } = filter;
  const text = filter.text?.toLowerCase();
  if (rule_id === undefined && playbook_id === undefined && text === undefined) return placed;
  return placed.filter(
    ({ rule }) =>
      (rule_id === undefined || rule.rule_id === rule_id) &&
      (playbook_id === undefined || rule.playbook_id === playbook_id) &&
      (text === undefined || ruleTexts(rule).some((each) => each.toLowerCase().includes(text))),
  );
}

/** The words of a rule that people look for it by; its id is the first. */
export function ruleTexts({ rule_id, alert_name, service_name, playbook_id, description }: Rule): string[] {
  return [rule_id, ...[alert_name ?? []].flat(), ...[service_name ?? []].flat(), playbook_id, description ?? ''];
}

function byPriority(a: Rule, b: Rule): number {
  const higher = (b.priority ?? 0) - (a.priority ?? 0);
  return higher === 0 ? (a.rule_id < b.rule_id ? -1 : 1) : higher;
}
