import { splitId } from '../../domain/id.js';
import type { AlertView, StoredAlert } from '../../domain/decision/alert-view.js';
import type { Db } from '../db.js';
import { listAlerts } from './alert-list.js';
import { repeatOf, stored, whole } from './alert-rows.js';
import type { AlertColumns } from './alert-rows.js';

/** Answers questions about alerts; repeats that were kept as one line are put together again from what they repeat. */
export function createAlertView(db: Db): AlertView {
  return {
    get: (alert_id) => get(db, alert_id),
    list: (filter, page) => listAlerts(db, filter, page),
  };
}

async function get(db: Db, alert_id: string): Promise<StoredAlert | null> {
  const id = splitId(alert_id);
  if (!id) return null;
  const [row] = await db.query<AlertColumns>({
    text: 'select alert_id, doc, decisions from alerts where alert_id = $1',
    values: [alert_id],
  });
  if (row) return stored(row);
  const repeat = await repeatOf(db, id.prefix, alert_id);
  return repeat ? ((await whole(db, [repeat]))[0] ?? null) : null;
}
