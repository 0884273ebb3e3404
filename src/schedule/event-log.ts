import type { Log } from '../domain/log.js';
import type { RunEvent } from '../domain/run/run.js';

/** A line for each event of a run, where anybody reads them. */
export function logEvents(log: Log, run_id: string, events: readonly RunEvent[]): void {
  if (log.isLevelEnabled?.('info') === false) return;
  for (const event of events) log.info(logFields(run_id, event), event.type);
}

/** What a log line tells of an event: names and reasons, never payloads. */
function logFields(run_id: string, event: RunEvent): Record<string, unknown> {
  const fields: Record<string, unknown> = { run_id };
  for (const key of [
    'step_id',
    'kind',
    'attempt',
    'reason',
    'error',
    'message',
    'until',
    'state',
    'outcome',
    'summary',
  ]) {
    const value = (event as Record<string, unknown>)[key]; // a union's members are read by the names that some of them have
    if (value !== undefined && value !== null) fields[key] = value;
  }
  return fields;
}
