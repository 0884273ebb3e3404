import type { Instant } from '../alert/alert.js';
import type { Rule } from './rule.js';
import type { Page, PageRequest } from '../page.js';

/** A set of rules that came into force. */
export interface RulesVersion {
  /** A hash of the rules: the same rules have the same. */
  readonly version: string;
  readonly in_force_at: Instant;
  readonly rule_count: number;
}

/** Every set of rules that was ever in force. */
export interface RuleHistory {
  /** Keeps these rules as the ones in force from now on, unless they are already. */
  record(rules: readonly Rule[], at: Instant): Promise<void>;
  /** The newest first. */
  versions(page: PageRequest): Promise<Page<RulesVersion>>;
  /** Null when there never was such a version. */
  rulesOf(version: string): Promise<readonly Rule[] | null>;
  /** What was in force at an instant; null when that is not known. */
  at(at: Instant): Promise<RulesVersion | null>;
}

/** How often a rule has taken an alert. */
export interface RuleCount {
  readonly rule_id: string;
  readonly matched: number;
  readonly last_at: Instant;
}

/** Counts of all processes together. */
export interface RuleCounts {
  add(counts: readonly RuleCount[]): Promise<void>;
  /** Rules that never took an alert are absent. */
  find(rule_ids: readonly string[]): Promise<RuleCount[]>;
}
