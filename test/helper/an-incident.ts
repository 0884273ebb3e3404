import type { IncidentDetail } from '../../src/domain/incident/incident.js';

/** An incident as the API answers it, with what the test cares about put over it. */
export function anIncident(over: Partial<IncidentDetail> = {}): IncidentDetail {
  const at = '2026-11-21T10:00:00.000Z';
  return {
    incident_id: 'incident-1',
    title: 'Slow on web',
    state: 'open',
    service_names: ['web'],
    severity: 'critical',
    current_severity: 'critical',
    impact: 'medium',
    urgency: 'high',
    priority: 'P1',
    priority_by: null,
    response_level: 2,
    assignee: null,
    alert_count: 1,
    firing_count: 1,
    opened_at: at,
    acknowledged_at: null,
    acknowledged_by: null,
    acknowledge_by: '2026-11-21T10:15:00.000Z',
    acknowledge_breached: false,
    resolve_by: '2026-11-21T14:00:00.000Z',
    resolve_breached: false,
    resolved_at: null,
    resolved_by: null,
    reopened_at: null,
    reopen_count: 0,
    merged_into: null,
    alerts: [
      {
        alert_id: 'alert-1',
        alert_name: 'Slow on web',
        severity: 'critical',
        service_name: 'web',
        host_ip: null,
        started_at: at,
        joined_at: at,
        resolved_at: null,
        repeat_count: 3,
      },
    ],
    runs: [
      {
        run_id: 'run-1',
        playbook_id: 'PB-1',
        service_name: 'web',
        state: 'succeeded',
        outcome: 'nothing_done',
        created_at: at,
        finished_at: at,
      },
    ],
    timeline: [
      { at, type: 'opened', who: 'fixpoint', message: 'by alert Slow', alert_id: null, run_id: null },
      { at, type: 'note', who: 'ann', message: 'looking at it', alert_id: null, run_id: null },
    ],
    ...over,
  };
}
