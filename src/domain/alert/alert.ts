import { z } from 'zod';

export const Severity = z.enum(['critical', 'warning', 'info']);
export type Severity = z.infer<typeof Severity>;

export const AlertStatus = z.enum(['firing', 'resolved']);
export type AlertStatus = z.infer<typeof AlertStatus>;

/** An RFC 3339 instant in UTC with milliseconds. */
export const Instant = z.iso.datetime({ precision: 3 });
export type Instant = z.infer<typeof Instant>;

const Texts = z.record(z.string(), z.string());

/** The one normalized alert, whatever system it came from. Field by field: docs/alerts.md. */
export const Alert = z.object({
  alert_id: z.string().describe("Fixpoint's own id of this delivery; a repeat has its own"),
  source_system: z.string(),
  alert_name: z.string(),
  severity: Severity,
  status: AlertStatus,
  service_name: z.string().nullable(),
  host_ip: z.string().nullable().describe('An address, or a host name where no address is known'),
  metric_value: z.number().nullable(),
  timestamp: Instant.describe('When the condition began'),
  labels: Texts,
  description: z.string(),
  fingerprint: z.string().describe('The same condition on the same target has the same fingerprint, over time'),
  metric_unit: z.string().nullable(),
  ends_at: Instant.nullable(),
  received_at: Instant,
  annotations: Texts,
  links: Texts.describe('generator, runbook, dashboard …'),
  group_key: z.string().describe('What it is handled together with'),
  occurrence_id: z
    .string()
    .describe('What tells one occurrence from the next: the fingerprint, or the event id of a source that has one'),
  momentary: z
    .literal(true)
    .exactOptional()
    .describe('It tells of something that happened and does not last: nothing resolves it. Absent in all others'),
  original: z
    .record(z.string(), z.unknown())
    .exactOptional()
    .describe('The fields that the configuration changed on the way in, as they came. Absent where it changed none'),
  filtered: z
    .object({ by: z.string(), explanation: z.string() })
    .exactOptional()
    .describe('The entry of `intake` that drops it, and why. Absent where none does'),
});
export type Alert = z.infer<typeof Alert>;

/** What a source makes of a foreign payload: an alert that has no id and no time of receipt yet. */
export type ParsedAlert = Omit<Alert, 'alert_id' | 'received_at'>;

/** The names that an expression may ask an alert for. */
export const ALERT_FIELDS: readonly string[] = Object.keys(Alert.shape);
