import type { RunItem, RunListItem, RunProgress } from '../domain/api/run.js';
import { isRunFinished, isStepFinished } from '../domain/run/run.js';
import type { Step, StepState } from '../domain/run/run.js';
import type { HttpDeps } from './deps.js';

const MAX_STEPS_NOW = 5;
/** Runs of one answer whose progress is told: each may be made of a thousand events. */
const MAX_TOLD = 50;
/** What is remembered of runs, so that one that has not changed costs nothing. */
const MAX_KNOWN = 500;

const UNDER_WAY: ReadonlySet<StepState> = new Set<StepState>(['running', 'waiting']);

/** How far a run has come; `tasks` is how many its playbook has, as far as that is known. */
export function progressOf(all: readonly Step[], tasks: number | null): RunProgress {
  // The items of a `foreach` belong to one task.
  const steps = all.filter(({ item_index }) => item_index === null);
  const now = all.filter(({ state }) => UNDER_WAY.has(state)).slice(0, MAX_STEPS_NOW);
  return {
    done: steps.filter(({ state }) => isStepFinished(state)).length,
    total: Math.max(tasks ?? 0, steps.length),
    failed: steps.filter(({ state }) => state === 'failed').length,
    left_out: steps.filter(({ state }) => state === 'skipped' || state === 'cancelled').length,
    now: now.map(({ step_id, name, state }) => ({ step_id, name, state })),
  };
}

/** How many tasks a run has, where its playbook is still the one in force. */
export function tasksOf(
  run: Pick<RunItem, 'playbook_id' | 'playbook_version'>,
  { catalog }: Pick<HttpDeps, 'catalog'>,
) {
  const current = catalog.content().playbooks.get(run.playbook_id);
  return current?.version === run.playbook_version ? current.playbook.tasks.length : null;
}

/** Adds their progress to those of a page's runs that are under way, the first 50 of them. */
export function createRunProgress(
  deps: Pick<HttpDeps, 'catalog' | 'store'>,
): (runs: readonly RunItem[]) => Promise<RunListItem[]> {
  const known = new Map<string, { readonly seq: number; readonly progress: RunProgress }>();

  async function learn(runs: readonly RunItem[]): Promise<void> {
    const changed = runs.filter(({ run_id, seq }) => known.get(run_id)?.seq !== seq);
    const stepsOf = changed.length === 0 ? null : await deps.store.runView.steps(changed.map(({ run_id }) => run_id));
    for (const run of runs) {
      const { run_id, seq } = run;
      const steps = stepsOf?.get(run_id);
      const progress = steps ? progressOf(steps, tasksOf(run, deps)) : known.get(run_id)?.progress;
      if (progress === undefined) continue;
      // Taken out and put back: the order of the map is that of use.
      known.delete(run_id);
      known.set(run_id, { seq, progress });
    }
    for (const run_id of known.keys()) {
      if (known.size <= MAX_KNOWN) return;
      known.delete(run_id);
    }
  }

  return async (runs) => {
    const open = runs.filter(({ state }) => !isRunFinished(state)).slice(0, MAX_TOLD);
    await learn(open);
    const told = new Set(open.map(({ run_id }) => run_id));
    return runs.map((run) => {
      const progress = told.has(run.run_id) ? known.get(run.run_id)?.progress : undefined;
      return progress === undefined ? run : { ...run, progress };
    });
  };
}
