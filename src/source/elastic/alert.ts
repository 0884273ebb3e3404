import type { AlertStatus, ParsedAlert } from '../../domain/alert/alert.js';
import { instant } from '../../domain/clock.js';
import type { ErrorDetail } from '../../domain/errors.js';
import type { Labels } from '../../domain/alert/label.js';
import { labelOf, labelsFingerprint } from '../../domain/alert/label.js';
import type { Quantity } from '../../domain/alert/quantity.js';
import { parseQuantity } from '../../domain/alert/quantity.js';
import type { Flat } from '../flat.js';
import { flatText } from '../flat.js';
import { came, complain, isForeign } from '../foreign.js';
import { parseInstant } from '../instant.js';
import { ownLabels, present } from '../own-labels.js';
import type { Remarks } from '../remarks.js';
import { readSeverity } from '../remarks.js';
import { identity, storableText } from '../storable.js';
import type { Subject } from '../subject.js';
import { readTagList, tagLabels } from '../tag-list.js';
import { webLinks } from '../web-links.js';

/** What Kibana's alerts are read with. */
export interface ElasticSetting {
  readonly now: number;
  readonly subject: Subject;
  readonly remarks: Remarks;
}

/** Names of the same thing in bodies that people write, and in documents of the alerts index. */
const NAMES = {
  rule_name: ['rulename', 'kibanaalertrulename'],
  rule_id: ['ruleid', 'kibanaalertruleuuid'],
  space: ['rulespaceid', 'spaceid', 'kibanaspaceids'],
  alert_id: ['alertid', 'alertinstanceid', 'kibanaalertinstanceid', 'id'],
  alert_uuid: ['alertuuid', 'kibanaalertuuid'],
  action_group: ['alertactiongroup', 'actiongroup', 'alertactiongroupid', 'kibanaalertactiongroup'],
  status: ['status', 'alertstatus', 'eventstatus', 'kibanaalertstatus', 'contextalertstate'],
  severity: ['severity', 'alertseverity', 'contextseverity', 'kibanaalertseverity', 'kibanaalertruleseverity'],
  reason: ['contextreason', 'reason', 'kibanaalertreason', 'contextmessage', 'message'],
  value: ['contextvalue', 'value', 'metricvalue', 'kibanaalertevaluationvalue', 'kibanaalertevaluationvalues'],
  started: ['alertstart', 'kibanaalertstart', 'contexttimestamp', 'date', 'timestamp'],
  ended: ['alertend', 'kibanaalertend', 'date'],
  host: ['hostname', 'host', 'contexthostname'],
} as const;

const TAGS = ['ruletags', 'tags', 'kibanaalertruletags', 'contexttags'];

/** One alert of a rule: from a body by its fields' names, or a document of the alerts index. */
export function readKibanaAlert(
  flat: Flat,
  at: string,
  details: ErrorDetail[],
  setting: ElasticSetting,
): ParsedAlert | null {
  const read = (names: readonly string[]): string | null => flatText(flat, names, details);
  const alert_name = read(NAMES.rule_name) ?? '';
  if (alert_name === '')
    complain(
      details,
      at === '' ? 'rule.name' : `${at}["kibana.alert.rule.name"]`,
      "expected the rule's name, came nothing",
    );
  const group = read(NAMES.action_group);
  const status = statusOf(read(NAMES.status), group);
  const labels = labelsOf(flat, group, details);
  const metric = readValue(flat, details);
  const started_at = readTime(flat, NAMES.started, details) ?? instant(setting.now);
  const ended_at = status === 'resolved' ? (readTime(flat, NAMES.ended, details) ?? instant(setting.now)) : null;
  const rule_id = read(NAMES.rule_id);
  const alert_id = read(NAMES.alert_id);
  const uuid = read(NAMES.alert_uuid);
  const word = read(NAMES.severity) ?? (labelOf(labels, 'severity') || wordOf(group, status));
  const severity = readSeverity(word, setting.remarks);
  const host = scalarOf(flat, NAMES.host);
  const reason = scalarOf(flat, NAMES.reason);
  const fingerprint = labelsFingerprint({
    space: scalarOf(flat, NAMES.space) ?? '',
    rule: rule_id ?? alert_name,
    // A recovered alert of some rules has a uuid and nothing else that tells it from others.
    alert: alert_id ?? uuid ?? '',
  });
  if (details.length > 0) return null;
  return {
    source_system: 'elastic',
    alert_name,
    severity,
    status,
    service_name: setting.subject.serviceOf(labels),
    host_ip: setting.subject.hostOf(labels) ?? host,
    metric_value: metric === null ? null : metric.value,
    timestamp: started_at,
    labels: word === '' || word === WELL || labelOf(labels, 'severity') !== '' ? labels : { ...labels, severity: word },
    description: reason ?? alert_name,
    fingerprint,
    metric_unit: metric === null ? null : metric.unit,
    ends_at: ended_at,
    annotations: present({
      reason,
      threshold: scalarOf(flat, ['contextthreshold', 'threshold', 'kibanaalertevaluationthreshold']),
      conditions: scalarOf(flat, ['contextconditions', 'contextalertdetails']),
    }),
    links: webLinks({
      generator: scalarOf(flat, ['ruleurl', 'kibanaalertruleurl']),
      alert: scalarOf(flat, ['contextalertdetailsurl', 'alertdetailsurl', 'kibanaalerturl', 'alerturl']),
      dashboard: scalarOf(flat, ['contextviewinappurl', 'viewinappurl', 'dashboardurl', 'dashboard']),
      runbook: scalarOf(flat, ['runbook', 'runbookurl']),
      kibana: scalarOf(flat, ['kibanabaseurl', 'kibanaurl']),
    }),
    group_key: identity(`elastic:${rule_id ?? alert_name}`),
    occurrence_id: identity(uuid ?? fingerprint),
  };
}

/** The action group of a recovery is `recovered`; an alert that Kibana does not track any more has ended for it, too. */
function statusOf(status: string | null, group: string | null): AlertStatus {
  const words = [status, group].map((word) => (word ?? '').trim().toLowerCase());
  return words.some((word) => ENDED.has(word)) ? 'resolved' : 'firing';
}

const ENDED: ReadonlySet<string> = new Set(['recovered', 'resolved', 'ok', 'untracked', 'closed']);

/** The severity of what is over, where nothing else is said. */
const WELL = 'ok';

/** Some rules have groups for how bad it is: `metrics.inventory_threshold.warning`, `slo.burnRate.high`. */
function wordOf(group: string | null, status: AlertStatus): string {
  const last = (group ?? '').split(/[.\s]/).at(-1)?.toLowerCase() ?? '';
  if (['warning', 'critical', 'high', 'medium', 'low', 'alert'].includes(last)) return last;
  return status === 'resolved' ? WELL : '';
}

function labelsOf(flat: Flat, group: string | null, details: ErrorDetail[]): Labels {
  const tags = TAGS.flatMap((name) => {
    const field = flat.get(name);
    return field === undefined ? [] : readTagList(field.value, field.at, details);
  });
  const read = (names: readonly string[]): string | null => flatText(flat, names, details);
  const own = {
    rule_id: read(NAMES.rule_id),
    rule_type: scalarOf(flat, ['ruletype', 'kibanaalertruletypeid', 'kibanaalertruleruletypeid']),
    alert_id: read(NAMES.alert_id),
    action_group: group,
  };
  return ownLabels([...tagLabels(tags), ...groupedBy(flat, details), ...ecs(flat)], own, 'tag');
}

/** What the rule groups by: `[{"field": "host.name", "value": "web-1"}]`. */
function groupedBy(flat: Flat, details: ErrorDetail[]): [string, string][] {
  const field = flat.get('kibanaalertgroup') ?? flat.get('contextgrouping');
  if (field === undefined || !Array.isArray(field.value)) return [];
  const items: readonly unknown[] = field.value;
  return items.slice(0, 100).flatMap((item, index): [string, string][] => {
    if (!isForeign(item)) {
      complain(details, `${field.at}[${index}]`, `expected field and value (an object), came ${came(item)}`);
      return [];
    }
    const { field: name, value } = item;
    return typeof name === 'string' && typeof value === 'string' ? [[name, value]] : [];
  });
}

/** Fields of the Elastic common schema that say what an alert is about. */
const ECS: readonly (readonly [string, string])[] = [
  ['service.name', 'servicename'],
  ['service.environment', 'serviceenvironment'],
  ['host.name', 'hostname'],
  ['host.ip', 'hostip'],
  ['container.id', 'containerid'],
  ['kubernetes.namespace', 'kubernetesnamespace'],
  ['kubernetes.pod.name', 'kubernetespodname'],
  ['kubernetes.deployment.name', 'kubernetesdeploymentname'],
  ['kubernetes.node.name', 'kubernetesnodename'],
  ['cloud.region', 'cloudregion'],
  ['transaction.type', 'transactiontype'],
  ['transaction.name', 'transactionname'],
];

function ecs(flat: Flat): [string, string][] {
  return ECS.flatMap(([label, name]): [string, string][] => {
    const value = scalarOf(flat, [name, `context${name}`]);
    return value === null ? [] : [[label, value]];
  });
}

/** A field that may as well be a list (ECS allows both), of which the first counts; never a complaint. */
function scalarOf(flat: Flat, names: readonly string[]): string | null {
  for (const name of names) {
    const value = flat.get(name)?.value;
    const one: unknown = Array.isArray(value) ? value[0] : value;
    if (typeof one === 'string' && one.trim() !== '') return storableText(one);
    if (typeof one === 'number') return String(one);
  }
  return null;
}

/** A number, a text with one, a list of one, or what Kibana writes for a rule with conditions: `{"condition0": 0.9}`. */
function readValue(flat: Flat, details: ErrorDetail[]): Quantity | null {
  for (const name of NAMES.value) {
    const field = flat.get(name);
    if (field === undefined || field.value === null) continue;
    const { value } = field;
    if (typeof value === 'number') return Number.isFinite(value) ? { value, unit: null } : null;
    if (Array.isArray(value)) return onlyNumber(value);
    const text = flatText(flat, [name], details);
    if (text === null) continue;
    return parseQuantity(text) ?? onlyNumber(numbersIn(text));
  }
  return onlyNumber(conditionValues(flat));
}

/** `context.value.condition0`, after objects were taken apart. */
function conditionValues(flat: Flat): unknown[] {
  return Array.from(flat).flatMap(([name, { value }]) => (/^contextvaluecondition\d{1,3}$/.test(name) ? [value] : []));
}

function numbersIn(text: string): unknown[] {
  if (!text.startsWith('{') && !text.startsWith('[')) return [];
  try {
    const value: unknown = JSON.parse(text);
    return isForeign(value) ? Object.values(value) : Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

function onlyNumber(values: readonly unknown[]): Quantity | null {
  const [value, ...others] = values;
  const number = typeof value === 'string' ? Number(value) : value;
  const isOne = others.length === 0 && typeof number === 'number' && Number.isFinite(number) && value !== '';
  return isOne ? { value: number, unit: null } : null;
}

function readTime(flat: Flat, names: readonly string[], details: ErrorDetail[]): string | null {
  for (const name of names) {
    const text = flatText(flat, [name], details);
    if (text === null) continue;
    const time = parseInstant(text);
    if (time !== undefined) return time;
    const at = flat.get(name)?.at ?? name;
    complain(
      details,
      at,
      `expected an RFC 3339 time such as 2026-11-21T10:00:00Z, came ${JSON.stringify(text.slice(0, 50))}`,
    );
  }
  return null;
}
