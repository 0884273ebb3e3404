import type { Db } from '../db.js';

/** Incidents removed in one statement, each with everything that belongs to it. */
const AT_ONCE = { embedded: 20, postgres: 100 } as const;

/**
 * Removes incidents that were resolved before an instant, one batch of them; `more` tells that another may follow. Under the lock of incidents: what somebody is about to open again must not go meanwhile.
 */
export async function removeIncidents(
  db: Db,
  before: string,
): Promise<{ readonly removed: number; readonly more: boolean }> {
  const limit = AT_ONCE[db.kind];
  const removed = await db.transaction(async (tx) => {
    await tx.query({ name: 'lock-incidents', text: 'select lock_id from incident_lock for update' });
    const [row] = await tx.query<{ removed: number }>({
      text: `with old as (select incident_id from incidents where state = 'resolved' and resolved_at < $1 order by resolved_at limit $2),
          keys as (delete from incident_keys where incident_id = any(array(select incident_id from old))),
          places as (delete from incident_alerts where incident_id = any(array(select incident_id from old))),
          links as (delete from incident_runs where incident_id = any(array(select incident_id from old))),
          lines as (delete from incident_entries where incident_id = any(array(select incident_id from old))),
          gone as (delete from incidents where incident_id = any(array(select incident_id from old)) returning 1)
        select count(*) as removed from gone`,
      values: [before, limit],
    });
    return row?.removed ?? 0;
  });
  return { removed, more: removed === limit };
}
