import { createHash } from 'node:crypto';
import type { Alert } from '../domain/alert/alert.js';
import type { Budget, UsedBudget } from '../domain/decision/budget.js';
import { instant } from '../domain/clock.js';
import { counted } from '../domain/counted.js';
import type { Decision } from '../domain/decision/decision.js';
import { durationMs } from '../domain/duration.js';
import { groupKeyOf } from '../domain/rule/grouping.js';
import type { Ids } from '../domain/id.js';
import { stricterMode } from '../domain/rule/mode.js';
import type { Rule } from '../domain/rule/rule.js';
import type { FlapHistory, RunKey } from '../domain/triage-store.js';
import type { TriageCache } from './cache.js';
import { runKeyText } from './cache.js';
import type { Opening, Policy, TriageDeps } from './deps.js';
import { flapHistory } from './flapping.js';
import type { FlapPolicy } from './flapping.js';
import { heldBy, soonest } from './hold.js';
import type { Hold } from './hold.js';
import type { Limits } from './limits.js';
import { alertFor } from './rule-changes.js';
import { headerOf } from './starting.js';
import type { Starting } from './starting.js';
import { BatchDemand, stormHold } from './storm.js';

/** How long after the start of its last run a group is remembered, where that run does not end before. */
const GROUP_REMEMBERED_MS = 7 * 86_400_000;

interface StartsOptions {
  readonly cache: TriageCache;
  readonly policy: Policy;
  readonly limits: Limits;
  readonly ids: Ids;
  readonly now: string;
}

/** An alert that is to run, as far as the stages have decided. */
interface Wanted {
  readonly alert: Alert;
  readonly rules: readonly Rule[];
  readonly notes: readonly string[];
  /** False when it was looked at before, and held. */
  readonly isNew: boolean;
}

/** The runs that a batch starts, what they use up, and what keeps others from starting. */
export class Starts {
  readonly #options: StartsOptions;
  readonly #starting = new Map<string, Starting>();
  readonly #found = new Map<string, Budget>();
  readonly #used = new Map<string, UsedBudget>();
  readonly demand = new BatchDemand();

  constructor(options: StartsOptions) {
    this.#options = options;
  }

  /** By what alerts of a rule join an open run. */
  keyOf(rule: Rule, alert: Alert): RunKey {
    const { playbook_id } = rule;
    return {
      playbook_id,
      group_key: groupKeyOf(rule, alert, this.#options.limits.grouping),
      service_name: alert.service_name,
    };
  }

  /** The runs that are to begin, by the text of their key. */
  get starting(): ReadonlyMap<string, Starting> {
    return this.#starting;
  }

  get used(): readonly UsedBudget[] {
    return [...this.#used.values()];
  }

  /** What a rule may use up for an alert. */
  budgetKeys(rule: Rule, alert: Alert): string[] {
    const keys: string[] = [];
    if (rule.rate_limit !== undefined) keys.push(rateKey(rule, alert));
    if (this.#intervalOf(rule) > 0) keys.push(groupBudgetKey(this.keyOf(rule, alert)));
    return keys;
  }

  /** What is known of the changes of a condition that keeps them apart from its occurrences. */
  historyOf(key: string, policy: FlapPolicy): FlapHistory | null {
    const known = this.#used.get(key) ?? this.#found.get(key);
    return known ? flapHistory(known.starts, policy) : null;
  }

  noteHistory(key: string, { changes }: FlapHistory, policy: FlapPolicy): void {
    const ends_at = later(this.#options.now, policy.within_ms + policy.quiet_ms);
    this.#note({ key, starts: changes, run_id: null, ends_at });
  }

  /** Asks what is left of budgets. */
  async lookUp(keys: readonly string[]): Promise<void> {
    this.#found.clear();
    if (keys.length === 0) return;
    for (const budget of await this.#options.limits.budgets.find(keys)) this.#found.set(budget.key, budget);
  }

  /** Starts a run for each rule's playbook, or joins the one that is open for the same group and service; holds the alert where neither may be. */
  settle(wanted: Wanted, joins: { run_id: string; alert: Alert }[], base: Decision): Decision {
    const { alert, rules, notes } = wanted;
    const told: string[] = [];
    const unset: string[] = [];
    const settled: { rule: Rule; run_id: string; begins: boolean }[] = [];
    const held: (Hold & { rule: Rule })[] = [];
    for (const rule of rules) {
      const key = this.keyOf(rule, alert);
      const starting = this.#starting.get(runKeyText(key));
      const open = this.openRun(key);
      if (starting) starting.joined.push(alert);
      else if (open !== null) joins.push({ run_id: open, alert });
      if (open !== null) {
        settled.push({ rule, run_id: open, begins: false });
        told.push(`rule ${rule.rule_id} matches: it joins run ${open} of ${rule.playbook_id}`);
        continue;
      }
      const hold = this.#whyNot(rule, key, wanted);
      if (hold) {
        held.push({ rule, ...hold });
        continue;
      }
      const begun = this.#begin(rule, key, alert);
      settled.push({ rule, run_id: begun.starting.run_id, begins: true });
      told.push(begun.told);
      unset.push(...begun.problems.map((problem) => `rule ${rule.rule_id}: set ${problem}`));
    }
    const first = soonest(held);
    if (settled.length === 0 && first) return heldBy(base, first, first.rule);
    const chief = settled.find(({ begins }) => begins) ?? settled[0];
    const kept = held.map(({ rule, explanation }) => `rule ${rule.rule_id} starts nothing now: ${explanation}`);
    return {
      ...base,
      action: chief?.begins ? 'run' : 'join',
      rule_id: chief?.rule.rule_id ?? null,
      playbook_id: chief?.rule.playbook_id ?? null,
      run_id: chief?.run_id ?? null,
      run_ids: settled.map(({ run_id }) => run_id),
      by: chief ? `rule:${chief.rule.rule_id}` : null,
      explanation: [...told, ...notes, ...kept, ...unset].join('; '),
    };
  }

  /** The run that an alert with this key joins; null where there is none. */
  openRun(key: RunKey): string | null {
    const text = runKeyText(key);
    return this.#starting.get(text)?.run_id ?? this.#options.cache.openRun(text);
  }

  /** The beginnings of all runs, for the commit. */
  openings(open: TriageDeps['open']): Opening[] {
    const { policy } = this.#options;
    return [...this.#starting.values()].map((starting) => {
      const playbook = policy.playbooks.get(starting.rule.playbook_id);
      if (!playbook) throw new Error(`playbook ${starting.rule.playbook_id} went away while an alert was decided`);
      return open(headerOf(starting, playbook), playbook, starting.joined);
    });
  }

  /** Takes what was committed into the memory. */
  remember(): void {
    const { cache } = this.#options;
    for (const [key, { run_id }] of this.#starting) cache.rememberRun(key, run_id);
  }

  /** Before the commit: batches that are decided meanwhile count with what this one brings. */
  claim(): void {
    if (!this.demand.isEmpty) this.#options.limits.storm?.count(this.demand);
  }

  /** When the commit did not take place. */
  leave(): void {
    if (!this.demand.isEmpty) this.#options.limits.storm?.uncount(this.demand);
  }

  #begin(
    rule: Rule,
    key: RunKey,
    alert: Alert,
  ): { readonly starting: Starting; readonly told: string; readonly problems: readonly string[] } {
    const { ids, policy, limits, now } = this.#options;
    const run_id = ids.next();
    const seen = alertFor(rule, alert);
    const storm = limits.storm?.look(alert.service_name, this.demand);
    const own = stricterMode(policy.modeOf(rule.playbook_id) ?? 'shadow', rule.mode ?? 'auto');
    const mode = storm && storm.level > 0 ? stricterMode(own, 'approve') : own;
    const mode_by =
      storm && mode !== own ? storm.by : own === policy.modeOf(rule.playbook_id) ? null : `rule:${rule.rule_id}`;
    const wait_ms = this.waitOf(rule);
    const begin_at = wait_ms === 0 ? null : instant(Date.parse(now) + wait_ms);
    const starting: Starting = { run_id, rule, key, alert: seen.alert, joined: [], mode, mode_by, begin_at };
    this.#starting.set(runKeyText(key), starting);
    this.#use(rule, key, alert, run_id);
    const told = [
      `rule ${rule.rule_id} matches: run ${run_id} of ${rule.playbook_id} starts`,
      begin_at === null ? '' : ` at ${begin_at}, with the alerts that its group gets until then (group_wait)`,
      storm && mode !== own ? `; ${storm.explanation}: what it writes needs an approval` : '',
    ];
    return { starting, told: told.join(''), problems: seen.problems };
  }

  /** How long a run of a rule waits for the rest of its group. */
  waitOf(rule: Rule): number {
    return rule.group_wait === undefined ? this.#options.limits.grouping.wait_ms : durationMs(rule.group_wait);
  }

  #intervalOf(rule: Rule): number {
    return rule.group_interval === undefined
      ? this.#options.limits.grouping.interval_ms
      : durationMs(rule.group_interval);
  }

  /** Why a run must not start now. A start counts as wanted whether it may be or not: that is how a storm is told. */
  #whyNot(rule: Rule, key: RunKey, { alert, isNew }: Wanted): Hold | null {
    const limit = this.groupHold(rule, key) ?? this.rateHold(rule, alert);
    if (limit) return limit;
    const { storm } = this.#options.limits;
    if (!storm) return null;
    this.demand.add('starts', alert.service_name);
    const seen = storm.look(alert.service_name, this.demand);
    if (seen.level < 2) return null;
    // Held alerts that are looked at again are wanted no more than before.
    if (!isNew) this.demand.take('starts', alert.service_name);
    return stormHold(seen, instant(Date.parse(this.#options.now) + storm.hold_ms));
  }

  /** Why the group of an alert starts no run of a rule now, as far as its group_interval goes. */
  groupHold(rule: Rule, key: RunKey): Hold | null {
    const interval_ms = this.#intervalOf(rule);
    if (interval_ms === 0) return null;
    const last = this.#found.get(groupBudgetKey(key));
    if (!last?.run_ended_at) return null;
    const until = instant(Date.parse(last.run_ended_at) + interval_ms);
    if (until <= this.#options.now) return null;
    const explanation = `run ${last.run_id ?? ''} of the same group ended at ${last.run_ended_at}, and its group_interval is over at ${until}`;
    return { reason: 'rate_limit', until, by: `rule:${rule.rule_id}`, explanation };
  }

  /** The same as far as the rule's rate_limit goes. */
  rateHold(rule: Rule, alert: Alert): Hold | null {
    if (rule.rate_limit === undefined) return null;
    const { max_runs, per } = rule.rate_limit;
    const starts = this.#startsWithin(rateKey(rule, alert), durationMs(per));
    const oldest = starts.at(-max_runs);
    if (oldest === undefined) return null;
    const until = instant(Date.parse(oldest) + durationMs(per));
    const explanation = `rule ${rule.rule_id} starts at most ${counted(max_runs, 'run')} per ${per} for ${alert.service_name ?? 'alerts without a service'}, and has started ${starts.length}, the first of them at ${oldest}`;
    return { reason: 'rate_limit', until, by: `rule:${rule.rule_id}`, explanation };
  }

  #startsWithin(key: string, per_ms: number): readonly string[] {
    const from = instant(Date.parse(this.#options.now) - per_ms);
    const known = this.#used.get(key)?.starts ?? this.#found.get(key)?.starts ?? [];
    return known.filter((at) => at > from);
  }

  #use(rule: Rule, key: RunKey, alert: Alert, run_id: string): void {
    const { now } = this.#options;
    if (rule.rate_limit !== undefined) {
      const { max_runs, per } = rule.rate_limit;
      const name = rateKey(rule, alert);
      const starts = [...this.#startsWithin(name, durationMs(per)), now].slice(-max_runs);
      this.#note({ key: name, starts, run_id: null, ends_at: later(now, durationMs(per)) });
    }
    const interval_ms = this.#intervalOf(rule);
    if (interval_ms > 0)
      this.#note({
        key: groupBudgetKey(key),
        starts: [],
        run_id,
        ends_at: later(now, interval_ms + GROUP_REMEMBERED_MS),
      });
  }

  #note(budget: Omit<UsedBudget, 'expected'>): void {
    this.#used.set(budget.key, { ...budget, expected: this.#found.get(budget.key)?.version ?? 0 });
  }
}

function later(now: string, ms: number): string {
  return instant(Date.parse(now) + ms);
}

/** Hashed: a name may be longer than an index takes. */
function rateKey(rule: Rule, alert: Alert): string {
  return `rate:${hashOf(JSON.stringify([rule.rule_id, alert.service_name]))}`;
}

function groupBudgetKey({ playbook_id, group_key, service_name }: RunKey): string {
  return `group:${hashOf(JSON.stringify([playbook_id, group_key, service_name]))}`;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
