import type { Alert } from '../alert/alert.js';
import { Severity } from '../alert/alert.js';
import { labelOf, matcherHolds, parseMatcher } from '../alert/label.js';
import type { Matcher } from '../alert/label.js';
import { cut } from '../cut.js';
import { ExpressionError } from '../expression/expression.js';
import { FixpointError, messageOf } from '../errors.js';
import type { Beginning } from '../linear-pattern.js';
import { compilePattern } from '../expression/pattern.js';
import type { Pattern } from '../expression/pattern.js';
import { compileCondition } from './rule-condition.js';
import type { Threshold } from './rule-condition.js';
import type { NameMatch, RuleMatch } from './rule.js';
import { called } from '../schema-problem.js';
import type { DataPath, PathProblem } from '../schema-problem.js';
import { didYouMean } from '../nearest.js';

/** How many values each regular expression remembers, and how long they may be: ten thousand rules have ten thousand of these. */
const MAX_REMEMBERED = 64;
const MAX_REMEMBERED_LENGTH = 256;

/** What a criterion looks at, for the index: a field of the alert, or `label:NAME`. */
export type CriterionField = 'alert_name' | 'service_name' | 'severity' | `label:${string}`;

/** One thing that a rule asks of an alert. */
export interface Criterion {
  holds(alert: Alert): boolean;
  /** A sentence: `service_name is order-service, the rule wants payment-gateway`; when it holds, without the second half. */
  reason(alert: Alert, holds: boolean): string;
  /** How much it pins a rule down; see `SPECIFICITY`. */
  readonly specificity: number;
  /** Where it can only hold for certain values of a field. */
  readonly anchor: Anchor | null;
  /** What it comes to where it is a comparison with a number, else null. */
  readonly threshold: Threshold | null;
}

/** The values (or the pattern) that a field must have for a criterion to hold. */
export type Anchor =
  | { readonly field: CriterionField; readonly type: 'values'; readonly values: readonly string[] }
  | ({
      readonly field: CriterionField;
      readonly type: 'pattern';
      readonly matches: (value: string) => boolean;
    } & Beginning);

/**
 * What each kind of criterion adds to a rule's specificity. Between two rules of the same priority the one with the greater sum comes
 * first: naming one value says more than naming several, that more than a pattern, and that more than excluding something.
 */
export const SPECIFICITY = { value: 4, values: 3, pattern: 2, exclusion: 1, severity: 2, condition: 1 } as const;

/** Reads a field as an index sees it: '' for what is missing. */
export function fieldReader(field: CriterionField): (alert: Alert) => string {
  switch (field) {
    case 'alert_name':
      return ({ alert_name }) => alert_name;
    case 'service_name':
      return ({ service_name }) => service_name ?? '';
    case 'severity':
      return ({ severity }) => severity;
    default: {
      // A key of an object is looked up as it is; a piece cut out of a text is hashed anew each time.
      const [name = ''] = Object.keys({ [field.slice('label:'.length)]: true });
      return ({ labels }) => labelOf(labels, name);
    }
  }
}

/** What a rule asks, and everything that is wrong with it. */
export interface CompiledCriteria {
  readonly criteria: Criterion[];
  readonly problems: PathProblem[];
}

/** What a rule (or one of a playbook's `trigger_conditions`) asks, and everything that is wrong with it, by its place in the rule. */
export function compileCriteria(match: RuleMatch): CompiledCriteria {
  const problems: PathProblem[] = [];
  const criteria: (Criterion | null)[] = [
    nameCriterion('alert_name', match.alert_name, problems),
    nameCriterion('service_name', match.service_name, problems),
    severityCriterion(match.severity, problems),
    ...(match.matchers ?? []).map((text, index) => labelCriterion(text, index, problems)),
    conditionCriterion(match.condition, problems),
  ];
  const { alert_name, service_name, severity, condition } = match;
  const named = [alert_name, service_name, severity, condition, match.matchers?.[0]].some(
    (asked) => asked !== undefined,
  );
  if (!named)
    problems.push({ path: [], message: 'nothing is asked of the alert; to match every alert, write alert_name: any' });
  return { criteria: criteria.filter((criterion) => criterion !== null), problems };
}

type Alternative = { readonly value: string } | { readonly pattern: Pattern };

function nameCriterion(
  field: 'alert_name' | 'service_name',
  written: NameMatch | undefined,
  problems: PathProblem[],
): Criterion | null {
  if (written === undefined || written === 'any') return null;
  if (typeof written === 'string' && !isPattern(written) && !isFlagged(written)) return oneName(field, written);
  const texts = Array.isArray(written) ? written : [written];
  const alternatives = texts.map((text, index) =>
    alternative(text, Array.isArray(written) ? [field, index] : [field], problems),
  );
  if (alternatives.includes('any')) return null;
  const known = alternatives.filter((item): item is Alternative => item !== null && item !== 'any');
  const values = known.flatMap((item) => ('value' in item ? [item.value] : []));
  const patterns = known.flatMap((item) => ('pattern' in item ? [item.pattern] : []));
  const accepted = new Set(values);
  const matches = (value: string): boolean => accepted.has(value) || patterns.some((pattern) => pattern.matches(value));
  const matchesSeen = patterns.length > 0 ? remembering(matches) : matches;
  const read = fieldReader(field);
  const wants = texts.length === 1 ? `the rule wants ${texts.join('')}` : `the rule wants one of ${shorten(texts)}`;
  return {
    // A name that is not known has no value to be equal to, but a pattern may take the empty text.
    holds: (alert) => matchesSeen(read(alert)),
    reason: (alert, holds) => `${field} ${shown(alert[field])}${holds ? '' : `, ${wants}`}`,
    specificity: patterns.length > 0 ? SPECIFICITY.pattern : values.length > 1 ? SPECIFICITY.values : SPECIFICITY.value,
    anchor:
      patterns.length > 0
        ? { field, type: 'pattern', matches, ...beginningOf(values, patterns) }
        : { field, type: 'values', values },
    threshold: null,
  };
}

/** Several alternatives have no beginning in common. */
function beginningOf(values: readonly string[], patterns: readonly Pattern[]): Beginning {
  const [only] = patterns;
  if (only === undefined || patterns.length + values.length > 1) return { prefix: '', isPrefix: false };
  return { prefix: only.prefix, isPrefix: only.isPrefix };
}

/** What nearly every rule asks, made with as little as possible. */
function oneName(field: 'alert_name' | 'service_name', wanted: string): Criterion {
  return {
    holds: (alert) => alert[field] === wanted,
    reason: (alert, holds) => `${field} ${shown(alert[field])}${holds ? '' : `, the rule wants ${wanted}`}`,
    specificity: SPECIFICITY.value,
    anchor: { field, type: 'values', values: [wanted] },
    threshold: null,
  };
}

function isPattern(text: string): boolean {
  return text.length >= 2 && text.startsWith('/') && text.endsWith('/');
}

/** As other tools write that case does not matter: taken as a name it would never match, and nobody would know why. */
function isFlagged(text: string): boolean {
  return text.length > 3 && text.startsWith('/') && text.endsWith('/i');
}

function alternative(text: string, path: DataPath, problems: PathProblem[]): Alternative | 'any' | null {
  if (text === 'any') return 'any';
  if (isFlagged(text)) {
    problems.push({
      path,
      message: `a regular expression ends with its slash: write /(?i)${text.slice(1, -2)}/, came ${text}`,
    });
    return null;
  }
  if (!isPattern(text)) return { value: text };
  const pattern = compilePattern(text.slice(1, -1));
  if (typeof pattern !== 'string') return { pattern };
  problems.push({ path, message: pattern });
  return null;
}

function severityCriterion(written: RuleMatch['severity'], problems: PathProblem[]): Criterion | null {
  if (written === undefined) return null;
  const words = Array.isArray(written) ? written : [written];
  const wanted = new Set<string>();
  let isAny = false;
  for (const [index, word] of words.entries()) {
    const lower = word.toLowerCase();
    if (lower === 'any') isAny = true;
    else if (Severity.options.some((severity) => severity === lower)) wanted.add(lower);
    else {
      const known = [...Severity.options, 'any'];
      const message = `expected critical, warning, info or any, came ${called(word)}${didYouMean(word, known)}`;
      problems.push({ path: Array.isArray(written) ? ['severity', index] : ['severity'], message });
    }
  }
  if (isAny) return null;
  return {
    holds: (alert) => wanted.has(alert.severity),
    reason: (alert, holds) =>
      `severity is ${alert.severity}${holds ? '' : `, the rule wants ${[...wanted].join(' or ')}`}`,
    specificity: wanted.size > 1 ? 1 : SPECIFICITY.severity,
    anchor: { field: 'severity', type: 'values', values: [...wanted] },
    threshold: null,
  };
}

function labelCriterion(text: string, index: number, problems: PathProblem[]): Criterion | null {
  let matcher: Matcher;
  try {
    matcher = parseMatcher(text);
  } catch (error) {
    problems.push({ path: ['matchers', index], message: messageOf(error) });
    return null;
  }
  const { pattern } = matcher;
  const matchesSeen = pattern === null ? null : remembering((value) => pattern.testExact(value));
  return {
    holds: (alert) => {
      if (matchesSeen === null) return matcherHolds(matcher, alert.labels);
      return matchesSeen(labelOf(alert.labels, matcher.name)) === (matcher.operator === '=~');
    },
    reason: (alert, holds) => {
      const value = labelOf(alert.labels, matcher.name);
      return `label ${matcher.name} ${value === '' ? 'is missing' : shown(value)}${holds ? '' : `, the rule wants ${matcher.text}`}`;
    },
    specificity: labelSpecificity(matcher),
    anchor: labelAnchor(matcher),
    threshold: null,
  };
}

function labelSpecificity(matcher: Matcher): number {
  if (matcher.operator === '=') return SPECIFICITY.value;
  return matcher.operator === '=~' ? SPECIFICITY.pattern : SPECIFICITY.exclusion;
}

function labelAnchor(matcher: Matcher): Anchor | null {
  const field: CriterionField = `label:${matcher.name}`;
  if (matcher.operator === '=') return { field, type: 'values', values: [matcher.value] };
  const { pattern } = matcher;
  if (matcher.operator !== '=~' || pattern === null) return null;
  // `critical|warning` is a list of values in disguise.
  if (/^[\w -]+(\|[\w -]+)*$/.test(matcher.value)) return { field, type: 'values', values: matcher.value.split('|') };
  const { prefix, isPrefix } = pattern;
  return { field, type: 'pattern', matches: (value) => pattern.testExact(value), prefix, isPrefix };
}

function conditionCriterion(text: string | undefined, problems: PathProblem[]): Criterion | null {
  if (text === undefined) return null;
  try {
    const condition = compileCondition(text);
    return {
      holds: (alert) => condition.holds(alert),
      reason: (alert) => condition.explain(alert),
      specificity: SPECIFICITY.condition,
      anchor: null,
      threshold: condition.threshold,
    };
  } catch (error) {
    if (!(error instanceof FixpointError)) throw error;
    const offset = error instanceof ExpressionError ? error.offset : 0;
    problems.push({ path: ['condition'], message: error.message, ...(offset > 0 ? { offset } : {}) });
    return null;
  }
}

/** A regular expression costs a hundred times what looking into a map does, and most labels have few values. */
function remembering(matches: (value: string) => boolean): (value: string) => boolean {
  let seen: Map<string, boolean> | null = null;
  return (value) => {
    seen ??= new Map<string, boolean>();
    let answer = seen.get(value);
    if (answer === undefined) {
      answer = matches(value);
      if (seen.size >= MAX_REMEMBERED) seen.clear();
      if (value.length <= MAX_REMEMBERED_LENGTH) seen.set(value, answer);
    }
    return answer;
  };
}

function shown(value: string | null): string {
  if (value === null) return 'is not known';
  return `is ${cut(value, 100)}`;
}

function shorten(texts: readonly string[]): string {
  return texts.length <= 10 ? texts.join(', ') : `${texts.slice(0, 10).join(', ')} and ${texts.length - 10} more`;
}
