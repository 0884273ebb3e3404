import type { Clock } from '../domain/clock.js';
import type { ChildRuns, ExecutorSpec, ReadyExecutor } from '../domain/executor.js';
import type { Notice, NotifyResult } from '../domain/notifier.js';
import type { CheckedPlaybook, Mode } from '../domain/playbook/playbook.js';
import type { NewRunHeader, Run } from '../domain/run/run.js';
import type { RunStore } from '../domain/run/run-store.js';
import type { Opening } from '../schedule/scheduler.js';
import type { Abilities } from './recording.js';

/** What the product's own executors of `approval`, `confirmation`, `notification`, `playbook` and `wait` stand on in a rehearsal. */
export interface InnerDeps {
  readonly clock: Clock;
  readonly notify: (notice: Notice, signal: AbortSignal) => Promise<NotifyResult[]>;
  readonly runs: ChildRuns;
}

/** What begins runs of steps of other runs. */
export interface ChildRunDeps {
  readonly runs: RunStore;
  readonly clock: Clock;
  readonly playbooks: () => ReadonlyMap<string, CheckedPlaybook>;
  readonly modeOf: (playbook_id: string) => Mode | null;
  readonly open: (header: NewRunHeader, checked: CheckedPlaybook, resolved: boolean) => Opening;
  readonly wake: (run_id: string) => void;
}

/** What a rehearsal gets from the roof: everything of the product that is no verb. */
export interface Parts {
  readonly specs: ReadonlyMap<string, ExecutorSpec>;
  readonly abilities: (kind: string) => Abilities;
  /** Executors that touch nothing outside, by kind; every other kind is played. */
  readonly inner: (deps: InnerDeps) => ReadonlyMap<string, ReadyExecutor>;
  readonly childRuns: (deps: ChildRunDeps) => ChildRuns;
  readonly openChildrenOf: (run: Run) => readonly string[];
  /** Resolves when everything that was only waiting for its turn has had it. */
  readonly settle: () => Promise<void>;
}
