import type { Alert } from '../../domain/alert/alert.js';
import type { OccurrenceView } from '../../domain/alert/open-occurrence.js';
import type { Db } from '../db.js';

interface Row {
  readonly doc: Alert;
  readonly run_ids: readonly string[];
}

/** Answers which conditions last, in the order of their keys, which begin with the source. */
export function createOccurrenceView(db: Db): OccurrenceView {
  return {
    async open(source_system, after, limit) {
      const rows = await db.query<Row>({
        text: `select alerts.doc, occurrences.run_ids from occurrences join alerts on alerts.alert_id = occurrences.content_alert_id
          where occurrences.open and occurrences.key > $1 and occurrences.key < $2 order by occurrences.key limit $3`,
        // The space behind the source's name is the least character that can stand there, and ! the next.
        values: [`${source_system} ${after ?? ''}`, `${source_system}!`, limit],
      });
      return rows.map(({ doc, run_ids }) => ({ occurrence_id: doc.occurrence_id, alert: doc, run_ids }));
    },
  };
}
