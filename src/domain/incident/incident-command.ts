import { FixpointError } from '../errors.js';
import type { IncidentCommand } from './incident.js';
import type { IncidentBook } from './incident-book.js';
import { firingCount, setGrades } from './incident-change.js';
import type { IncidentRecord } from './incident-change.js';
import type { IncidentRules } from './incident-rules.js';

/** Does what a person asks for. Throws `conflict` with the reason where the incident's state does not allow it. */
export function obey(book: IncidentBook, incident_id: string, command: IncidentCommand, rules: IncidentRules): void {
  const record = book.get(incident_id);
  if (record.merged_into !== null)
    throw refusal(record, `was merged into ${record.merged_into}; that is where it goes on`);
  const { by } = command;
  switch (command.type) {
    case 'acknowledge':
      if (record.state === 'acknowledged')
        throw refusal(record, `was acknowledged by ${record.acknowledged_by ?? ''} at ${record.acknowledged_at ?? ''}`);
      refuseResolved(record);
      return book.acknowledge(incident_id, by, worded('acknowledged', command.comment));
    case 'resolve': {
      refuseResolved(record);
      const firing = firingCount(record);
      const still = firing === 0 ? '' : ` while ${firing} ${firing === 1 ? 'alert fires' : 'alerts fire'}`;
      return book.resolve(incident_id, by, worded(`resolved${still}`, command.comment));
    }
    case 'reopen': {
      if (record.state !== 'resolved') throw refusal(record, `is ${record.state}: there is nothing to reopen`);
      const [near] = book.openNear(incident_id);
      if (near !== undefined) throw refusal(record, `cannot be reopened: incident ${near} is open for its services`);
      return book.reopen(incident_id, by, worded('reopened', command.comment));
    }
    case 'assign':
      refuseResolved(record);
      record.assignee = command.assignee;
      return enter(book, record, 'assigned', by, command.assignee === null ? 'to nobody' : `to ${command.assignee}`);
    case 'note':
      return enter(book, record, 'note', by, command.text);
    case 'priority': {
      refuseResolved(record);
      const { impact, urgency } = command;
      const before = record.priority;
      record.priority_by = by;
      setGrades(record, impact, urgency, rules);
      const words = `${before} → ${record.priority}: impact ${impact}, urgency ${urgency}`;
      return enter(book, record, 'priority_changed', by, words);
    }
  }
}

function enter(
  book: IncidentBook,
  record: IncidentRecord,
  type: 'assigned' | 'note' | 'priority_changed',
  by: string,
  message: string,
): void {
  if (!book.enter(record.incident_id, type, by, message)) throw refusal(record, 'has a timeline that is full');
}

function refuseResolved(record: IncidentRecord): void {
  if (record.state === 'resolved')
    throw refusal(record, `was resolved at ${record.resolved_at ?? ''}; reopen it first`);
}

function refusal({ incident_id }: IncidentRecord, why: string): FixpointError {
  return new FixpointError('conflict', `incident ${incident_id} ${why}`);
}

function worded(deed: string, comment: string | null): string {
  return comment === null ? deed : `${deed}: ${comment}`;
}
