import { z } from 'zod';
import type { Alert } from '../../domain/alert/alert.js';

/** A problem as Zabbix holds it. */
export const Problem = z.object({
  eventid: z.string(),
  objectid: z.string(),
  clock: z.string().regex(/^\d{1,12}$/),
  name: z.string(),
  severity: z.string(),
  opdata: z.string().nullish(),
  tags: z.array(z.object({ tag: z.string(), value: z.string() })).default([]),
  acknowledges: z.array(z.object({ message: z.string() })).default([]),
});
export type Problem = z.infer<typeof Problem>;

/** What is known of a trigger, and of whatever it watches. */
export const TriggerFacts = z.object({
  triggerid: z.string(),
  description: z.string(),
  expression: z.string().nullish(),
  comments: z.string().nullish(),
  url: z.string().nullish(),
  hosts: z.array(z.object({ hostid: z.string(), host: z.string(), name: z.string() })).default([]),
  items: z
    .array(
      z.object({ name: z.string(), key_: z.string(), lastvalue: z.string().nullish(), units: z.string().nullish() }),
    )
    .default([]),
});
export type TriggerFacts = z.infer<typeof TriggerFacts>;

/** What is known of a host besides its name. */
export interface HostFacts {
  readonly ip: string | null;
  readonly groups: readonly string[];
}

/** What Zabbix calls its severities unless an administrator has renamed them. */
const WORDS = ['Not classified', 'Information', 'Warning', 'Average', 'High', 'Disaster'];

/** The body that the media type would have sent for a problem. */
export function problemBody(problem: Problem, trigger: TriggerFacts | undefined, host: HostFacts | undefined): unknown {
  const [first] = trigger?.hosts ?? [];
  const [item] = trigger?.items ?? [];
  const units = item?.units?.replace(/^!/, '') ?? '';
  return {
    version: '1',
    sender: 'zabbix',
    kind: 'problem',
    data: {
      event_source: '0',
      event_id: problem.eventid,
      event_name: problem.name,
      event_value: '1',
      event_nseverity: problem.severity,
      event_severity: WORDS[Number(problem.severity)] ?? null,
      event_timestamp: problem.clock,
      event_opdata: problem.opdata || null,
      event_tags_json: problem.tags,
      trigger_id: problem.objectid,
      trigger_name: trigger?.description ?? problem.name,
      trigger_description: trigger?.comments || null,
      trigger_expression: trigger?.expression ?? null,
      trigger_url: trigger?.url || null,
      trigger_hostgroups: host === undefined || host.groups.length === 0 ? null : host.groups.join(', '),
      host_host: first?.host ?? null,
      host_name: first?.name ?? null,
      host_ip: host?.ip ?? null,
      item_name: item?.name ?? null,
      item_key: item?.key_ ?? null,
      item_value: item?.lastvalue ? `${item.lastvalue} ${units}`.trim() : null,
    },
  };
}

/** Labels that are made of other fields than tags. */
const OWN_LABELS = new Set(['host', 'host_group', 'trigger_id', 'event_id', 'severity']);
const NUMBERS: Readonly<Record<Alert['severity'], string>> = { critical: '4', warning: '3', info: '1' };

/** The body that the media type would have sent when a problem ended: that of the alert that is known, with its end. */
export function recoveryBody(alert: Alert, event_id: string, ended_clock: string | null): unknown {
  const { labels } = alert;
  const tags = Object.entries(labels).filter(([name]) => !OWN_LABELS.has(name));
  return {
    version: '1',
    sender: 'zabbix',
    kind: 'recovery',
    data: {
      event_source: '0',
      event_id,
      event_name: alert.alert_name,
      event_value: '0',
      event_nseverity: NUMBERS[alert.severity],
      event_severity: labels['severity'] ?? null,
      event_timestamp: String(Math.floor(Date.parse(alert.timestamp) / 1_000)),
      event_recovery_timestamp: ended_clock,
      event_tags_json: tags.map(([name, value]) => ({ tag: name.replace(/^tag_/, ''), value })),
      trigger_id: labels['trigger_id'] ?? null,
      trigger_name: alert.alert_name,
      trigger_hostgroups: labels['host_group'] ?? null,
      host_host: labels['host'] ?? null,
      host_ip: alert.host_ip,
    },
  };
}
