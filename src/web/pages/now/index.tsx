import type { ReactNode } from 'react';
import type { OverviewAnswer } from '../../../domain/api/overview.js';
import { useSession } from '../../api/session.js';
import { Icon } from '../../kit/icon.js';
import { later } from '../../kit/later.js';
import { Link } from '../../kit/link.js';
import { PageHeader } from '../../kit/page-header.js';
import { ErrorState, Loading } from '../../kit/states.js';
import { worstFirst } from '../../kit/worst-first.js';
import { useOverview } from '../../shell/overview.js';
import { useWords } from '../../words/language.js';
import { nowWords } from '../../words/now.js';
import { AlertChart } from './alert-chart.js';
import { ApprovalLine, waitsFor } from './approvals.js';
import { IncidentLine } from './incidents.js';
import { PauseButton } from './pause-button.js';
import { RunLine } from './runs.js';
import { Pause, Storm } from './trouble.js';
import './now.css';

// Seen once in an installation's life.
const { Part: FirstStart } = later(async () => (await import('./first-start.js')).FirstStart);

/** So many of each stand here; the rest is a link away: one look must reach all kinds. */
const MOST_SHOWN = 7;

/** What is going on, in one look. */
export function Pages() {
  const words = useWords(nowWords);
  const { data, error, refetch } = useOverview();
  return (
    <>
      <PageHeader title={words.title} actions={data && <PauseButton isPaused={data.pause.paused} />} />
      {data === undefined ? (
        error === null ? (
          <Loading rows={8} />
        ) : (
          <ErrorState error={error} onRetry={() => void refetch()} />
        )
      ) : (
        <Now overview={data} />
      )}
    </>
  );
}

function Now({ overview }: { readonly overview: OverviewAnswer }) {
  const words = useWords(nowWords);
  const session = useSession();
  const { incidents, runs, approvals, pause, storm } = overview;
  const waiting = approvals.items
    .map((approval) => ({ approval, isMine: waitsFor(approval, session) }))
    .toSorted((one, other) => Number(other.isMine) - Number(one.isMine));
  const isFirst = !overview.any_alerts && runs.open === 0 && incidents.open === 0;
  return (
    <div className="now">
      <Lead overview={overview} mine={waiting.filter(({ isMine }) => isMine).length} isFirst={isFirst} />
      {pause.paused && <Pause pause={pause} />}
      {storm.level > 0 && <Storm storm={storm} />}
      {isFirst && <FirstStart refused={overview.last_refused} meanwhile={<Loading rows={6} />} />}
      <div className="now-lists">
        {waiting.length > 0 && (
          <Part title={words.approvals} href="/approvals" all={words.all.approvals} count={approvals.pending}>
            {waiting.slice(0, MOST_SHOWN).map((one) => (
              <ApprovalLine key={one.approval.approval_id} {...one} />
            ))}
          </Part>
        )}
        {incidents.items.length > 0 && (
          <Part title={words.incidents} href="/incidents" all={words.all.incidents} count={incidents.open}>
            {worstFirst(incidents.items)
              .slice(0, MOST_SHOWN)
              .map((incident) => (
                <IncidentLine key={incident.incident_id} incident={incident} />
              ))}
          </Part>
        )}
        {runs.items.length > 0 && (
          <Part title={words.runs} href="/runs" all={words.all.runs} count={runs.open}>
            {runs.items.slice(0, MOST_SHOWN).map((run) => (
              <RunLine key={run.run_id} run={run} />
            ))}
          </Part>
        )}
      </div>
      {!isFirst && (
        <section className="panel stack">
          <header className="row spread">
            <div>
              <h2>{words.chart.title}</h2>
              <p className="quiet">{words.chart.hint}</p>
            </div>
            <Link href="/alerts">{words.all.alerts}</Link>
          </header>
          <AlertChart overview={overview} />
        </section>
      )}
    </div>
  );
}

interface PartProps {
  readonly title: string;
  readonly href: string;
  readonly all: string;
  readonly count: number;
  readonly children: ReactNode;
}

function Part({ title, href, all, count, children }: PartProps) {
  const words = useWords(nowWords);
  return (
    <section className="panel flush now-part">
      <header className="now-part-head">
        <h2>
          {title} <span className="faint number">{count}</span>
        </h2>
        <Link href={href}>{all}</Link>
      </header>
      <ul>{children}</ul>
      {count > MOST_SHOWN && (
        <Link href={href} className="now-part-rest">
          {words.rest(count - MOST_SHOWN)}
        </Link>
      )}
    </section>
  );
}

interface LeadProps {
  readonly overview: OverviewAnswer;
  readonly mine: number;
  readonly isFirst: boolean;
}

/** The one sentence that somebody reads who looks for a second. */
function Lead({ overview, mine, isFirst }: LeadProps) {
  const words = useWords(nowWords);
  const { incidents, runs, approvals, pause, storm, undecided } = overview;
  const parts = [
    mine > 0 ? words.lead.mine(mine) : approvals.pending > 0 ? words.lead.approvals(approvals.pending) : null,
    incidents.open > 0 ? words.lead.incidents(incidents.open) : null,
    runs.open > 0 ? words.lead.runs(runs.open) : null,
    undecided > 0 ? words.lead.undecided(undecided) : null,
  ].filter((part) => part !== null);
  if (parts.length > 0)
    return (
      <p className="now-lead" role="status">
        {parts.map((part) => (
          <span key={part}>{part}</span>
        ))}
      </p>
    );
  if (isFirst || pause.paused || storm.level > 0) return null;
  return (
    <div className="panel now-well" role="status">
      <Icon name="check" size={28} />
      <div>
        <p className="now-lead">{words.well}</p>
        <p className="quiet">{words.well_hint}</p>
      </div>
    </div>
  );
}
