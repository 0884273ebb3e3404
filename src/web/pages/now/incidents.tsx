import { Link } from 'wouter';
import type { OverviewAnswer } from '../../../domain/api/overview.js';
import { path } from '../../api/client.js';
import { StateSign } from '../../kit/sign.js';
import { Countdown, When } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { nowWords } from '../../words/now.js';

type Open = OverviewAnswer['incidents']['items'][number];

const MOST_SERVICES = 3;

/** One incident that is not resolved: how bad, what, who, and the clock that runs. */
export function IncidentLine({ incident }: { readonly incident: Open }) {
  const { incident: words } = useWords(nowWords);
  const clock =
    incident.state === 'open' && incident.acknowledge_by !== null
      ? { until: incident.acknowledge_by, what: words.take_by }
      : incident.resolve_by !== null
        ? { until: incident.resolve_by, what: words.resolve_by }
        : null;
  const services = incident.service_names.slice(0, MOST_SERVICES).join(', ');
  return (
    <li className="now-item">
      <div className="now-words">
        <p className="now-title">
          <StateSign of="priority" value={incident.priority} as="icon" />{' '}
          <Link href={path`/incidents/${incident.incident_id}`} dir="auto">
            {incident.title}
          </Link>
        </p>
        <p className="quiet row">
          <StateSign value={incident.state} />
          <span dir="auto">{incident.assignee ?? words.nobody}</span>
          {services !== '' && (
            <span dir="auto">
              {services}
              {incident.service_names.length > MOST_SERVICES && ' …'}
            </span>
          )}
          {incident.firing_count > 0 && <span>{words.firing(incident.firing_count)}</span>}
          <When at={incident.opened_at} />
        </p>
      </div>
      {clock !== null && (
        <div className="now-end clock">
          <Countdown until={clock.until} />
          <span className="faint">{clock.what}</span>
        </div>
      )}
    </li>
  );
}
