import type { Clock } from '../domain/clock.js';
import type { ExecutorModule } from '../domain/executor.js';
import { createChildRuns, openChildrenOf } from './child-runs.js';
import { notificationModule } from '../executor/notify/notify.js';
import { peopleModule } from '../executor/people/people.js';
import { playbookModule } from '../executor/playbook/playbook.js';
import { createExecutors, executorModules } from '../executor/registry.js';
import { waitModule } from '../executor/wait/wait.js';
import type { Parts } from '../rehearsal/parts.js';
import type { Abilities } from '../rehearsal/recording.js';

/** What touches nothing outside: people are asked by the scheduler, and what is sent goes to the rehearsal. */
const INNER: readonly ExecutorModule[] = [peopleModule, waitModule, playbookModule, notificationModule];

const NONE: Abilities = { plans: false, looks_up: false, takes_back: false };

/** What `fixpoint test`, `prove` and `backtest` are made of besides the verbs. */
export function rehearsalParts(clock: Clock, modules: readonly ExecutorModule[] = executorModules): Parts {
  // Built to be looked at: executors dial nothing before their first use.
  const known = createExecutors({}, { clock, notify: () => Promise.resolve([]) }, modules);
  return {
    specs: known.specs(),
    abilities: (kind) => {
      const executor = known.get(kind);
      if (!executor) return NONE;
      return {
        plans: executor.plan !== undefined,
        looks_up: executor.lookup !== undefined,
        takes_back: executor.compensate !== undefined,
      };
    },
    inner: (deps) => {
      const set = createExecutors({}, deps, INNER);
      return new Map(
        [...set.specs().keys()].flatMap((kind) => {
          const executor = set.get(kind);
          return executor ? [[kind, executor] as const] : [];
        }),
      );
    },
    childRuns: createChildRuns,
    openChildrenOf,
    // Promises that are ready have all had their turn by then, and requests to this process have theirs.
    settle: () => new Promise((resolve) => setImmediate(resolve)),
  };
}
