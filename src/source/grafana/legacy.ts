import type { AlertStatus, ParsedAlert } from '../../domain/alert/alert.js';
import { instant } from '../../domain/clock.js';
import type { ErrorDetail } from '../../domain/errors.js';
import type { Labels } from '../../domain/alert/label.js';
import { labelOf, labelsFingerprint } from '../../domain/alert/label.js';
import type { ParsedPayload } from '../../domain/source.js';
import type { Foreign } from '../foreign.js';
import { came, complain, isForeign, readName, readText, readTexts } from '../foreign.js';
import { ownLabels, present } from '../own-labels.js';
import { createRemarks, readSeverity } from '../remarks.js';
import type { Remarks } from '../remarks.js';
import { readList, readScalar } from '../scalar.js';
import { identity, storableText } from '../storable.js';
import { webLinks } from '../web-links.js';
import type { GrafanaSetting } from './unified.js';

const STATES = ['alerting', 'ok', 'no_data', 'paused', 'pending'];

/** True for the webhook of a legacy notification channel: one rule and the series that it matches. */
export function isLegacy(payload: Foreign): boolean {
  if (Array.isArray(payload['alerts'])) return false;
  const isRule = 'ruleName' in payload && 'state' in payload;
  return isRule && ('evalMatches' in payload || 'ruleUrl' in payload || 'dashboardId' in payload);
}

/** A body is one rule's state; when it is OK again nothing says which series it was about, so the rule is one alert. */
export function parseLegacy(
  payload: Foreign,
  setting: GrafanaSetting,
): ParsedPayload | { readonly unusable: readonly ErrorDetail[] } {
  const details: ErrorDetail[] = [];
  const remarks = createRemarks();
  const status = readState(payload, details);
  const alert = readRule(payload, status ?? 'firing', setting, details, remarks);
  if (details.length > 0) return { unusable: details };
  if (status !== null) return { alerts: [alert], rejected: [], remarks: remarks.list() };
  return {
    alerts: [],
    rejected: [],
    remarks: [`a rule in state ${String(payload['state'])} is no alert`],
    aside: true,
  };
}

/** Null for states in which Grafana neither alerts nor says that all is well. No data is not well. */
function readState(payload: Foreign, details: ErrorDetail[]): AlertStatus | null {
  const { state } = payload;
  if (state === 'alerting' || state === 'no_data') return 'firing';
  if (state === 'ok') return 'resolved';
  if (state === 'paused' || state === 'pending') return null;
  const what = typeof state === 'string' ? JSON.stringify(storableText(state.slice(0, 50))) : came(state);
  complain(details, 'state', `expected one of ${STATES.join(', ')}, came ${what}`);
  return null;
}

function readRule(
  payload: Foreign,
  status: AlertStatus,
  setting: GrafanaSetting,
  details: ErrorDetail[],
  remarks: Remarks,
): ParsedAlert {
  const alert_name = readName(payload, 'ruleName', '', details);
  const matches = readMatches(payload, details);
  const tags = readTexts(payload, 'tags', '', details);
  const rule_id = readScalar(payload, 'ruleId', '', details);
  const rule_url = readText(payload, 'ruleUrl', '', details);
  const org_id = readScalar(payload, 'orgId', '', details);
  const message = readText(payload, 'message', '', details);
  const own = { state: typeof payload['state'] === 'string' ? storableText(payload['state']) : null, rule_id };
  const labels = ownLabels([...Object.entries(commonTags(matches)), ...Object.entries(tags)], own, 'tag');
  const fingerprint = labelsFingerprint({
    grafana: originOf(rule_url),
    org_id: org_id ?? '',
    rule: rule_id === null || rule_id === '0' ? alert_name : rule_id,
  });
  const [only] = matches;
  return {
    source_system: 'grafana',
    alert_name,
    severity: readSeverity(labelOf(labels, 'severity') || labelOf(labels, 'priority'), remarks),
    status,
    service_name: setting.subject.serviceOf(labels),
    host_ip: setting.subject.hostOf(labels),
    metric_value: matches.length === 1 && only !== undefined ? only.value : null,
    timestamp: instant(setting.now),
    labels,
    description: message || alert_name,
    fingerprint,
    metric_unit: null,
    ends_at: status === 'resolved' ? instant(setting.now) : null,
    annotations: present({ values: shownMatches(matches), title: readText(payload, 'title', '', details) }),
    links: webLinks({ generator: rule_url, image: readText(payload, 'imageUrl', '', details) }),
    group_key: identity(`grafana:${fingerprint}`),
    occurrence_id: fingerprint,
  };
}

interface Match {
  readonly metric: string;
  readonly value: number | null;
  readonly tags: Labels;
}

const MAX_MATCHES = 1_000;

function readMatches(payload: Foreign, details: ErrorDetail[]): Match[] {
  return readList(payload, 'evalMatches', '', details, MAX_MATCHES).flatMap((item, index) => {
    const at = `evalMatches[${index}]`;
    if (!isForeign(item)) {
      complain(details, at, `expected a match (an object), came ${came(item)}`);
      return [];
    }
    const { value } = item;
    if (value !== undefined && value !== null && typeof value !== 'number')
      complain(details, `${at}.value`, `expected a number, came ${came(value)}`);
    const number = typeof value === 'number' && Number.isFinite(value) ? value : null;
    return [
      {
        metric: readText(item, 'metric', at, details) ?? '',
        value: number,
        tags: readTexts(item, 'tags', at, details),
      },
    ];
  });
}

/** Tags that all matching series have alike: with several, what tells them apart is nobody's label. */
function commonTags(matches: readonly Match[]): Labels {
  const [first, ...others] = matches;
  if (first === undefined) return {};
  return Object.fromEntries(
    Object.entries(first.tags).filter(([name, value]) => others.every(({ tags }) => labelOf(tags, name) === value)),
  );
}

function shownMatches(matches: readonly Match[]): string | null {
  const shown = matches.slice(0, 20).map(({ metric, value }) => `${metric.slice(0, 200)}=${value ?? 'null'}`);
  return shown.length === 0 ? null : storableText(shown.join(', '));
}

/** Two Grafanas number their rules alike; a dashboard's path changes when it is renamed. */
function originOf(address: string | null): string {
  return address !== null && URL.canParse(address) ? new URL(address).origin : '';
}
