import type { Incident } from '../../domain/incident/incident.js';

/** Which clock counts now; null where none runs. */
export function runningClock(
  incident: Pick<Incident, 'state' | 'acknowledge_by' | 'resolve_by'>,
): { readonly of: 'acknowledge' | 'resolve'; readonly until: string } | null {
  if (incident.state === 'resolved') return null;
  if (incident.state === 'open' && incident.acknowledge_by !== null)
    return { of: 'acknowledge', until: incident.acknowledge_by };
  return incident.resolve_by === null ? null : { of: 'resolve', until: incident.resolve_by };
}
