/** The body of an Alertmanager webhook with one alert for each set of labels. */
export function alertmanagerBody(
  alerts: readonly {
    labels: Record<string, string>;
    status?: 'firing' | 'resolved';
    startsAt?: string;
    endsAt?: string;
    annotations?: Record<string, string>;
  }[],
  groupKey = '{}:{}',
): Record<string, unknown> {
  const firing = alerts.some((alert) => alert.status !== 'resolved');
  return {
    version: '4',
    receiver: 'fixpoint',
    status: firing ? 'firing' : 'resolved',
    groupKey,
    truncatedAlerts: 0,
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://alertmanager.example.test',
    alerts: alerts.map((alert) => ({
      status: alert.status ?? 'firing',
      labels: alert.labels,
      annotations: alert.annotations ?? {},
      startsAt: alert.startsAt ?? '2026-11-21T10:00:00Z',
      endsAt: alert.endsAt ?? '0001-01-01T00:00:00Z',
      generatorURL: '',
    })),
  };
}
