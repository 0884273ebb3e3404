import type { Playbook } from './playbook.js';
import type { Rule } from '../rule/rule.js';

/** What is started by conditions of its own. */
export type Triggered = Pick<Playbook, 'playbook_id' | 'trigger_conditions'>;

/**
 * The rules in force: those of rules.yaml, and for every playbook that none of them names its `trigger_conditions`, as rules with the
 * ids `<playbook_id>#1`, `#2` …
 */
export function rulesInForce(written: readonly Rule[], playbooks: Iterable<Triggered | Playbook>): Rule[] {
  const named = new Set(written.map((rule) => rule.playbook_id));
  const rules = [...written];
  for (const { playbook_id, trigger_conditions } of playbooks) {
    if (named.has(playbook_id)) continue;
    for (const [index, match] of (trigger_conditions ?? []).entries())
      rules.push({ rule_id: `${playbook_id}#${index + 1}`, ...match, playbook_id });
  }
  return rules;
}
