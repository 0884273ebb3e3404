import type { RuleMatch } from '../../../domain/rule/rule.js';
import { readMatchers } from '../../kit/matchers.js';
import type { rules } from '../../words/en/rules.js';

type Words = typeof rules;

const MOST_VALUES = 20;

/** What an alert has to be for a rule to take it: a sentence for each condition; none means every alert. */
export function conditionsInWords(match: RuleMatch, words: Words): string[] {
  const { say } = words;
  return [
    ...named(say.fields.alert_name, match.alert_name, words),
    ...named(say.fields.service_name, match.service_name, words),
    ...named(say.fields.severity, lowered(match.severity), words),
    ...(match.matchers ?? []).flatMap((matcher) => labels(matcher, words)),
    ...(match.condition === undefined ? [] : [condition(match.condition, words)]),
  ];
}

/** The same in one line. */
export function conditionsInOne(match: RuleMatch, words: Words): string {
  const all = conditionsInWords(match, words);
  return all.length === 0 ? words.list.all : all.join(words.say.and);
}

function lowered(severity: RuleMatch['severity']): RuleMatch['severity'] {
  if (severity === undefined) return undefined;
  return typeof severity === 'string' ? severity.toLowerCase() : severity.map((word) => word.toLowerCase());
}

function named(field: string, wanted: RuleMatch['alert_name'], { say }: Words): string[] {
  const values = wanted === undefined ? [] : typeof wanted === 'string' ? [wanted] : wanted;
  // `any`, alone or among others, asks nothing.
  if (values.length === 0 || values.includes('any')) return [];
  const [only = ''] = values;
  if (values.length === 1) return [isPattern(only) ? say.like(field, only) : say.is(field, only)];
  const shown = values.slice(0, MOST_VALUES).join(', ') + (values.length > MOST_VALUES ? ', …' : '');
  return [values.some(isPattern) ? say.mixed(field, shown) : say.one_of(field, shown)];
}

function isPattern(text: string): boolean {
  return text.length >= 2 && text.startsWith('/') && text.endsWith('/');
}

function labels(text: string, { say }: Words): string[] {
  const { matchers, error } = readMatchers(text);
  if (error !== null) return [say.label_other(text)];
  return matchers.map(({ name, operator, value }) => {
    if (operator === '=') return value === '' ? say.label_missing(name) : say.label_is(name, value);
    if (operator === '!=') return value === '' ? say.label_there(name) : say.label_is_not(name, value);
    return operator === '=~' ? say.label_like(name, value) : say.label_not_like(name, value);
  });
}

function condition(text: string, { say }: Words): string {
  const inside = /^\s*\{\{([\s\S]*)\}\}\s*$/.exec(text)?.[1];
  return inside === undefined ? say.condition(text.trim()) : say.expression(inside.trim());
}
