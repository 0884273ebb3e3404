import type { Alert } from '../domain/alert/alert.js';
import type { Decision } from '../domain/decision/decision.js';
import type { Run, RunEvent } from '../domain/run/run.js';
import { isRunFinished } from '../domain/run/run.js';
import type { FoundAlerts } from '../domain/run/run-store.js';
import type { DecidedBatch, Occurrence, RunKey, TriageStore } from '../domain/triage-store.js';
import type { MemoryBudgets } from './memory-budgets.js';
import type { MemoryRuns } from './memory-runs.js';

/** An alert as it is kept in memory. */
export interface DecidedAlert {
  readonly alert: Alert;
  readonly decisions: readonly Decision[];
  /** When it is decided again; null when it is settled, or held until what holds it is gone. */
  readonly due_at: string | null;
  /** What a hold depends on besides the time. */
  readonly held_by: string | null;
}

/** What an alert that repeats another word for word was decided to be. */
export type RepeatedAlert = DecidedBatch['repeats'][number];

/**
 * The memory of triage without a database: a commit takes place as a whole or is a conflict, for the same reasons as in one. It hears of
 * every change of a run by `runChanged`.
 */
export class MemoryTriage implements TriageStore {
  readonly #runs: () => MemoryRuns;
  readonly #occurrences = new Map<string, Occurrence>();
  readonly #alerts = new Map<string, DecidedAlert>();
  readonly #repeats = new Map<string, RepeatedAlert>();
  readonly #lastWrites = new Map<string, string>();
  readonly #alertsOfRun = new Map<string, string[]>();
  readonly #occurrencesOfRun = new Map<string, Set<string>>();

  readonly #budgets: MemoryBudgets;

  /** `runs` is asked when it is needed: runs hear of alerts, and alerts of runs. */
  constructor(runs: () => MemoryRuns, budgets: MemoryBudgets) {
    this.#runs = runs;
    this.#budgets = budgets;
  }

  async occurrences(keys: readonly string[]): Promise<Occurrence[]> {
    await Promise.resolve();
    return keys.flatMap((key) => this.#occurrences.get(key) ?? []);
  }

  async openRuns(keys: readonly RunKey[]): Promise<{ key: RunKey; run_id: string }[]> {
    await Promise.resolve();
    return keys.flatMap((key) => {
      const run_id = this.#runs().openRun(key);
      return run_id === null ? [] : [{ key, run_id }];
    });
  }

  async lastWrites(services: readonly string[]): Promise<{ service_name: string; at: string }[]> {
    await Promise.resolve();
    return services.flatMap((service_name) => {
      const at = this.#lastWrites.get(service_name);
      return at === undefined ? [] : [{ service_name, at }];
    });
  }

  async commit(batch: DecidedBatch): Promise<'committed' | 'conflict'> {
    await Promise.resolve();
    if (!this.#mayCommit(batch)) return 'conflict';
    const runs = this.#runs();
    // The opening is told to listeners: alerts and occurrences have to stand there by then.
    for (const { alert, decision, held_by } of batch.alerts) this.#keepDecided(alert, decision, held_by ?? null);
    this.#budgets.use(batch.budgets ?? []);
    for (const repeat of batch.repeats) this.#repeats.set(repeat.alert_id, repeat);
    for (const { occurrence, expected } of batch.occurrences)
      this.#keepOccurrence({ ...occurrence, version: expected === 0 ? Math.max(occurrence.version, 1) : expected + 1 });
    for (const run of batch.runs) runs.put(run);
    for (const run_id of [...batch.poke, ...batch.joins.map((join) => join.run_id)]) runs.poke(run_id);
    for (const contradiction of batch.not_fixed) await this.#contradict(contradiction);
    return 'committed';
  }

  async decided(alert_ids: readonly string[]): Promise<string[]> {
    await Promise.resolve();
    return alert_ids.filter((id) => this.#repeats.has(id) || this.#isSettled(id));
  }

  async keep(alerts: readonly Alert[]): Promise<void> {
    await Promise.resolve();
    for (const alert of alerts)
      if (!this.#alerts.has(alert.alert_id))
        this.#alerts.set(alert.alert_id, { alert, decisions: [], due_at: alert.received_at, held_by: null });
  }

  async due(now: string, limit: number): Promise<Alert[]> {
    await Promise.resolve();
    return [...this.#alerts.values()]
      .filter(({ due_at }) => due_at !== null && due_at <= now)
      .slice(0, limit)
      .map(({ alert }) => alert);
  }

  async countUndecided(): Promise<number> {
    await Promise.resolve();
    return [...this.#alerts.values()].filter(({ decisions }) => decisions.length === 0).length;
  }

  async giveUp({ alert_id }: Alert, decision: Decision): Promise<void> {
    await Promise.resolve();
    const kept = this.#alerts.get(alert_id);
    if (kept)
      this.#alerts.set(alert_id, { ...kept, decisions: [...kept.decisions, decision], due_at: null, held_by: null });
  }

  /** What was decided about an alert; null when nothing was. A repeat that says nothing new answers what it repeats, too. */
  decisionOf(alert_id: string): Decision | RepeatedAlert | null {
    return this.#alerts.get(alert_id)?.decisions.at(-1) ?? this.#repeats.get(alert_id) ?? null;
  }

  /** Everything that was decided about an alert, in its order. */
  decisionsOf(alert_id: string): readonly Decision[] {
    return this.#alerts.get(alert_id)?.decisions ?? [];
  }

  /** When the next held alert is to be decided again, in milliseconds; Infinity when none is. */
  nextDue(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { due_at } of this.#alerts.values()) if (due_at !== null) next = Math.min(next, Date.parse(due_at));
    return next;
  }

  /** What inhibition held and nothing holds any more is to be decided now. */
  release(holders: readonly string[], now: string): void {
    const still = new Set(holders);
    for (const [alert_id, kept] of this.#alerts)
      if (kept.held_by?.startsWith('inhibit') && !still.has(kept.held_by))
        this.#alerts.set(alert_id, { ...kept, due_at: now });
  }

  alertsOf(run_id: string): FoundAlerts {
    const alerts = (this.#alertsOfRun.get(run_id) ?? []).flatMap((id) => this.#alerts.get(id)?.alert ?? []);
    const keys = [...(this.#occurrencesOfRun.get(run_id) ?? [])];
    return { alerts, firing: keys.some((key) => this.#occurrences.get(key)?.open === true) };
  }

  /** Writes start cooldowns; the end of a run is the end of it for its occurrences. */
  runChanged(run: Run, events: readonly RunEvent[]): void {
    for (const event of events) {
      const wrote = (event.type === 'step_succeeded' || event.type === 'step_failed') && event.change;
      if (wrote && run.service_name !== null) this.#lastWrites.set(run.service_name, event.at);
    }
    if (!isRunFinished(run.state)) return;
    for (const key of this.#occurrencesOfRun.get(run.run_id) ?? []) {
      const occurrence = this.#occurrences.get(key);
      if (occurrence?.run_open && occurrence.run_id === run.run_id)
        this.#occurrences.set(key, { ...occurrence, run_open: false, version: occurrence.version + 1 });
    }
  }

  #mayCommit(batch: DecidedBatch): boolean {
    const runs = this.#runs();
    const versionOf = (key: string): number => this.#occurrences.get(key)?.version ?? 0;
    return (
      batch.occurrences.every(({ occurrence, expected }) => versionOf(occurrence.key) === expected) &&
      batch.seen.every(({ key, version }) => versionOf(key) === version) &&
      [...batch.joins.map((join) => join.run_id), ...(batch.open_runs ?? [])].every((id) => runs.isOpen(id)) &&
      batch.runs.every((run) => !runs.blocks(run)) &&
      (batch.last_writes ?? []).every(({ service_name, at }) => (this.#lastWrites.get(service_name) ?? null) === at) &&
      this.#budgets.mayUse(batch.budgets ?? []) &&
      batch.alerts.every(({ alert }) => !this.#isSettled(alert.alert_id))
    );
  }

  #isSettled(alert_id: string): boolean {
    const kept = this.#alerts.get(alert_id);
    return kept !== undefined && kept.due_at === null && kept.held_by === null;
  }

  #keepDecided(alert: Alert, decision: Decision, held_by: string | null): void {
    const before = this.#alerts.get(alert.alert_id)?.decisions ?? [];
    const due_at = decision.action === 'hold' ? decision.until : null;
    this.#alerts.set(alert.alert_id, { alert, decisions: [...before, decision], due_at, held_by });
    if (decision.action !== 'run' && decision.action !== 'join') return;
    for (const run_id of decision.run_ids)
      this.#alertsOfRun.set(run_id, [...(this.#alertsOfRun.get(run_id) ?? []), alert.alert_id]);
  }

  #keepOccurrence(occurrence: Occurrence): void {
    this.#occurrences.set(occurrence.key, occurrence);
    for (const run_id of occurrence.run_ids) {
      const keys = this.#occurrencesOfRun.get(run_id) ?? new Set();
      this.#occurrencesOfRun.set(run_id, keys.add(occurrence.key));
    }
  }

  async #contradict({ run_id, alert_id, received_at, at }: DecidedBatch['not_fixed'][number]): Promise<void> {
    const runs = this.#runs();
    const before = (await runs.load(run_id))?.run;
    if (!before || !isRunFinished(before.state) || before.outcome === 'not_fixed') return;
    if (before.finished_at !== null && received_at <= before.finished_at) return;
    const reason = `alert ${alert_id} fires again after the run has ended`;
    const events: RunEvent[] = [
      { type: 'outcome_changed', at, outcome: 'not_fixed', reason, by: `alert:${alert_id}` },
      { type: 'notice', at, kind: 'escalate', step_id: null, about: 'not_fixed', message: reason },
    ];
    await runs.apply({ before, after: before, events });
  }
}
