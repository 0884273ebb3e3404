import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RECEIVED_AT, SourceBodies } from '../../../test/helper/source-bodies.js';
import { elastic } from './elastic.js';

const bodies = new SourceBodies(elastic);

describe('the action body of the documentation', () => {
  it('is understood field by field', () => {
    expect(bodies.one('kibana-active')).toMatchObject({
      source_system: 'elastic',
      alert_name: 'Checkout latency',
      severity: 'critical',
      status: 'firing',
      service_name: 'checkout',
      metric_value: 1.2,
      timestamp: '2026-11-20T10:14:58.123Z',
      labels: { service: 'checkout', severity: 'critical', tags: 'payments', alert_id: 'checkout-7d9f' },
      description: 'latency is 1.2 in the last 1 min for checkout-7d9f. Alert when > 0.5.',
      ends_at: null,
      links: {
        generator: expect.stringContaining('/triggersActions/rule/8f2c'),
        alert: expect.stringContaining('/observability/alerts/3a1b'),
        dashboard: expect.stringContaining('/metrics/explorer'),
      },
      group_key: 'elastic:8f2c7d10-5a3e-11ef-9a4b-0242ac120002',
      occurrence_id: '3a1b2c3d-0000-4000-8000-000000000001',
    });
  });

  it('of a recovery ends the same occurrence, although most variables are empty then', () => {
    const { fingerprint, occurrence_id } = bodies.one('kibana-active');

    expect(bodies.one('kibana-recovered')).toMatchObject({
      status: 'resolved',
      fingerprint,
      occurrence_id,
      metric_value: null,
      ends_at: '2026-11-20T10:25:00.000Z',
    });
  });

  it('takes empty variables and unrendered ones for absent', () => {
    const body = bodies.body('kibana-empty-variables');
    body.rule.url = '{{rule.url}}';

    expect(bodies.one(body)).toMatchObject({ alert_name: 'Node is busy', severity: 'warning', links: {} });
    expect(bodies.refused({ ...body, rule: { ...body.rule, name: '{{rule.name}}' } })?.[0]?.path).toBe('rule.name');
  });

  it('names the place of a time or a field that is wrong', () => {
    const body = bodies.body('kibana-active');
    body.context.timestamp = 'soon';
    body.rule.id = ['x'];

    expect(
      bodies
        .refused(body)
        ?.map(({ path }) => path)
        .sort(),
    ).toEqual(['context.timestamp', 'rule.id']);
  });
});

it('a body with names of another style is understood, too', () => {
  expect(bodies.one('kibana-flat')).toMatchObject({
    alert_name: 'Too many 500s',
    severity: 'critical',
    metric_value: 42,
    description: 'Document count is 42',
  });
});

describe('a summary of alerts', () => {
  it('holds new and recovered ones, each by itself', () => {
    const { alerts } = bodies.read('kibana-summary');

    expect(alerts.map(({ status, host_ip, occurrence_id }) => [status, host_ip, occurrence_id])).toEqual([
      ['firing', 'web-1', '1'],
      ['firing', 'web-2', '2'],
      ['resolved', 'web-3', '3'],
    ]);
    expect(new Set(alerts.map(({ fingerprint }) => fingerprint)).size).toBe(3);
    expect(alerts[2]?.ends_at).toBe('2026-11-20T10:05:00.000Z');
  });

  it('keeps the valid neighbours of what is wrong, which can be posted again by itself', () => {
    const body = bodies.body('kibana-summary');
    body.alerts.new.data[0]['kibana.alert.start'] = 7;
    body.alerts.recovered.data.push(null);

    const { alerts, rejected } = bodies.read(body);

    expect(alerts).toHaveLength(2);
    expect(rejected.map(({ details }) => details[0]?.path)).toEqual([
      'alerts.new.data[0]["kibana.alert.start"]',
      'alerts.recovered.data[1]',
    ]);
    expect(bodies.refused(rejected[0]?.item)?.[0]?.path).toBe('alerts[0]["kibana.alert.start"]');
  });

  it('without alerts is none, and without lists is refused', () => {
    expect(bodies.read({ alerts: { new: { data: [] }, recovered: { data: [] } } })).toMatchObject({ aside: true });
    expect(bodies.refused({ alerts: { new: { count: 1 } } })?.[0]?.path).toBe('alerts');
    expect(bodies.refused({ alerts: [] })?.[0]?.path).toBe('alerts');
  });

  it('may hold documents with nested fields and lists in them', () => {
    const [, nested] = bodies.read('kibana-alert-documents').alerts;

    expect(nested).toMatchObject({ alert_name: 'Nested document', status: 'resolved', host_ip: '10.0.0.5' });
  });
});

describe('a watch', () => {
  it('is understood from its context and its metadata', () => {
    expect(bodies.one('watcher-ctx')).toMatchObject({
      alert_name: 'Errors in the logs',
      severity: 'critical',
      status: 'firing',
      service_name: 'orders',
      metric_value: 17,
      timestamp: '2026-11-20T10:15:00.000Z',
      labels: { watch_id: 'error-logs' },
      links: { runbook: 'https://wiki.shop.example/errors' },
      momentary: true,
    });
  });

  it('that never says when all is well is momentary, each time a new occurrence of the same condition', () => {
    const first = bodies.one('watcher-ctx');
    const next = bodies.one({ ...bodies.body('watcher-ctx'), id: 'error-logs_next' });

    expect(next.fingerprint).toBe(first.fingerprint);
    expect(next.occurrence_id).not.toBe(first.occurrence_id);
    expect(bodies.one('watcher-minimal')).toMatchObject({ alert_name: 'disk-space', timestamp: RECEIVED_AT });
  });

  it('that says so lasts until it is resolved', () => {
    const over = bodies.one('watcher-lasting-resolved');
    const body = bodies.body('watcher-lasting-resolved');
    body.ctx.status = 'firing';
    const firing = bodies.one(body);

    expect(over).toMatchObject({ status: 'resolved', metric_value: 12, metric_unit: '%' });
    expect(over).not.toHaveProperty('momentary');
    expect(firing).toMatchObject({ status: 'firing', occurrence_id: over.occurrence_id });
  });

  it('is refused with the place of what is wrong', () => {
    const paths = (over: object) => bodies.refused({ ...bodies.body('watcher-ctx'), ...over })?.map(({ path }) => path);

    expect(paths({ watch_id: 7 })).toEqual(['watch_id']);
    expect(paths({ trigger: { triggered_time: 'x' } })).toEqual(['trigger.triggered_time']);
    expect(paths({ metadata: [] })).toEqual(['metadata']);
    expect(paths({ status: 'sad' })).toEqual(['status']);
  });
});

it('the action body of the documentation has the fields of the bodies here', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/sources/elastic.md'), 'utf8');
  const template = JSON.parse(/```json\n(.*?)```/s.exec(page)![1]!) as Record<string, object | string>;
  const shape = (of: Record<string, object | string>) =>
    Object.entries(of).map(([key, value]) => [key, typeof value === 'string' ? 'text' : Object.keys(value)]);

  expect(shape(template).sort()).toEqual(shape(bodies.body('kibana-active')).sort());
  expect(elastic.recognizes(template)).toBe(true);
});
