import { expect, test } from 'vitest';
import { OnFailure, failureActions } from '../../../domain/playbook/playbook.js';
import { failureActionsOf, plainExpression } from './task-texts.js';

const WORDS = [
  undefined,
  'abort_with_notification',
  'continue_with_notification',
  'send_notification',
  'send_notification_and_escalate',
  'abort',
  'continue',
  'skip',
  'notify',
  'escalate',
  'compensate',
  ['notify', 'escalate'],
  ['continue_with_notification', 'compensate'],
] as const;

test.each(WORDS)('on_failure %j means for people what it means for the engine', (word) => {
  const written = word === undefined ? undefined : OnFailure.parse(word);
  expect(failureActionsOf(written)).toEqual(failureActions(written));
});

test('a condition is shown without its braces, in one line', () => {
  expect(plainExpression('{{ a.b >\n  vars.c }}')).toBe('a.b > vars.c');
  expect(plainExpression(true)).toBe('true');
  expect(plainExpression('{{ a }} and {{ b }}')).toBe('{{ a }} and {{ b }}');
});
