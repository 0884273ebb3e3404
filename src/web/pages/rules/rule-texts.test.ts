import { expect, test } from 'vitest';
import { rules as en } from '../../words/en/rules.js';
import { rules as zh } from '../../words/zh/rules.js';
import { conditionsInOne, conditionsInWords } from './rule-texts.js';

test('each condition of a rule is a sentence', () => {
  expect(
    conditionsInWords(
      {
        alert_name: ['A', '/B.*/'],
        service_name: '/pay.*/',
        severity: ['Critical', 'Warning'],
        matchers: ['env="prod", team=~"a|b"', 'canary!="true"', 'x!~"y"', 'gone=""', 'there!=""'],
        condition: 'latency > 500ms',
      },
      en,
    ),
  ).toEqual([
    'name is or is like one of A, /B.*/',
    'service is like /pay.*/',
    'severity is one of critical, warning',
    'label env is prod',
    'label team is like a|b',
    'label canary is not true',
    'label x is not like y',
    'label gone is missing',
    'label there is there',
    'latency > 500ms',
  ]);
});

test('what asks for anything says nothing, and a rule without conditions takes every alert', () => {
  expect(conditionsInWords({ alert_name: 'any', service_name: ['x', 'any'], severity: 'any' }, en)).toEqual([]);
  expect(conditionsInOne({}, en)).toBe('every alert');
  expect(conditionsInOne({}, zh)).toBe('所有告警');
});

test('a matcher that cannot be read is shown as it is written', () => {
  expect(conditionsInWords({ matchers: ['env='.concat('"prod')] }, en)).toEqual(['labels: env="prod']);
});

test('an expression is shown without its braces', () => {
  expect(conditionsInWords({ condition: '{{ alert.metric_value > 90 }}' }, en)).toEqual([
    'this holds: alert.metric_value > 90',
  ]);
});
