import type { Matcher } from '../alert/label.js';
import { matcherHolds, parseMatcher } from '../alert/label.js';
import type { Pattern } from '../expression/pattern.js';
import { compilePattern } from '../expression/pattern.js';
import { FixpointError } from '../errors.js';
import type { AlertFilter, StoredAlert } from './alert-view.js';

/** What a filter asks besides what a column of its own tells. */
export type DeepFilter = (alert: StoredAlert) => boolean;

const FIELDS = ['host_ip', 'group_key', 'metric_unit', 'occurrence_id'] as const;
/** The same, but for what may stand otherwise where an alert is kept. */
const EXACT = [...FIELDS, 'alert_id', 'metric_value', 'timestamp', 'ends_at'] as const;
/** Fields that may be asked for by a /regular expression/. */
const NAMES = ['alert_name', 'service_name', 'description'] as const;
const DECISION_FIELDS = ['rule_id', 'playbook_id', 'by'] as const;

/** Reads the part of a filter that has to look into the alert; null when there is none. Refuses matchers and patterns that are wrong. */
export function deepFilter(filter: AlertFilter): DeepFilter | null {
  const tests: DeepFilter[] = [];
  for (const field of EXACT) {
    const wanted = filter[field];
    if (wanted !== undefined) tests.push((alert) => alert[field] === wanted);
  }
  for (const field of DECISION_FIELDS) {
    const wanted = filter[field];
    if (wanted !== undefined) tests.push(({ decision }) => decision?.[field] === wanted);
  }
  const { min_value, max_value, text, momentary } = filter;
  if (momentary !== undefined) tests.push((alert) => (alert.momentary === true) === momentary);
  if (min_value !== undefined) tests.push(({ metric_value }) => metric_value !== null && metric_value >= min_value);
  if (max_value !== undefined) tests.push(({ metric_value }) => metric_value !== null && metric_value <= max_value);
  for (const matcher of readMatchers(filter.matchers, 'matcher'))
    tests.push(({ labels }) => matcherHolds(matcher, labels));
  for (const matcher of readMatchers(filter.annotation_matchers, 'annotation'))
    tests.push(({ annotations }) => matcherHolds(matcher, annotations));
  if (text !== undefined) tests.push(textTest(text));
  for (const field of NAMES) {
    const pattern = patternOf(filter[field], field);
    if (pattern) tests.push((alert) => pattern.matches(alert[field] ?? ''));
  }
  const description = exactName(filter.description);
  if (description !== undefined) tests.push((alert) => alert.description === description);
  return tests.length === 0 ? null : (alert) => tests.every((test) => test(alert));
}

/** Characters that JSON writes as they are. */
const PLAIN = /^[^"\\\p{Cc}\p{Cs}]+$/u;

/** Texts that stand, in quotes, in the JSON of every alert that a filter finds: who looks for one of them need not read the others. */
export function textsWithin(filter: AlertFilter): readonly string[] {
  const values = FIELDS.map((field) => filter[field] ?? '');
  for (const { operator, value } of readMatchers(filter.matchers, 'matcher')) if (operator === '=') values.push(value);
  return values.filter((value) => PLAIN.test(value));
}

/** A name that is asked for as it is; undefined for none, and for a /regular expression/. */
export function exactName(name: string | undefined): string | undefined {
  return name === undefined || isPattern(name) ? undefined : name;
}

function isPattern(name: string): boolean {
  return name.length > 2 && name.startsWith('/') && name.endsWith('/');
}

function patternOf(name: string | undefined, field: string): Pattern | null {
  if (name === undefined || !isPattern(name)) return null;
  const pattern = compilePattern(name.slice(1, -1));
  if (typeof pattern === 'string')
    throw new FixpointError('invalid', `${field}: ${pattern}`, { details: [{ path: field, message: pattern }] });
  return pattern;
}

function readMatchers(texts: readonly string[] | undefined, of: 'matcher' | 'annotation'): Matcher[] {
  return (texts ?? []).map((text, index) => {
    try {
      return parseMatcher(text);
    } catch (error) {
      if (!(error instanceof FixpointError)) throw error;
      const details = [{ path: `${of}[${index}]`, message: error.message }];
      throw new FixpointError('invalid', `${of}: ${error.message}`, { details });
    }
  });
}

/** Anywhere in the name or the description, whatever the case. */
function textTest(text: string): DeepFilter {
  const wanted = text.toLowerCase();
  return ({ alert_name, description }) =>
    alert_name.toLowerCase().includes(wanted) || description.toLowerCase().includes(wanted);
}
