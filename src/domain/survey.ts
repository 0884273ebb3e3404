import type { RunOutcome, RunState } from './run/run.js';

/** How many alerts of one hour have one decision. */
export interface HourCount {
  /** The hour's beginning, in milliseconds since the epoch. */
  readonly hour: number;
  /** Null: not decided yet. */
  readonly action: string | null;
  readonly reason: string | null;
  readonly count: number;
}

/** What a look at some alerts has counted. */
export interface CountedAlerts {
  readonly counts: readonly HourCount[];
  /** The last of them that it looked at; null when there was none left. */
  readonly last_id: string | null;
  /** Where there was none left: the one before them all, or null. Between the two there is nothing to count. */
  readonly previous_id: string | null;
}

/** How much of everything waits; each figure stops at 10,000. */
export interface Backlog {
  readonly any_alerts: boolean;
  readonly undecided: number;
  readonly open_runs: number;
  /** Open runs that no worker holds: they sleep, or wait for a person. */
  readonly unheld_runs: number;
  readonly pending_approvals: number;
  readonly outbox_waiting: number;
  /** Of the newest 1,000 dead letters those that were not replayed. */
  readonly dead_letters: number;
}

/** A process that works on runs, or did. */
export interface WorkerState {
  readonly worker_id: string;
  readonly name: string;
  readonly since: string;
  readonly lease_until: string;
  readonly alive: boolean;
  readonly runs_held: number;
}

/** How the runs of a playbook went. */
export interface RunFigures {
  readonly playbook_id: string;
  readonly runs: readonly { readonly state: RunState; readonly outcome: RunOutcome | null; readonly count: number }[];
  /** From being opened to its end; null where none has ended. */
  readonly median_duration_ms: number | null;
  readonly last_run: {
    readonly run_id: string;
    readonly state: RunState;
    readonly outcome: RunOutcome | null;
    readonly created_at: string;
  };
}

/** What is asked of everything at once. Each question looks at so many rows and no more, however many there are. */
export interface Survey {
  /** Counts kept alerts whose ids are above `after` and below `below`, the lowest `limit` of them, by the hour they were received in. */
  alertsByHour(after: string, below: string, limit: number): Promise<CountedAlerts>;
  /** The same for deliveries of repeats, with the id of the delivery. */
  repeatsByHour(after: string, below: string, limit: number): Promise<CountedAlerts>;
  backlog(): Promise<Backlog>;
  /** Open runs, the newest first: each with the number of its last event. */
  openRuns(limit: number): Promise<{ readonly run_id: string; readonly seq: number }[]>;
  /** Those that are alive first. */
  workers(limit: number): Promise<WorkerState[]>;
  /** Of runs since an instant that were no dry runs, the newest `limit`; `complete` is false when there were more. */
  runFigures(
    since: string,
    playbook_id: string | null,
    limit: number,
  ): Promise<{ readonly items: readonly RunFigures[]; readonly complete: boolean }>;
}
