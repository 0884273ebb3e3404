import { describe, expect, it } from 'vitest';
import { SourceBodies } from '../../../test/helper/source-bodies.js';
import { azure } from './azure.js';
import { readResource } from './resource.js';

const bodies = new SourceBodies(azure);

/** A body with other essentials. */
function essentials(name: string, over: Record<string, unknown>) {
  const body = bodies.body(name);
  Object.assign(body.data.essentials, over);
  return body;
}

describe('a metric alert', () => {
  it('is understood field by field', () => {
    const alert = bodies.one('metric-fired');

    expect(alert).toMatchObject({
      source_system: 'azure',
      alert_name: 'cpu-of-web',
      severity: 'critical',
      status: 'firing',
      service_name: 'web',
      host_ip: 'web-1',
      metric_value: 91.105,
      timestamp: '2026-11-20T13:58:24.371Z',
      labels: {
        severity: 'Sev1',
        service: 'web',
        ResourceId: 'b1b1b1b1-cccc-dddd-eeee-f2f2f2f2f2f2',
        resource_group: 'shop-rg',
        resource_type: 'microsoft.compute/virtualmachines',
        metric_name: 'Percentage CPU',
      },
      ends_at: null,
      annotations: { condition: 'Average Percentage CPU GreaterThan 80 (91.105)' },
      links: { generator: expect.stringMatching(/^https:\/\/portal\.azure\.com\/#blade\/.*b9569717/) },
      group_key: expect.stringMatching(/^azure:cpu-of-web:\/subscriptions\/.*\/web-1$/),
    });
    expect(alert).not.toHaveProperty('momentary');
  });

  it('and its resolve are one condition and one occurrence; the next firing is another occurrence', () => {
    const { fingerprint, occurrence_id } = bodies.one('metric-fired');
    const next = bodies.one(essentials('metric-fired', { alertId: '/subscriptions/x/alerts/next' }));

    expect(bodies.one('metric-resolved')).toMatchObject({
      status: 'resolved',
      fingerprint,
      occurrence_id,
      ends_at: '2026-11-20T14:03:16.224Z',
    });
    expect(next.fingerprint).toBe(fingerprint);
    expect(next.occurrence_id).not.toBe(occurrence_id);
  });

  it('is the same whatever case its target is written in, and another for another dimension or target', () => {
    const { fingerprint } = bodies.one('metric-fired');
    const target: string = bodies.body('metric-fired').data.essentials.alertTargetIDs[0];
    const other = bodies.body('metric-fired');
    other.data.alertContext.condition.allOf[0].dimensions[0].value = 'other';

    expect(bodies.one(essentials('metric-fired', { alertTargetIDs: [target.toUpperCase()] })).fingerprint).toBe(
      fingerprint,
    );
    expect(bodies.one(essentials('metric-fired', { alertTargetIDs: [`${target}2`] })).fingerprint).not.toBe(
      fingerprint,
    );
    expect(bodies.one(other).fingerprint).not.toBe(fingerprint);
  });

  it('with several criteria has all dimensions, and no figure of its own', () => {
    expect(bodies.one('metric-multi-dimension')).toMatchObject({
      severity: 'warning',
      service_name: 'checkout-api',
      metric_value: null,
      labels: { Instance: 'RD0003FF', ApiName: 'pay' },
      annotations: { condition: 'Total Http5xx GreaterThan 10 (41) and Total Requests GreaterThan 100 (612)' },
    });
  });

  it('without a figure has none', () => {
    expect(bodies.one('metric-availability-null-value')).toMatchObject({ severity: 'critical', metric_value: null });
  });
});

describe('other kinds of alerts', () => {
  it('a log search alert is about what its dimensions and properties say, never about the workspace', () => {
    expect(bodies.one('log-v2')).toMatchObject({
      service_name: 'orders',
      host_ip: 'orders-vm',
      metric_value: 3,
      links: { query: 'https://portal.azure.com#@tenant/blade/logs/q/def' },
    });
    expect(bodies.one('log-v1')).toMatchObject({
      service_name: null,
      host_ip: null,
      metric_value: 2,
      severity: 'info',
    });
  });

  it('an entry of the activity log is momentary: nothing resolves it', () => {
    expect(bodies.one('activity-log')).toMatchObject({
      momentary: true,
      host_ip: 'web-1',
      labels: { operation: 'Microsoft.Compute/virtualMachines/restart/action' },
      annotations: { caller: 'ann@shop.example' },
    });
  });

  it('service health is over when the incident is, whatever the id of the news', () => {
    const active = bodies.one('service-health-active');

    expect(active).toMatchObject({
      status: 'firing',
      service_name: 'SQL Database',
      timestamp: '2026-11-20T11:00:00.000Z',
    });
    expect(bodies.one('service-health-resolved')).toMatchObject({
      status: 'resolved',
      fingerprint: active.fingerprint,
      occurrence_id: active.occurrence_id,
      ends_at: '2026-11-20T15:31:19.000Z',
    });
  });

  it('resource health is over when the resource is available', () => {
    const active = bodies.one('resource-health-active');

    expect(active).toMatchObject({ status: 'firing', host_ip: 'web-1', labels: { health: 'Unavailable' } });
    expect(bodies.one('resource-health-resolved')).toMatchObject({
      status: 'resolved',
      fingerprint: active.fingerprint,
      occurrence_id: active.occurrence_id,
    });
  });

  it("a rule of a Prometheus rule group has Prometheus' labels and annotations", () => {
    expect(bodies.one('prometheus-rule-group')).toMatchObject({
      alert_name: 'KubePodCrashLooping',
      severity: 'warning',
      service_name: 'cart',
      metric_value: 1,
      description: 'Pod cart-7d9f restarts over and over',
      labels: { namespace: 'shop', cluster: 'shop-aks', severity: 'Sev3' },
      links: { runbook: 'https://wiki.shop.example/crashloop' },
    });
  });

  it('a budget and a smart detector have their figures with units', () => {
    expect(bodies.one('budget')).toMatchObject({
      alert_name: 'shop-monthly',
      metric_value: 11111,
      metric_unit: 'USD',
      momentary: true,
    });
    expect(bodies.one('smart-detector')).toMatchObject({ metric_value: 0.45, metric_unit: 'sec' });
  });

  it('one of an unknown kind is an alert all the same', () => {
    const body = bodies.body('metric-fired');

    expect(bodies.one({ ...body, data: { ...body.data, alertContext: { new: 1 } } }).alert_name).toBe('cpu-of-web');
    expect(bodies.one({ ...body, data: { ...body.data, alertContext: null } }).alert_name).toBe('cpu-of-web');
  });
});

describe('what is wrong', () => {
  it.each([
    [{ monitorCondition: 'Maybe' }, 'data.essentials.monitorCondition'],
    [{ firedDateTime: '3/22/2019' }, 'data.essentials.firedDateTime'],
    [{ alertTargetIDs: 'x' }, 'data.essentials.alertTargetIDs'],
    [{ alertTargetIDs: [7] }, 'data.essentials.alertTargetIDs[0]'],
    [{ alertRule: null }, 'data.essentials.alertRule'],
    [{ severity: 3 }, 'data.essentials.severity'],
  ])('is refused with its place: %j', (over, path) => {
    expect(bodies.refused(essentials('metric-fired', over))?.[0]?.path).toBe(path);
  });

  it('in the context too', () => {
    const body = bodies.body('metric-fired');
    body.data.alertContext.condition.allOf.push({ dimensions: [{ name: '' }], metricValue: {} }, 7);

    expect(bodies.refused(body)?.map(({ path }) => path)).toEqual([
      'data.alertContext.condition.allOf[1].metricValue',
      'data.alertContext.condition.allOf[1].dimensions[0].name',
      'data.alertContext.condition.allOf[2]',
    ]);
  });

  it('is a body of an older schema, and the answer says what to switch on', () => {
    expect(bodies.refused({ schemaId: 'AzureMonitorMetricAlert', data: { version: '2.0' } })?.[0]).toMatchObject({
      path: 'data.essentials',
      message: expect.stringContaining('switch it on in the action group'),
    });
  });
});

it.each([
  ['/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/app/slots/staging', 'microsoft.web/sites', 'app'],
  ['/subscriptions/s', null, null],
  ['nonsense', null, null],
  ['/subscriptions/s/providers/Microsoft.Web', null, null],
])('the resource %s is of type %s and called %s', (id, type, name) => {
  expect(readResource(id, null)).toMatchObject({ type, name });
});
