import type { Sighting } from '../../domain/incident/incident-member.js';
import type { Severity } from '../../domain/alert/alert.js';
import type { Queryable } from '../db.js';
import { groupKey, serviceKey } from './incident-key.js';

/** An occurrence to be taken in, with the version that it was read at. */
export interface Due {
  readonly occurrence_key: string;
  readonly version: number;
  /** Null where its alert is gone: then there is nothing to tell of it. */
  readonly sighting: Sighting | null;
}

interface Row {
  readonly key: string;
  readonly version: number;
  readonly open: boolean;
  readonly alert_id: string;
  readonly content_alert_id: string;
  readonly started_at: string;
  readonly run_id: string | null;
  readonly run_ids: readonly string[] | null;
  readonly source_system: string | null;
  readonly alert_name: string;
  readonly severity: Severity;
  readonly status: string;
  readonly service_name: string | null;
  readonly received_at: string;
  readonly action: string | null;
  readonly reason: string | null;
  readonly group_key: string;
  readonly momentary: string | null;
}

/** The oldest occurrences that have changed since they were looked at. */
export async function readDue(tx: Queryable, limit: number): Promise<Due[]> {
  const rows = await tx.query<Row>({
    name: 'occurrences-untold',
    text: `select due.*, alerts.source_system, alert_name, severity, status, service_name, received_at, action, reason,
        doc ->> 'group_key' as group_key, doc ->> 'momentary' as momentary
      from (select key, version, open, alert_id, content_alert_id, started_at, run_id, run_ids from occurrences
          where untold order by (alert_id collate "C") limit $1) as due
        left join alerts on alerts.alert_id = due.content_alert_id
      order by due.alert_id collate "C"`,
    values: [limit],
  });
  return rows.map((row) => ({ occurrence_key: row.key, version: row.version, sighting: sightingOf(row) }));
}

/**
 * These have been looked at, unless they have changed since: then they stay among those that have. What somebody is about to change is left
 * to the next look: nobody waits for a row of triage here, so that triage never waits for more than this one statement.
 */
export async function markTold(tx: Queryable, due: readonly Due[]): Promise<void> {
  if (due.length === 0) return;
  await tx.query({
    name: 'occurrences-told',
    text: `with told as (select occurrences.key from json_to_recordset($1::json) as x(k text, v int)
          join occurrences on occurrences.key = x.k and occurrences.version = x.v for update of occurrences skip locked)
      update occurrences set untold = false where key = any(array(select key from told))`,
    values: [JSON.stringify(due.map(({ occurrence_key, version }) => ({ k: occurrence_key, v: version })))],
  });
}

function sightingOf(row: Row): Sighting | null {
  if (row.source_system === null) return null;
  const { service_name } = row;
  return {
    occurrence_key: row.key,
    alert_id: row.alert_id,
    content_alert_id: row.content_alert_id,
    open: row.open,
    counts: countsOf(row),
    alert_name: row.alert_name,
    severity: row.severity,
    service_name,
    key: service_name === null ? groupKey(row.source_system, row.group_key) : serviceKey(service_name),
    received_at: row.received_at,
    started_at: row.started_at,
    run_ids: row.run_ids ?? [],
  };
}

/** Somebody has said that these are not to be heard of. */
const QUIET: ReadonlySet<string> = new Set(['silence', 'maintenance_window']);

/**
 * What an alert is to incidents. Trouble that is held back from playbooks (cooldown, rate limit, flapping, storm) is trouble all the same; what
 * another alert inhibits is a symptom, which belongs to the incident of its cause but is none by itself.
 */
function countsOf({ status, momentary, action, reason, run_id }: Row): Sighting['counts'] {
  // A resolve of what was never heard of, or an event that does not last.
  if (status !== 'firing' || momentary !== null) return 'none';
  if (run_id !== null) return 'opens';
  if (action === 'drop' && reason === 'filtered') return 'none';
  if (action !== 'hold' || reason === null) return 'opens';
  if (QUIET.has(reason)) return 'none';
  return reason === 'inhibition' ? 'joins' : 'opens';
}
