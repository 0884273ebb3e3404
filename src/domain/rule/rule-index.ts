import type { Alert } from '../alert/alert.js';
import { finish } from '../steps.js';
import type { Steps } from '../steps.js';
import { fieldReader } from './rule-criterion.js';
import type { Anchor, Criterion, CriterionField } from './rule-criterion.js';
import { RuleTable } from './rule-table.js';
import type { Candidate } from './rule-table.js';

/** Finds the rules that may match an alert without looking at those that cannot. */
export interface RuleIndex<Rule> {
  /** Adds every candidate to `found`, in no order. */
  find(alert: Alert, found: Candidate<Rule>[]): void;
}

/** How many rules are looked at between two interruptions. */
export const STEP = 500;

/** Buckets up to this size are cheaper to ask row by row than to divide once more. */
const SMALL = 32;
/** The same of candidates that are kept as they are. */
const FEW = 4;
/** In place of a place in the table: no rule wants the value; its rules are divided further. */
const NOWHERE = -1;
const DIVIDED = -2;
/** How many candidates the memory of one field's patterns may hold. */
const MEMORY = 1_000_000;

/**
 * Each rule is filed under its rarest fixed value, else under a pattern, whose answers are remembered for each value that was seen, else
 * it is a candidate for every alert. A bucket that stays large is divided again by what else its rules ask.
 */
export function createRuleIndex<Rule>(candidates: readonly Candidate<Rule>[]): RuleIndex<Rule> {
  return finish(ruleIndexSteps(candidates));
}

/** The same in steps of a millisecond or less, for who has other things to do meanwhile. */
export function* ruleIndexSteps<Rule>(candidates: readonly Candidate<Rule>[]): Steps<RuleIndex<Rule>> {
  const table = new RuleTable<Rule>();
  const index = yield* indexSteps(candidates, table);
  return {
    find: (alert, found) => {
      table.turn();
      index.find(alert, found);
    },
  };
}

function* indexSteps<Rule>(candidates: readonly Candidate<Rule>[], table: RuleTable<Rule>): Steps<RuleIndex<Rule>> {
  const frequency = yield* countValues(candidates);
  const byField = new Map<CriterionField, Map<string, Candidate<Rule>[]>>();
  const byPattern = new Map<CriterionField, PatternEntry<Rule>[]>();
  const rest: Candidate<Rule>[] = [];
  for (const [index, candidate] of candidates.entries()) {
    if (index % STEP === STEP - 1) yield;
    const criterion = rarest(candidate, frequency);
    const anchor = criterion?.anchor;
    if (!anchor) {
      rest.push(candidate);
      continue;
    }
    if (anchor.type === 'values') file(mapOf(byField, anchor.field), anchor.values, candidate);
    else {
      const open = candidate.open.filter((other) => other !== criterion);
      push(byPattern, anchor.field, { candidate: { ...candidate, open }, matches: anchor.matches });
    }
  }
  const parts = [
    ...[...byField].map(([field, values]) => fieldIndex(field, values, table)),
    ...[...byPattern].map(([field, entries]) => patternIndex(field, entries)),
    ...(rest.length > 0 ? [listIndex(rest)] : []),
  ];
  return {
    find: (alert, found) => {
      for (const part of parts) part.find(alert, found);
    },
  };
}

interface PatternEntry<Rule> {
  readonly candidate: Candidate<Rule>;
  readonly matches: (value: string) => boolean;
}

function listIndex<Rule>(candidates: readonly Candidate<Rule>[]): RuleIndex<Rule> {
  return {
    find: (_alert, found) => {
      for (const candidate of candidates) found.push(candidate);
    },
  };
}

/**
 * Each bucket is divided, or put into the table, when it is first asked: ten thousand rules are in force at once, most values never come.
 */
function fieldIndex<Rule>(
  field: CriterionField,
  values: ReadonlyMap<string, readonly Candidate<Rule>[]>,
  table: RuleTable<Rule>,
): RuleIndex<Rule> {
  const read = fieldReader(field);
  const places = new Map<string, number>();
  const divided = new Map<string, RuleIndex<Rule>>();
  function place(value: string): number {
    const candidates = values.get(value)?.map((candidate) => without(candidate, field, value));
    if (!candidates) return NOWHERE;
    const isSmall = candidates.length <= SMALL;
    if (!isSmall) divided.set(value, finish(indexSteps(candidates, table)));
    places.set(value, isSmall ? table.add(candidates) : DIVIDED);
    return places.get(value) ?? NOWHERE;
  }
  return {
    find: (alert, found) => {
      const value = read(alert);
      const at = places.get(value) ?? place(value);
      if (at >= 0) table.find(at, alert, found);
      else if (at === DIVIDED) divided.get(value)?.find(alert, found);
    },
  };
}

/** A candidate of whose field it is known that it has the value. */
function without<Rule>(candidate: Candidate<Rule>, field: CriterionField, value: string): Candidate<Rule> {
  const open = candidate.open.filter(
    ({ anchor }) => anchor?.type !== 'values' || anchor.field !== field || !anchor.values.includes(value),
  );
  return { ...candidate, open };
}

function patternIndex<Rule>(field: CriterionField, entries: readonly PatternEntry<Rule>[]): RuleIndex<Rule> {
  const read = fieldReader(field);
  const memory = new Map<string, RuleIndex<Rule>>();
  let remembered = 0;
  function ask(value: string): RuleIndex<Rule> {
    const candidates = entries.filter((entry) => entry.matches(value)).map((entry) => entry.candidate);
    remembered += candidates.length + 1;
    // Starting over is rare, and keeps the usual case free of bookkeeping.
    if (remembered > MEMORY) {
      memory.clear();
      remembered = candidates.length + 1;
    }
    // Nothing that is filed by a pattern has a fixed value: no row of a table could say more.
    const index = candidates.length > FEW ? createRuleIndex(candidates) : listIndex(candidates);
    memory.set(value, index);
    return index;
  }
  return {
    find: (alert, found) => {
      const value = read(alert);
      (memory.get(value) ?? ask(value)).find(alert, found);
    },
  };
}

function* countValues<Rule>(
  candidates: readonly Candidate<Rule>[],
): Steps<ReadonlyMap<CriterionField, Map<string, number>>> {
  const frequency = new Map<CriterionField, Map<string, number>>();
  for (const [index, { open }] of candidates.entries()) {
    if (index % STEP === STEP - 1) yield;
    for (const { anchor } of open) {
      if (anchor?.type !== 'values') continue;
      const counts = mapOf(frequency, anchor.field);
      for (const value of anchor.values) counts.set(value, (counts.get(value) ?? 0) + 1);
    }
  }
  return frequency;
}

/** What leaves the fewest rules in its fullest bucket; a pattern only where there is no fixed value. */
function rarest<Rule>(
  { open }: Candidate<Rule>,
  frequency: ReadonlyMap<CriterionField, ReadonlyMap<string, number>>,
): Criterion | null {
  let best: Criterion | null = null;
  let bestCount = Number.POSITIVE_INFINITY;
  for (const criterion of open) {
    if (criterion.anchor === null) continue;
    const count = sizeOf(criterion.anchor, frequency);
    if (best === null || count < bestCount) [best, bestCount] = [criterion, count];
  }
  return best;
}

function sizeOf(anchor: Anchor, frequency: ReadonlyMap<CriterionField, ReadonlyMap<string, number>>): number {
  if (anchor.type === 'pattern') return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (const value of anchor.values) largest = Math.max(largest, frequency.get(anchor.field)?.get(value) ?? 0);
  return largest;
}

function mapOf<Key, Inner>(outer: Map<Key, Map<string, Inner>>, key: Key): Map<string, Inner> {
  let inner = outer.get(key);
  if (!inner) {
    inner = new Map<string, Inner>();
    outer.set(key, inner);
  }
  return inner;
}

function file<Item>(lists: Map<string, Item[]>, values: readonly string[], item: Item): void {
  for (const value of values.length === 1 ? values : new Set(values)) push(lists, value, item);
}

function push<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
