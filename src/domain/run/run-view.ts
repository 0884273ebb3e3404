import type { Delivery } from '../outbox.js';
import type { Page, PageRequest } from '../page.js';
import type { RunHeader, RunState, Step, StoredEvent } from './run.js';

export interface RunFilter {
  readonly state?: RunState;
  readonly playbook_id?: string;
  readonly service_name?: string;
  readonly since?: string;
  /** Runs that a step of this run began. */
  readonly parent_run_id?: string;
}

/** What the API answers of a run. */
export type RunSummary = RunHeader & { readonly seq: number };

/** Answers questions about runs. */
export interface RunView {
  get(
    run_id: string,
  ): Promise<
    | (RunHeader & { readonly seq: number; readonly steps: readonly Step[]; readonly deliveries: readonly Delivery[] })
    | null
  >;
  list(filter: RunFilter, page: PageRequest): Promise<Page<RunSummary>>;
  /** The steps of several runs, in the order they began; runs that are not there are left out. */
  steps(run_ids: readonly string[]): Promise<ReadonlyMap<string, readonly Step[]>>;
  /** Events with `seq` greater than `after`, oldest first, at most 1,000. */
  events(run_id: string, after: number): Promise<StoredEvent[]>;
  /** Calls `listener` after events of the run were committed by this process; a hint, other processes' events come by asking. */
  onEvents(run_id: string, listener: () => void): () => void;
  /** Of the newest 100,000 alerts, 10,000 deliveries of repeats and 20,000 runs since then; `complete` is false when there were more. */
  stats(since: string): Promise<Stats>;
}

export interface Stats {
  readonly alerts: readonly { readonly action: string; readonly reason: string | null; readonly count: number }[];
  readonly runs: readonly { readonly state: RunState; readonly outcome: string | null; readonly count: number }[];
  /** At most 10,000. */
  readonly undecided: number;
  readonly complete: boolean;
}
