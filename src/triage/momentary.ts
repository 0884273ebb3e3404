import type { Alert } from '../domain/alert/alert.js';
import type { Occurrence } from '../domain/triage-store.js';
import type { Stage } from './facts.js';

/** What tells of a moment is told once: the same deployment or push, sent again, starts nothing more. */
export const told: Stage = (alert, { occurrence }) => {
  if (!isTold(alert, occurrence)) return 'continue';
  const first = occurrence?.alert_id ?? '';
  return {
    type: 'drop',
    reason: 'duplicate',
    by: `alert:${first}`,
    explanation: `tells again of what alert ${first} told: the same event was delivered twice`,
  };
};

/** True when another alert has told of the same moment. */
export function isTold(alert: Alert, before: Occurrence | null): boolean {
  return alert.momentary === true && before !== null && before.alert_id !== alert.alert_id;
}

/** Nothing resolves a moment, so its occurrence is over as soon as it is decided; a run that it starts goes on all the same. */
export function closedWhenMomentary(occurrence: Occurrence, alert: Alert, now: string): Occurrence {
  return alert.momentary === true ? { ...occurrence, open: false, resolved_at: now } : occurrence;
}
