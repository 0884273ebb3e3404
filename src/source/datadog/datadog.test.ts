import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SourceBodies } from '../../../test/helper/source-bodies.js';
import { datadog } from './datadog.js';
import { splitTitle } from './title.js';

const bodies = new SourceBodies(datadog);
const body = (over: Record<string, unknown>) => ({ ...bodies.body('triggered'), ...over });

describe('the payload of the documentation', () => {
  it('is understood field by field', () => {
    expect(bodies.one('triggered')).toEqual({
      source_system: 'datadog',
      alert_name: 'CPU is high on web-1',
      severity: 'critical',
      status: 'firing',
      service_name: 'checkout',
      host_ip: 'web-1',
      metric_value: null,
      timestamp: '2026-11-20T10:15:00.000Z',
      labels: {
        env: 'prod',
        host: 'web-1',
        service: 'checkout',
        team: 'shop',
        tags: 'monitor',
        monitor_id: '98765',
        metric_name: 'system.cpu.user',
        event_type: 'query_alert_monitor',
        hostname: 'web-1',
        severity: 'P1',
      },
      description: 'CPU is high on web-1',
      fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
      metric_unit: null,
      ends_at: null,
      annotations: {
        alert_status: expect.stringContaining('was > 90.0'),
        alert_query: expect.stringContaining('avg(last_5m)'),
        transition: 'Triggered',
        title: '[Triggered on {host:web-1,service:checkout}] CPU is high on web-1',
      },
      links: {
        generator: 'https://app.datadoghq.com/monitors/98765?group=host%3Aweb-1',
        snapshot: 'https://p.datadoghq.com/snapshot/view/x.png',
      },
      group_key: 'datadog:9bd4ac313a4d1e8fae2482df7b77628',
      occurrence_id: expect.stringMatching(/^8640517370573125 /),
    });
  });

  it('of a recovery ends the same occurrence, in whatever order its scope is written', () => {
    const { fingerprint, occurrence_id } = bodies.one('triggered');

    expect(bodies.one('recovered')).toMatchObject({
      status: 'resolved',
      severity: 'critical',
      fingerprint,
      occurrence_id,
      ends_at: '2026-11-20T10:20:00.000Z',
    });
    expect(bodies.one('re-triggered')).toMatchObject({ status: 'firing', fingerprint, occurrence_id });
  });

  it('is another condition for another group, monitor or organization, and the same under another title', () => {
    const { fingerprint } = bodies.one('triggered');
    const of = (over: Record<string, unknown>) => bodies.one(body(over)).fingerprint;

    expect(of({ alert_title: '[Triggered] CPU is 93 % on web-1' })).toBe(fingerprint);
    expect(of({ alert_scope: 'host:web-2,service:checkout' })).not.toBe(fingerprint);
    expect(of({ alert_id: '1' })).not.toBe(fingerprint);
    expect(of({ org: { id: '2' } })).not.toBe(fingerprint);
  });

  it.each([
    ['Triggered', 'firing'],
    ['Re-Triggered', 'firing'],
    ['Warn', 'firing'],
    ['Re-Warn', 'firing'],
    ['No Data', 'firing'],
    ['Re-No Data', 'firing'],
    ['Renotify', 'firing'],
    ['Recovered', 'resolved'],
    ['Warn Recovered', 'resolved'],
    ['No Data Recovered', 'resolved'],
  ])('with the transition %s is %s', (alert_transition, status) => {
    expect(bodies.one(body({ alert_transition })).status).toBe(status);
  });

  it.each([
    [{ alert_priority: 'P3' }, 'warning'],
    [{ alert_priority: 'P5' }, 'info'],
    [{ alert_priority: '', alert_type: 'error' }, 'critical'],
    // As many templates call it; $PRIORITY is another thing, and says normal or low.
    [{ alert_priority: '', priority: 'P4' }, 'info'],
    [{ alert_priority: '', priority: 'low', alert_type: 'error' }, 'critical'],
    [{ alert_priority: 'P4', priority: 'P1' }, 'info'],
    [{ alert_priority: '', alert_transition: 'Warn' }, 'warning'],
    [{ alert_priority: 'P1', tags: 'severity:low' }, 'info'],
  ])('with %j has the severity %s', (over, severity) => {
    expect(bodies.one(body(over)).severity).toBe(severity);
  });

  it('takes empty variables, and those that Datadog left as they are, for absent', () => {
    expect(bodies.one('warn-without-priority')).toMatchObject({
      severity: 'warning',
      host_ip: null,
      service_name: null,
    });
    const { severity, group_key, links } = bodies.one('unrendered-variables');
    expect([severity, group_key]).toEqual(['critical', 'datadog:98765']);
    expect(links).not.toHaveProperty('snapshot');
  });

  it.each([
    [{ date: 'yesterday' }, 'date'],
    [{ alert_transition: 'Sideways' }, 'alert_transition'],
    [{ tags: [7] }, 'tags[0]'],
    [{ tags: {} }, null],
    [{ alert_id: ['x'] }, 'alert_id'],
  ])('is refused with its place: %j', (over, path) => {
    expect(bodies.refused(body(over))?.[0]?.path ?? null).toBe(path);
  });
});

it('the payload that Datadog sends where none was written is understood by its title', () => {
  expect(bodies.one('default-payload')).toMatchObject({
    alert_name: '[shop] CPU is high',
    status: 'firing',
    host_ip: 'db-1',
    description: 'CPU is high',
  });
  const { title: _title, ...rest } = bodies.body('default-payload');
  expect(bodies.refused(rest)?.[0]?.path).toBe('alert_transition');
});

it('names of another style are understood, too', () => {
  const styled = {
    alertId: 1234,
    ALERT_TRANSITION: 'Triggered',
    AlertScope: 'host:a',
    alertTitle: 'X',
    alertPriority: 'P2',
  };

  expect(bodies.one(styled)).toMatchObject({ alert_name: 'X', severity: 'warning', host_ip: 'a' });
});

it.each([
  ['[P1] [Triggered on {host:a}] Name', { name: 'Name', priority: 'P1', transition: 'Triggered', scope: 'host:a' }],
  ['[Recovered] [prod] Name [x]', { name: '[prod] Name [x]', priority: null, transition: 'Recovered', scope: null }],
  ['[No data] Name', { name: 'Name', transition: 'No data' }],
  ['Name', { name: 'Name', priority: null, transition: null }],
  ['', { name: '' }],
])('the title %j is taken apart', (title, parts) => {
  expect(splitTitle(title)).toMatchObject(parts);
});

it('the payload of the documentation holds all that the bodies here have, under the same names', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/sources/datadog.md'), 'utf8');
  const payload = JSON.parse(/```json\n(.*?)```/s.exec(page)![1]!) as Record<string, unknown>;
  const rendered = Object.fromEntries(Object.keys(payload).map((key) => [key, bodies.body('triggered')[key]]));

  const { annotations: _, ...alert } = bodies.one('triggered');
  expect(bodies.one(rendered)).toMatchObject(alert);
  expect(datadog.recognizes(payload)).toBe(true);
});
