import type { Incident } from '../../../domain/incident/incident.js';
import { Countdown, Span } from '../../kit/when.js';
import { incidentsWords } from '../../words/incidents.js';
import { useWords } from '../../words/language.js';
import { runningClock } from '../../kit/running-clock.js';

/** The clock that runs: until somebody has to take it, then until it has to be resolved; for a resolved one, how long it took. */
export function RowClock({ incident }: { readonly incident: Incident }) {
  const words = useWords(incidentsWords);
  if (incident.state === 'resolved')
    return (
      <span className="incident-clock">
        <span className={incident.resolve_breached ? 'incident-late' : ''}>
          <Span from={incident.reopened_at ?? incident.opened_at} to={incident.resolved_at} />
        </span>
        <span className="faint">{words.lasted}</span>
      </span>
    );
  const clock = runningClock(incident);
  if (clock === null) return <span className="faint">{words.no_clock}</span>;
  return (
    <span className="incident-clock">
      <Countdown until={clock.until} />
      <span className="faint">{clock.of === 'acknowledge' ? words.to_take : words.to_resolve}</span>
    </span>
  );
}
