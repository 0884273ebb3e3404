import { describe, expect, it } from 'vitest';
import type { ParsedAlert } from '../../domain/alert/alert.js';
import type { ParsedPayload } from '../../domain/source.js';
import { generic } from './generic.js';

const NOW = Date.parse('2026-11-21T10:00:00.000Z');
const source = generic.create(generic.config.parse(undefined));

function usable(payload: unknown): ParsedPayload {
  const result = source.parse(payload, NOW);
  if ('unusable' in result) throw new Error(JSON.stringify(result.unusable));
  return result;
}

function one(payload: unknown): ParsedAlert {
  return usable(payload).alerts[0]!;
}

describe('a generic body', () => {
  it('needs a name and nothing else', () => {
    expect(usable({ alert_name: 'Disk_Full' })).toEqual({
      alerts: [
        {
          source_system: 'generic',
          alert_name: 'Disk_Full',
          severity: 'warning',
          status: 'firing',
          service_name: null,
          host_ip: null,
          metric_value: null,
          timestamp: '2026-11-21T10:00:00.000Z',
          labels: {},
          description: 'Disk_Full',
          fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
          metric_unit: null,
          ends_at: null,
          annotations: {},
          links: {},
          group_key: expect.stringMatching(/^generic:Disk_Full:[0-9a-f]{16}$/),
          occurrence_id: expect.stringMatching(/^[0-9a-f]{16}$/),
        },
      ],
      rejected: [],
      remarks: ['severity is missing: warning'],
    });
  });

  it('may have every field of an alert', () => {
    const body = {
      alert_id: 'ignored',
      received_at: 'ignored',
      source_system: 'Prometheus',
      alert_name: 'Service_Latency_Exceeded',
      severity: 'Critical',
      status: 'Resolved',
      service_name: 'payment-gateway',
      host_ip: '10.0.0.1:8080',
      metric_value: 1240.5,
      metric_unit: 'ms',
      timestamp: '2026-11-21T17:00:00.5+08:00',
      ends_at: '2026-11-21T09:30:00Z',
      labels: { env: 'prod' },
      annotations: { note: 'x' },
      links: { runbook: 'https://wiki/x', evil: 'javascript:alert(1)' },
      description: 'slow',
      fingerprint: 'fp-1',
      group_key: 'g-1',
      occurrence_id: 'o-1',
    };

    expect(usable(body)).toEqual({
      alerts: [
        {
          source_system: 'Prometheus',
          alert_name: 'Service_Latency_Exceeded',
          severity: 'critical',
          status: 'resolved',
          service_name: 'payment-gateway',
          host_ip: '10.0.0.1',
          metric_value: 1240.5,
          metric_unit: 'ms',
          timestamp: '2026-11-21T09:00:00.500Z',
          ends_at: '2026-11-21T09:30:00.000Z',
          labels: { env: 'prod', severity: 'Critical' },
          annotations: { note: 'x' },
          links: { runbook: 'https://wiki/x' },
          description: 'slow',
          fingerprint: 'fp-1',
          group_key: 'g-1',
          occurrence_id: 'o-1',
        },
      ],
      rejected: [],
      remarks: [],
    });
  });

  it('may be one alert, a list, or a list below alerts', () => {
    const names = (payload: unknown): string[] => usable(payload).alerts.map((alert) => alert.alert_name);

    expect(names({ alert_name: 'a' })).toEqual(['a']);
    expect(names([{ alert_name: 'a' }, { alert_name: 'b' }])).toEqual(['a', 'b']);
    expect(names({ alerts: [{ alert_name: 'a' }, { alert_name: 'b' }] })).toEqual(['a', 'b']);
  });

  it('finds service, host and severity in the labels when the fields are missing', () => {
    const labels = { app: 'shop', instance: '10.0.0.9:80', severity: 'disaster' };

    expect(one({ alert_name: 'a', labels })).toMatchObject({
      service_name: 'shop',
      host_ip: '10.0.0.9',
      severity: 'critical',
      labels,
    });
  });

  it('has the same fingerprint as long as it is about the same, and another one about another target', () => {
    const body = { alert_name: 'a', service_name: 's', metric_value: 1, severity: 'P1', description: 'x' };
    const { fingerprint } = one(body);

    expect(one({ ...body, metric_value: 2, severity: 'info', description: 'y', status: 'resolved' }).fingerprint).toBe(
      fingerprint,
    );
    expect(one({ ...body, service_name: 't' }).fingerprint).not.toBe(fingerprint);
    expect(one({ ...body, host_ip: '10.0.0.1' }).fingerprint).not.toBe(fingerprint);
  });

  it('tells about a field that is misspelt', () => {
    expect(usable([{ alert_name: 'a', severity: 'info', sevice_name: 'x' }]).remarks).toEqual([
      'unknown field "sevice_name"',
    ]);
  });
});

describe('what is wrong', () => {
  it.each([
    [{}, 'alert_name'],
    [{ alert_name: ' ' }, 'alert_name'],
    [{ alert_name: 5 }, 'alert_name'],
    [{ alert_name: 'a', metric_value: '5' }, 'metric_value'],
    [{ alert_name: 'a', metric_value: Infinity }, 'metric_value'],
    [{ alert_name: 'a', severity: 1 }, 'severity'],
    [{ alert_name: 'a', status: 'open' }, 'status'],
    [{ alert_name: 'a', status: 1 }, 'status'],
    [{ alert_name: 'a', timestamp: 1795255114 }, 'timestamp'],
    [{ alert_name: 'a', labels: { x: true } }, 'labels.x'],
    [{ alert_name: 'a', annotations: [] }, 'annotations'],
    [{ alert_name: 'a', links: 'x' }, 'links'],
    [{ alert_name: 'a', service_name: {} }, 'service_name'],
    [{ alerts: 5 }, 'alerts'],
    [{ alerts: [] }, 'alerts'],
    [[], ''],
    [null, ''],
    ['a', ''],
    [[{}], '[0].alert_name'],
    [{ alerts: [{ alert_name: 'a', host_ip: 1 }] }, 'alerts[0].host_ip'],
  ])('is told with its place: %j', (payload, path) => {
    expect(source.parse(payload, NOW)).toEqual({ unusable: [{ path, message: expect.any(String) }] });
  });

  it('costs only the alert that it is in', () => {
    const { alerts, rejected } = usable([{ alert_name: 'a' }, { alert_name: 1 }, 'x', { alert_name: 'd' }]);

    expect(alerts.map((alert) => alert.alert_name)).toEqual(['a', 'd']);
    expect(rejected.map((item) => [item.item, item.details[0]!.path])).toEqual([
      [{ alert_name: 1 }, '[1].alert_name'],
      ['x', '[2]'],
    ]);
  });
});
