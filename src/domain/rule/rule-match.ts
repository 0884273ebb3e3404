import type { Alert } from '../alert/alert.js';
import type { RuleExplanation } from '../decision/decision.js';
import { FixpointError } from '../errors.js';
import { finish, finishCalmly } from '../steps.js';
import type { Steps } from '../steps.js';
import { compileCriteria } from './rule-criterion.js';
import type { Criterion } from './rule-criterion.js';
import { ruleIndexSteps } from './rule-index.js';
import type { Candidate } from './rule-table.js';
import type { Rule } from './rule.js';

/** Regular expressions are the dear part of a rule. */
const COMPILED_AT_ONCE = 100;

const FEW = 10;

/** Rules made ready to be asked. */
export interface RuleSet {
  /**
   * The rules that decide about an alert, in their order: by priority, then specificity, then `rule_id`. The first that matches ends the
   * search unless it says `continue`; a playbook is named by one rule at most. It costs about the same for ten rules and ten thousand.
   */
  match(alert: Alert): Rule[];
  /** Every rule in the same order, with a sentence for everything that it asks and that does not hold (or, when it matches, that does). */
  explain(alert: Alert): RuleExplanation[];
}

/** Compiles rules that have been checked; refuses one that has not been and is wrong, naming it and its place. */
export function compileRules(rules: readonly Rule[]): RuleSet {
  return prepared.get(rules) ?? finish(compileSteps(rules, new Map()));
}

/** Rules that were compiled before anybody asked for them, by their list. */
const prepared = new WeakMap<readonly Rule[], RuleSet>();

/**
 * Compiles rules so that `compileRules` has the same list ready at once. `breathe` is awaited between steps of a few milliseconds; criteria
 * that are known already are taken as they are.
 */
export async function prepareRules(
  rules: readonly Rule[],
  known: ReadonlyMap<Rule, Criterion[]>,
  breathe: () => Promise<void>,
): Promise<void> {
  prepared.set(rules, await finishCalmly(compileSteps(rules, known), breathe));
}

interface Ordered {
  readonly rule: Rule;
  readonly criteria: Criterion[];
  readonly specificity: number;
}

function* compileSteps(rules: readonly Rule[], known: ReadonlyMap<Rule, Criterion[]>): Steps<RuleSet> {
  const ordered: Ordered[] = [];
  for (const rule of rules) {
    const criteria = known.get(rule) ?? criteriaOf(rule);
    ordered.push({ rule, criteria, specificity: specificityOf(criteria) });
    if (ordered.length % COMPILED_AT_ONCE === 0) yield;
  }
  yield;
  ordered.sort(
    (a, b) => priorityOf(b.rule) - priorityOf(a.rule) || b.specificity - a.specificity || compareIds(a.rule, b.rule),
  );
  yield;
  const compiled = ordered.map(({ rule, criteria }, rank): Candidate<Rule> => ({ rule, rank, open: criteria }));
  const live = compiled.filter(({ rule }) => rule.enabled !== false);
  // By rank: a rule itself is looked at only where more than one decides.
  const goesOn = Uint8Array.from(compiled, ({ rule }) => (rule.continue === true ? 1 : 0));
  const index = yield* ruleIndexSteps(live);
  return {
    match: (alert) => {
      const candidates: Candidate<Rule>[] = [];
      index.find(alert, candidates);
      return firstMatches(inOrder(candidates), alert, goesOn);
    },
    explain: (alert) => {
      const chosen = new Set(firstMatches(live, alert, goesOn).map((rule) => rule.rule_id));
      return compiled.map((entry) => explanationOf(entry, alert, chosen.has(entry.rule.rule_id)));
    },
  };
}

function criteriaOf(rule: Rule): Criterion[] {
  const { criteria, problems } = compileCriteria(rule);
  const [problem] = problems;
  if (problem) {
    const details = problems.map(({ path, message }) => ({ path: path.join('.'), message }));
    throw new FixpointError('invalid', `rule ${rule.rule_id}: ${problem.message}`, { details });
  }
  return criteria;
}

/** How much a rule pins down: the sum over its criteria. */
function specificityOf(criteria: readonly Criterion[]): number {
  let sum = 0;
  for (const criterion of criteria) sum += criterion.specificity;
  return sum;
}

function priorityOf(rule: Rule): number {
  return rule.priority ?? 0;
}

/** By code units, so that the order is the same everywhere. */
function compareIds(a: Rule, b: Rule): number {
  return a.rule_id < b.rule_id ? -1 : a.rule_id > b.rule_id ? 1 : 0;
}

/** Few are left, mostly one or two: a sort of a general kind takes longer to begin than this takes. */
function inOrder(candidates: Candidate<Rule>[]): readonly Candidate<Rule>[] {
  if (candidates.length > FEW) return candidates.sort((a, b) => a.rank - b.rank);
  for (let end = 1; end < candidates.length; end++)
    for (let at = end; at > 0; at--) {
      const [before, after] = [candidates[at - 1], candidates[at]];
      if (!before || !after || before.rank < after.rank) break;
      candidates[at - 1] = after;
      candidates[at] = before;
    }
  return candidates;
}

function firstMatches(ordered: readonly Candidate<Rule>[], alert: Alert, goesOn: Uint8Array): Rule[] {
  const found: Rule[] = [];
  for (const { rule, rank, open } of ordered) {
    if (!allHold(open, alert)) continue;
    if (found.length === 0 || !found.some(({ playbook_id }) => playbook_id === rule.playbook_id)) found.push(rule);
    if (goesOn[rank] !== 1) break;
  }
  return found;
}

function allHold(criteria: readonly Criterion[], alert: Alert): boolean {
  for (const criterion of criteria) if (!criterion.holds(alert)) return false;
  return true;
}

function explanationOf({ rule, open }: Candidate<Rule>, alert: Alert, chosen: boolean): RuleExplanation {
  const { rule_id, playbook_id } = rule;
  if (rule.enabled === false)
    return {
      rule_id,
      playbook_id,
      matched: false,
      chosen: false,
      reasons: ['the rule is switched off (enabled: false)'],
    };
  const judged = open.map((criterion) => ({ criterion, holds: criterion.holds(alert) }));
  const matched = judged.every(({ holds }) => holds);
  const told = judged.filter(({ holds }) => holds === matched);
  const reasons = told.map(({ criterion, holds }) => criterion.reason(alert, holds));
  if (reasons.length === 0) reasons.push('the rule takes any alert');
  if (matched && !chosen) reasons.push('an earlier rule decided');
  return { rule_id, playbook_id, matched, chosen, reasons };
}
