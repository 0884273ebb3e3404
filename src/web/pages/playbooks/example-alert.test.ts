import { expect, test } from 'vitest';
import { parse } from 'yaml';
import text from '../../../../playbooks/rules.yaml?raw';
import { AlertDraft, alertOfDraft } from '../../../domain/api/alert.js';
import { RulesFile } from '../../../domain/rule/rule.js';
import type { RuleMatch } from '../../../domain/rule/rule.js';
import { compileRules } from '../../../domain/rule/rule-match.js';
import { exampleAlert } from './example-alert.js';

function takes(match: RuleMatch): boolean {
  const alert = alertOfDraft(AlertDraft.parse(exampleAlert(match)), 'A1', 0);
  const [told] = compileRules([{ rule_id: 'R', playbook_id: 'P', ...match }]).explain(alert);
  return told?.matched === true;
}

test('the example of every rule that comes with Fixpoint is taken by it', () => {
  const { rules } = RulesFile.parse(parse(text));
  expect(rules.length).toBeGreaterThan(0);
  for (const { alert_name, service_name, severity, matchers, condition } of rules)
    expect(takes({ alert_name, service_name, severity, matchers, condition })).toBe(true);
});

test.each<RuleMatch>([
  { alert_name: 'any', service_name: 'any', severity: 'any' },
  { alert_name: ['/x.*/', 'Plain'], severity: ['Critical', 'warning'] },
  { alert_name: '/Quick_.*/' },
  { condition: 'cpu >= 90%' },
  { condition: 'free < 10 %' },
  { condition: 'errors == 0' },
  { matchers: ['env="prod"', 'team=~"pay.*|shop"', 'canary!="true"', 'old=""'] },
])('the example of %j is taken by it', (match) => {
  expect(takes(match)).toBe(true);
});

test('where a pattern is more than letters and dots, a name stands there to be changed', () => {
  expect(exampleAlert({ alert_name: '/Disk_[a-c]{2}/' }).alert_name).toBe('Example_Alert');
});

test('without a rule there is an alert all the same', () => {
  expect(AlertDraft.safeParse(exampleAlert(null)).success).toBe(true);
});
