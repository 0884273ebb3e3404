import type { OverviewAnswer } from '../../../domain/api/overview.js';
import { path } from '../../api/client.js';
import { Link } from '../../kit/link.js';
import { PriorityMark } from '../../kit/priority-mark.js';
import { runningClock } from '../../kit/running-clock.js';
import { StateSign } from '../../kit/sign.js';
import { Countdown, When } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { nowWords } from '../../words/now.js';

type Open = OverviewAnswer['incidents']['items'][number];

const MOST_SERVICES = 3;

/** One incident that is not resolved: how bad, what, who, and the clock that runs. */
export function IncidentLine({ incident }: { readonly incident: Open }) {
  const { incident: words } = useWords(nowWords);
  const clock = runningClock(incident);
  const services = incident.service_names.slice(0, MOST_SERVICES).join(', ');
  return (
    <li className="now-item">
      <PriorityMark priority={incident.priority} />
      <div className="now-words">
        <p className="now-title">
          <Link href={path`/incidents/${incident.incident_id}`} dir="auto">
            {incident.title}
          </Link>
        </p>
        <p className="quiet row">
          <StateSign value={incident.state} as="text" />
          <span dir="auto">{whoText(incident, words)}</span>
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
          <span className="faint">{clock.of === 'acknowledge' ? words.take_by : words.resolve_by}</span>
        </div>
      )}
    </li>
  );
}

/** Who works at it: the assignee, else who has taken it. */
function whoText(
  { assignee, acknowledged_by, state }: Open,
  words: { readonly nobody: string; readonly taken_by: (who: string) => string; readonly unassigned: string },
): string {
  if (assignee !== null) return assignee;
  if (state === 'open') return words.nobody;
  return acknowledged_by === null ? words.unassigned : words.taken_by(acknowledged_by);
}
