import type { Alert } from '../domain/alert/alert.js';
import type { Run, RunEvent } from '../domain/run/run.js';
import { MAX_RUN_ALERTS } from '../domain/run/transition.js';

/**
 * What a run has to hear of its alerts: those that joined, that the last of all has resolved, that one fires after all. A run that is full
 * records no more of them, but still knows whether any fires; `firing` speaks of all, `alerts` perhaps of some only.
 */
export function alertEvents(
  run: Run,
  { alerts, firing }: { readonly alerts: readonly Alert[]; readonly firing: boolean },
  at: string,
): RunEvent[] {
  const known = new Set(run.alert_ids);
  const fresh = alerts.filter((alert) => !known.has(alert.alert_id));
  const events: RunEvent[] = fresh
    .slice(0, Math.max(0, MAX_RUN_ALERTS - known.size))
    .map((alert) => ({ type: 'alert_joined', at, alert }));
  const latest = fresh.at(-1) ?? alerts.at(-1);
  const believesResolved = run.alerts_resolved_at !== null && events.length === 0;
  if (firing && believesResolved && latest) events.push({ type: 'alert_joined', at, alert: latest });
  if (!firing && !believesResolved && latest) events.push({ type: 'alerts_resolved', at });
  return events;
}
