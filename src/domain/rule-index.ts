import type { Alert } from './alert.js';
import { Lru } from './lru.js';
import { fieldValue } from './rule-criterion.js';
import type { Anchor, Criterion, CriterionField } from './rule-criterion.js';

/** What the index needs to know of a rule. */
export interface IndexedRule {
  /** Its place in the order in which rules are asked. */
  readonly rank: number;
  readonly criteria: readonly Criterion[];
}

/** Buckets up to this size are cheaper to ask one by one than to divide once more. */
const SMALL = 4;
/** How many rule references the memory of all patterns of one field may hold. */
const MEMORY = 1_000_000;

/** Finds the rules that may match an alert without looking at those that cannot. */
export interface RuleIndex<Rule extends IndexedRule> {
  /** Adds every candidate to `found`, in no order. */
  find(alert: Alert, found: Rule[]): void;
}

/**
 * Each rule is filed under its rarest fixed value (a bucket that stays large is divided again by the next one), else under a pattern,
 * whose answers are remembered for each value that was seen, else it is a candidate for every alert.
 */
export function createRuleIndex<Rule extends IndexedRule>(
  rules: readonly Rule[],
  used: ReadonlySet<CriterionField> = new Set(),
): RuleIndex<Rule> {
  const frequency = countValues(rules, used);
  const byField = new Map<CriterionField, Map<string, Rule[]>>();
  const byPattern = new Map<CriterionField, { rule: Rule; matches: (value: string) => boolean }[]>();
  const rest: Rule[] = [];
  for (const rule of rules) {
    const anchor = rarest(rule, used, frequency);
    if (anchor === null) rest.push(rule);
    else if (anchor.type === 'pattern') push(byPattern, anchor.field, { rule, matches: anchor.matches });
    else for (const value of new Set(anchor.values)) push(mapOf(byField, anchor.field), value, rule);
  }
  const fields = [...byField].map(([field, values]) => fieldIndex(field, values, used));
  const patterns = [...byPattern].map(([field, entries]) => patternIndex(field, entries));
  return {
    find: (alert, found) => {
      for (const index of fields) index.find(alert, found);
      for (const index of patterns) index.find(alert, found);
      for (const rule of rest) found.push(rule);
    },
  };
}

function fieldIndex<Rule extends IndexedRule>(
  field: CriterionField,
  values: ReadonlyMap<string, readonly Rule[]>,
  used: ReadonlySet<CriterionField>,
): RuleIndex<Rule> {
  const deeper = new Set([...used, field]);
  const buckets = new Map<string, RuleIndex<Rule>>();
  for (const [value, rules] of values)
    buckets.set(value, rules.length > SMALL ? createRuleIndex(rules, deeper) : listIndex(rules));
  return {
    find: (alert, found) => {
      buckets.get(fieldValue(alert, field))?.find(alert, found);
    },
  };
}

function listIndex<Rule extends IndexedRule>(rules: readonly Rule[]): RuleIndex<Rule> {
  return {
    find: (_alert, found) => {
      for (const rule of rules) found.push(rule);
    },
  };
}

function patternIndex<Rule extends IndexedRule>(
  field: CriterionField,
  entries: readonly { readonly rule: Rule; readonly matches: (value: string) => boolean }[],
): RuleIndex<Rule> {
  const memory = new Lru<readonly Rule[]>(Math.max(16, Math.min(4_096, Math.floor(MEMORY / entries.length))));
  const ask = (value: string): readonly Rule[] =>
    entries.filter((entry) => entry.matches(value)).map((entry) => entry.rule);
  return {
    find: (alert, found) => {
      for (const rule of memory.get(fieldValue(alert, field), ask)) found.push(rule);
    },
  };
}

function countValues(rules: readonly IndexedRule[], used: ReadonlySet<CriterionField>): Map<string, number> {
  const frequency = new Map<string, number>();
  for (const rule of rules) {
    for (const { anchor } of rule.criteria) {
      if (anchor?.type !== 'values' || used.has(anchor.field)) continue;
      for (const value of anchor.values) {
        const key = `${anchor.field}\n${value}`;
        frequency.set(key, (frequency.get(key) ?? 0) + 1);
      }
    }
  }
  return frequency;
}

/** The anchor that leaves the fewest rules in its fullest bucket; a pattern only where there is no fixed value. */
function rarest(
  rule: IndexedRule,
  used: ReadonlySet<CriterionField>,
  frequency: ReadonlyMap<string, number>,
): Anchor | null {
  let best: Anchor | null = null;
  let bestCount = Number.POSITIVE_INFINITY;
  for (const { anchor } of rule.criteria) {
    if (anchor === null || used.has(anchor.field)) continue;
    if (anchor.type === 'pattern') best ??= anchor;
    else {
      const counts = anchor.values.map((value) => frequency.get(`${anchor.field}\n${value}`) ?? 0);
      const count = Math.max(0, ...counts);
      if (count < bestCount) [best, bestCount] = [anchor, count];
    }
  }
  return best;
}

function mapOf<Key, Inner>(outer: Map<Key, Map<string, Inner>>, key: Key): Map<string, Inner> {
  let inner = outer.get(key);
  if (!inner) {
    inner = new Map<string, Inner>();
    outer.set(key, inner);
  }
  return inner;
}

function push<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
