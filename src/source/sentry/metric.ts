import type { ParsedAlert } from '../../domain/alert/alert.js';
import { instant } from '../../domain/clock.js';
import { labelsFingerprint } from '../../domain/alert/label.js';
import { parseQuantity } from '../../domain/alert/quantity.js';
import type { Foreign } from '../foreign.js';
import { came, complain, readName, readText } from '../foreign.js';
import { readInstant } from '../instant.js';
import { ownLabels, present } from '../own-labels.js';
import { readSeverity } from '../remarks.js';
import { readList, readObject, readScalar } from '../scalar.js';
import { identity, storableText } from '../storable.js';
import { webLinks } from '../web-links.js';
import type { Reading } from './reading.js';

const AT = 'data.metric_alert';
const ACTIONS = ['critical', 'warning', 'resolved', 'open'];

/** A metric alert: the rule's figure passed a threshold, or came back. */
export function readMetricAlert(data: Foreign, action: string, reading: Reading): ParsedAlert {
  const { details, now } = reading;
  if (!ACTIONS.includes(action))
    complain(details, 'action', `expected critical, warning or resolved, came ${JSON.stringify(action.slice(0, 50))}`);
  const incident = readObject(data, 'metric_alert', 'data', details) ?? {};
  const rule = readObject(incident, 'alert_rule', AT, details) ?? {};
  const at = `${AT}.alert_rule`;
  const text = (key: string): string | null => readText(rule, key, at, details) || null;
  const rule_id = readScalar(rule, 'id', at, details);
  const organization_id = readScalar(incident, 'organization_id', AT, details);
  const projects = projectsOf(incident, reading);
  const isOver = action === 'resolved';
  const own = {
    severity: isOver || action === 'open' ? null : action,
    project: projects.length === 0 ? null : storableText(projects.join(',')),
    environment: text('environment'),
    metric_name: text('aggregate'),
    dataset: text('dataset'),
    rule_id,
  };
  const labels = ownLabels([], own, 'tag');
  const description = readText(data, 'description_text', 'data', details) || null;
  const metric = valueIn(description);
  const fingerprint = labelsFingerprint({
    organization_id: organization_id ?? '',
    rule: rule_id ?? text('name') ?? '',
    kind: 'metric_alert',
  });
  const incident_id = readScalar(incident, 'id', AT, details);
  const alert_name = readName(rule, 'name', at, details);
  const started_at = readInstant(incident, 'date_started', AT, details);
  return {
    source_system: 'sentry',
    alert_name,
    severity: isOver ? 'info' : readSeverity(own.severity ?? '', reading.remarks),
    status: isOver ? 'resolved' : 'firing',
    service_name: projects.length > 1 ? null : reading.subject.serviceOf(labels),
    host_ip: null,
    metric_value: metric === null ? null : metric.value,
    timestamp: started_at ?? readInstant(incident, 'date_detected', AT, details) ?? instant(now),
    labels,
    description: description ?? alert_name,
    fingerprint,
    metric_unit: metric === null ? null : metric.unit,
    ends_at: isOver ? (readInstant(incident, 'date_closed', AT, details) ?? instant(now)) : null,
    annotations: present({
      title: readText(data, 'description_title', 'data', details),
      query: text('query'),
      time_window_min: readScalar(rule, 'time_window', at, details),
    }),
    links: webLinks({ generator: readText(data, 'web_url', 'data', details) }),
    group_key: identity(`sentry:${fingerprint}`),
    occurrence_id: incident_id === null ? fingerprint : identity(`${fingerprint} ${incident_id}`),
  };
}

function projectsOf(incident: Foreign, { details }: Reading): string[] {
  return readList(incident, 'projects', AT, details, 100).flatMap((project, index) => {
    if (typeof project === 'string') return [storableText(project)];
    complain(details, `${AT}.projects[${index}]`, `expected a text, came ${came(project)}`);
    return [];
  });
}

/** Sentry writes the figure first: `1000 events in the last 10 minutes`. Prose of another form has none. */
function valueIn(description: string | null) {
  const written = /^([+-]?[\d.,]{1,40}(?:%|ms|s)?) .{1,200}? in the (?:last|past) /i.exec(description ?? '')?.[1];
  return written === undefined ? null : parseQuantity(written);
}
