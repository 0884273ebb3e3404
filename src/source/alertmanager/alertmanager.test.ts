import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ParsedAlert } from '../../domain/alert/alert.js';
import type { ParsedPayload } from '../../domain/source.js';
import { alertmanager } from './alertmanager.js';

const NOW = Date.parse('2026-11-21T10:00:00.000Z');
const source = alertmanager.create(alertmanager.config.parse(undefined));

function recorded(name: string) {
  return JSON.parse(readFileSync(join(import.meta.dirname, `../../../test/fixture/payloads/${name}.json`), 'utf8'));
}

function usable(payload: unknown): ParsedPayload {
  const result = source.parse(payload, NOW);
  if ('unusable' in result) throw new Error(JSON.stringify(result.unusable));
  return result;
}

function refused(payload: unknown): unknown {
  const result = source.parse(payload, NOW);
  return 'unusable' in result ? result.unusable : null;
}

function anItem(over: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    status: 'firing',
    labels: { alertname: 'X', severity: 'critical', service: 'shop' },
    annotations: {},
    startsAt: '2026-11-21T09:00:00Z',
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: '',
    fingerprint: 'aa',
    ...over,
  };
}

function group(...alerts: unknown[]): Record<string, unknown> {
  return { version: '4', receiver: 'fixpoint', groupKey: '{}:{a="b"}', status: 'firing', alerts };
}

function one(over: Record<string, unknown> = {}): ParsedAlert {
  return usable(group(anItem(over))).alerts[0]!;
}

describe('a recorded group', () => {
  it('is understood field by field', () => {
    const { alerts, rejected, remarks } = usable(recorded('alertmanager-firing-grouped-4'));

    expect(rejected).toEqual([]);
    expect(remarks).toEqual([]);
    expect(alerts.map((alert) => alert.fingerprint)).toEqual([
      '30fdd816e4faf480',
      'db4af8c88313b8f3',
      'a0c8c9f464f51c12',
      '45f64cc15e4d5f6d',
    ]);
    expect(alerts[0]).toEqual({
      source_system: 'alertmanager',
      alert_name: 'TargetDown',
      severity: 'critical',
      status: 'firing',
      service_name: 'checkout',
      host_ip: '127.0.0.1',
      metric_value: null,
      timestamp: '2026-11-21T09:50:49.903Z',
      labels: {
        alertname: 'TargetDown',
        cluster: 'test-cluster',
        env: 'test',
        instance: '127.0.0.1:29995',
        job: 'checkout',
        replica: 'a',
        service: 'checkout',
        severity: 'critical',
        team: 'payments',
      },
      description: 'up is 0 for checkout/127.0.0.1:29995.\nSecond line; unicode: 服务不可用 ✓',
      fingerprint: '30fdd816e4faf480',
      metric_unit: null,
      ends_at: null,
      annotations: {
        description: 'up is 0 for checkout/127.0.0.1:29995.\nSecond line; unicode: 服务不可用 ✓',
        runbook_url: 'https://runbooks.example.test/TargetDown',
        summary: 'Target 127.0.0.1:29995 of checkout is down',
      },
      links: {
        runbook: 'https://runbooks.example.test/TargetDown',
        generator: 'http://prometheus.example.test:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1',
        alertmanager: 'http://alertmanager.example.test:9093',
      },
      group_key: 'grouped:{}/{alertname="TargetDown"}:{alertname="TargetDown", job="checkout"}',
      occurrence_id: '30fdd816e4faf480',
    });
  });

  it("keeps each alert's own status when the group is mixed", () => {
    const { alerts } = usable(recorded('alertmanager-mixed-grouped-2firing-2resolved'));

    expect(alerts.map((alert) => [alert.status, alert.ends_at])).toEqual([
      ['firing', null],
      ['firing', null],
      ['resolved', '2026-11-21T09:52:49.903Z'],
      ['resolved', '2026-11-21T09:52:48.903Z'],
    ]);
  });

  it('remarks that alerts were left out', () => {
    const { alerts, remarks } = usable(recorded('alertmanager-truncated-firing'));

    expect(alerts).toHaveLength(2);
    expect(remarks).toEqual([expect.stringMatching(/^truncatedAlerts: Alertmanager left 2 alerts/)]);
  });

  it('is described by its summary where there is no description', () => {
    const [alert] = usable(recorded('alertmanager-firing-single-highload')).alerts;

    expect(alert).toMatchObject({
      severity: 'warning',
      description: 'load1 = 3.390 on 127.0.0.1:29100',
      host_ip: '127.0.0.1',
    });
  });

  it('of an old sender has no fingerprint, and a time with an offset', () => {
    const [alert] = usable(recorded('alerta-example')).alerts;

    expect(alert).toMatchObject({
      alert_name: 'thing_dead',
      timestamp: '2017-08-03T19:17:37.804Z',
      service_name: null,
      host_ip: null,
      fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
      group_key: 'alerta:{}:{alertname=thing_dead}',
    });
  });

  it('with empty addresses has no links', () => {
    const { alerts } = usable(recorded('oncall-example'));

    expect(alerts.map((alert) => [alert.host_ip, alert.links])).toEqual([
      ['localhost', {}],
      ['localhost', {}],
    ]);
  });
});

describe('one alert', () => {
  it('has the same fingerprint whether Alertmanager sent it or not', () => {
    const [item] = recorded('alertmanager-firing-grouped-4').alerts;
    const { fingerprint, ...bare } = item;

    expect(usable(group(bare)).alerts[0]!.fingerprint).toBe(fingerprint);
  });

  it.each([
    [{ severity: 'P1' }, 'critical', 0],
    [{ priority: 'page' }, 'critical', 0],
    [{ severity: 'none', priority: 'P1' }, 'info', 0],
    [{}, 'warning', 1],
    [{ severity: 'bananas' }, 'warning', 1],
  ])('has the severity of its words: %j', (labels: Record<string, string>, severity, remarks) => {
    const payload = usable(group(anItem({ labels: { alertname: 'X', ...labels } })));

    expect(payload.alerts[0]).toMatchObject({ severity, labels });
    expect(payload.remarks).toHaveLength(remarks);
  });

  it.each([
    [{ value: '12.35 %' }, 12.35, '%'],
    [{ current_value: '1.2 K' }, 1200, null],
    [{ value: 'n/a', metric_value: '0.75', unit: 's' }, 0.75, 's'],
    [{ value: 'NaN' }, null, null],
    [{ summary: '99' }, null, null],
  ])('has the value of its annotations: %j', (annotations: Record<string, string>, metric_value, metric_unit) => {
    expect(one({ annotations })).toMatchObject({ metric_value, metric_unit });
  });

  it('without a start began now', () => {
    const { startsAt: _, ...item } = anItem();

    expect(usable(group(item)).alerts[0]!.timestamp).toBe('2026-11-21T10:00:00.000Z');
  });

  it('gives no link that a browser would run', () => {
    const alert = one({ annotations: { runbook_url: 'javascript:alert(1)', dashboard: 'https://grafana/d/1' } });

    expect(alert.links).toEqual({ dashboard: 'https://grafana/d/1' });
    expect(alert.annotations['runbook_url']).toBe('javascript:alert(1)');
  });

  it('with strange texts is still an alert', () => {
    const labels = JSON.parse(
      `{"alertname":"X\\u0000","__proto__":"p","constructor":"c","severity":"info","half":"\\ud800","long":"${'x'.repeat(70_000)}"}`,
    );

    const alert = one({ labels });

    expect(alert.alert_name).toBe('X\uFFFD');
    expect(Object.keys(alert.labels)).toContain('__proto__');
    expect(alert.labels).toMatchObject({ half: '\uFFFD', constructor: 'c' });
    expect(alert.labels['long']).toMatch(/cut: 70000 bytes/);
    expect(({} as Record<string, unknown>)['p']).toBeUndefined();
  });
});

describe('what is wrong', () => {
  it.each([
    [{ labels: { severity: 'critical' } }, 'alerts[1].labels.alertname', /alert's name, came nothing/],
    [{ labels: { alertname: '' } }, 'alerts[1].labels.alertname', /came an empty text/],
    [{ labels: { alertname: 'X', n: 5 } }, 'alerts[1].labels.n', /expected a text, came a number/],
    [{ labels: { alertname: 'X', 'a.b/c': null } }, 'alerts[1].labels["a.b/c"]', /came null/],
    [{ labels: [] }, 'alerts[1].labels', /came a list/],
    [{ labels: undefined }, 'alerts[1].labels.alertname', /came nothing/],
    [{ annotations: 'x' }, 'alerts[1].annotations', /came a text/],
    [{ annotations: { value: 12 } }, 'alerts[1].annotations.value', /came a number/],
    [{ status: 'suppressed' }, 'alerts[1].status', /firing or resolved, came "suppressed"/],
    [{ status: undefined }, 'alerts[1].status', /came nothing/],
    [{ startsAt: 'soon' }, 'alerts[1].startsAt', /RFC 3339/],
    [{ startsAt: 1795255114 }, 'alerts[1].startsAt', /came a number/],
    [{ endsAt: '2026-02-30T00:00:00Z' }, 'alerts[1].endsAt', /RFC 3339/],
    [{ fingerprint: 7 }, 'alerts[1].fingerprint', /came a number/],
    [{ generatorURL: {} }, 'alerts[1].generatorURL', /came an object/],
  ])('about one alert is told with its place, and its neighbours are kept: %j', (over, path, message) => {
    const { alerts, rejected } = usable(group(anItem(), anItem(over), anItem({ status: 'resolved' })));

    expect(alerts.map((alert) => alert.status)).toEqual(['firing', 'resolved']);
    expect(rejected).toHaveLength(1);
    expect(rejected[0]!.details).toEqual([{ path, message: expect.stringMatching(message) }]);
  });

  it.each([[null], [7], ['x'], [[]], [true]])('is an alert that is %j', (item) => {
    const { alerts, rejected } = usable(group(anItem(), item));

    expect(alerts).toHaveLength(1);
    expect(rejected[0]!.details).toEqual([{ path: 'alerts[1]', message: expect.stringMatching(/expected an alert/) }]);
  });

  it('can be posted again by itself once it was mended', () => {
    const { rejected } = usable(group(anItem(), anItem({ status: 'odd' })));
    const letter = structuredClone(rejected[0]!.item) as { alerts: { status: string }[] };
    letter.alerts[0]!.status = 'firing';

    expect(usable(letter).alerts[0]).toEqual(one());
  });

  it('with every alert makes the body unusable, with every place', () => {
    expect(refused(group(anItem({ status: 'x' }), anItem({ labels: {} }), 5))).toEqual([
      { path: 'alerts[0].status', message: expect.any(String) },
      { path: 'alerts[1].labels.alertname', message: expect.any(String) },
      { path: 'alerts[2]', message: expect.any(String) },
    ]);
  });

  it.each([
    [null, ''],
    [[], ''],
    ['text', ''],
    [{}, 'alerts'],
    [{ alerts: {} }, 'alerts'],
    [{ alerts: [] }, 'alerts'],
    [{ ...group(anItem()), groupKey: 5 }, 'groupKey'],
    [{ ...group(anItem()), receiver: {} }, 'receiver'],
    [{ ...group(anItem()), externalURL: 1 }, 'externalURL'],
  ])('with the body is told with its place: %j', (payload, path) => {
    expect(refused(payload)).toEqual([{ path, message: expect.any(String) }]);
  });

  it('in more alerts than one body may have costs only those beyond', () => {
    const { alerts, rejected } = usable(group(...Array.from({ length: 10_002 }, () => anItem())));

    expect(alerts).toHaveLength(10_000);
    expect(rejected).toEqual([
      {
        item: expect.objectContaining({ alerts: [anItem(), anItem()] }),
        details: [expect.objectContaining({ path: 'alerts[10000]' })],
      },
    ]);
  });
});

describe('the configuration', () => {
  it('decides which label names the service', () => {
    const own = alertmanager.create(alertmanager.config.parse({ service_labels: ['team'] }));
    const result = own.parse(group(anItem({ labels: { alertname: 'X', service: 'a', team: 'b' } })), NOW);

    expect(result).toMatchObject({ alerts: [{ service_name: 'b' }] });
  });

  it.each([[{ secrets: 'x' }], [{ service_labels: 'service' }], [{ secret: '' }]])('refuses %j', (slice) => {
    expect(alertmanager.config.safeParse(slice).success).toBe(false);
  });
});
