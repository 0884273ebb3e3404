import type { Budget, Budgets, UsedBudget } from '../domain/decision/budget.js';

/** What limits have been used up, without a database. */
export class MemoryBudgets implements Budgets {
  readonly #kept = new Map<string, UsedBudget & { readonly version: number }>();
  readonly #endOf: (run_id: string) => string | null;

  /** `endOf`: when a run ended; null while it is open. */
  constructor(endOf: (run_id: string) => string | null) {
    this.#endOf = endOf;
  }

  async find(keys: readonly string[]): Promise<Budget[]> {
    await Promise.resolve();
    return keys.flatMap((key) => {
      const kept = this.#kept.get(key);
      if (!kept) return [];
      const { starts, run_id, ends_at, version } = kept;
      return [{ key, starts, run_id, run_ended_at: run_id === null ? null : this.#endOf(run_id), ends_at, version }];
    });
  }

  /** True when nothing has changed since these were decided on. */
  mayUse(used: readonly UsedBudget[]): boolean {
    return used.every(({ key, expected }) => (this.#kept.get(key)?.version ?? 0) === expected);
  }

  use(used: readonly UsedBudget[]): void {
    for (const budget of used) this.#kept.set(budget.key, { ...budget, version: budget.expected + 1 });
  }
}
