import type { AlertStatus, Severity } from './alert/alert.js';
import type { IncidentState, Priority } from './incident/incident.js';
import type { RunState } from './run/run.js';

export interface FoundAlert {
  readonly alert_id: string;
  readonly alert_name: string;
  readonly service_name: string | null;
  readonly severity: Severity;
  readonly status: AlertStatus;
  readonly received_at: string;
}

export interface FoundRun {
  readonly run_id: string;
  readonly playbook_id: string;
  readonly service_name: string | null;
  readonly state: RunState;
  readonly created_at: string;
}

export interface FoundIncident {
  readonly incident_id: string;
  readonly alert_name: string;
  readonly service_names: readonly string[];
  readonly state: IncidentState;
  readonly priority: Priority;
  readonly opened_at: string;
}

/** What a search has found; `complete` is false when there is more, or more to look at than one search looks at. */
export interface Found<Item> {
  readonly items: readonly Item[];
  readonly complete: boolean;
}

/** Finds things by what people remember of them: the newest first, each search looking at so many rows and no more. */
export interface Search {
  /** Those whose id begins so; the case does not matter. */
  alertsById(prefix: string, limit: number): Promise<FoundAlert[]>;
  runsById(prefix: string, limit: number): Promise<FoundRun[]>;
  incidentsById(prefix: string, limit: number): Promise<FoundIncident[]>;
  /** By name, service or fingerprint, whatever the case; of one fingerprint the newest only. */
  alerts(text: string, limit: number): Promise<Found<FoundAlert>>;
  /** By service or playbook id, or of one of these playbooks. */
  runs(text: string, playbook_ids: readonly string[], limit: number): Promise<Found<FoundRun>>;
  /** By the name of the alert that opened it, or by service. */
  incidents(text: string, limit: number): Promise<Found<FoundIncident>>;
}
