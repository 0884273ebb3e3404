import type { Alert } from '../domain/alert/alert.js';
import type { FiringSource } from '../domain/suppression/inhibition.js';
import type { DecidedBatch, Occurrence } from '../domain/triage-store.js';
import type { Suppressions } from './deps.js';
import type { Facts, Verdict } from './facts.js';
import { BatchFiring, boundedHolder, isSource } from './firing.js';

const NOTHING_FIRES = { sources: () => [] };

/** What holds back the alerts of one batch, and what they mean for what fires. It costs nothing while nothing is in force. */
export class BatchSuppression {
  readonly #suppressions: Suppressions | null;
  readonly #alerts: readonly Alert[];
  readonly #keys: readonly string[];
  #facts: Facts['suppression'] = null;
  #firing: BatchFiring | null = null;
  #sources: DecidedBatch['sources'];

  constructor(suppressions: Suppressions | null, alerts: readonly Alert[], keys: readonly string[]) {
    this.#suppressions = suppressions;
    this.#alerts = alerts;
    this.#keys = keys;
  }

  get facts(): Facts['suppression'] {
    return this.#facts;
  }

  /** Where other alerts may hold one of the batch back, it matters what other processes have heard of. */
  async lookUp(isSettled: (alert: Alert, index: number) => boolean): Promise<void> {
    const rules = this.#suppressions?.current?.set.inhibition;
    if (!rules) return;
    const isOpenQuestion = (alert: Alert, index: number): boolean =>
      alert.status === 'firing' && !isSettled(alert, index) && rules.isTarget(alert);
    if (this.#alerts.some(isOpenQuestion)) await this.#suppressions?.freshen();
  }

  /** Takes what is in force at this moment; what the whole batch says of what fires counts for each of its alerts. */
  look(cache: { occurrence(key: string): Occurrence | null }): void {
    const current = this.#suppressions?.current ?? null;
    this.#facts = current && { set: current.set, firing: NOTHING_FIRES };
    if (!current?.set.inhibition || !current.firing) return;
    const spoken = this.#alerts.map((alert, index) => ({ key: this.#keys[index] ?? '', alert }));
    const isLate = ({ key, alert }: FiringSource): boolean => {
      const { open = true, resolved_at = null } = cache.occurrence(key) ?? {};
      return !open && resolved_at !== null && alert.status === 'firing' && alert.timestamp <= resolved_at;
    };
    const heard = spoken.filter((source) => isSource(source.alert) && !isLate(source));
    this.#firing = new BatchFiring(current.firing, current.set.inhibition, heard);
    this.#facts = { set: current.set, firing: this.#firing };
  }

  /** What is to be committed of the sources, once it is known which occurrences are open. */
  changes(isOpen: (key: string) => boolean): DecidedBatch['sources'] {
    this.#sources = this.#firing?.changes(isOpen) ?? undefined;
    return this.#sources;
  }

  /** After the commit. */
  remember(): void {
    if (this.#sources) this.#suppressions?.committed(this.#sources);
  }
}

/** What a verdict's hold depends on besides the time, as the store keeps it. */
export function holderOf(verdict: Verdict): { readonly held_by?: string } {
  return verdict.type === 'hold' && 'held_by' in verdict ? { held_by: boundedHolder(verdict.held_by) } : {};
}
