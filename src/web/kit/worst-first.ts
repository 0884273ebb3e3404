import type { Incident } from '../../domain/incident/incident.js';
import { runningClock } from './running-clock.js';

/** The worst first; of the same priority, what nobody has taken, then what runs out first. */
export function worstFirst(incidents: readonly Incident[]): readonly Incident[] {
  return [...incidents].sort(
    (a, b) =>
      compare(a.priority, b.priority) ||
      compare(a.state === 'open' ? '0' : '1', b.state === 'open' ? '0' : '1') ||
      compare(runningClock(a)?.until ?? '9', runningClock(b)?.until ?? '9') ||
      compare(b.incident_id, a.incident_id),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
