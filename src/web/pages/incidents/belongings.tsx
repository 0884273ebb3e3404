import { useId, useState } from 'react';
import type { ReactNode } from 'react';
import type { IncidentAlert, IncidentEntry, IncidentRun } from '../../../domain/incident/incident.js';
import { path } from '../../api/client.js';
import { Button } from '../../kit/button.js';
import { Link } from '../../kit/link.js';
import { StateSign } from '../../kit/sign.js';
import { Span, When } from '../../kit/when.js';
import { incidentsWords } from '../../words/incidents.js';
import { useWords } from '../../words/language.js';
import { mergedHere } from './lines.js';

const MOST_AT_FIRST = 8;
const MOST_LISTED = 200;

interface PartProps<T> {
  readonly title: string;
  readonly items: readonly T[];
  readonly idOf: (item: T) => string;
  readonly row: (item: T) => ReactNode;
  readonly empty: ReactNode;
  readonly note?: string | null;
}

/** A list beside the timeline: the first few, all of them when asked. */
function Part<T>({ title, items, idOf, row, empty, note = null }: PartProps<T>) {
  const words = useWords(incidentsWords);
  const id = useId();
  const [whole, setWhole] = useState(false);
  const shown = whole ? items : items.slice(0, MOST_AT_FIRST);
  return (
    <section className="panel flush" aria-labelledby={id}>
      <div className="incident-part-head">
        <h2 id={id}>
          {title} <span className="faint number">{items.length}</span>
        </h2>
        {note !== null && <span className="faint">{note}</span>}
      </div>
      {items.length === 0 ? (
        <div className="incident-item quiet">{typeof empty === 'string' ? <p>{empty}</p> : empty}</div>
      ) : (
        <ul>
          {shown.map((item) => (
            <li key={idOf(item)} className="incident-item">
              {row(item)}
            </li>
          ))}
        </ul>
      )}
      {shown.length < items.length && (
        <div className="incident-part-foot">
          <Button tone="quiet" size="s" onClick={() => setWhole(true)}>
            {words.show_all(items.length)}
          </Button>
        </div>
      )}
    </section>
  );
}

/** Its alerts: what fires still first, then the newest. */
export function Alerts({ alerts }: { readonly alerts: readonly IncidentAlert[] }) {
  const words = useWords(incidentsWords);
  const firing = alerts.filter(({ resolved_at }) => resolved_at === null).reverse();
  const over = alerts.filter(({ resolved_at }) => resolved_at !== null).reverse();
  return (
    <Part
      title={words.alerts}
      items={[...firing, ...over]}
      idOf={({ alert_id }) => alert_id}
      empty={words.alerts_none}
      note={alerts.length >= MOST_LISTED ? words.alerts_cut : null}
      row={(alert) => (
        <>
          <StateSign value={alert.resolved_at === null ? 'firing' : 'resolved'} as="icon" />
          <div className="incident-item-words">
            <Link href={path`/alerts/${alert.alert_id}`} dir="auto">
              {alert.alert_name}
            </Link>
            <span className="row incident-item-facts">
              <StateSign of="severity" value={alert.severity} as="text" />
              {alert.service_name !== null && <span dir="auto">{alert.service_name}</span>}
              {alert.host_ip !== null && <span dir="auto">{alert.host_ip}</span>}
              {alert.repeat_count > 0 && <span>{words.repeats(alert.repeat_count)}</span>}
            </span>
          </div>
          <span className="incident-item-end quiet">
            {alert.resolved_at === null ? (
              <When at={alert.started_at} inRow />
            ) : (
              <Span from={alert.started_at} to={alert.resolved_at} />
            )}
          </span>
        </>
      )}
    />
  );
}

/** The runs that its alerts started or joined, the newest first. */
export function Runs({ runs, alert_id }: { readonly runs: readonly IncidentRun[]; readonly alert_id: string | null }) {
  const words = useWords(incidentsWords);
  return (
    <Part
      title={words.runs}
      items={[...runs].reverse()}
      idOf={({ run_id }) => run_id}
      empty={
        <p>
          {words.runs_none}{' '}
          {alert_id !== null && (
            <>
              {words.runs_none_hint}{' '}
              <Link href={`/rules?${new URLSearchParams({ tab: 'explain', alert: alert_id }).toString()}`}>
                {words.explain}
              </Link>
            </>
          )}
        </p>
      }
      row={(run) => (
        <>
          <StateSign value={run.state} as="icon" />
          <div className="incident-item-words">
            <Link href={path`/runs/${run.run_id}`} dir="auto">
              {run.playbook_id}
            </Link>
            <span className="row incident-item-facts">
              {run.outcome === null ? (
                <StateSign value={run.state} as="text" />
              ) : (
                <StateSign of="outcome" value={run.outcome} as="text" />
              )}
              {run.service_name !== null && <span dir="auto">{run.service_name}</span>}
            </span>
          </div>
          <span className="incident-item-end quiet">
            <Span from={run.created_at} to={run.finished_at} />
            <When at={run.created_at} inRow />
          </span>
        </>
      )}
    />
  );
}

/** The younger incidents that turned out to be part of this one; nothing where there are none. */
export function MergedHere({
  timeline,
  incident_id,
}: {
  readonly timeline: readonly IncidentEntry[];
  readonly incident_id: string;
}) {
  const words = useWords(incidentsWords);
  const merged = mergedHere(timeline, incident_id);
  if (merged.length === 0) return null;
  return (
    <Part
      title={words.merged_here}
      items={merged}
      idOf={({ incident_id: id }) => id}
      empty={null}
      row={({ incident_id: id, at }) => (
        <>
          <div className="incident-item-words">
            <Link href={path`/incidents/${id}`}>
              <code>{id}</code>
            </Link>
          </div>
          <span className="incident-item-end quiet">
            <When at={at} inRow />
          </span>
        </>
      )}
    />
  );
}
