import type { z } from 'zod';
import type { Clock } from './clock.js';
import type { Intent, Outcome } from './run/outcome.js';
import type { Alert } from './alert/alert.js';
import type { RunOutcome, RunState } from './run/run.js';
import type { Notice, NotifyResult } from './notifier.js';
import type { ConnectionCheck } from './connection.js';
import type { MetricSource } from './alert/metric-source.js';
import type { ConditionSource } from './run/proof.js';

/** What a kind does to the world. Pause and `stop_writes` hold writes only. */
export type Effect = 'read' | 'write' | 'notify';

/**
 * `url`: percent-encoded, and the scheme and host must be literal text. `promql`: escaped inside a string literal (quoted as a regular
 * expression after =~ and !~); outside of one only numbers, durations and names are taken.
 */
export type Encoding = 'url' | 'promql';

/** What is known of a kind without any configuration: enough for `fixpoint check`, the editor's schema and the documentation. */
export interface ExecutorSpec<Input = unknown> {
  readonly kind: string;
  readonly title: string;
  /** A function where the input decides (`api_call`: GET reads, POST writes). */
  readonly effect: Effect | ((input: Input) => Effect);
  /** The shape of a task's rendered `parameters`, with the task's `action` text, where the kind takes one, under the key `action`. */
  readonly input: z.ZodType<Input>;
  /** True when the kind takes the task's `action`. */
  readonly takes_action?: boolean;
  /** How a rendered value is encoded where it stands inside text, by parameter name (`action` included); absent: as it is. */
  readonly encode?: Readonly<Record<string, Encoding>>;
  /** True for a kind that is no write itself and yet gets `dry_run` where nothing is written: it asks people, or begins another run. */
  readonly follows_mode?: boolean;
  /** Names of the output's top-level keys, for documentation; null when they depend on the answer. */
  readonly output_keys: readonly string[] | null;
}

/** What one attempt knows besides its input. */
export interface AttemptContext {
  readonly run_id: string;
  readonly step_id: string;
  readonly attempt: number;
  /** The alert that began the run; null for a run that was started by hand without one. */
  readonly alert: Alert | null;
  /** The same in every attempt of this step, item and direction (do or undo). */
  readonly idempotency_key: string;
  /** Aborted at the step's timeout and on cancel. An executor that honours it leaves no request behind. */
  readonly signal: AbortSignal;
  /** Say what would be done, write nothing. */
  readonly dry_run: boolean;
  /** An earlier attempt of this step answered `waiting`, and its time has come. */
  readonly waited: boolean;
  /** The intent that was recorded, when this executor has `plan`. */
  readonly intent: Intent | null;
}

/** How `plan` ended: a change to make, nothing to do (the output is the result), or a failure. */
export type Plan =
  | { readonly type: 'change'; readonly intent: Omit<Intent, 'idempotency_key'> }
  | { readonly type: 'nothing'; readonly outcome: Outcome }
  | { readonly type: 'failed'; readonly reason: string; readonly retryable: boolean };

/** Whether a write that was intended took place. */
export type Lookup =
  | { readonly type: 'done'; readonly output: unknown }
  | { readonly type: 'not_done' }
  | { readonly type: 'unknown'; readonly reason: string };

/**
 * One kind at work. It throws only when it is itself broken; everything that the outside world does (refuse, delay, cut, lie) is an
 * `Outcome` with a clear reason. It honours `signal`, passes `idempotency_key` on where the protocol has a place for it, and with
 * `dry_run` it writes nothing.
 */
export interface Executor<Input = unknown> {
  execute(input: Input, attempt: AttemptContext): Promise<Outcome>;
  /** For writes: reads the world and says what exactly would be changed. Recorded before `execute`, which gets it back as `intent`. */
  plan?(input: Input, attempt: AttemptContext): Promise<Plan>;
  /**
   * For writes, where only so many may be under way at once: resolves when it is this one's turn, with what ends the turn, or with null
   * when `attempt.signal` was aborted before. Asked for before the intent is recorded, so that what waits here can still be held.
   */
  turn?(input: Input, attempt: AttemptContext): Promise<(() => void) | null>;
  /** For writes: tells whether an intended change took place. */
  lookup?(input: Input, attempt: AttemptContext): Promise<Lookup>;
  /**
   * For writes that can undo themselves: takes back what `attempt.intent` says was written, and nothing that somebody else changed since.
   * After a crash it is called again with the same `idempotency_key`, and then does only what is left to do.
   */
  compensate?(input: Input, attempt: AttemptContext): Promise<Outcome>;
}

/** What the roof hands to every executor module. */
export interface ExecutorDeps {
  readonly clock: Clock;
  readonly notify: (notice: Notice, signal: AbortSignal) => Promise<NotifyResult[]>;
  /** Absent where nothing can be begun: where executors are only dialled. */
  readonly runs?: ChildRuns;
}

/** A run that a step of another run began. */
export interface ChildRun {
  readonly run_id: string;
  readonly playbook_id: string;
  readonly state: RunState;
  readonly outcome: RunOutcome | null;
  readonly reason: string | null;
  readonly created_at: string;
  /** By `output_variable`; null until it has ended. */
  readonly outputs: Readonly<Record<string, unknown>> | null;
  /** True when it changed something. */
  readonly wrote: boolean;
}

export interface ChildRuns {
  /**
   * Begins the run of a step, or answers the one that an earlier attempt of the same step began: there is never a second one. Rejects with
   * `not_found` for an unknown playbook, `conflict` where it may not run.
   */
  begin(
    playbook_id: string,
    by: Pick<AttemptContext, 'run_id' | 'step_id' | 'alert' | 'idempotency_key' | 'dry_run'>,
  ): Promise<ChildRun>;
}

/** An executor as the registry hands it out: its spec and its work. */
export interface ReadyExecutor extends Executor {
  readonly spec: ExecutorSpec;
}

/**
 * A plug-in: one folder, one line in the registry. `Config` is its slice `executors.<name>` of the configuration; nothing happens at
 * import or in `create` besides building objects: connections are made, and heavy packages loaded, at the first use.
 */
export interface ExecutorModule<Config = unknown> {
  readonly name: string;
  readonly config: z.ZodType<Config>;
  readonly specs: readonly ExecutorSpec[];
  create(config: Config, deps: ExecutorDeps): ExecutorSet;
}

export interface ExecutorSet {
  /** By kind. */
  readonly executors: Readonly<Record<string, Executor>>;
  /** Where what is behind the executors can tell whether an alert's condition still holds. */
  readonly conditions?: ConditionSource;
  /** Where what is behind the executors can tell a figure. */
  readonly metric?: MetricSource;
  /** Dials what is configured, for `fixpoint doctor`; an empty list when nothing is configured. */
  check(signal: AbortSignal): Promise<ConnectionCheck[]>;
  stop(): Promise<void>;
}
