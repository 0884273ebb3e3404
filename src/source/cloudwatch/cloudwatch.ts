import { z } from 'zod';
import type { ParsedAlert } from '../../domain/alert/alert.js';
import { instant } from '../../domain/clock.js';
import type { ErrorDetail } from '../../domain/errors.js';
import type { Labels } from '../../domain/alert/label.js';
import { labelsFingerprint, severityWordIn } from '../../domain/alert/label.js';
import type { ParsedPayload, Source, SourceModule } from '../../domain/source.js';
import { FIGURE_SETTINGS } from '../figure.js';
import type { Foreign } from '../foreign.js';
import { came, isForeign } from '../foreign.js';
import { ownLabels, present } from '../own-labels.js';
import type { Remarks } from '../remarks.js';
import { createRemarks, readSeverity } from '../remarks.js';
import { identity } from '../storable.js';
import type { Subject } from '../subject.js';
import { createSubject, subjectSettings } from '../subject.js';
import { webLinks } from '../web-links.js';
import type { AlarmChange } from './alarm.js';
import { arnPart, readEvent, readNotice } from './alarm.js';
import { isEnvelope, openMessage } from './envelope.js';
import { openSnsGate } from './gate.js';
import { unitOf } from './unit.js';

/** Dimensions that name what serves, by the AWS namespaces they are in. */
const SERVICES = [
  'Service',
  'ServiceName',
  'FunctionName',
  'DBInstanceIdentifier',
  'DBClusterIdentifier',
  'QueueName',
  'TableName',
  'ApiName',
  'StateMachineArn',
  'CacheClusterId',
  'ReplicationGroupId',
  'DomainName',
  'LoadBalancerName',
  'LoadBalancer',
  'TargetGroup',
  'AutoScalingGroupName',
  'ClusterName',
];

const CloudwatchConfig = z
  .strictObject({
    secret: z.string().min(1).optional(),
    verify_signature: z
      .union([z.boolean(), z.literal('when_possible')])
      .default('when_possible')
      .describe(
        "when_possible: a wrong SNS signature is refused; where its certificate cannot be fetched, the request's own credential is enough. true: only what is proven to be signed. false: not looked at",
      ),
    topics: z
      .array(z.string().regex(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:\S{1,256}$/, 'expected the ARN of an SNS topic'))
      .max(1_000)
      .default(() => [])
      .describe('Topics that are listened to; set: other topics are refused, and their signature is a credential'),
    insufficient_data: z
      .enum(['firing', 'ignored'])
      .default('firing')
      .describe('What an alarm in the state INSUFFICIENT_DATA is: silence is not health'),
    ...FIGURE_SETTINGS,
    ...subjectSettings({ services: SERVICES, hosts: ['InstanceId', 'host'] }),
  })
  .prefault({});
export type CloudwatchConfig = z.infer<typeof CloudwatchConfig>;

/** Amazon CloudWatch alarms, through SNS (with its envelope or raw) or EventBridge. */
export const cloudwatch: SourceModule<CloudwatchConfig> = {
  name: 'cloudwatch',
  config: CloudwatchConfig,
  recognizes: (payload) => isForeign(payload) && (isEnvelope(payload) || isNotice(payload) || isEvent(payload)),
  create: createCloudwatch,
  openGate: openSnsGate,
};

function createCloudwatch(config: CloudwatchConfig): Source {
  const subject = createSubject(config);
  return { parse: (payload, now) => parse(payload, { now, subject, ignores: config.insufficient_data === 'ignored' }) };
}

interface Setting {
  readonly now: number;
  readonly subject: Subject;
  /** Alarms without data are no alerts. */
  readonly ignores: boolean;
}

function isNotice(payload: Foreign): boolean {
  return 'AlarmName' in payload && ('NewStateValue' in payload || 'AlarmArn' in payload || 'Trigger' in payload);
}

function isEvent(payload: Foreign): boolean {
  return payload['source'] === 'aws.cloudwatch' && (isForeign(payload['detail']) || isForeign(payload['alarmData']));
}

function parse(payload: unknown, setting: Setting): ParsedPayload | { readonly unusable: readonly ErrorDetail[] } {
  if (!isForeign(payload))
    return {
      unusable: [{ path: '', message: `expected an SNS message or an alarm (an object), came ${came(payload)}` }],
    };
  const details: ErrorDetail[] = [];
  if (!isEnvelope(payload)) return readBody(payload, '', details, setting);
  if (payload.Type === 'SubscriptionConfirmation') return aside('an SNS topic was subscribed to');
  if (payload.Type === 'UnsubscribeConfirmation')
    return aside('an SNS topic was unsubscribed from: its alarms do not come any more');
  const message = openMessage(payload, details);
  return message === null ? { unusable: details } : readBody(message, 'Message', details, setting);
}

function aside(remark: string): ParsedPayload {
  return { alerts: [], rejected: [], remarks: [remark], aside: true };
}

function readBody(
  body: Foreign,
  at: string,
  details: ErrorDetail[],
  setting: Setting,
): ParsedPayload | { readonly unusable: readonly ErrorDetail[] } {
  const kind = body['detail-type'];
  if (isEvent(body) && typeof kind === 'string' && kind.includes('Configuration'))
    return aside('an alarm was created, changed or deleted: no change of its state');
  const remarks = createRemarks();
  const isFromBridge = isEvent(body) || (!('AlarmName' in body) && 'detail' in body);
  const change = isFromBridge ? readEvent(body, at, details) : readNotice(body, at, details);
  if (details.length > 0) return { unusable: details };
  if (change.state === 'INSUFFICIENT_DATA' && setting.ignores) return aside('an alarm without data is ignored');
  return { alerts: [alertOf(change, setting, remarks)], rejected: [], remarks: remarks.list() };
}

function alertOf(change: AlarmChange, setting: Setting, remarks: Remarks): ParsedAlert {
  const labels = labelsOf(change);
  const fingerprint = fingerprintOf(change);
  const isOver = change.state === 'OK';
  const changed_at = change.changed_at ?? instant(setting.now);
  return {
    source_system: 'cloudwatch',
    alert_name: change.name,
    severity: readSeverity(severityWordIn(labels), remarks),
    status: isOver ? 'resolved' : 'firing',
    service_name: bareName(setting.subject.serviceOf(labels)),
    host_ip: setting.subject.hostOf(labels),
    metric_value: change.value,
    timestamp: isOver ? (change.began_at ?? changed_at) : changed_at,
    labels,
    description: change.description || change.reason || change.name,
    fingerprint,
    metric_unit: change.value === null ? null : unitOf(change.metric.unit),
    ends_at: isOver ? changed_at : null,
    annotations: present(change.notes),
    links: webLinks({ generator: consoleOf(change), runbook: runbookIn(change.description) }),
    group_key: identity(`cloudwatch:${change.arn ?? fingerprint}`),
    occurrence_id: fingerprint,
  };
}

function labelsOf(change: AlarmChange): Labels {
  const { metric } = change;
  const own = {
    state: change.state,
    account_id: change.account,
    region: change.region,
    namespace: metric.namespace,
    metric_name: metric.name,
  };
  return ownLabels(metric.dimensions, own, 'dimension');
}

/** `app/checkout/50dc6c495c0c9188` is the load balancer `checkout`; of an ARN the last part is the name. */
function bareName(name: string | null): string | null {
  if (name === null) return null;
  const balanced = /^(?:app|net|gwy|targetgroup)\/([^/]+)\/[0-9a-f]+$/.exec(name)?.[1];
  return balanced ?? (name.startsWith('arn:aws') ? (name.split(/[:/]/).at(-1) ?? name) : name);
}

/** The alarm's ARN. One alarm on many time series tells of each by itself. */
function fingerprintOf(change: AlarmChange): string {
  const { arn, contributor_id } = change;
  if (arn !== null && arn !== '') return identity(contributor_id === null ? arn : `${arn} ${contributor_id}`);
  return labelsFingerprint({
    account_id: change.account ?? '',
    region: change.region ?? '',
    alarm_name: change.name,
    contributor_id: contributor_id ?? '',
  });
}

const CONSOLES: ReadonlyMap<string, string> = new Map([
  ['aws', 'console.aws.amazon.com'],
  ['aws-cn', 'console.amazonaws.cn'],
  ['aws-us-gov', 'console.amazonaws-us-gov.com'],
]);

function consoleOf({ arn, name }: AlarmChange): string | null {
  const region = arnPart(arn, 3);
  const host = CONSOLES.get(arnPart(arn, 1) ?? '');
  if (host === undefined || region === null || !/^[a-z0-9-]{1,40}$/.test(region)) return null;
  return `https://${region}.${host}/cloudwatch/home?region=${region}#alarmsV2:alarm/${encodeURIComponent(name)}`;
}

/** An alarm has no field for it, so people write it into the description: `… Runbook: https://wiki/x`. */
function runbookIn(description: string | null): string | null {
  return /runbook[^\n]{0,20}?(https?:\/\/[^\s<>"')\]]{1,2000})/i.exec(description ?? '')?.[1] ?? null;
}
