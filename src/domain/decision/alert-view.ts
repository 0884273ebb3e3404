import type { Alert } from '../alert/alert.js';
import type { Decision } from './decision.js';
import type { Page, PageRequest } from '../page.js';

/** An alert as it is kept. */
export interface StoredAlert extends Alert {
  readonly decision: Decision | null;
  readonly decisions: readonly Decision[];
}

export interface AlertFilter {
  readonly alert_id?: string;
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
  /** A text, or a /regular expression/ that takes the whole of it. */
  readonly description?: string;
  readonly timestamp?: string;
  readonly ends_at?: string;
  /** Whether it happened and does not last. */
  readonly momentary?: boolean;
  readonly metric_value?: number;
  readonly min_value?: number;
  readonly max_value?: number;
  /** Matchers on labels in Alertmanager's syntax; all must hold. */
  readonly matchers?: readonly string[];
  /** The same on annotations. */
  readonly annotation_matchers?: readonly string[];
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
