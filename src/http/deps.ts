import type { LabelSubject } from '../domain/api/alert.js';
import type { BacktestRequest, BacktestResult } from '../domain/api/backtest.js';
import type { Catalog, CatalogContent } from '../domain/catalog.js';
import type { Clock } from '../domain/clock.js';
import type { ConnectionCheck } from '../domain/connection.js';
import type { Alert } from '../domain/alert/alert.js';
import type { RuleExplanation } from '../domain/decision/decision.js';
import type { ExecutorSpec } from '../domain/executor.js';
import type { Foresight } from '../domain/decision/foresight.js';
import type { Ids } from '../domain/id.js';
import type { IncidentCommand } from '../domain/incident/incident.js';
import type { Log } from '../domain/log.js';
import type { Mode } from '../domain/rule/mode.js';
import type { Language } from '../domain/notifier.js';
import type { Report } from '../domain/run/report.js';
import type { SenderProof, WebhookEnvelope } from '../domain/source.js';
import type { Store } from '../domain/store.js';
import type { EndStorms } from '../domain/decision/storm.js';
import type { Suppressed, SuppressionSet } from '../domain/suppression/suppression-set.js';
import type { PartHealth } from './readiness.js';
import type { Ingest } from '../ingest/ingest.js';
import type { ApprovalCommand, ConfirmCommand, RunCommand } from '../schedule/by-hand.js';
import type { RetryCommand } from '../schedule/retry.js';

/** What a run that is started by hand is about. */
export interface RunRequest {
  readonly alert: Alert | null;
  readonly dry_run: boolean;
  readonly by: string;
}

/** Reports and how they are put into words. */
export interface Reports {
  /** Null when there is no such run. */
  build(run_id: string, language: Language): Promise<Report | null>;
  text(report: Report): string;
  html(report: Report): string;
}

/** What the probes of every role need. */
export interface ProbeDeps {
  /** The Prometheus text of this process. */
  metricsText(): Promise<string>;
  /** Rejects with the reason when nothing durable can be promised now. */
  readiness(): Promise<void>;
  /** Only its tokens and sessions are read. */
  readonly store: Pick<Store, 'tokens' | 'sessions'>;
  /** A token that opens everything, beside those in the store; null when there is none. */
  readonly adminToken: string | null;
  /** By source: what its webhooks are signed with. */
  readonly sourceSecrets: ReadonlyMap<string, string>;
  /** By source: how its system itself proves that it sent a webhook. */
  readonly senderProofs?: ReadonlyMap<string, SenderProof>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly config: HttpConfig;
  /** Fixpoint's own version. */
  readonly version: string;
}

export interface HttpConfig {
  /** Bytes of a request's body, at most. */
  readonly bodyLimit: number;
  /** Where people reach this server; null when it is not configured. */
  readonly publicUrl: string | null;
  /** The language of a report that names none. */
  readonly language: Language;
  /** How long a browser stays signed in. */
  readonly sessionMs: number;
  /** Whether bodies of deliveries are kept, and how long; null is whatever their age. */
  readonly payloads: { readonly keep: boolean; readonly max_age_ms: number | null };
  /** The folder of the built pages; it may be missing. */
  readonly webDir: string;
}

/** What people tell runs: `not_found` for an unknown run, `conflict` when its state does not allow it. */
export interface People {
  steer(run_id: string, command: RunCommand): Promise<void>;
  answer(run_id: string, command: ApprovalCommand): Promise<void>;
  confirm(run_id: string, command: ConfirmCommand): Promise<void>;
  retry(run_id: string, command: RetryCommand): Promise<void>;
}

/** What holds alerts back, as this process knows it. */
export interface SuppressionsInForce {
  readonly set: SuppressionSet;
  /** Everything that would hold an alert back now. */
  explain(alert: Alert): Suppressed[];
  /** What is kept has changed: resolves when that is in force here. */
  changed(): Promise<void>;
}

/** What people tell incidents, and which one an alert belongs to. */
export interface Incidents {
  /** `not_found` for an unknown incident, `conflict` when its state does not allow it. */
  act(incident_id: string, command: IncidentCommand): Promise<unknown>;
}

/** What came of dialing: a line for each server, or why there is none. */
export interface Dialed {
  readonly checks: readonly ConnectionCheck[];
  readonly note: string | null;
}

/** What Fixpoint talks to. Nothing is dialed before somebody asks for it. */
export interface Connections {
  /** Names of the configured channels, and of those that get what names none. */
  readonly notifiers: readonly string[];
  readonly defaultNotifiers: readonly string[];
  /** For a kind and a channel that there are. */
  checkExecutor(kind: string, signal: AbortSignal): Promise<Dialed>;
  checkNotifier(name: string, signal: AbortSignal): Promise<Dialed>;
}

/** What this process knows of itself. */
export interface OwnProcess {
  readonly started_at: string;
  /** Of playbooks that name none. */
  readonly default_mode: Mode;
  readonly roles: readonly string[];
  /** How each part fares that readiness depends on. */
  health(): Promise<readonly PartHealth[]>;
  /** Alerts that wait in the bus. */
  busLag(): Promise<number>;
}

/** Everything that the whole HTTP face stands on. */
export interface HttpDeps extends ProbeDeps {
  readonly store: Store;
  readonly ingest: Ingest;
  /** By source: what makes one body of a webhook that says a part of it in headers. */
  readonly envelopes?: ReadonlyMap<string, WebhookEnvelope>;
  readonly catalog: Catalog;
  /** What an alert by hand is about, where only its labels say so: as for one that is posted. */
  readonly subject?: LabelSubject;
  /** The rules in force. */
  rules(): { explain(alert: Alert): RuleExplanation[] };
  /** What would become of an alert if it came now; nothing is written. */
  foresee(alert: Alert): Promise<Foresight>;
  readonly suppressions: SuppressionsInForce;
  /** By kind. */
  readonly executorSpecs: ReadonlyMap<string, ExecutorSpec>;
  /** Answers the new run's id; `not_found` for an unknown playbook, `conflict` where it may not start. */
  startRun(playbook_id: string, request: RunRequest): Promise<string>;
  readonly people: People;
  /** Replays what is stored since an instant; `conflict` while another one is under way. */
  backtest(request: BacktestRequest, since: string): Promise<BacktestResult>;
  readonly incidents: Incidents;
  readonly endStorms: EndStorms;
  readonly reports: Reports;
  readonly connections: Connections;
  readonly process: OwnProcess;
  /** Checks a text as a file of the playbooks folder, beside the playbooks in force. */
  checkText(file: string, text: string): Promise<CatalogContent>;
}
