import type { Alert } from '../alert/alert.js';
import { labelOf } from '../alert/label.js';
import { compileCriteria } from '../rule/rule-criterion.js';
import type { Criterion } from '../rule/rule-criterion.js';
import { createRuleIndex } from '../rule/rule-index.js';
import type { RuleIndex } from '../rule/rule-index.js';
import type { Candidate } from '../rule/rule-table.js';
import { withFieldLabels } from './suppression.js';
import type { InhibitRule } from './suppression.js';

/** An alert that fires and holds others back. */
export interface FiringSource {
  /** Of its occurrence. */
  readonly key: string;
  readonly alert: Alert;
}

/** Which alerts hold others back now: those of the store, with what the batch under way has made of them. */
export interface FiringSources {
  /** The sources in a slot (`InhibitionRules.slots`); `one_sided`: only those that do not match the rule's target side as well. */
  sources(slot: string, one_sided: boolean): Iterable<SourceInSlot>;
}

/** What is told of a source to whom it holds back. */
export interface SourceInSlot {
  readonly key: string;
  readonly alert_id: string;
  readonly alert_name: string;
}

/** What is found when an alert is held back by another one that fires. */
export interface Inhibited {
  readonly rule: InhibitRule;
  readonly source: SourceInSlot;
  readonly held_by: string;
}

interface Side {
  readonly rule: InhibitRule;
  readonly place: number;
}

/**
 * Inhibition rules made ready to be asked. The sources of a rule that have the same values of `equal` stand in one slot: whether a target is
 * held is a look into the slot of its own values.
 */
export class InhibitionRules {
  readonly #sources: RuleIndex<Side>;
  readonly #targets: RuleIndex<Side>;
  readonly #targetSides: readonly (readonly Criterion[])[];
  readonly #sourceSides: readonly (readonly Criterion[])[];

  constructor(rules: readonly InhibitRule[]) {
    this.#sourceSides = rules.map((rule) => criteriaOf(rule.source_matchers));
    this.#targetSides = rules.map((rule) => criteriaOf(rule.target_matchers));
    const index = (sides: readonly (readonly Criterion[])[]) =>
      createRuleIndex(
        rules.map((rule, place): Candidate<Side> => ({ rule: { rule, place }, rank: place, open: sides[place] ?? [] })),
      );
    this.#sources = index(this.#sourceSides);
    this.#targets = index(this.#targetSides);
  }

  /** The slots that an alert is a source in while it fires; none for one that holds nothing back. */
  slots(alert: Alert): { readonly slot: string; readonly two_sided: boolean }[] {
    const seen = withFieldLabels(alert);
    return matching(this.#sources, seen).map(({ rule, place }) => ({
      slot: slotOf(rule, seen),
      two_sided: holdAll(this.#targetSides[place] ?? [], seen),
    }));
  }

  /** True when the alert may be held back by some source. */
  isTarget(alert: Alert): boolean {
    return matching(this.#targets, withFieldLabels(alert)).length > 0;
  }

  /** The first rule, and a source of it, that hold back an alert, which is given with the labels that matchers see. */
  inhibits(seen: Alert, key: string, firing: FiringSources, now: string): Inhibited | null {
    for (const { rule, place } of matching(this.#targets, seen)) {
      if (rule.expires_at !== null && rule.expires_at <= now) continue;
      const slot = slotOf(rule, seen);
      // As in Alertmanager: alerts that match both sides do not hold one another, nor themselves, back.
      const twoSided = holdAll(this.#sourceSides[place] ?? [], seen);
      for (const source of firing.sources(slot, twoSided))
        if (source.key !== key) return { rule, source, held_by: holderOfSlot(slot, twoSided) };
    }
    return null;
  }
}

/** What the holds of a slot depend on: those of targets that match both sides need a source that does not. */
export function holderOfSlot(slot: string, twoSided: boolean): string {
  return `${twoSided ? 'inhibit2' : 'inhibit'}:${slot}`;
}

/** A rule that says something else is another one, whatever it is called. */
function slotOf(rule: InhibitRule, seen: Alert): string {
  const { inhibit_rule_id, source_matchers, target_matchers, equal } = rule;
  return JSON.stringify([
    inhibit_rule_id,
    source_matchers,
    target_matchers,
    equal.map((name) => [name, labelOf(seen.labels, name)]),
  ]);
}

function criteriaOf(matchers: readonly string[]): Criterion[] {
  return compileCriteria({ matchers: [...matchers] }).criteria;
}

function holdAll(criteria: readonly Criterion[], seen: Alert): boolean {
  return criteria.every((criterion) => criterion.holds(seen));
}

function matching(index: RuleIndex<Side>, seen: Alert): Side[] {
  const found: Candidate<Side>[] = [];
  index.find(seen, found);
  const sides = found.filter(({ open }) => holdAll(open, seen)).map(({ rule }) => rule);
  return sides.length > 1 ? sides.sort((a, b) => a.place - b.place) : sides;
}
