import type { Alert } from '../alert/alert.js';
import type { Playbook } from '../playbook/playbook.js';
import type { Run, RunEvent } from './run.js';

/** A run that begins: its first events and what they make. */
export interface NewRun {
  readonly run: Run;
  readonly events: readonly RunEvent[];
  /** The worker that goes on with it at once; null leaves it to whoever claims it. */
  readonly holder: string | null;
}

/** A run with what its scheduler needs to go on. */
export interface ClaimedRun {
  readonly run: Run;
  readonly playbook: Playbook;
  /** The worker that held it before; null for a run that nobody held. */
  readonly from: string | null;
  /** What `alertsOf` would answer, read after the run was taken; where it is absent, it has to be asked. */
  readonly found?: FoundAlerts;
}

/** What happened to the alerts of a run: those that joined, and whether any of its occurrences is still open. */
export interface FoundAlerts {
  readonly alerts: readonly Alert[];
  readonly firing: boolean;
}

/** One durable change of a run: events that follow `run_before`, and what the run is after them. */
export interface RunChange {
  readonly before: Run;
  readonly after: Run;
  readonly events: readonly RunEvent[];
  /** True when it comes from outside the scheduler: the worker that holds the run is told to look. */
  readonly outside?: boolean;
  /** Other open runs whose workers are to look because of it: those that its steps began. */
  readonly poke?: readonly string[];
}

/**
 * The write path of runs. Every change is events plus the rows they lead to, in one transaction, fenced by the next event's number:
 * `conflict` means that somebody else's event came first; load the run and fold again.
 */
export interface RunStore {
  /** Starts a run by hand. `conflict`: an open run has the same playbook, group key and service. */
  open(run: NewRun): Promise<'opened' | 'conflict'>;
  apply(change: RunChange): Promise<'applied' | 'conflict'>;
  load(run_id: string): Promise<{ readonly run: Run; readonly holder: string | null } | null>;
  /**
   * Takes up to `limit` open runs that nobody works on: new, due by `now`, or left behind by a worker whose lease is over; with `holding` also
   * those that are this worker's own and not among these. Whether a lease is over is for the store's clock to say, whatever `now` is.
   */
  claim(worker_id: string, now: string, limit: number, holding?: readonly string[]): Promise<ClaimedRun[]>;
  /**
   * Takes up work under this id: `name#incarnation`. Earlier incarnations of the name are fenced at once where it is certain that their process
   * has ended; one that may be alive keeps its lease, whatever it is called.
   */
  register(worker_id: string, lease_ms: number): Promise<void>;
  /** Lets the lease of this worker last `lease_ms` from now on (0: it is over); `lost` when it had ended or a later incarnation has fenced it. */
  heartbeat(worker_id: string, lease_ms: number): Promise<'held' | 'lost'>;
  /** Gives a run back: it sleeps until `wake_at` (null: until an event from outside). One that nobody holds wakes no later than that. */
  release(run_id: string, worker_id: string, wake_at: string | null): Promise<void>;
  /** Runs of this worker that something outside has changed (an event from the API, an alert that joined or resolved). Clears the marks. */
  poked(worker_id: string): Promise<string[]>;
  /** What happened to the alerts of a run: those that joined and are not in its events yet, and whether any of its occurrences is still open. */
  alertsOf(run_id: string): Promise<FoundAlerts>;
}
