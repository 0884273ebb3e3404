import { describe, expect, it } from 'vitest';
import { SourceBodies } from '../../../test/helper/source-bodies.js';
import { cloudwatch } from './cloudwatch.js';
import { currentDatapoint } from './datapoint.js';
import { unitOf } from './unit.js';

const bodies = new SourceBodies(cloudwatch);
const ARN = 'arn:aws:cloudwatch:us-east-1:123456789012:alarm:checkout-5xx';

/** A notification whose alarm has other fields. */
function notice(over: Record<string, unknown>, name = 'sns-alarm') {
  const body = bodies.body(name);
  return { ...body, Message: JSON.stringify({ ...JSON.parse(body.Message), ...over }) };
}

describe('an alarm through SNS', () => {
  it('is understood field by field', () => {
    expect(bodies.one('sns-alarm')).toEqual({
      source_system: 'cloudwatch',
      alert_name: 'checkout-5xx',
      severity: 'warning',
      status: 'firing',
      service_name: 'checkout',
      host_ip: null,
      metric_value: 32.5,
      timestamp: '2026-11-20T08:30:12.345Z',
      labels: {
        LoadBalancer: 'app/checkout/50dc6c495c0c9188',
        state: 'ALARM',
        account_id: '123456789012',
        region: 'us-east-1',
        namespace: 'AWS/ApplicationELB',
        metric_name: 'HTTPCode_Target_5XX_Count',
      },
      description: 'Too many 5xx at the load balancer. Runbook: https://wiki.shop.example/5xx',
      fingerprint: ARN,
      metric_unit: null,
      ends_at: null,
      annotations: {
        reason: expect.stringMatching(/^Threshold Crossed: 3 out of/),
        old_state: 'OK',
        statistic: 'SUM',
        comparison: 'GreaterThanThreshold',
        threshold: '25',
        period_s: '300',
      },
      links: {
        generator:
          'https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#alarmsV2:alarm/checkout-5xx',
        runbook: 'https://wiki.shop.example/5xx',
      },
      group_key: `cloudwatch:${ARN}`,
      occurrence_id: ARN,
    });
  });

  it('is over when it is OK', () => {
    expect(bodies.one('sns-ok')).toMatchObject({
      status: 'resolved',
      fingerprint: ARN,
      ends_at: '2026-11-20T08:40:12.345Z',
    });
  });

  it('without data fires: silence is not health, and it has no figure; the configuration may ignore it', () => {
    expect(bodies.one('sns-insufficient-data')).toMatchObject({
      status: 'firing',
      metric_value: null,
      labels: { state: 'INSUFFICIENT_DATA' },
    });
    const ignoring = new SourceBodies(cloudwatch, { insufficient_data: 'ignored' });
    expect(ignoring.read('sns-insufficient-data')).toMatchObject({ alerts: [], aside: true });
  });

  it('on an expression is about what all of its metrics have alike', () => {
    const alert = bodies.one('sns-metric-math');

    expect(alert).toMatchObject({
      service_name: 'orders',
      labels: { FunctionName: 'orders', namespace: 'AWS/Lambda' },
    });
    expect(alert.labels).not.toHaveProperty('Resource');
    expect(alert.links['generator']).toMatch(/^https:\/\/cn-north-1\.console\.amazonaws\.cn\//);
  });

  it('that is made of others says of which', () => {
    expect(bodies.one('sns-composite')).toMatchObject({
      alert_name: 'shop-is-down',
      annotations: { alarm_rule: 'ALARM(checkout-5xx) OR ALARM(orders-error-rate)' },
    });
  });

  it('is the same with raw delivery', () => {
    const { Message } = bodies.body('sns-alarm');

    expect(bodies.one(JSON.parse(Message))).toEqual(bodies.one('sns-alarm'));
    expect(bodies.one('raw-delivery')).toMatchObject({ host_ip: 'i-0123456789abcdef0', metric_unit: '%' });
  });

  it('from an old region has an identity without an ARN', () => {
    const old = bodies.body('raw-minimal');
    const { fingerprint, metric_value } = bodies.one(old);

    expect(metric_value).toBeNull();
    expect(bodies.one({ ...old, NewStateValue: 'OK', NewStateReason: 'fine' }).fingerprint).toBe(fingerprint);
    expect(bodies.one({ ...old, Region: 'US East (Ohio)' }).fingerprint).not.toBe(fingerprint);
  });

  it.each([
    [{ NewStateValue: 'ALARMED' }, 'Message.NewStateValue'],
    [{ AlarmName: '' }, 'Message.AlarmName'],
    [{ StateChangeTime: 'now' }, 'Message.StateChangeTime'],
    [{ Trigger: [] }, 'Message.Trigger'],
    [{ Trigger: { Dimensions: [7] } }, 'Message.Trigger.Dimensions[0]'],
    [{ AlarmDescription: {} }, 'Message.AlarmDescription'],
  ])('is refused with its place: %j', (over, path) => {
    expect(bodies.refused(notice(over))?.[0]?.path).toBe(path);
  });

  it.each(['hello', '', '[]', '"x"', '{"cut'])('is refused when the message is %j', (Message) => {
    expect(bodies.refused({ ...bodies.body('sns-alarm'), Message })?.[0]?.path).toBe('Message');
  });
});

describe('an alarm through EventBridge', () => {
  it('is understood field by field', () => {
    expect(bodies.one('eventbridge-alarm')).toMatchObject({
      alert_name: 'ServerCpuTooHigh',
      status: 'firing',
      host_ip: 'i-12345678901234567',
      metric_value: 99.5,
      timestamp: '2026-11-20T17:04:40.989Z',
      labels: { region: 'us-east-1', account_id: '123456789012', metric_name: 'CPUUtilization' },
      description: 'The CPU of a server is busy',
      fingerprint: 'arn:aws:cloudwatch:us-east-1:123456789012:alarm:ServerCpuTooHigh',
    });
  });

  it('knows when an alarm began that is over', () => {
    expect(bodies.one('sns-eventbridge-ok')).toMatchObject({
      status: 'resolved',
      timestamp: '2026-11-20T17:04:40.989Z',
      ends_at: '2026-11-20T17:20:00.000Z',
      metric_value: 12.25,
    });
  });

  it('tells apart the time series of one alarm', () => {
    const { fingerprint, host_ip, group_key } = bodies.one('eventbridge-contributor');

    expect(fingerprint).toMatch(/:alarm:ServerCpuTooHigh 6d442278dba546f6$/);
    expect(host_ip).toBe('i-0aaaaaaaaaaaaaaaa');
    expect(group_key).toMatch(/:alarm:ServerCpuTooHigh$/);
  });

  it('is no alert when only its configuration changed', () => {
    expect(bodies.read('eventbridge-configuration-change')).toMatchObject({ alerts: [], aside: true });
  });
});

it.each(['sns-subscription-confirmation', 'sns-unsubscribe-confirmation'])('the greeting %s is no alert', (name) => {
  expect(bodies.read(name)).toMatchObject({ alerts: [], aside: true });
});

it.each([
  ['1 datapoint [10.0 (14/02/19 23:53:00)] was greater', null, 10],
  ['datapoints [-1.5E-3 (x), 7.0 (y)] were', null, -0.0015],
  ['no datapoints were received', null, null],
  ['1 missing datapoint was treated as [Breaching]', null, null],
  ['datapoint [1.0 (x)]', '{"recentDatapoints":[5]}', 5],
  ['datapoint [1.0 (x)]', '{"recentDatapoints":[5,6]}', 1],
  [
    '',
    '{"evaluatedDatapoints":[{"timestamp":"2026-11-20T16:58:00.000+0000","value":1},{"timestamp":"2026-11-20T16:59:00.000+0000","value":2}]}',
    2,
  ],
  ['', '{"evaluatedDatapoints":[null,{"timestamp":7,"value":1}]}', null],
  [null, '{"cut', null],
])('the figure of %j with %j is %s', (reason, data, expected) => {
  expect(currentDatapoint(reason, data)).toBe(expected);
});

it.each([
  ['Percent', '%'],
  ['Milliseconds', 'ms'],
  ['Megabytes/Second', 'MB/s'],
  ['Kilobits', 'Kb'],
  ['Count', 'Count'],
  ['None', null],
  [null, null],
])('the unit %s is %s', (word, expected) => {
  expect(unitOf(word)).toBe(expected);
});
