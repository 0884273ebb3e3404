import { instant } from '../domain/clock.js';
import { durationMs } from '../domain/duration.js';
import type { Alert } from '../domain/alert/alert.js';
import type { Rule } from '../domain/rule/rule.js';
import type { Facts, Stage } from './facts.js';
import { soonest } from './hold.js';

/** Finds the rules that match, and leaves out those whose playbook is off or whose service is still cooling down. What belongs to an open run joins it all the same. */
export const match: Stage = (alert, facts) => {
  const rules = facts.matching();
  const [first] = rules;
  if (!first)
    return {
      type: 'drop',
      reason: 'no_match',
      by: null,
      explanation: 'no rule matches; `fixpoint explain --alert alert.json` (POST /api/v1/rules/explain) tells why',
    };
  const on = rules.filter((rule) => rule.mode !== 'off' && (facts.modeOf(rule.playbook_id) ?? 'off') !== 'off');
  const [chief] = on;
  if (!chief) {
    const explanation =
      first.mode === 'off'
        ? `rule ${first.rule_id} matches, but its mode is off`
        : `rule ${first.rule_id} matches, but playbook ${first.playbook_id} is off`;
    return { type: 'drop', reason: 'playbook_off', rule: first, by: `rule:${first.rule_id}`, explanation };
  }
  const flapping = facts.flapping();
  if (flapping) {
    const joining = on.filter((rule) => facts.joins(rule));
    return joining.length === 0
      ? { type: 'hold', rule: chief, ...flapping }
      : { type: 'run', rules: joining, notes: [] };
  }
  const cooling = on.flatMap((rule) => coolingOf(alert, rule, facts)).filter(({ rule }) => !facts.joins(rule));
  const ready = on.filter((rule) => !cooling.some((held) => held.rule === rule));
  const next = soonest(cooling);
  if (ready.length === 0 && next) {
    const explanation = coolingText(alert, next.rule, facts.lastWrite);
    const { rule, until } = next;
    return { type: 'hold', rule, reason: 'cooldown', until, by: `rule:${rule.rule_id}`, explanation };
  }
  const notes = [
    ...rules
      .filter((rule) => !on.includes(rule))
      .map((rule) => (rule.mode === 'off' ? `rule ${rule.rule_id} is off` : `playbook ${rule.playbook_id} is off`)),
    ...cooling.map((held) => `rule ${held.rule.rule_id} is cooling down until ${held.until}`),
  ];
  return { type: 'run', rules: ready, notes };
};

/** Until when a rule's cooldown keeps it from starting anything for an alert; nothing where it does not. */
export function coolingOf(
  alert: Alert,
  rule: Rule,
  { lastWrite, now }: Pick<Facts, 'lastWrite' | 'now'>,
): { rule: Rule; until: string }[] {
  if (rule.cooldown === undefined || alert.service_name === null || lastWrite === null) return [];
  const until = instant(Date.parse(lastWrite) + durationMs(rule.cooldown));
  return until > now ? [{ rule, until }] : [];
}

/** A cooldown in words. */
export function coolingText({ service_name }: Alert, { rule_id, cooldown }: Rule, lastWrite: string | null): string {
  return `rule ${rule_id} has a cooldown of ${cooldown ?? ''}, and ${service_name ?? 'the service'} was written to at ${lastWrite ?? ''}`;
}
