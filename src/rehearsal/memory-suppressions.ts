import type { Alert } from '../domain/alert/alert.js';
import { SuppressionSet } from '../domain/suppression/suppression-set.js';
import type { Frozen, SuppressionContent } from '../domain/suppression/suppression-set.js';
import type { DecidedBatch } from '../domain/triage-store.js';
import type { Suppressions } from '../triage/deps.js';
import { FiringMemory } from '../triage/firing.js';
import type { SuppressionState } from '../triage/suppressions.js';

/** What holds alerts back in a rehearsal: fixed from the beginning, but for which alerts fire. */
export class MemorySuppressions implements Suppressions {
  readonly #state: SuppressionState;
  readonly #released: (holders: readonly string[]) => void;

  /** `released` hears what still holds alerts back whenever one that did has ended. */
  constructor(content: SuppressionContent, released: (holders: readonly string[]) => void) {
    const set = new SuppressionSet(content);
    this.#state = { set, firing: set.inhibition === null ? null : new FiringMemory(set.inhibition) };
    this.#released = released;
  }

  get current(): SuppressionState | null {
    return this.#state.set.isEmpty ? null : this.#state;
  }

  async freshen(): Promise<void> {
    await Promise.resolve(); // nobody else could have changed anything
  }

  committed({ firing, over }: NonNullable<DecidedBatch['sources']>): void {
    const { firing: memory } = this.#state;
    if (memory === null) return;
    for (const key of over) memory.drop(key);
    for (const source of firing) memory.put(source);
    if (over.length > 0) this.#released(memory.holders());
  }

  /** What freezes the writes of a run about these alerts. */
  frozen(alerts: readonly Alert[], now_ms: number): Frozen | null {
    return this.#state.set.canFreeze ? this.#state.set.frozen(alerts, now_ms) : null;
  }
}
