import { useId } from 'react';
import type { ReactNode } from 'react';
import type { IncidentDetail } from '../../../domain/incident/incident.js';
import { Badge } from '../../kit/sign.js';
import { Countdown, Span, When } from '../../kit/when.js';
import { incidentsWords } from '../../words/incidents.js';
import { useWords } from '../../words/language.js';
import { AssignButtons } from './assign.js';
import { PriorityMark } from '../../kit/priority-mark.js';

/** The four figures of an incident: how bad, both clocks, who works at it. */
export function Tiles({ incident }: { readonly incident: IncidentDetail }) {
  const { tile, nobody } = useWords(incidentsWords);
  return (
    <div className="incident-tiles">
      <AcknowledgeTile incident={incident} />
      <ResolveTile incident={incident} />
      <Tile title={tile.assignee} tone={incident.assignee === null && incident.state !== 'resolved' ? 'warn' : ''}>
        <p className="incident-figure truncate" dir="auto" title={incident.assignee ?? undefined}>
          {incident.assignee ?? <span className="faint">{nobody}</span>}
        </p>
        <AssignButtons incident={incident} />
      </Tile>
      <PriorityTile incident={incident} />
    </div>
  );
}

interface TileProps {
  readonly title: string;
  readonly tone?: 'bad' | 'warn' | 'good' | '';
  readonly children: ReactNode;
}

function Tile({ title, tone = '', children }: TileProps) {
  const id = useId();
  return (
    <section className={`panel incident-tile ${tone}`} aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}

function PriorityTile({ incident }: { readonly incident: IncidentDetail }) {
  const { tile } = useWords(incidentsWords);
  const { grade } = useWords();
  return (
    <Tile title={tile.priority}>
      <p className="incident-figure">
        <PriorityMark priority={incident.priority} size="l" />
      </p>
      <p>{tile.grades(grade[incident.impact], grade[incident.urgency])}</p>
      <p className="quiet" dir="auto">
        {incident.priority_by === null ? tile.from_alerts : tile.set_by(incident.priority_by)} ·{' '}
        {tile.level(incident.response_level)}
      </p>
    </Tile>
  );
}

/** From when the clocks count: the opening, or the last reopening. */
function countedFrom({ opened_at, reopened_at }: IncidentDetail): string {
  return reopened_at ?? opened_at;
}

function AcknowledgeTile({ incident }: { readonly incident: IncidentDetail }) {
  const { tile } = useWords(incidentsWords);
  const { acknowledged_at, acknowledged_by, acknowledge_by, acknowledge_breached } = incident;
  if (acknowledged_at !== null)
    return (
      <Tile title={tile.taken_after} tone={acknowledge_breached ? 'bad' : 'good'}>
        <p className="incident-figure">
          <Span from={countedFrom(incident)} to={acknowledged_at} />
        </p>
        <p className="quiet" dir="auto">
          {acknowledged_by !== null && tile.taken_by(acknowledged_by)} <When at={acknowledged_at} />
        </p>
        <Kept until={acknowledge_by} breached={acknowledge_breached} />
      </Tile>
    );
  if (incident.state === 'resolved')
    return (
      <Tile title={tile.acknowledge} tone={acknowledge_breached ? 'bad' : ''}>
        <p className="incident-figure faint">{tile.not_taken}</p>
        {acknowledge_breached && <Kept until={acknowledge_by} breached />}
      </Tile>
    );
  return <Running title={tile.acknowledge} until={acknowledge_by} breached={acknowledge_breached} />;
}

function ResolveTile({ incident }: { readonly incident: IncidentDetail }) {
  const { tile } = useWords(incidentsWords);
  const { resolved_at, resolve_by, resolve_breached } = incident;
  if (resolved_at === null) return <Running title={tile.resolve} until={resolve_by} breached={resolve_breached} />;
  return (
    <Tile title={tile.resolved_after} tone={resolve_breached ? 'bad' : 'good'}>
      <p className="incident-figure">
        <Span from={countedFrom(incident)} to={resolved_at} />
      </p>
      <p className="quiet">
        <When at={resolved_at} as="both" />
      </p>
      <Kept until={resolve_by} breached={resolve_breached} />
    </Tile>
  );
}

interface RunningProps {
  readonly title: string;
  readonly until: string | null;
  readonly breached: boolean;
}

function Running({ title, until, breached }: RunningProps) {
  const { tile, no_clock } = useWords(incidentsWords);
  return (
    <Tile title={title} tone={breached ? 'bad' : ''}>
      {until === null ? (
        <>
          <p className="incident-figure faint">{no_clock}</p>
          <p className="quiet">{tile.none}</p>
        </>
      ) : (
        <>
          <p className="incident-figure">
            <Countdown until={until} />
          </p>
          <p className="quiet">
            {tile.until} <When at={until} as="clock" />
          </p>
        </>
      )}
    </Tile>
  );
}

function Kept({ until, breached }: { readonly until: string | null; readonly breached: boolean }) {
  const { tile } = useWords(incidentsWords);
  if (until === null) return null;
  return (
    <p>
      {breached ? (
        <Badge tone="bad" icon="clock">
          {tile.late}
        </Badge>
      ) : (
        <Badge tone="good" icon="check">
          {tile.in_time}
        </Badge>
      )}
    </p>
  );
}
