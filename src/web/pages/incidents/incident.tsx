import type { IncidentDetail } from '../../../domain/incident/incident.js';
import { path } from '../../api/client.js';
import { useGet } from '../../api/queries.js';
import { Id } from '../../kit/copy.js';
import { Icon } from '../../kit/icon.js';
import { Link } from '../../kit/link.js';
import { PageHeader } from '../../kit/page-header.js';
import { StateSign } from '../../kit/sign.js';
import { ErrorState, Loading } from '../../kit/states.js';
import { Span, When } from '../../kit/when.js';
import { incidentsWords } from '../../words/incidents.js';
import { useWords } from '../../words/language.js';
import { IncidentActions } from './actions.js';
import { Alerts, MergedHere, Runs } from './belongings.js';
import { PriorityMark } from '../../kit/priority-mark.js';
import { Tiles } from './tiles.js';
import { Timeline } from './timeline.js';
import './list.css';
import './incident.css';

/** One incident: how bad, since when, who, the clocks, what belongs to it, and all that has happened. */
export function IncidentPage({ id }: { readonly id: string }) {
  const words = useWords(incidentsWords);
  const back = { href: '/incidents', label: words.title };
  const { data: incident, error, refetch } = useGet<IncidentDetail>(path`/api/v1/incidents/${id}`, { live: true });
  if (incident === undefined)
    return (
      <>
        <PageHeader title={words.one} back={back} />
        {error === null ? <Loading rows={8} /> : <ErrorState error={error} onRetry={() => void refetch()} />}
      </>
    );
  return (
    <>
      <PageHeader
        title={incident.title}
        back={back}
        meta={
          <>
            <PriorityMark priority={incident.priority} size="l" />
            <StateSign value={incident.state} />
          </>
        }
        actions={<IncidentActions incident={incident} />}
      />
      <div className="stack">
        <Headline incident={incident} />
        {incident.merged_into !== null && <Merged into={incident.merged_into} />}
        <Tiles incident={incident} />
        <div className="incident-columns">
          <div className="stack incident-belongings">
            <Alerts alerts={incident.alerts} />
            <Runs runs={incident.runs} alert_id={incident.alerts.at(-1)?.alert_id ?? null} />
            <MergedHere timeline={incident.timeline} incident_id={incident.incident_id} />
          </div>
          <Timeline incident={incident} />
        </div>
      </div>
    </>
  );
}

/** In one line: what fires, since when, how bad it was, where. */
function Headline({ incident }: { readonly incident: IncidentDetail }) {
  const words = useWords(incidentsWords);
  const { headline } = words;
  const { reopened_at, reopen_count, resolved_at } = incident;
  return (
    <div className="incident-headline">
      <p
        className={
          incident.state !== 'resolved' && incident.firing_count > 0 ? 'incident-lead firing' : 'incident-lead'
        }
      >
        <span>
          {incident.state === 'resolved'
            ? incident.resolved_by === null
              ? words.resolved_itself
              : words.resolved_by(incident.resolved_by)
            : headline.firing(incident.firing_count, incident.alert_count)}
        </span>
        <Span from={reopened_at ?? incident.opened_at} to={resolved_at} />
      </p>
      <p className="row incident-facts">
        <span>
          {headline.opened} <When at={incident.opened_at} as="clock" />
        </span>
        {reopen_count > 0 && (
          <span>
            {headline.reopened(reopen_count)} <When at={reopened_at} />
          </span>
        )}
        <span className="row">
          <StateSign of="severity" value={incident.current_severity ?? incident.severity} as="text" />
          {incident.current_severity !== null && incident.current_severity !== incident.severity && (
            <span className="faint">
              {headline.worst}: <StateSign of="severity" value={incident.severity} as="text" />
            </span>
          )}
        </span>
        <Services names={incident.service_names} />
        <Id id={incident.incident_id} what={words.id} />
      </p>
    </div>
  );
}

const MOST_SERVICES = 12;

function Services({ names }: { readonly names: readonly string[] }) {
  const words = useWords(incidentsWords);
  if (names.length === 0) return <span className="faint">{words.no_service}</span>;
  return (
    <span className="row incident-services" aria-label={words.headline.services} role="group">
      {names.slice(0, MOST_SERVICES).map((name) => (
        <Link
          key={name}
          href={`/incidents?${new URLSearchParams({ state: 'all', service: name }).toString()}`}
          dir="auto"
        >
          {name}
        </Link>
      ))}
      {names.length > MOST_SERVICES && (
        <span title={names.slice(MOST_SERVICES).join(', ')}>{words.services_more(names.length - MOST_SERVICES)}</span>
      )}
    </span>
  );
}

function Merged({ into }: { readonly into: string }) {
  const words = useWords(incidentsWords);
  return (
    <p className="panel incident-merged">
      <Icon name="link" />
      <span>
        {words.merged} <Link href={path`/incidents/${into}`}>{words.merged_open}</Link>
      </span>
    </p>
  );
}
