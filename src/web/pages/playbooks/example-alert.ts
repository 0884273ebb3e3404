import type { RuleMatch } from '../../../domain/rule/rule.js';
import { readMatchers } from '../../kit/matchers.js';

/** An alert as people write it by hand: what `POST …/runs` and `POST /rules/explain` take. */
export interface ExampleAlert {
  alert_name: string;
  severity: string;
  service_name?: string;
  metric_value?: number;
  labels?: Record<string, string>;
}

/** An alert that a rule with these conditions takes, as far as such a one can be told from them: something to begin from. */
export function exampleAlert(match: RuleMatch | null): ExampleAlert {
  const service = sample(match?.service_name, 'example-service');
  const value = sampleValue(match?.condition);
  const labels = sampleLabels(match?.matchers ?? []);
  return {
    alert_name: sample(match?.alert_name, 'Example_Alert') ?? 'Example_Alert',
    ...(service === null ? {} : { service_name: service }),
    severity: sampleSeverity(match?.severity),
    ...(value === null ? {} : { metric_value: value }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
  };
}

function sample(wanted: RuleMatch['alert_name'], otherwise: string): string | null {
  if (wanted === undefined) return null;
  const all = typeof wanted === 'string' ? [wanted] : wanted;
  const plain = all.find((text) => text !== 'any' && !isPattern(text));
  if (plain !== undefined) return plain;
  const pattern = all.find(isPattern);
  return pattern === undefined ? otherwise : sampleOf(pattern.slice(1, -1), otherwise);
}

function isPattern(text: string): boolean {
  return text.length >= 2 && text.startsWith('/') && text.endsWith('/');
}

/** Of a pattern that is letters and `.*`, a text that it takes; of any other, what was given to fall back on. */
function sampleOf(pattern: string, otherwise: string): string {
  const first = pattern.split('|')[0] ?? '';
  const text = first.replace(/^\^|\$$/g, '').replace(/\.[*+]/g, 'example');
  return /^[\w -]+$/.test(text) ? text : otherwise;
}

function sampleSeverity(wanted: RuleMatch['severity']): string {
  const all = wanted === undefined ? [] : typeof wanted === 'string' ? [wanted] : wanted;
  const known = all.map((word) => word.toLowerCase()).find((word) => ['critical', 'warning', 'info'].includes(word));
  return known ?? 'warning';
}

const THRESHOLD = /^\s*[\p{L}_][\p{L}\d_.]*\s*(>=|<=|==|!=|>|<)\s*([+-]?\d+(?:\.\d+)?)/u;

/** A figure on the right side of `latency > 500ms`; without a unit it is taken in the unit of the rule. */
function sampleValue(condition: string | undefined): number | null {
  const [, operator, text] = THRESHOLD.exec(condition?.includes('{{') === true ? '' : (condition ?? '')) ?? [];
  if (operator === undefined || text === undefined) return null;
  const threshold = Number(text);
  const more = Math.max(1, Math.round(Math.abs(threshold) / 10));
  if (operator === '>' || operator === '!=') return threshold + more;
  return operator === '<' ? threshold - more : threshold;
}

function sampleLabels(matchers: readonly string[]): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const matcher of matchers) {
    for (const { name, operator, value } of readMatchers(matcher).matchers) {
      if (operator === '=' && value !== '') labels[name] = value;
      else if (operator === '=~') labels[name] = sampleOf(value.replace(/^\(|\)$/g, ''), 'example');
    }
  }
  return labels;
}
