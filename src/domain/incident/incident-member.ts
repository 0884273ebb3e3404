import type { Severity } from '../alert/alert.js';
import type { IncidentRecord } from './incident-change.js';

/** What tells which incident an alert belongs to: its service, or the group of one without a service. */
export interface IncidentKey {
  readonly key: string;
  readonly service_name: string | null;
}

/** An incident with its keys, as it was found. */
export interface FoundIncident {
  readonly record: IncidentRecord;
  readonly keys: readonly IncidentKey[];
}

/** An alert's place in an incident, from its first firing to its resolve. */
export interface Member {
  readonly occurrence_key: string;
  readonly alert_id: string;
  incident_id: string;
  alert_name: string;
  service_name: string | null;
  severity: Severity;
  readonly started_at: string;
  readonly joined_at: string;
  ended_at: string | null;
  /** The latest alerts that said something new; repeats name them. */
  content_ids: string[];
}

/** An occurrence as it is now. */
export interface Sighting {
  readonly occurrence_key: string;
  /** The alert that opened it. */
  readonly alert_id: string;
  readonly content_alert_id: string;
  readonly open: boolean;
  /** `opens`: it belongs to an incident, and opens one where there is none. `joins`: to one that is open. `none`: to nothing. */
  readonly counts: 'opens' | 'joins' | 'none';
  readonly alert_name: string;
  readonly severity: Severity;
  readonly service_name: string | null;
  readonly key: string;
  readonly received_at: string;
  readonly started_at: string;
  readonly run_ids: readonly string[];
}
