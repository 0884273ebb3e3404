import { z } from 'zod';
import { Alert, AlertStatus, Severity } from '../alert.js';
import { instant } from '../clock.js';
import { Decision, DropReason, HoldReason } from '../decision.js';
import { FilterText, PageQuery, Since } from './page.js';

/** What a webhook answers once every accepted alert is durable: in the body's order. */
export const Accepted = z.object({
  accepted: z.int(),
  alerts: z.array(z.object({ alert_id: z.string(), fingerprint: z.string(), status: AlertStatus })),
  rejected: z.int(),
});
export type Accepted = z.infer<typeof Accepted>;

/** An alert as the API answers it: with its last decision (null until decided) and all of them. */
export const AlertAnswer = Alert.extend({
  decision: Decision.nullable(),
  decisions: z.array(Decision),
  incident_id: z.string().nullable().exactOptional().describe('Of one alert that is asked for by its id; lists do not tell'),
});
export type AlertAnswer = z.infer<typeof AlertAnswer>;

/** The filters of `GET /api/v1/alerts`; all must hold. */
export const AlertQuery = PageQuery.extend({
  source_system: FilterText.exactOptional(),
  alert_name: FilterText.exactOptional(),
  service_name: FilterText.exactOptional(),
  severity: Severity.exactOptional(),
  status: AlertStatus.exactOptional(),
  fingerprint: FilterText.exactOptional(),
  action: Decision.shape.action.exactOptional().describe('Of the last decision'),
  reason: z.union([HoldReason, DropReason]).exactOptional().describe('Of the last decision'),
  run_id: FilterText.exactOptional().describe('Alerts that started or joined this run'),
  since: Since.exactOptional(),
});

const MAX_TEXT = 65_536;
const Text = z
  .string()
  .max(MAX_TEXT)
  // NUL and lone surrogates cannot be kept by a database; as in the intake they become U+FFFD.
  .overwrite((text) => text.replace(/\0|\p{Cs}/gu, '\uFFFD'));
const Texts = z
  .record(Text, Text)
  .refine((texts) => Object.keys(texts).length <= 500, { error: 'expected at most 500 entries' });
const GivenInstant = z.iso.datetime({ offset: true });
const SeverityWord = z.preprocess((word) => (typeof word === 'string' ? word.toLowerCase() : word), Severity);

/**
 * An alert written by hand: `alert_name` and whatever else matters. Values of a wrong type are refused, never converted; keys that an
 * alert does not have are left out, so that an answer of `GET /api/v1/alerts/{alert_id}` can be handed back as it is.
 */
export const AlertDraft = z.object({
  alert_name: Text.min(1),
  source_system: Text.min(1).exactOptional(),
  severity: SeverityWord.exactOptional().describe('critical, warning (default) or info; case does not matter'),
  status: AlertStatus.exactOptional(),
  service_name: Text.nullable().exactOptional(),
  host_ip: Text.nullable().exactOptional(),
  metric_value: z.number().nullable().exactOptional(),
  metric_unit: Text.nullable().exactOptional(),
  timestamp: GivenInstant.exactOptional(),
  ends_at: GivenInstant.nullable().exactOptional(),
  labels: Texts.exactOptional(),
  annotations: Texts.exactOptional(),
  links: Texts.exactOptional(),
  description: Text.exactOptional(),
  fingerprint: Text.min(1).exactOptional(),
  group_key: Text.min(1).exactOptional(),
});
export type AlertDraft = z.infer<typeof AlertDraft>;

/** The alert that a draft means. It is a thing of its own: unless the draft says so, it shares no fingerprint and no group with any other. */
export function alertOfDraft(draft: AlertDraft, alert_id: string, now: number): Alert {
  const fingerprint = draft.fingerprint ?? `manual:${alert_id}`;
  return {
    alert_id,
    source_system: draft.source_system ?? 'manual',
    alert_name: draft.alert_name,
    severity: draft.severity ?? 'warning',
    status: draft.status ?? 'firing',
    service_name: draft.service_name ?? null,
    host_ip: draft.host_ip ?? null,
    metric_value: draft.metric_value ?? null,
    timestamp: draft.timestamp === undefined ? instant(now) : instant(Date.parse(draft.timestamp)),
    labels: draft.labels ?? {},
    description: draft.description ?? draft.alert_name,
    fingerprint,
    metric_unit: draft.metric_unit ?? null,
    ends_at: draft.ends_at === undefined || draft.ends_at === null ? null : instant(Date.parse(draft.ends_at)),
    received_at: instant(now),
    annotations: draft.annotations ?? {},
    links: draft.links ?? {},
    group_key: draft.group_key ?? `manual:${alert_id}`,
    occurrence_id: fingerprint,
  };
}
