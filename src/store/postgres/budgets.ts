import type { Budget, Budgets } from '../../domain/decision/budget.js';
import type { Db } from '../db.js';

/** Answers what limits have been used, and when the last run of a group ended. */
export function createBudgets(db: Db): Budgets {
  return {
    find: (keys) =>
      db.query<Budget>({
        text: `select key, starts, budgets.run_id, runs.finished_at as run_ended_at, ends_at, version
          from budgets left join runs on runs.run_id = budgets.run_id collate "C" and not runs.open where key = any($1::text[])`,
        values: [keys],
      }),
  };
}
