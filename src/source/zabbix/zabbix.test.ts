import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ParsedAlert } from '../../domain/alert/alert.js';
import { zabbix } from './zabbix.js';

const NOW = Date.parse('2026-11-21T10:00:00.000Z');

function recorded(name: string) {
  return JSON.parse(readFileSync(join(import.meta.dirname, `../../../test/fixture/payloads/${name}.json`), 'utf8'));
}

function parse(payload: unknown, slice?: unknown): ReturnType<ReturnType<typeof zabbix.create>['parse']> {
  return zabbix.create(zabbix.config.parse(slice)).parse(payload, NOW);
}

function one(payload: unknown, slice?: unknown): ParsedAlert {
  const result = parse(payload, slice);
  if ('unusable' in result) throw new Error(JSON.stringify(result.unusable));
  return result.alerts[0]!;
}

/** The recorded problem with other data. */
function problem(data: Record<string, unknown>, kind: unknown = 'problem') {
  const payload = recorded('zabbix-problem');
  return { ...payload, kind, data: { ...payload.data, ...data } };
}

describe('a recorded event', () => {
  it('is understood field by field', () => {
    expect(one(recorded('zabbix-problem'))).toEqual({
      source_system: 'zabbix',
      alert_name: 'High error rate on Checkout 01 (生产): 12.35 %',
      severity: 'critical',
      status: 'firing',
      service_name: 'checkout',
      host_ip: '127.0.0.1',
      metric_value: 12.35,
      timestamp: '2026-11-21T09:58:33.000Z',
      labels: {
        scope: 'availability',
        runbook: 'restart-deployment',
        component: 'app',
        service: 'checkout',
        env: 'prod',
        host: 'checkout-01',
        host_group: 'Fixpoint/Payments',
        trigger_id: '23133',
        event_id: '1',
        severity: 'High',
      },
      description: 'High error rate on Checkout 01 (生产): 12.35 % (now 12.35 %)',
      fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
      metric_unit: '%',
      ends_at: null,
      annotations: {
        trigger_description: 'Line 1 "quoted"\nLine 2 <b>&amp;</b> 恢复 payments',
        trigger_expression: 'last(/checkout-01/app.error_rate)>5',
        item_name: 'Error rate',
        item_key: 'app.error_rate',
        event_opdata: 'now 12.35 %',
        macro_k8s_ns: 'payments',
      },
      links: {
        runbook: 'http://wiki.example.test/error-rate',
        zabbix: 'http://zabbix.example.test/tr_events.php?triggerid=23133&eventid=1',
      },
      group_key: 'zabbix:23133:checkout-01',
      occurrence_id: '1',
    });
  });

  it('resolves under the same fingerprint, group and occurrence, though its name carries the value', () => {
    const before = one(recorded('zabbix-problem'));
    const after = one(recorded('zabbix-recovery'));

    expect(after).toMatchObject({
      status: 'resolved',
      timestamp: '2026-11-21T09:58:33.000Z',
      ends_at: '2026-11-21T09:59:19.000Z',
      metric_value: 0.5,
      fingerprint: before.fingerprint,
      group_key: before.group_key,
      occurrence_id: before.occurrence_id,
    });
    expect(after.alert_name).not.toBe(before.alert_name);
  });

  it('that was updated still fires, with its new severity and both values of a doubled tag', () => {
    expect(one(recorded('zabbix-update-ack-severity-change'))).toMatchObject({
      alert_name: 'Pods not ready',
      status: 'firing',
      severity: 'warning',
      metric_value: 1,
      metric_unit: null,
      ends_at: null,
      labels: { __fixpoint_event: 'evt-3,evt-6', k8s_deployment: 'checkout', severity: 'Average' },
      annotations: { event_update_message: 'looking at it\nsecond line' },
    });
  });

  it('that escalates is the same occurrence', () => {
    const update = one(recorded('zabbix-update-ack-severity-change'));

    expect(one(recorded('zabbix-escalation-step2-repeat'))).toMatchObject({
      status: 'firing',
      severity: 'critical',
      occurrence_id: '3',
      fingerprint: update.fingerprint,
    });
  });
});

describe('the status', () => {
  it.each([
    [
      'update',
      {
        event_value: '0',
        event_status: 'RESOLVED',
        event_recovery_date: '2026.11.21',
        event_recovery_time: '10:00:01',
      },
      'resolved',
    ],
    ['update', { event_value: '1', event_update_action: 'acknowledged, commented on and closed' }, 'resolved'],
    ['update', { event_value: '1', event_update_action: 'closed' }, 'resolved'],
    ['update', { event_value: '1', event_update_action: 'commented on' }, 'firing'],
    ['update', { event_value: '1' }, 'firing'],
    ['recovery', {}, 'resolved'],
    ['problem', { event_value: null, event_status: 'PROBLEM' }, 'firing'],
    ['problem', { event_value: '{EVENT.VALUE}', event_status: 'RESOLVED' }, 'resolved'],
  ])('of kind %s with %j is %s', (kind, data, status) => {
    expect(one(problem(data, kind)).status).toBe(status);
  });

  it('of bare fields without a kind is told by the event itself', () => {
    expect(one(recorded('zabbix-problem').data).status).toBe('firing');
    expect(one(recorded('zabbix-recovery').data)).toMatchObject({
      status: 'resolved',
      ends_at: '2026-11-21T09:59:19.000Z',
    });
  });
});

describe('the fields', () => {
  it.each([
    ['5', 'critical'],
    ['4', 'critical'],
    ['3', 'warning'],
    ['2', 'warning'],
    ['1', 'info'],
    ['0', 'info'],
  ])('severity %s is %s whatever it is called', (event_nseverity, severity) => {
    expect(one(problem({ event_nseverity, event_severity: 'Renamed' })).severity).toBe(severity);
  });

  it('take the severity word where the number is missing', () => {
    expect(one(problem({ event_nseverity: '{EVENT.NSEVERITY}', event_severity: 'Disaster' })).severity).toBe(
      'critical',
    );
    expect(parse(problem({ event_nseverity: null, event_severity: '' }))).toMatchObject({
      alerts: [{ severity: 'warning' }],
      remarks: [expect.stringMatching(/severity/)],
    });
  });

  it.each([
    [undefined, {}, '2026-11-21T09:58:33.000Z'],
    ['Asia/Shanghai', {}, '2026-11-21T01:58:33.000Z'],
    ['America/New_York', { event_date: '2026.07.01' }, '2026-07-01T13:58:33.000Z'],
    [undefined, { timezone: 'Asia/Shanghai' }, '2026-11-21T01:58:33.000Z'],
    ['UTC', { timezone: 'Asia/Shanghai' }, '2026-11-21T09:58:33.000Z'],
    ['Asia/Shanghai', { event_timestamp: '1795255113' }, '2026-11-21T09:58:33.000Z'],
    [undefined, { event_date: '{EVENT.DATE}' }, '2026-11-21T10:00:00.000Z'],
  ])('are read in the time zone %s: %j', (timezone, data, expected) => {
    expect(one(problem(data), timezone === undefined ? undefined : { timezone }).timestamp).toBe(expected);
  });

  it.each([
    ['*UNKNOWN*', null],
    ['{ITEM.VALUE}', null],
    ['{ITEM.VALUE1}', null],
    ['{{ITEM.VALUE}.regsub("^([0-9]+)", \\1)}', null],
    ['{?avg(/host/key,5m)}', null],
    ['{#FSNAME}', null],
    ['5 {ITEM.UNITS}', null],
    ['Up (1)', null],
    ['1.2 K', 1200],
    ['3.5 MB', 3.5],
  ])('have the value of the item where it is a number: %s', (item_value, expected) => {
    expect(one(problem({ item_value, item_lastvalue: null })).metric_value).toBe(expected);
  });

  it.each([
    [{ host_ip: '{HOST.IP}' }, 'checkout-01'],
    [{ host_ip: '' }, 'checkout-01'],
    [{ host_ip: null, host_host: null }, 'Checkout 01 (生产)'],
    [{ host_ip: '2001:db8::5' }, '2001:db8::5'],
  ])('name the host where no address is known: %j', (data, host_ip) => {
    expect(one(problem(data)).host_ip).toBe(host_ip);
  });

  it.each([
    ['[{"tag":"service","value":"a"},{"tag":"service","value":"b"}]', 'a,b'],
    ['{EVENT.TAGSJSON}', 'checkout'],
    ['[{"tag":"service","val', 'checkout'],
    [null, 'checkout'],
  ])('take tags from text too: %s', (event_tags_json, service) => {
    const data = { event_tags_json, event_tags: 'component:app, service:checkout', event_recovery_tags_json: null };

    expect(one(problem(data)).labels['service']).toBe(service);
  });

  it("keep a tag that is called like one of Fixpoint's labels, and one like a part of every object", () => {
    const event_tags_json = JSON.parse(
      '[{"tag":"host","value":"tagged"},{"tag":"__proto__","value":"x"},{"tag":"severity","value":"S1"}]',
    );

    const { labels } = one(problem({ event_tags_json }));

    expect(labels).toMatchObject({ host: 'checkout-01', tag_host: 'tagged', severity: 'S1' });
    expect(Object.keys(labels)).toContain('__proto__');
  });
});

describe('what is wrong', () => {
  it.each([
    [null, ''],
    [[], ''],
    [{ kind: 'problem' }, 'data'],
    [{ sender: 'zabbix', kind: 'problem', data: [] }, 'data'],
    [problem({}, 'discovery'), 'kind'],
    [problem({}, 5), 'kind'],
    [problem({ event_source: '1' }), 'data.event_source'],
    [problem({ event_id: '{EVENT.ID}' }), 'data.event_id'],
    [problem({ event_id: 1 }), 'data.event_id'],
    [problem({ trigger_name: null, event_name: '' }), 'data.trigger_name'],
    [problem({ trigger_name: 7 }), 'data.trigger_name'],
    [problem({ event_date: '21/11/2026' }), 'data.event_date'],
    [problem({ event_date: '2026.02.30' }), 'data.event_date'],
    [problem({ event_time: '9:58' }), 'data.event_time'],
    [problem({ event_tags_json: {} }), 'data.event_tags_json'],
    [problem({ event_tags_json: [{ tag: 'a', value: 1 }] }), 'data.event_tags_json[0].value'],
    [problem({ event_tags_json: [{ value: 'x' }] }), 'data.event_tags_json[0].tag'],
    [problem({ event_severity: [] }), 'data.event_severity'],
    [{ event_id: '1', trigger_name: 'x', event_nseverity: 4 }, 'event_nseverity'],
  ])('is told once, with its place: %#', (payload, path) => {
    const result = parse(payload);

    expect(result).toEqual({ unusable: [{ path, message: expect.any(String) }] });
  });

  it('in the configuration is refused', () => {
    expect(zabbix.config.safeParse({ timezone: 'Mars/Olympus' }).success).toBe(false);
    expect(zabbix.config.safeParse({ time_zone: 'UTC' }).success).toBe(false);
  });
});
