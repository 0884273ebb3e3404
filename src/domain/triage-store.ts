import type { Alert } from './alert/alert.js';
import type { UsedBudget } from './decision/budget.js';
import type { Decision } from './decision/decision.js';
import type { FiringSource } from './suppression/inhibition.js';
import type { NewRun } from './run/run-store.js';
import type { Suppressed } from './suppression/suppression-set.js';

/** How often a condition has begun and ended lately. */
export interface FlapHistory {
  /** The instants of its changes between firing and resolved that still count, the oldest first. */
  readonly changes: readonly string[];
  readonly flapping: boolean;
}

/** One condition from its first firing to its resolve, as triage remembers it. */
export interface Occurrence {
  /** `source_system`, a space, `occurrence_id`. */
  readonly key: string;
  readonly open: boolean;
  /** The alert that opened it. */
  readonly alert_id: string;
  readonly started_at: string;
  /** The instant after which a firing counts as new; null while it is open. */
  readonly resolved_at: string | null;
  /** How often it has started a run. */
  readonly runs_used: number;
  /** The last run of it, and whether that run is still open. */
  readonly run_id: string | null;
  readonly run_open: boolean;
  readonly run_ids: readonly string[];
  /** Tells whether a repeat says the same as the alert kept in `content_alert_id`. */
  readonly content_hash: string;
  readonly content_alert_id: string;
  /** Absent or null for a condition that has not come back. */
  readonly history?: FlapHistory | null;
  /**
   * Counts every change; a commit that was decided on an older one is a conflict. It begins with a number that is higher the later the occurrence
   * was first heard of: one that was forgotten and begins anew has other versions than before.
   */
  readonly version: number;
}

/** Everything that one batch's decisions change, committed at once or not at all. */
export interface DecidedBatch {
  readonly received_at: string;
  /** Alerts kept as rows of their own, each with its decision; the row may be there already (it was kept undecided or held). */
  readonly alerts: readonly {
    readonly alert: Alert;
    readonly decision: Decision;
    /** What a hold depends on besides the time: when it is gone, the alert is decided again. */
    readonly held_by?: string;
  }[];
  /** Repeats that say nothing new: their own id, the kept alert that they repeat, and why nothing was started. */
  readonly repeats: readonly {
    readonly alert_id: string;
    readonly of: string;
    readonly reason: 'duplicate' | 'no_match' | 'filtered' | Suppressed['reason'];
    readonly run_id: string | null;
    /** Of a repeat of an alert that is held: how it is held with it. */
    readonly hold?: Pick<Decision, 'until' | 'by' | 'explanation'>;
  }[];
  /** Occurrences as they are after this batch, each with the version that it was decided on (0: not known before); a new one brings its first. */
  readonly occurrences: readonly { readonly occurrence: Occurrence; readonly expected: number }[];
  /** Occurrences that were only looked at: the commit fails when one of them has changed since. */
  readonly seen: readonly { readonly key: string; readonly version: number }[];
  readonly runs: readonly NewRun[];
  /** Alerts that belong to a run that is open already. */
  readonly joins: readonly { readonly run_id: string; readonly alert: Alert }[];
  /** Runs that these decisions take to be open: the commit fails when one of them has ended. */
  readonly open_runs?: readonly string[];
  /** When services were last written to, as far as these decisions know (null: never): the commit fails when one was since. */
  readonly last_writes?: readonly { readonly service_name: string; readonly at: string | null }[];
  /** What these decisions use up; the commit fails when one has changed since. */
  readonly budgets?: readonly UsedBudget[];
  /** Alerts that no rule takes and that somebody is to hear of. */
  readonly unmatched?: readonly Alert[];
  /** Open runs whose alert resolved: their worker looks at them again. */
  readonly poke: readonly string[];
  /** Finished runs that did not fix what they were started for, unless the alert was received before the run had ended. */
  readonly not_fixed: readonly {
    readonly run_id: string;
    readonly alert_id: string;
    readonly received_at: string;
    readonly at: string;
  }[];
  /** Alerts that hold others back from now on while they fire, and the keys of those that do no more. */
  readonly sources?: { readonly firing: readonly FiringSource[]; readonly over: readonly string[] };
}

/** What an open run blocks: the same playbook, group key and service join it. */
export interface RunKey {
  readonly playbook_id: string;
  readonly group_key: string;
  readonly service_name: string | null;
}

/** The memory of triage. */
export interface TriageStore {
  occurrences(keys: readonly string[]): Promise<Occurrence[]>;
  openRuns(keys: readonly RunKey[]): Promise<{ readonly key: RunKey; readonly run_id: string }[]>;
  /** Instants of the last write on each service by any run; services that were never written to are absent. */
  lastWrites(services: readonly string[]): Promise<{ readonly service_name: string; readonly at: string }[]>;
  /** `conflict`: something that the decision was based on has changed; nothing was written, decide again with fresh facts. */
  commit(batch: DecidedBatch): Promise<'committed' | 'conflict'>;
  /** Which of these alerts have a decision already: a redelivery must not get a second one. */
  decided(alert_ids: readonly string[]): Promise<string[]>;
  /** Keeps alerts without a decision: the durable queue of the in-process bus. Alerts that are there already stay as they are. */
  keep(alerts: readonly Alert[]): Promise<void>;
  /** The oldest alerts without a decision, and the held ones whose hold has ended. */
  due(now: string, limit: number): Promise<Alert[]>;
  countUndecided(): Promise<number>;
  /** Settles an alert that cannot be decided however often it is tried; its body is among the dead letters. */
  giveUp(alert: Alert, decision: Decision): Promise<void>;
}
