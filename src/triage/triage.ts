import type { Alert } from '../domain/alert/alert.js';
import type { AlertBatch } from '../domain/bus.js';
import { instant } from '../domain/clock.js';
import type { Decision } from '../domain/decision/decision.js';
import { FixpointError } from '../domain/errors.js';
import type { DecidedBatch } from '../domain/triage-store.js';
import { BatchDecision } from './batch-decision.js';
import { TriageCache } from './cache.js';
import { occurrenceKey } from './content.js';
import type { TriageDeps } from './deps.js';
import { NO_LIMITS } from './limits.js';
import { SaidAgain } from './said-again.js';

/** How often a batch is decided anew because others changed what it was based on. */
const MAX_TURNS = 10;

/**
 * Takes alerts to their decisions. Decisions are made on what is remembered and committed only if that is still so; otherwise they are made
 * again on what the store says. Alerts of one occurrence are decided one after the other.
 */
export class Triage {
  readonly #deps: TriageDeps;
  readonly #cache = new TriageCache();
  readonly #saidAgain = new SaidAgain();
  /** Occurrences and runs that a commit under way is about to change. */
  readonly #inFlight = new Map<string, Promise<unknown>>();

  constructor(deps: TriageDeps) {
    this.#deps = deps;
  }

  /**
   * Decides a batch. Resolves when the decisions are durable and the runs that they start are under way; rejects with `conflict` when others
   * changed what it depends on again and again.
   */
  async handle(batch: AlertBatch): Promise<void> {
    if (await this.#sayAgain(batch)) return;
    let alerts = await this.#enriched(once(batch.alerts));
    for (let turn = 0; turn < MAX_TURNS; turn++) {
      if (turn > 0) {
        alerts = await this.#undecided(alerts);
        if (alerts.length === 0) return;
      }
      const decision = this.#begin(alerts, batch.kept === true);
      await this.#othersFirst(decision.touches);
      if (turn > 0) await this.#refresh(decision);
      // While facts are looked up, another batch may begin to change the same ones: then they are looked up again.
      do await decision.lookUp(this.#deps.store);
      while (await this.#othersFirst(decision.touches));
      const decided = decision.decide();
      const answer = await this.#commit(decision, decided);
      if (answer === 'committed') {
        this.#saidAgain.remember(batch, decided, this.#cache);
        return this.#follow(decision, decided);
      }
    }
    // Not `unavailable`: the store answers, so that who delivers need not wait for it, and may give up what is refused for ever.
    throw new FixpointError(
      'conflict',
      `alerts could not be decided: what they depend on changed ${MAX_TURNS} times in a row`,
    );
  }

  /** Decides a batch of which nothing is new as before; false when that does not hold any more. */
  async #sayAgain(batch: AlertBatch): Promise<boolean> {
    const { store, clock, suppressions } = this.#deps;
    // Where alerts may hold others back, each of them has to be heard.
    if (suppressions?.current?.set.inhibition) return false;
    const decided = this.#saidAgain.decide(batch, this.#cache, instant(clock.now()));
    if (!decided || decided.seen.some(({ key }) => this.#inFlight.has(key))) return false;
    if ((await store.commit(decided)) === 'conflict') return false;
    this.#countRepeats(decided);
    return true;
  }

  /** A repeat that its occurrence settles needs no figure: asking for it every time would make each of them look new. */
  async #enriched(alerts: readonly Alert[]): Promise<readonly Alert[]> {
    const enrich = this.#deps.enrich?.() ?? null;
    if (enrich === null) return alerts;
    const lacking = alerts.filter((alert) => {
      if (alert.metric_value !== null || alert.status === 'resolved' || alert.filtered !== undefined) return false;
      const before = this.#cache.occurrence(occurrenceKey(alert));
      return !before?.open || before.run_id === null;
    });
    if (lacking.length === 0) return alerts;
    const found = await enrich(lacking);
    const byId = new Map(found.map((alert) => [alert.alert_id, alert]));
    return alerts.map((alert) => byId.get(alert.alert_id) ?? alert);
  }

  #begin(alerts: readonly Alert[], kept: boolean): BatchDecision {
    const { policy, open, maxRunsPerOccurrence, ids, clock } = this.#deps;
    return new BatchDecision({
      alerts,
      kept,
      cache: this.#cache,
      policy: policy(),
      open,
      maxRunsPerOccurrence,
      suppressions: this.#deps.suppressions ?? null,
      limits: this.#deps.limits ?? NO_LIMITS,
      ids,
      now: instant(clock.now()),
    });
  }

  /** Waits for batches that change the same things; true when there were any. */
  async #othersFirst(touches: ReadonlySet<string>): Promise<boolean> {
    for (let everWaited = false; ;) {
      let waited = false;
      for (const key of touches) {
        const other = this.#inFlight.get(key);
        if (!other) continue;
        await other;
        waited = true;
      }
      if (!waited) return everWaited;
      everWaited = true;
    }
  }

  async #commit(decision: BatchDecision, decided: DecidedBatch): Promise<'committed' | 'conflict'> {
    const changed = decision.changed;
    decision.claimTelling();
    const commit = this.#deps.store.commit(decided);
    // Never rejects: those who wait only want to know that it is over.
    const over = commit.then(
      (answer) => (answer === 'committed' ? decision.remember() : decision.leaveTelling()),
      () => decision.leaveTelling(),
    );
    for (const key of changed) this.#inFlight.set(key, over);
    try {
      return await commit;
    } finally {
      await over;
      for (const key of changed) if (this.#inFlight.get(key) === over) this.#inFlight.delete(key);
    }
  }

  #follow(decision: BatchDecision, decided: DecidedBatch): void {
    for (const opening of decision.openings) opening.go();
    for (const run_id of [...decided.poke, ...decided.joins.map((join) => join.run_id)]) this.#deps.wake(run_id);
    for (const { alert, decision: made } of decided.alerts) this.#tell(alert, made);
    if (this.#deps.matched) for (const rule_id of decision.taken) this.#deps.matched(rule_id);
    this.#countRepeats(decided);
  }

  #countRepeats({ repeats }: DecidedBatch): void {
    for (const [reason, count] of countBy(repeats.map((repeat) => repeat.reason)))
      this.#deps.meter.decided('drop', reason, count);
  }

  #tell(alert: Alert, made: Decision): void {
    this.#deps.meter.decided(made.action, made.reason, 1);
    const { alert_id, alert_name, service_name } = alert;
    const { action, reason, rule_id, playbook_id, run_id } = made;
    this.#deps.log.info(
      { alert_id, alert_name, service_name, action, reason, rule_id, playbook_id, run_id },
      'decided',
    );
  }

  /** A redelivery of alerts that were decided already leaves those alone. */
  async #undecided(alerts: readonly Alert[]): Promise<readonly Alert[]> {
    const decided = new Set(await this.#deps.store.decided(alerts.map((alert) => alert.alert_id)));
    return alerts.filter((alert) => !decided.has(alert.alert_id));
  }

  async #refresh(decision: BatchDecision): Promise<void> {
    const keys = decision.occurrenceKeys;
    const found = new Map((await this.#deps.store.occurrences(keys)).map((occurrence) => [occurrence.key, occurrence]));
    for (const key of keys) {
      const occurrence = found.get(key);
      if (occurrence) this.#cache.remember(occurrence);
      else this.#cache.forget(key);
    }
    await decision.refreshRuns(this.#deps.store);
  }
}

/** A sender that did not hear of its success sends again, and both may come in one batch: the second is nothing new. */
function once(alerts: readonly Alert[]): readonly Alert[] {
  // What was taken in together has ids that go up.
  if (alerts.every(({ alert_id }, index) => index === 0 || alert_id > (alerts[index - 1]?.alert_id ?? '')))
    return alerts;
  const byId = new Map(alerts.map((alert) => [alert.alert_id, alert]));
  return byId.size === alerts.length ? alerts : [...byId.values()];
}

function countBy(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}
