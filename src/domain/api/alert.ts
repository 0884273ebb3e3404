import { z } from 'zod';
import { Alert, AlertStatus, Severity } from '../alert/alert.js';
import { severityWordIn } from '../alert/label.js';
import type { Labels } from '../alert/label.js';
import { mapSeverity } from '../alert/severity.js';
import { instant } from '../clock.js';
import { wellFormed } from '../well-formed.js';
import { Decision, DropReason, HoldReason } from '../decision/decision.js';
import { Evaluation } from './evaluation.js';
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
  incident_id: z
    .string()
    .nullable()
    .exactOptional()
    .describe('Of one alert that is asked for by its id; lists do not tell'),
  evaluation: Evaluation.exactOptional().describe(
    'What every rule says of it; of one alert that is asked for by its id',
  ),
});
export type AlertAnswer = z.infer<typeof AlertAnswer>;

const MatcherTexts = z.union([FilterText, z.array(FilterText).max(20)]);
const Moment = z.iso.datetime({ offset: true, error: 'expected an instant such as 2026-11-21T10:00:00Z' });
const Figure = z.coerce.number({ error: 'expected a number' });

/** The filters of `GET /api/v1/alerts`; all must hold. */
export const AlertQuery = PageQuery.extend({
  alert_id: FilterText.exactOptional(),
  source_system: FilterText.exactOptional(),
  alert_name: FilterText.exactOptional().describe('A name, or a /regular expression/ that takes the whole name'),
  service_name: FilterText.exactOptional().describe('The same for the service'),
  severity: Severity.exactOptional(),
  status: AlertStatus.exactOptional(),
  fingerprint: FilterText.exactOptional(),
  action: Decision.shape.action.exactOptional().describe('Of the last decision'),
  reason: z.union([HoldReason, DropReason]).exactOptional().describe('Of the last decision'),
  run_id: FilterText.exactOptional().describe('Alerts that started or joined this run'),
  rule_id: FilterText.exactOptional().describe('Of the last decision'),
  playbook_id: FilterText.exactOptional().describe('Of the last decision'),
  by: FilterText.exactOptional().describe('What made the last decision: rule:R001, storm, the id of a silence'),
  host_ip: FilterText.exactOptional(),
  group_key: FilterText.exactOptional(),
  metric_unit: FilterText.exactOptional(),
  occurrence_id: FilterText.exactOptional(),
  description: FilterText.exactOptional().describe('The whole of it, or a /regular expression/; see text'),
  timestamp: Moment.exactOptional().describe('When it began, to the millisecond'),
  ends_at: Moment.exactOptional(),
  momentary: z.enum(['true', 'false']).exactOptional().describe('Whether it happened and does not last'),
  metric_value: Figure.exactOptional(),
  min_value: Figure.exactOptional().describe('metric_value at least'),
  max_value: Figure.exactOptional().describe('metric_value at most'),
  matcher: MatcherTexts.exactOptional().describe(
    'Matchers on labels in Alertmanager syntax: env="prod", team=~"pay.*"; may be repeated, all must hold',
  ),
  annotation: MatcherTexts.exactOptional().describe('The same on annotations'),
  text: FilterText.exactOptional().describe('Anywhere in name or description, whatever the case'),
  since: Since.exactOptional().describe('Received at that time or later'),
  until: Since.exactOptional().describe('Received before that time'),
});
export type AlertQuery = z.infer<typeof AlertQuery>;

/** The path of one alert, and whether the evaluation of every rule is wanted with it. */
export const AlertOneQuery = z.strictObject({
  evaluation: z.enum(['true', 'false']).default('true').describe('Whether every rule is told'),
});

const MAX_TEXT = 65_536;
const Text = z
  .string()
  .max(MAX_TEXT)
  // NUL and lone surrogates cannot be kept by a database; as in the intake they become U+FFFD.
  .overwrite(wellFormed);
const Texts = z
  .record(Text, Text)
  .refine((texts) => Object.keys(texts).length <= 500, { error: 'expected at most 500 entries' });
const GivenInstant = z.iso.datetime({ offset: true });
/** Any word that an alert may come with; one that nobody knows is a slip of the pen here, and refused. */
const SeverityWord = z.preprocess((word) => {
  if (typeof word !== 'string') return word;
  const { severity, known } = mapSeverity(word);
  return known ? severity : word;
}, Severity);
const StatusWord = z.preprocess((word) => (typeof word === 'string' ? word.toLowerCase() : word), AlertStatus);

/**
 * An alert written by hand: `alert_name` and whatever else matters. Values of a wrong type are refused, never converted; keys that an
 * alert does not have are left out, so that an answer of `GET /api/v1/alerts/{alert_id}` can be handed back as it is.
 */
export const AlertDraft = z.object({
  alert_name: Text.min(1),
  source_system: Text.min(1).exactOptional(),
  severity: SeverityWord.exactOptional().describe(
    'critical, warning, info or another word for one of them (P1, disaster); unset: the label severity or priority, else warning',
  ),
  status: StatusWord.exactOptional(),
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

/** Finds in its labels what an alert is about. */
export interface LabelSubject {
  /** Null where no label says so. */
  serviceOf(labels: Labels): string | null;
  hostOf(labels: Labels): string | null;
}

const NO_SUBJECT: LabelSubject = { serviceOf: () => null, hostOf: () => null };

/**
 * The alert that a draft means: what it leaves out is found in its labels, as for one that is posted. It is a thing of its own: unless the
 * draft says so, it shares no fingerprint and no group with any other.
 */
export function alertOfDraft(
  draft: AlertDraft,
  alert_id: string,
  now: number,
  subject: LabelSubject = NO_SUBJECT,
): Alert {
  const fingerprint = draft.fingerprint ?? `manual:${alert_id}`;
  const labels = draft.labels ?? {};
  return {
    alert_id,
    source_system: draft.source_system ?? 'manual',
    alert_name: draft.alert_name,
    severity: draft.severity ?? severityIn(labels),
    status: draft.status ?? 'firing',
    service_name: draft.service_name === undefined ? subject.serviceOf(labels) : draft.service_name,
    host_ip: draft.host_ip === undefined ? subject.hostOf(labels) : draft.host_ip,
    metric_value: draft.metric_value ?? null,
    timestamp: draft.timestamp === undefined ? instant(now) : instant(Date.parse(draft.timestamp)),
    labels,
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

function severityIn(labels: Labels): Severity {
  return mapSeverity(severityWordIn(labels)).severity;
}
