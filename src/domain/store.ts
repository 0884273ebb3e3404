import type { Budgets } from './decision/budget.js';
import type { ConnectionCheck } from './connection.js';
import type { IncidentStore } from './incident/incident-store.js';
import type { OccurrenceView } from './alert/open-occurrence.js';
import type { RuleCounts, RuleHistory } from './rule/rule-history.js';
import type { Sessions } from './access/session.js';
import type { AlertView } from './decision/alert-view.js';
import type { ApprovalView } from './run/approval-view.js';
import type { Audit } from './access/audit.js';
import type { DeadLetters } from './alert/dead-letter.js';
import type { HoldStore } from './suppression/hold-store.js';
import type { Notices, Outbox } from './outbox.js';
import type { PauseSwitch } from './pause.js';
import type { PlaybookStore } from './playbook/playbook-store.js';
import type { Payloads } from './alert/payload.js';
import type { Retention } from './retention.js';
import type { RunFeed } from './run/run-feed.js';
import type { RunStore } from './run/run-store.js';
import type { RunView } from './run/run-view.js';
import type { SuppressionStore } from './suppression/suppression-store.js';
import type { Tokens } from './access/token.js';
import type { TriageStore } from './triage-store.js';
import type { StormStore } from './decision/storm.js';
import type { Search } from './search.js';
import type { Survey } from './survey.js';
import type { Unmatched } from './rule/unmatched.js';

/** All that is kept, in one place, as the roof opens it. */
export interface Store {
  readonly triage: TriageStore;
  readonly budgets: Budgets;
  readonly storm: StormStore;
  readonly unmatched: Unmatched;
  readonly ruleHistory: RuleHistory;
  readonly ruleCounts: RuleCounts;
  readonly alerts: AlertView;
  readonly occurrences: OccurrenceView;
  readonly runs: RunStore;
  readonly runView: RunView;
  readonly approvals: ApprovalView;
  readonly outbox: Outbox;
  readonly notices: Notices;
  readonly deadLetters: DeadLetters;
  readonly payloads: Payloads;
  readonly tokens: Tokens;
  readonly sessions: Sessions;
  readonly survey: Survey;
  readonly search: Search;
  readonly audit: Audit;
  readonly playbooks: PlaybookStore;
  readonly pause: PauseSwitch;
  readonly retention: Retention;
  readonly runFeed: RunFeed;
  readonly incidents: IncidentStore;
  readonly suppressions: SuppressionStore;
  readonly holds: HoldStore;
  /** Milliseconds since the epoch by the clock that all processes on this store share; null where this process is the only one. */
  sharedNow(): Promise<number | null>;
  /** Resolves when a durable write is possible now; rejects with `unavailable` and the reason otherwise. */
  ready(): Promise<void>;
  /** What this process cannot write while it writes all else (`the run …`), because its rows are locked from outside or it is too much. */
  stuck(): readonly string[];
  /** `embedded` or `postgres`, and where: for the start-up line. */
  readonly description: string;
  check(signal: AbortSignal): Promise<ConnectionCheck>;
  stop(): Promise<void>;
}
