import { useState } from 'react';
import type { AlertAnswer } from '../../../domain/api/alert.js';
import { path } from '../../api/client.js';
import { Button } from '../../kit/button.js';
import { Copy, Id } from '../../kit/copy.js';
import { Icon } from '../../kit/icon.js';
import { KeyValue } from '../../kit/key-value.js';
import type { Fact } from '../../kit/key-value.js';
import { Link } from '../../kit/link.js';
import { writeMatcher } from '../../kit/matchers.js';
import { StateSign } from '../../kit/sign.js';
import { Span, When } from '../../kit/when.js';
import { alertsWords } from '../../words/alerts.js';
import { useWords } from '../../words/language.js';
import { safeUrl } from './alert-json.js';
import { alertsHref, AlertsLink } from './alerts-link.js';
import { LongText } from './long-text.js';

const MOST_LABELS = 40;
const MOST_TEXTS = 30;

/** The fields that every alert has, in the order and by the names of the contract: what rules and playbooks call them. */
export function AlertFacts({ alert }: { readonly alert: AlertAnswer }) {
  const w = useWords(alertsWords).one;
  const { service_name, host_ip, metric_value, metric_unit } = alert;
  const facts: Fact[] = [
    { label: 'alert_id', value: <Id id={alert.alert_id} what={w.id} /> },
    {
      label: 'source_system',
      value: <AlertsLink by="source_system" value={alert.source_system} title={w.all_of_source(alert.source_system)} />,
    },
    { label: 'alert_name', value: <AlertsLink by="alert_name" value={alert.alert_name} /> },
    { label: 'severity', value: <StateSign of="severity" value={alert.severity} as="text" /> },
    { label: 'status', value: <StateSign value={alert.status} as="text" /> },
    {
      label: 'service_name',
      value: service_name && (
        <AlertsLink by="service_name" value={service_name} title={w.all_of_service(service_name)} />
      ),
    },
    { label: 'host_ip', value: host_ip && <AlertsLink by="host_ip" value={host_ip} /> },
    {
      label: 'metric_value',
      value: metric_value === null ? null : <span className="number">{valueText(metric_value, metric_unit)}</span>,
    },
    { label: 'timestamp', value: <When at={alert.timestamp} as="both" /> },
    { label: 'fingerprint', value: <Id id={alert.fingerprint} what={w.fingerprint} /> },
  ];
  return <KeyValue facts={facts} />;
}

/** `93.4 %`: the figure as it came, with its unit. */
export function valueText(value: number, unit: string | null): string {
  return unit === null || unit === '' ? String(value) : `${value} ${unit.slice(0, 40)}`;
}

/** The other fields, and what the alert belongs to. */
export function MoreFacts({ alert }: { readonly alert: AlertAnswer }) {
  const w = useWords(alertsWords).one;
  const words = useWords();
  const { incident_id, ends_at } = alert;
  const facts: Fact[] = [
    {
      label: w.incident,
      value: incident_id && <Link href={path`/incidents/${incident_id}`}>{incident_id}</Link>,
    },
    { label: 'received_at', value: <When at={alert.received_at} as="both" /> },
    {
      label: 'ends_at',
      value: ends_at && (
        <>
          <When at={ends_at} as="both" /> (<Span from={alert.timestamp} to={ends_at} />)
        </>
      ),
    },
    { label: 'group_key', value: <AlertsLink by="group_key" value={alert.group_key} /> },
    ...(alert.occurrence_id === alert.fingerprint
      ? []
      : [{ label: 'occurrence_id', value: <Id id={alert.occurrence_id} what={w.occurrence} /> }]),
    ...(alert.filtered === undefined
      ? []
      : [{ label: words.decision_reason.filtered, value: `${alert.filtered.by}: ${alert.filtered.explanation}` }]),
  ];
  return (
    <>
      <KeyValue facts={facts} />
      {alert.momentary === true && <p className="quiet">{w.momentary}</p>}
    </>
  );
}

/** Labels as matchers: each leads to the alerts that have it too. */
export function AlertLabels({ labels }: Pick<AlertAnswer, 'labels'>) {
  const w = useWords(alertsWords).one;
  const words = useWords();
  const [all, setAll] = useState(false);
  const entries = Object.entries(labels);
  if (entries.length === 0) return <p className="quiet">{words.none}</p>;
  return (
    <>
      <ul className="alert-labels">
        {(all ? entries : entries.slice(0, MOST_LABELS)).map(([name, value]) => {
          const matcher = writeMatcher(name, '=', value);
          return (
            <li key={name}>
              <Link
                href={alertsHref({ matcher })}
                className="alert-label"
                title={w.label_filter(matcher.slice(0, 300))}
              >
                <span className="alert-label-name">{name.slice(0, 200)}</span>
                <bdi>{value.length > 200 ? `${value.slice(0, 200)}…` : value}</bdi>
              </Link>
            </li>
          );
        })}
      </ul>
      {entries.length > MOST_LABELS && !all && (
        <Button size="s" tone="quiet" onClick={() => setAll(true)}>
          {words.do.all} ({entries.length})
        </Button>
      )}
    </>
  );
}

/** What the source says besides, and where it points to. */
export function AlertAnnotations({ alert }: { readonly alert: AlertAnswer }) {
  const w = useWords(alertsWords).one;
  const words = useWords();
  const [all, setAll] = useState(false);
  const annotations = Object.entries(alert.annotations);
  const links = Object.entries(alert.links);
  const few = all ? annotations : annotations.slice(0, MOST_TEXTS);
  return (
    <>
      {links.length > 0 && (
        <section className="panel stack">
          <h2>{w.links}</h2>
          <ul className="alert-links">
            {links.slice(0, 100).map(([name, url]) => (
              <li key={name}>
                <OutsideLink name={name} url={url} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {annotations.length > 0 && (
        <section className="panel stack alert-texts">
          <h2>{w.annotations}</h2>
          <KeyValue
            facts={few.map(([name, value]) => ({
              label: name.slice(0, 200),
              value: <LongText text={value} label={w.value(name.slice(0, 200))} />,
            }))}
          />
          {annotations.length > few.length && (
            <Button size="s" tone="quiet" onClick={() => setAll(true)}>
              {words.do.all} ({annotations.length})
            </Button>
          )}
        </section>
      )}
    </>
  );
}

function OutsideLink({ name, url }: { readonly name: string; readonly url: string }) {
  const w = useWords(alertsWords).one;
  const href = safeUrl(url);
  const shown = url.length > 200 ? `${url.slice(0, 200)}…` : url;
  if (href === null)
    return (
      <span title={w.unsafe_link}>
        <bdi>{name.slice(0, 100)}</bdi> <code className="quiet">{shown}</code>
        <span className="visually-hidden"> ({w.unsafe_link})</span>
      </span>
    );
  return (
    <span className="alert-link">
      <a href={href} target="_blank" rel="noopener noreferrer" title={shown}>
        <Icon name="link" size={14} />
        <bdi>{name.slice(0, 100)}</bdi>
        <span className="visually-hidden"> ({w.new_tab})</span>
      </a>
      <span className="faint truncate">{hostOf(href)}</span>
      <Copy text={href} what={name.slice(0, 100)} />
    </span>
  );
}

function hostOf(href: string): string {
  return new URL(href).host;
}
