import type { Alert } from '../domain/alert/alert.js';
import type { Clock } from '../domain/clock.js';
import type { Ids } from '../domain/id.js';
import type { Log } from '../domain/log.js';
import type { CheckedPlaybook, Mode } from '../domain/playbook/playbook.js';
import type { RuleSet } from '../domain/rule/rule-match.js';
import type { NewRunHeader } from '../domain/run/run.js';
import type { NewRun } from '../domain/run/run-store.js';
import type { DecidedBatch, TriageStore } from '../domain/triage-store.js';
import type { Limits } from './limits.js';
import type { SuppressionState } from './suppressions.js';

/** A run that triage begins: what is to be committed with the decision, and what to do once it is. */
export interface Opening {
  readonly run: NewRun;
  readonly go: () => void;
}

/** The rules and playbooks in force, as one consistent set. */
export interface Policy {
  readonly rules: RuleSet;
  readonly playbooks: ReadonlyMap<string, CheckedPlaybook>;
  readonly modeOf: (playbook_id: string) => Mode | null;
}

/** What holds alerts back, as triage asks about it. */
export interface Suppressions {
  /** Null while nothing does. */
  readonly current: SuppressionState | null;
  /** Looks now whether other processes have changed it. */
  freshen(): Promise<void>;
  /** Takes what a commit has made of the alerts that hold others back. */
  committed(sources: NonNullable<DecidedBatch['sources']>): void;
}

export interface TriageDeps {
  readonly store: TriageStore;
  readonly policy: () => Policy;
  readonly open: (header: NewRunHeader, playbook: CheckedPlaybook, joined: readonly Alert[]) => Opening;
  /** A run of this process has alerts that joined or resolved. */
  readonly wake: (run_id: string) => void;
  /** What puts figures into alerts that have none, in their order; null while nothing is configured to. It never rejects. */
  readonly enrich?: () => ((alerts: readonly Alert[]) => Promise<readonly Alert[]>) | null;
  /** Absent where nothing ever holds alerts back. */
  readonly suppressions?: Suppressions;
  /** Absent where nothing is limited. */
  readonly limits?: Limits;
  readonly maxRunsPerOccurrence: number;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly log: Log;
  /** Counts that a rule has taken an alert. */
  readonly matched?: (rule_id: string) => void;
  readonly meter: { decided(action: string, reason: string | null, count: number): void };
}
