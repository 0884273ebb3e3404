import type { Alert, Severity } from '../alert/alert.js';
import type { Incident, IncidentBrief, IncidentCommand, IncidentDetail, IncidentState, Priority } from './incident.js';
import type { IncidentRules } from './incident-rules.js';

/** Which incidents are asked for; all must hold. */
export interface IncidentFilter {
  readonly state?: IncidentState;
  /** True: those that are not resolved. */
  readonly open?: boolean;
  readonly service_name?: string;
  readonly severity?: Severity;
  readonly priority?: Priority;
  readonly assignee?: string;
  readonly since?: string;
}

/** How soon something was done, for the metrics. */
export interface IncidentTiming {
  readonly what: 'acknowledged' | 'resolved';
  readonly priority: Priority;
  readonly seconds: number;
}

/** What came of a look at what has been decided since the last one. */
export interface IncidentRound {
  /** Occurrences that were taken in. */
  readonly taken: number;
  /** More wait. */
  readonly more: boolean;
  readonly timings: readonly IncidentTiming[];
  /** Notices were queued. */
  readonly notices: number;
}

/**
 * Incidents and what belongs to them. Every change of any incident happens under one lock, whatever process makes it, so that two open incidents
 * of one service cannot come about.
 */
export interface IncidentStore {
  /** Whether `follow` would find anything to do at `now`. Costs next to nothing. */
  pending(now: string): Promise<boolean>;
  /** Takes in occurrences that have begun, changed or ended since they were last looked at, and clocks that run out. Repeating it is harmless. */
  follow(rules: IncidentRules, now: string): Promise<IncidentRound>;
  /** Merges open incidents that the rules connect: the rules may be others than when they were opened. */
  connect(rules: IncidentRules, now: string): Promise<void>;
  /** Rejects with `not_found`, or `conflict` where the incident's state does not allow it. */
  act(
    incident_id: string,
    command: IncidentCommand,
    rules: IncidentRules,
    now: string,
  ): Promise<{ readonly incident: Incident; readonly timings: readonly IncidentTiming[] }>;
  get(incident_id: string, now: string): Promise<IncidentDetail | null>;
  list(
    filter: IncidentFilter,
    page: { readonly limit: number; readonly cursor: string | null },
    now: string,
  ): Promise<{ readonly items: readonly Incident[]; readonly next_cursor: string | null }>;
  /** The incident that an alert belongs, or belonged, to. */
  ofAlert(
    alert: Pick<Alert, 'alert_id' | 'source_system' | 'occurrence_id' | 'received_at'>,
  ): Promise<IncidentBrief | null>;
  /** Those that are not resolved, the worst first: `worseFirst` of the 500 with the highest priority. */
  worst(limit: number, now: string): Promise<readonly Incident[]>;
  /** How many are not resolved, by priority. */
  countOpen(): Promise<Partial<Record<Priority, number>>>;
}
