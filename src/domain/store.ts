import type { Alert } from './alert.js';
import type { UsedBudget } from './budget.js';
import type { Decision } from './decision.js';
import type { CheckedPlaybook, Playbook } from './playbook.js';
import type { Approval, ApprovalState, Run, RunEvent, RunHeader, RunState, Step, StoredEvent } from './run.js';
import type { NotifyResult, PlainNotice } from './notifier.js';
import type { Role } from './access.js';
import type { FiringSource } from './inhibition.js';
import type { KeptSuppression, SilenceState, SuppressionKind } from './suppression.js';
import type { Suppressed } from './suppression-set.js';

/** One page of a list, newest first. `next_cursor` is null on the last page. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next_cursor: string | null;
}

export interface PageRequest {
  /** 1 to 200. */
  readonly limit: number;
  readonly cursor: string | null;
}

// ---------------------------------------------------------------------------------------------------------------- triage

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

/** An alert as it is kept. */
export interface StoredAlert extends Alert {
  readonly decision: Decision | null;
  readonly decisions: readonly Decision[];
}

/** A run that begins: its first events and what they make. */
export interface NewRun {
  readonly run: Run;
  readonly events: readonly RunEvent[];
  /** The worker that goes on with it at once; null leaves it to whoever claims it. */
  readonly holder: string | null;
}

/** Everything that one batch's decisions change, committed at once or not at all. */
export interface DecidedBatch {
  readonly received_at: string;
  /** Alerts kept as rows of their own, each with its decision; `stored` says that the row is there already (it was kept undecided or held). */
  readonly alerts: readonly {
    readonly alert: Alert;
    readonly decision: Decision;
    readonly content_hash: string;
    readonly stored: boolean;
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

export interface AlertFilter {
  readonly source_system?: string;
  /** A name, or a /regular expression/ that takes the whole name; so is the service's. */
  readonly alert_name?: string;
  readonly service_name?: string;
  readonly severity?: string;
  readonly status?: string;
  readonly fingerprint?: string;
  readonly action?: string;
  readonly reason?: string;
  readonly run_id?: string;
  readonly rule_id?: string;
  readonly playbook_id?: string;
  /** What decided: `rule:R001`, `alert:…`, the id of a silence. */
  readonly by?: string;
  readonly host_ip?: string;
  readonly group_key?: string;
  readonly metric_unit?: string;
  readonly occurrence_id?: string;
  readonly min_value?: number;
  readonly max_value?: number;
  /** Matchers on labels in Alertmanager's syntax; all must hold. */
  readonly matchers?: readonly string[];
  /** Anywhere in name or description. */
  readonly text?: string;
  readonly since?: string;
  readonly until?: string;
}

/** Answers questions about alerts. */
export interface AlertView {
  get(alert_id: string): Promise<StoredAlert | null>;
  list(filter: AlertFilter, page: PageRequest): Promise<Page<StoredAlert>>;
}

// ---------------------------------------------------------------------------------------------------------------- runs

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

export interface ApprovalFilter {
  readonly state?: ApprovalState;
  readonly run_id?: string;
}

/** Answers what people were asked. */
export interface ApprovalView {
  get(approval_id: string): Promise<Approval | null>;
  list(filter: ApprovalFilter, page: PageRequest): Promise<Page<Approval>>;
}

export interface Stats {
  readonly alerts: readonly { readonly action: string; readonly reason: string | null; readonly count: number }[];
  readonly runs: readonly { readonly state: RunState; readonly outcome: string | null; readonly count: number }[];
  /** At most 10,000. */
  readonly undecided: number;
  readonly complete: boolean;
}

// ---------------------------------------------------------------------------------------------------------------- people and channels

/** Something that people are to be told: written in the transaction that made it true, sent later, by anyone. */
export interface OutboxEntry {
  readonly outbox_id: string;
  readonly run_id: string;
  readonly kind: 'report' | 'notify' | 'escalate';
  readonly step_id: string | null;
  readonly message: string;
  readonly attempts: number;
  readonly created_at: string;
  /** Channels that have it already. */
  readonly sent: readonly string[];
  /** What it says where it belongs to no run; then `run_id` is empty. */
  readonly notice?: PlainNotice | null;
  /** How often each channel was tried; needed where no run tells it. */
  readonly tried?: Readonly<Record<string, number>>;
}

/** Queues what people are to be told that belongs to no run; it is sent as everything in the outbox is. */
export interface Notices {
  /** One with an id that is there already is not queued again. */
  add(notice: PlainNotice & { readonly notice_id: string; readonly created_at: string }): Promise<void>;
}

/** How a report or notice fared on one channel. */
export interface Delivery {
  readonly outbox_id: string;
  readonly kind: OutboxEntry['kind'];
  readonly channel: string;
  readonly target: string;
  readonly state: 'sent' | 'retrying' | 'failed';
  readonly attempts: number;
  readonly error: string | null;
  readonly at: string;
}

export interface Outbox {
  /** Takes due entries for this worker and puts them out of others' sight until `lease_until`. */
  claim(now: string, lease_until: string, limit: number): Promise<OutboxEntry[]>;
  /** Records how the channels answered; `next_at` null means that nothing is left to try. */
  record(outbox_id: string, results: readonly NotifyResult[], at: string, next_at: string | null): Promise<void>;
}

// ---------------------------------------------------------------------------------------------------------------- the rest

export interface DeadLetter {
  readonly dead_letter_id: string;
  readonly source: string;
  readonly received_at: string;
  readonly reason: string;
  readonly details: readonly { readonly path: string; readonly message: string }[];
  /** The body as text (bytes that are no UTF-8 as U+FFFD), cut at 64 KiB in lists. */
  readonly body: string;
  readonly replayed_at: string | null;
}

export interface DeadLetters {
  /** `body` is kept byte for byte. Answers the id. */
  add(letter: {
    readonly source: string;
    readonly received_at: string;
    readonly reason: string;
    readonly details: DeadLetter['details'];
    readonly body: Uint8Array;
  }): Promise<string>;
  list(page: PageRequest): Promise<Page<DeadLetter>>;
  /** The letter with its whole body as bytes. */
  get(dead_letter_id: string): Promise<(DeadLetter & { readonly raw: Uint8Array }) | null>;
  /** True for one who may replay it until `until`: nobody else may before then, or before `endReplay`. */
  beginReplay(dead_letter_id: string, now: string, until: string): Promise<boolean>;
  /** With `at` the letter is marked as replayed; null leaves it as it is. In one step others may try again. */
  endReplay(dead_letter_id: string, at: string | null): Promise<void>;
}

export interface TokenRecord {
  readonly token_id: string;
  readonly name: string;
  readonly role: Role;
  readonly created_at: string;
}

export interface Tokens {
  /** `hash` is the hex SHA-256 of the token; the token itself is never kept. */
  add(token: TokenRecord & { readonly hash: string }): Promise<void>;
  find(hash: string): Promise<TokenRecord | null>;
  count(): Promise<number>;
  /** The newest first. */
  list(page: PageRequest): Promise<Page<TokenRecord>>;
  /** Answers what was taken away, or why nothing was; with `keep_an_admin` the last token with the role admin stays. */
  remove(token_id: string, keep_an_admin: boolean): Promise<TokenRecord | 'unknown' | 'last_admin'>;
}

export interface AuditEntry {
  readonly audit_id: string;
  readonly at: string;
  readonly who: string;
  readonly what: string;
  readonly target: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Which entries of the journal are asked for; all must hold. */
export interface AuditFilter {
  /** Anywhere in the name, whatever the case. */
  readonly who?: string;
  /** How the deed begins: `incident.` for all that was done to incidents. */
  readonly what?: string;
  readonly target?: string;
  readonly since?: string;
}

export interface Audit {
  add(entry: AuditEntry): Promise<void>;
  /** The newest first. A page looks at so many entries and no more: where few fit it holds fewer than asked for, and its cursor leads on. */
  list(page: PageRequest, filter?: AuditFilter): Promise<Page<AuditEntry>>;
}

export interface PlaybookVersion {
  readonly playbook_id: string;
  readonly version: string;
  readonly source: string;
  readonly first_seen_at: string;
}

/** Every version of every playbook that was ever in force. */
export interface PlaybookStore {
  record(playbooks: readonly CheckedPlaybook[], at: string): Promise<void>;
  versions(playbook_id: string, page: PageRequest): Promise<Page<PlaybookVersion>>;
  /** One version as it was understood when it was in force; null when there never was such a one. */
  version(playbook_id: string, version: string): Promise<(PlaybookVersion & { readonly playbook: Playbook }) | null>;
}

/** The big red button: while it is pressed no new write starts anywhere. */
export interface PauseState {
  readonly paused: boolean;
  readonly by: string | null;
  readonly reason: string | null;
  readonly at: string | null;
}

export interface PauseSwitch {
  read(): Promise<PauseState>;
  set(state: PauseState): Promise<void>;
}

export interface SuppressionFilter {
  /** Of silences; of the others, `expired` are those that were ended or have run out, `active` the rest. */
  readonly state?: SilenceState;
}

/** What people have made to hold alerts back. Nothing in it is edited: it ends, and something else takes its place. */
export interface SuppressionStore {
  /** True when other processes may change it: then whoever wants to know has to ask. */
  readonly shared: boolean;
  /** Keeps it and ends what it replaces, at once. `full`: there are too many of its kind in force; `gone`: what it replaces is not in force. */
  add(kept: KeptSuppression, replaces: string | null, at: string): Promise<'added' | 'full' | 'gone'>;
  get(kind: SuppressionKind, id: string): Promise<KeptSuppression | null>;
  list(
    kind: SuppressionKind,
    filter: SuppressionFilter,
    page: PageRequest,
    now: string,
  ): Promise<Page<KeptSuppression>>;
  /** Ends it at `at`; answers it as it is then, or why nothing was ended. */
  end(kind: SuppressionKind, id: string, at: string, by: string): Promise<KeptSuppression | 'unknown' | 'ended'>;
  /** All that has not ended by `now`. */
  inForce(now: string): Promise<KeptSuppression[]>;
  /** What tells whether anything has changed; with `sources` also whether what fires and holds others back has. */
  stamp(sources: boolean): Promise<SuppressionStamp>;
}

/** Equal to an earlier one where nothing has changed. */
export interface SuppressionStamp {
  readonly changes: string;
  /** Null where that was not asked. */
  readonly sources: string | null;
}

/** An alert that fires, and the occurrence that it is the last word of. */
export type OpenAlert = FiringSource;

/** Held alerts, and what holds them by firing itself. */
export interface HoldStore {
  /** Lets held alerts be decided again now: those that depend on one of `holders`. Answers how many. */
  release(holders: readonly string[], now: string): Promise<number>;
  /** The same for those that depend on something of these kinds (what stands before the colon) that is not among `holders`. */
  releaseOthers(kinds: readonly string[], holders: readonly string[], now: string): Promise<number>;
  /** The last words of open occurrences in the order of their keys, those after `after`. */
  openAlerts(after: string | null, limit: number): Promise<OpenAlert[]>;
  /** The occurrences of what fires and holds others back, the last `limit`, each with a number that changes with it. */
  sourceKeys(limit: number): Promise<{ readonly key: string; readonly changed: number }[]>;
  sources(keys: readonly string[]): Promise<FiringSource[]>;
  /** Adds sources whose occurrences are open, and forgets those whose occurrence is not. True when anything has changed. */
  mendSources(found: readonly FiringSource[]): Promise<boolean>;
  /** For which rules the sources among open occurrences were last looked for; null before the first time. */
  sourcesFor(): Promise<string | null>;
  setSourcesFor(rules: string): Promise<void>;
}

/** How long, and how many, of one thing are kept; null is no limit. Whatever is more goes, the oldest first. */
export interface RetentionLimit {
  readonly max_age_ms: number | null;
  readonly max_count: number | null;
}

/** What is kept. Repeats and ended occurrences are alerts; events, deliveries and the like are part of their run. */
export interface RetentionPolicy {
  readonly alerts: RetentionLimit;
  readonly runs: RetentionLimit;
  readonly dead_letters: RetentionLimit;
  readonly audit: RetentionLimit;
}

/** How much a pass of pruning has removed. */
export interface PruneCounts {
  readonly alerts: number;
  readonly repeats: number;
  readonly occurrences: number;
  readonly incidents: number;
  readonly runs: number;
  readonly dead_letters: number;
  readonly audit: number;
}

/** Forgets what is old. */
export interface Retention {
  /** True for one process, and for no other whose last pass would be later than `last_before`. */
  takeTurn(now: string, last_before: string): Promise<boolean>;
  /**
   * Removes what the policy does not keep, in batches so small that others hardly notice, until nothing is left to remove or the signal is
   * aborted. What is open stays, however old: undecided and held alerts, open occurrences and their alerts, open runs and theirs, and
   * finished runs of an open occurrence or with something still to be sent.
   */
  prune(policy: RetentionPolicy, now: string, signal: AbortSignal): Promise<PruneCounts>;
}

/** One event of a run as other consumers get it: as the API answers it, and what tells whose it is. */
export type FedEvent = StoredEvent & { readonly playbook_id: string; readonly service_name: string | null };

/** A change of a run that other consumers have not been told of; no events when it was pruned in the meantime. */
export interface FedChange {
  /** Identifies the change for `told`. */
  readonly position: number;
  readonly events: readonly FedEvent[];
}

/**
 * Run events on their way to other consumers. What is durable is in here until it was told, so nothing is skipped; a run's changes come in
 * their order.
 */
export interface RunFeed {
  /** True while `holder` is the one that tells, for `lease_ms` from now by the database's clock; one at a time, whatever processes there are. */
  take(holder: string, lease_ms: number): Promise<boolean>;
  /** Lets others take over at once. */
  leave(holder: string): Promise<void>;
  /** The oldest changes that are not told, at most `limit`, and no more than some megabytes unless a single one is larger. */
  next(limit: number): Promise<FedChange[]>;
  told(positions: readonly number[]): Promise<void>;
}
