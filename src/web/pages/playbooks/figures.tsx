import type { ReactNode } from 'react';
import { path } from '../../api/client.js';
import { Link } from '../../kit/link.js';
import { StateSign } from '../../kit/sign.js';
import { Span, When } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { playbooksWords } from '../../words/playbooks.js';
import { runsHref } from './playbook-list.js';
import { openOf, useStats } from './stats.js';

/** How the runs of one playbook went lately; each figure leads to its runs. */
export function Figures({ id }: { readonly id: string }) {
  const { figures: words } = useWords(playbooksWords);
  const { byId, complete } = useStats(id);
  // The room is kept while it loads: what stands below does not move.
  if (byId === undefined) return <div className="panel playbook-figures" aria-hidden="true" />;
  const stats = byId.get(id);
  if (stats === undefined)
    return (
      <section className="panel playbook-figures" aria-label={words.title}>
        <p className="quiet">{words.none}</p>
      </section>
    );
  const { states, outcomes, median_duration_ms, last_run } = stats;
  const open = openOf(stats);
  const outcome = Object.entries(outcomes).filter(([, count]) => count > 0);
  return (
    <section className="panel playbook-figures" aria-label={words.title}>
      <Figure label={words.runs} href={runsHref(id)} value={stats.runs} note={words.title} />
      {open > 0 && <Figure label={words.open} href={runsHref(id)} value={open} tone="busy" />}
      <Figure label={words.succeeded} href={runsHref(id, 'succeeded')} value={states.succeeded ?? 0} tone="good" />
      <Figure label={words.failed} href={runsHref(id, 'failed')} value={states.failed ?? 0} tone="bad" />
      {(states.cancelled ?? 0) > 0 && (
        <Figure label={words.cancelled} href={runsHref(id, 'cancelled')} value={states.cancelled ?? 0} />
      )}
      <Figure label={words.took} value={median_duration_ms === null ? '–' : <Span ms={median_duration_ms} />} />
      <div className="playbook-figure">
        <span className="quiet">{words.last}</span>
        <Link href={path`/runs/${last_run.run_id}`} className="row">
          <StateSign value={last_run.state} />
          <When at={last_run.created_at} inRow />
        </Link>
      </div>
      {outcome.length > 0 && (
        <div className="playbook-figure outcomes">
          <span className="quiet">{words.outcomes}</span>
          <span className="row">
            {outcome.map(([name, count]) => (
              <span key={name} className="row number">
                <StateSign of="outcome" value={name} as="text" />
                {count}
              </span>
            ))}
          </span>
        </div>
      )}
      {!complete && <p className="faint">{words.incomplete}</p>}
    </section>
  );
}

interface FigureProps {
  readonly label: string;
  readonly value: ReactNode;
  readonly href?: string;
  readonly tone?: 'good' | 'bad' | 'busy';
  readonly note?: string;
}

function Figure({ label, value, href, tone, note }: FigureProps) {
  const strong = <strong className={`number ${value === 0 ? 'faint' : (tone ?? '')}`}>{value}</strong>;
  return (
    <div className="playbook-figure">
      <span className="quiet">
        {label}
        {note !== undefined && <span className="faint"> · {note}</span>}
      </span>
      {href === undefined || value === 0 ? strong : <Link href={href}>{strong}</Link>}
    </div>
  );
}
