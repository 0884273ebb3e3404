import type { Alert } from '../../src/domain/alert/alert.js';

let count = 0;

/** A valid alert with what the test cares about put over it. */
export function anAlert(over: Partial<Alert> = {}): Alert {
  count += 1;
  const fingerprint = over.fingerprint ?? 'c0ffee0000000001';
  return {
    alert_id: `01KAJ0000000000000000${String(count).padStart(5, '0')}`,
    source_system: 'alertmanager',
    alert_name: 'Service_Latency_Exceeded',
    severity: 'critical',
    status: 'firing',
    service_name: 'payment-gateway',
    host_ip: '10.0.0.7',
    metric_value: 1240,
    timestamp: '2026-11-21T10:00:00.000Z',
    labels: { alertname: 'Service_Latency_Exceeded', service: 'payment-gateway', severity: 'critical' },
    description: 'p99 latency is 1240 ms',
    fingerprint,
    metric_unit: 'ms',
    ends_at: null,
    received_at: '2026-11-21T10:00:01.000Z',
    annotations: {},
    links: {},
    group_key: 'fixpoint:{}:{alertname="Service_Latency_Exceeded"}',
    occurrence_id: over.occurrence_id ?? fingerprint,
    ...over,
  };
}
