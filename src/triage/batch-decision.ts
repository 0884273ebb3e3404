import type { Alert } from '../domain/alert/alert.js';
import type { Decision } from '../domain/decision/decision.js';
import type { Ids } from '../domain/id.js';
import { isRunFinished } from '../domain/run/run.js';
import type { DecidedBatch, Occurrence, TriageStore } from '../domain/triage-store.js';
import type { Suppressed } from '../domain/suppression/suppression-set.js';
import type { TriageCache } from './cache.js';
import { runKeyText } from './cache.js';
import { BatchReach } from './batch-reach.js';
import { BatchSuppression, holderOf } from './batch-suppression.js';
import { contentHash, occurrenceKey } from './content.js';
import type { Verdict } from './facts.js';
import { Flaps } from './flaps.js';
import { heldBy, ofRule } from './hold.js';
import { concernsPeople, contradictsRun, isNewOccurrence, latest, newOccurrence } from './judged.js';
import type { Judged } from './judged.js';
import type { Limits } from './limits.js';
import { closedWhenMomentary, isTold } from './momentary.js';
import type { Opening, Policy, Suppressions, TriageDeps } from './deps.js';
import { judge } from './stages.js';
import { Starts } from './starts.js';

interface BatchOptions {
  readonly alerts: readonly Alert[];
  /** They are rows of their own already. */
  readonly kept: boolean;
  readonly cache: TriageCache;
  readonly policy: Policy;
  readonly open: TriageDeps['open'];
  readonly maxRunsPerOccurrence: number;
  readonly limits: Limits;
  readonly suppressions: Suppressions | null;
  readonly ids: Ids;
  readonly now: string;
}

/** The first version of an occurrence is the second in which it was first heard of; from here they fit into 31 bits for long. */
const VERSIONS_FROM = Date.UTC(2020, 0, 1);

/**
 * The decisions of one batch: each alert is judged on what the ones before it in the batch have made of things. Nothing outside changes until
 * `remember`, so that a batch whose commit was refused can simply be dropped and decided again.
 */
export class BatchDecision {
  readonly #options: BatchOptions;
  readonly #keys: readonly string[];
  readonly #reach: BatchReach;
  readonly #after = new Map<string, Occurrence>();
  readonly #starts: Starts;
  readonly #flaps: Flaps;
  readonly #unmatched: Alert[] = [];
  readonly #taken: string[] = [];
  readonly #notFixed = new Map<string, DecidedBatch['not_fixed'][number]>();
  /** Those of them that had surely ended when the alert was received. */
  readonly #telling = new Set<string>();
  /** By service: when it was last written to, null for never; only services that a cooldown asks for. */
  #lastWrites = new Map<string, string | null>();
  readonly #suppression: BatchSuppression;
  /** By occurrence: how its last alert is held. */
  readonly #held = new Map<string, Suppressed & { readonly of: string }>();
  #openings: Opening[] = [];

  constructor(options: BatchOptions) {
    this.#options = options;
    this.#starts = new Starts(options);
    this.#flaps = new Flaps(this.#starts, options.limits.flapping, options.now);
    this.#keys = options.alerts.map(occurrenceKey);
    this.#suppression = new BatchSuppression(options.suppressions, options.alerts, this.#keys);
    this.#reach = new BatchReach({ ...options, keys: this.#keys, starts: this.#starts, flaps: this.#flaps });
  }

  get openings(): readonly Opening[] {
    return this.#openings;
  }

  /** The rules that took an alert which began to fire, one entry for each time. */
  get taken(): readonly string[] {
    return this.#taken;
  }

  get occurrenceKeys(): readonly string[] {
    return [...new Set(this.#keys)];
  }

  /** Everything that this batch looks at. */
  get touches(): ReadonlySet<string> {
    const unsettled = this.#reach.unsettled();
    return new Set([...this.#keys, ...this.#reach.runKeys(unsettled).keys(), ...this.#reach.budgetKeys(unsettled)]);
  }

  /** Everything that this batch is about to change; known after `decide`. */
  get changed(): readonly string[] {
    return [...this.#after.keys(), ...this.#starts.starting.keys(), ...this.#starts.used.map(({ key }) => key)];
  }

  /** Asks the store for what only some rules need: when services were last written to, and what else fires. */
  async lookUp(store: TriageStore): Promise<void> {
    await this.#suppression.lookUp((alert, index) => this.#reach.isSettled(alert, index));
    const unsettled = this.#reach.unsettled();
    await this.#starts.lookUp([...this.#reach.budgetKeys(unsettled)]);
    const services = new Set<string>();
    for (const alert of unsettled) {
      if (alert.service_name === null || alert.status === 'resolved') continue;
      if (this.#reach.matching(alert).some((rule) => rule.cooldown !== undefined)) services.add(alert.service_name);
    }
    if (services.size === 0) return;
    const found = await store.lastWrites([...services]);
    this.#lastWrites = new Map([...services].map((service) => [service, null]));
    for (const { service_name, at } of found) this.#lastWrites.set(service_name, at);
  }

  /** Corrects what is remembered of the open runs that this batch may join. */
  async refreshRuns(store: TriageStore): Promise<void> {
    const keys = this.#reach.runKeys(this.#reach.unsettled());
    for (const text of keys.keys()) this.#options.cache.forgetRun(text);
    for (const { key, run_id } of await store.openRuns([...keys.values()]))
      this.#options.cache.rememberRun(runKeyText(key), run_id);
  }

  decide(): DecidedBatch {
    const { alerts, open, now } = this.#options;
    const seen = new Map<string, number>();
    const kept: DecidedBatch['alerts'][number][] = [];
    const repeats: DecidedBatch['repeats'][number][] = [];
    const joins: { run_id: string; alert: Alert }[] = [];
    const poke = new Set<string>();
    const openRuns = new Set<string>();
    this.#suppression.look(this.#options.cache);
    for (const [index, alert] of alerts.entries()) {
      const judged = this.#judge(alert, this.#keys[index] ?? occurrenceKey(alert));
      const { before, verdict } = judged;
      if (contradictsRun(judged) && before?.run_id) this.#contradict(before.run_id, alert);
      // All of them: the first one may have ended before the others.
      if (verdict.type === 'drop' && verdict.reason === 'resolved' && before?.open)
        for (const run_id of before.run_ids) poke.add(run_id);
      const repeat = this.#asRepeat(judged);
      if (repeat) {
        if (before?.run_open && before.run_id !== null) openRuns.add(before.run_id);
        if (before && !this.#after.has(judged.key)) seen.set(judged.key, before.version);
        repeats.push(repeat);
        continue;
      }
      this.#countAlert(judged);
      const decision = this.#settle(judged, joins);
      kept.push({
        alert,
        decision,
        ...holderOf(verdict),
      });
      if (verdict.type === 'hold' && 'held_by' in verdict)
        this.#held.set(judged.key, { ...verdict, of: alert.alert_id });
      this.#note(judged, decision);
    }
    this.#openings = this.#starts.openings(open);
    this.#noteOpenRuns(openRuns);
    const sources = this.#suppression.changes((key) => this.#isOpen(key));
    return {
      received_at: now,
      alerts: kept,
      repeats,
      occurrences: [...this.#after.values()].map((occurrence) => ({
        occurrence: { ...occurrence, version: this.#nextVersion(occurrence.key) },
        expected: this.#options.cache.occurrence(occurrence.key)?.version ?? 0,
      })),
      seen: [...seen].filter(([key]) => !this.#after.has(key)).map(([key, version]) => ({ key, version })),
      runs: this.#openings.map((opening) => opening.run),
      joins,
      open_runs: [...openRuns],
      last_writes: this.#reliedOn(),
      budgets: this.#starts.used,
      unmatched: this.#unmatched,
      poke: [...poke],
      not_fixed: [...this.#notFixed.values()],
      ...(sources ? { sources } : {}),
    };
  }

  #isOpen(key: string): boolean {
    return (this.#after.get(key) ?? this.#options.cache.occurrence(key))?.open === true;
  }

  /** A run may end in the stroke that opens it (nothing in it was to be done); all others that occurrences call open must be so. */
  #noteOpenRuns(openRuns: Set<string>): void {
    const opened = new Map(this.#openings.map(({ run }) => [run.run.run_id, run.run]));
    for (const [key, occurrence] of this.#after) {
      if (!occurrence.open || !occurrence.run_open || occurrence.run_id === null) continue;
      const run = opened.get(occurrence.run_id);
      if (!run) openRuns.add(occurrence.run_id);
      else if (isRunFinished(run.state)) this.#after.set(key, { ...occurrence, run_open: false });
    }
  }

  /** Takes what was committed into the memory. */
  remember(): void {
    const { cache } = this.#options;
    for (const occurrence of this.#after.values()) {
      const version = this.#nextVersion(occurrence.key);
      const held = this.#held.get(occurrence.key);
      cache.remember({ ...occurrence, version });
      if (held?.of === occurrence.content_alert_id) cache.rememberHeld(occurrence.key, version, held);
    }
    this.#starts.remember();
    this.#suppression.remember();
  }

  #nextVersion(key: string): number {
    const before = this.#options.cache.occurrence(key);
    if (before) return before.version + 1;
    return Math.max(1, Math.floor((Date.parse(this.#options.now) - VERSIONS_FROM) / 1_000));
  }

  /** Runs start because their service was not written to of late. That must still be so when they are committed. */
  #reliedOn(): { service_name: string; at: string | null }[] {
    const services = new Set<string>();
    for (const { key } of this.#starts.starting.values()) if (key.service_name !== null) services.add(key.service_name);
    return [...services].flatMap((service_name) => {
      const at = this.#lastWrites.get(service_name);
      return at === undefined ? [] : [{ service_name, at }];
    });
  }

  /** Notes that the run did not fix it. An alert that had to wait may be older than the run's end: the store knows. */
  #contradict(run_id: string, { alert_id, received_at }: Alert): void {
    const { cache, now } = this.#options;
    if (cache.isNotFixed(run_id) || (this.#notFixed.get(run_id)?.received_at ?? '') >= received_at) return;
    this.#notFixed.set(run_id, { run_id, alert_id, received_at, at: now });
    if (received_at > cache.seenEnded(run_id, now)) this.#telling.add(run_id);
  }

  /** Before the commit: batches that are decided meanwhile leave the telling to this one, where it is sure to tell. */
  claimTelling(): void {
    this.#starts.claim();
    for (const run_id of this.#telling) this.#options.cache.rememberNotFixed(run_id);
  }

  /** When the commit did not take place: the next repeat has to tell it. */
  leaveTelling(): void {
    this.#starts.leave();
    for (const run_id of this.#telling) this.#options.cache.forgetNotFixed(run_id);
  }

  #judge(alert: Alert, key: string): Judged {
    const { cache, policy, maxRunsPerOccurrence, now } = this.#options;
    const before = this.#after.get(key) ?? cache.occurrence(key);
    const lastWrite = alert.service_name === null ? null : (this.#lastWrites.get(alert.service_name) ?? null);
    const verdict = judge(alert, {
      now,
      key,
      suppression: this.#suppression.facts,
      occurrence: before,
      matching: () => this.#reach.matching(alert),
      modeOf: policy.modeOf,
      lastWrite,
      flapping: () => this.#flaps.hold(alert, before),
      joins: (rule) => this.#starts.openRun(this.#starts.keyOf(rule, alert)) !== null,
      maxRunsPerOccurrence,
    });
    return { alert, key, verdict, before };
  }

  /** What begins to fire makes a storm, and what no rule takes is told once: when its condition begins. */
  #countAlert(judged: Judged): void {
    const { alert, verdict } = judged;
    const { limits } = this.#options;
    if (!isNewOccurrence(judged) || !concernsPeople(verdict)) return;
    for (const rule of this.#reach.matched(alert)) this.#taken.push(rule.rule_id);
    if (limits.storm) this.#starts.demand.add('alerts', alert.service_name);
    if (verdict.type === 'drop' && verdict.reason === 'no_match' && limits.unmatched.has(alert.severity))
      this.#unmatched.push(alert);
  }

  /** A repeat that says nothing new and starts nothing is kept as one line. */
  #asRepeat({ alert, verdict, before }: Judged): DecidedBatch['repeats'][number] | null {
    if (!before?.open || before.alert_id === alert.alert_id || this.#after.has(before.key)) return null;
    // A row that waits for its decision would wait for ever.
    if (this.#options.kept || before.content_hash !== contentHash(alert)) return null;
    if (verdict.type === 'hold') return this.#asHeldRepeat(alert, verdict, before);
    if (verdict.type !== 'drop') return null;
    if (verdict.reason !== 'duplicate' && verdict.reason !== 'no_match' && verdict.reason !== 'filtered') return null;
    return { alert_id: alert.alert_id, of: before.content_alert_id, reason: verdict.reason, run_id: before.run_id };
  }

  /** What it repeats is held just so, and will be decided again: one of them is enough. */
  #asHeldRepeat(
    alert: Alert,
    verdict: Verdict & { type: 'hold' },
    before: Occurrence,
  ): DecidedBatch['repeats'][number] | null {
    const held = this.#options.cache.heldAt(before.key, before.version);
    if (!('held_by' in verdict) || held?.held_by !== verdict.held_by || held.until !== verdict.until) return null;
    const { reason, until, by, explanation } = verdict;
    const { content_alert_id: of, run_id } = before;
    return { alert_id: alert.alert_id, of, reason, run_id, hold: { until, by, explanation } };
  }

  #settle(judged: Judged, joins: { run_id: string; alert: Alert }[]): Decision {
    const { alert, verdict, before } = judged;
    const base: Decision = {
      action: 'drop',
      reason: null,
      rule_id: null,
      playbook_id: null,
      run_id: null,
      run_ids: [],
      until: null,
      by: null,
      explanation: '',
      decided_at: this.#options.now,
    };
    switch (verdict.type) {
      case 'drop': {
        const { reason, by, explanation } = verdict;
        const last = reason === 'duplicate' || reason === 'resolved' ? (before?.run_id ?? null) : null;
        return {
          ...ofRule(base, verdict.reason === 'playbook_off' ? verdict.rule : null),
          reason,
          by,
          explanation,
          run_id: last,
          run_ids: last === null ? [] : [...(before?.run_ids ?? [])],
        };
      }
      case 'hold':
        return heldBy(base, verdict, 'rule' in verdict ? verdict.rule : null);
      case 'run':
        return this.#starts.settle({ alert, ...verdict, isNew: isNewOccurrence(judged) }, joins, base);
    }
  }

  /** What the occurrence is after this alert. */
  #note({ alert, key, before }: Judged, decision: Decision): void {
    const content = { content_hash: contentHash(alert), content_alert_id: alert.alert_id };
    if (alert.status === 'resolved') {
      const ended = latest(alert.ends_at ?? this.#options.now, before?.resolved_at ?? null);
      const closed = before ?? newOccurrence(alert, key, content);
      this.#after.set(key, { ...closed, open: false, resolved_at: ended, ...this.#flaps.note(alert, before) });
      return;
    }
    if (decision.reason === 'resolved' || isTold(alert, before)) return;
    const continues = before?.open === true;
    const known = continues
      ? { ...before, ...content }
      : { ...newOccurrence(alert, key, content), ...this.#flaps.note(alert, before) };
    const current = closedWhenMomentary(known, alert, this.#options.now);
    if (decision.run_ids.length === 0 || decision.action === 'drop') {
      this.#after.set(key, current);
      return;
    }
    this.#after.set(key, {
      ...current,
      runs_used: current.runs_used + 1,
      run_id: decision.run_id,
      run_open: true,
      run_ids: [...current.run_ids, ...decision.run_ids].slice(-100),
    });
  }
}
