import type { Clock } from '../domain/clock.js';
import type { ExecutorSpec } from '../domain/executor.js';
import type { Log } from '../domain/log.js';
import type { Intent } from '../domain/run/outcome.js';
import type { Run } from '../domain/run/run.js';
import type { FoundAlerts, RunStore } from '../domain/run/run-store.js';
import type { Facts } from './advance.js';
import type { AttemptEnd } from './conclude.js';
import type { AttemptDeps, IntentAnswer } from './context.js';
import type { Prepared } from './prepare.js';
import type { SecretVault } from './secrets.js';

/** What the scheduler tells the metrics. */
export interface ScheduleMeter {
  stepEnded(kind: string, outcome: string, seconds: number): void;
  runEnded(playbook_id: string, state: string, seconds: number): void;
}

/** A run that this process works on: the very one, not another by its id. */
export interface RunInMemory {
  readonly run_id: string;
}

/** What a run needs from the worker that holds it. */
export interface RunWorker {
  readonly runs: RunStore;
  readonly specs: ReadonlyMap<string, ExecutorSpec>;
  readonly vault: SecretVault;
  readonly clock: Clock;
  readonly random: () => number;
  readonly newId: () => string;
  readonly log: Log;
  readonly meter: ScheduleMeter;
  readonly attempts: Omit<AttemptDeps, 'recordIntent' | 'plan'>;
  /** The runs that steps of a run have begun and still wait for. */
  readonly children: (run: Run) => readonly string[];
  readonly id: () => string;
  readonly facts: (run: Run) => Facts;
  /** False once the lease may have ended: results are not recorded any more. */
  readonly holdsLease: () => boolean;
  readonly stopping: AbortSignal;
  /** True when nothing begins here any more: what is next is for whoever takes the runs up. */
  readonly draining: () => boolean;
  /** The run has ended, is not ours any more, or was given up (`error`): it is not in memory from now on. */
  readonly gone: (active: RunInMemory, error?: unknown) => void;
  /** Another run of this process is to look at what it waits for. */
  readonly wake: (run_id: string) => void;
  /** The run only waits: it is not in memory from now on, and sleeps until then. */
  readonly putAway: (active: RunInMemory, wake_at: string) => void;
}

export type RunInput =
  | { readonly type: 'look' }
  /** Something outside has changed it; with `found`, run and alerts were read a moment ago. */
  | { readonly type: 'poke'; readonly found?: FoundAlerts | undefined }
  | { readonly type: 'overdue' }
  | { readonly type: 'recover'; readonly from: string | null }
  | { readonly type: 'ended'; readonly prepared: Prepared; readonly end: AttemptEnd }
  | {
      readonly type: 'intend';
      readonly step_id: string;
      readonly intent: Intent;
      readonly answer: (answer: IntentAnswer) => void;
    };
