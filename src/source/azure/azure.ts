import { z } from 'zod';
import type { AlertStatus, ParsedAlert } from '../../domain/alert/alert.js';
import { instant } from '../../domain/clock.js';
import type { ErrorDetail } from '../../domain/errors.js';
import type { Labels } from '../../domain/alert/label.js';
import { labelOf } from '../../domain/alert/label.js';
import type { ParsedPayload, Source, SourceModule } from '../../domain/source.js';
import { FIGURE_SETTINGS } from '../figure.js';
import type { Foreign } from '../foreign.js';
import { came, complain, isForeign, readText } from '../foreign.js';
import { readInstant } from '../instant.js';
import { ownLabels, present } from '../own-labels.js';
import { createRemarks, readSeverity } from '../remarks.js';
import type { Remarks } from '../remarks.js';
import { readList } from '../scalar.js';
import { identity, storableText } from '../storable.js';
import type { Subject } from '../subject.js';
import { createSubject, subjectSettings } from '../subject.js';
import { webLinks } from '../web-links.js';
import type { Context } from './context.js';
import { readContext } from './context.js';
import { azureIdentity } from './identity.js';
import type { Resource } from './resource.js';
import { hostOf, readResource, serviceOf } from './resource.js';

const SCHEMA = 'azureMonitorCommonAlertSchema';

const AzureConfig = z
  .strictObject({
    secret: z.string().min(1).optional(),
    ...FIGURE_SETTINGS,
    ...subjectSettings({ hosts: ['Computer', 'HostName'] }),
  })
  .prefault({});
type AzureConfig = z.infer<typeof AzureConfig>;

/** Azure Monitor, by action groups with the common alert schema. */
export const azure: SourceModule<AzureConfig> = {
  name: 'azure',
  config: AzureConfig,
  recognizes,
  create: createAzure,
};

function createAzure(config: AzureConfig): Source {
  const subject = createSubject(config);
  return { parse: (payload, now) => parse(payload, { now, subject }) };
}

function recognizes(payload: unknown): boolean {
  if (!isForeign(payload)) return false;
  const data = payload['data'];
  return payload['schemaId'] === SCHEMA || (isForeign(data) && isForeign(data['essentials']));
}

interface Setting {
  readonly now: number;
  readonly subject: Subject;
}

/** What every kind of alert has. */
interface Essentials {
  readonly alert_id: string | null;
  readonly rule: string | null;
  readonly severity: string | null;
  readonly signal_type: string | null;
  readonly condition: AlertStatus;
  readonly service: string | null;
  readonly targets: readonly string[];
  readonly items: readonly string[];
  readonly fired_at: string | null;
  readonly resolved_at: string | null;
  readonly description: string | null;
  readonly link: string | null;
}

function parse(payload: unknown, setting: Setting): ParsedPayload | { readonly unusable: readonly ErrorDetail[] } {
  if (!isForeign(payload))
    return { unusable: [{ path: '', message: `expected an Azure Monitor alert (an object), came ${came(payload)}` }] };
  const details: ErrorDetail[] = [];
  const { data } = payload;
  if (!isForeign(data) || !isForeign(data['essentials'])) {
    const path = isForeign(data) ? 'data.essentials' : 'data';
    const message = `expected the common alert schema, came ${came(isForeign(data) ? data['essentials'] : data)}: switch it on in the action group`;
    return { unusable: [{ path, message }] };
  }
  const remarks = createRemarks();
  const essentials = readEssentials(data['essentials'], details);
  const context = readContext(data, essentials.service ?? '', details);
  const name = context.alert_name ?? essentials.rule ?? '';
  if (name.trim() === '')
    complain(
      details,
      'data.essentials.alertRule',
      `expected the rule's name, came ${came(data['essentials']['alertRule'])}`,
    );
  if (details.length > 0) return { unusable: details };
  return { alerts: [alertOf(name, essentials, context, setting, remarks)], rejected: [], remarks: remarks.list() };
}

function readEssentials(from: Foreign, details: ErrorDetail[]): Essentials {
  const at = 'data.essentials';
  const text = (key: string): string | null => readText(from, key, at, details) || null;
  return {
    alert_id: text('alertId'),
    rule: text('alertRule'),
    severity: text('severity'),
    signal_type: text('signalType'),
    condition: readCondition(from, at, details),
    service: text('monitoringService'),
    targets: readTexts(from, 'alertTargetIDs', at, details),
    items: readTexts(from, 'configurationItems', at, details),
    fired_at: readInstant(from, 'firedDateTime', at, details),
    resolved_at: readInstant(from, 'resolvedDateTime', at, details),
    description: text('description'),
    link: text('investigationLink'),
  };
}

function readCondition(from: Foreign, at: string, details: ErrorDetail[]): AlertStatus {
  const value = from['monitorCondition'];
  if (value === 'Fired') return 'firing';
  if (value === 'Resolved') return 'resolved';
  const what = typeof value === 'string' ? JSON.stringify(storableText(value.slice(0, 50))) : came(value);
  complain(details, `${at}.monitorCondition`, `expected Fired or Resolved, came ${what}`);
  return 'firing';
}

function readTexts(from: Foreign, key: string, at: string, details: ErrorDetail[]): string[] {
  return readList(from, key, at, details, 100).flatMap((item, index) => {
    if (typeof item === 'string') return [storableText(item)];
    complain(details, `${at}.${key}[${index}]`, `expected a text, came ${came(item)}`);
    return [];
  });
}

function alertOf(
  name: string,
  essentials: Essentials,
  context: Context,
  setting: Setting,
  remarks: Remarks,
): ParsedAlert {
  const resource = readResource(essentials.targets[0] ?? null, essentials.items[0] ?? null);
  const labels = labelsOf(essentials, context, resource);
  const status = context.status ?? essentials.condition;
  const keys = azureIdentity({ name, targets: essentials.targets, alert_id: essentials.alert_id, context });
  const fired_at = essentials.fired_at ?? instant(setting.now);
  return {
    source_system: 'azure',
    alert_name: name,
    severity: readSeverity(labelOf(labels, 'severity'), remarks),
    status,
    service_name: setting.subject.serviceOf(labels) ?? context.service_name ?? serviceOf(resource),
    host_ip: setting.subject.hostOf(labels) ?? hostOf(resource),
    metric_value: context.metric === null ? null : context.metric.value,
    timestamp: context.began_at ?? fired_at,
    labels,
    description: essentials.description || context.description || name,
    fingerprint: keys.fingerprint,
    metric_unit: context.metric === null ? null : context.metric.unit,
    ends_at: status === 'firing' ? null : (essentials.resolved_at ?? fired_at),
    annotations: { ...context.annotations, ...present({ title: context.description, caller: context.caller }) },
    links: webLinks({
      ...context.links,
      generator: essentials.link ?? portalOf(essentials.alert_id),
      runbook: labelOf(context.annotations, 'runbook_url') || labelOf(context.annotations, 'runbook'),
    }),
    group_key: identity(`azure:${name}:${resource.id ?? keys.fingerprint}`),
    occurrence_id: keys.occurrence_id,
    ...(context.is_momentary ? { momentary: true as const } : {}),
  };
}

function labelsOf(essentials: Essentials, context: Context, resource: Resource): Labels {
  const own = {
    severity: essentials.severity,
    signal_type: essentials.signal_type,
    monitoring_service: essentials.service,
    subscription_id: resource.subscription_id,
    resource_group: resource.group,
    resource_type: resource.type,
    resource_name: resource.name,
    ...context.own_labels,
  };
  return ownLabels(context.labels, own, 'dimension');
}

/** The portal's page of an alert of the alerts management; others have none. */
function portalOf(alert_id: string | null): string | null {
  if (alert_id === null || !/\/providers\/microsoft\.alertsmanagement\/alerts\//i.test(alert_id)) return null;
  return `https://portal.azure.com/#blade/Microsoft_Azure_Monitoring/AlertDetailsTemplateBlade/alertId/${encodeURIComponent(alert_id)}`;
}
