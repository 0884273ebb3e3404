import { useId } from 'react';
import { Copy } from '../../kit/copy.js';
import { Icon } from '../../kit/icon.js';
import { Link } from '../../kit/link.js';
import { useWords } from '../../words/language.js';
import { systemWords } from '../../words/system.js';
import { stuckEntry } from './stuck-entry.js';

/** Who holds a row in Postgres, and since when: for the reader's own console. */
const WHO_HOLDS =
  "select pid, usename, application_name, state, xact_start, query from pg_stat_activity where pid in (select unnest(pg_blocking_pids(pid)) from pg_stat_activity where wait_event_type = 'Lock')";

/** What this process cannot write while it writes all else, and how to find who holds it. Nothing where there is nothing. */
export function Stuck({ stuck }: { readonly stuck: readonly string[] }) {
  const { stuck: words } = useWords(systemWords);
  const id = useId();
  if (stuck.length === 0) return null;
  return (
    <section className="panel stack system-stuck" aria-labelledby={id}>
      <div className="row">
        <Icon name="bang" size={18} />
        <h2 id={id}>{words.title(stuck.length)}</h2>
      </div>
      <p>{words.what}</p>
      <ul className="system-stuck-list">
        {stuck.map((text) => (
          <li key={text}>
            <Entry text={text} />
          </li>
        ))}
      </ul>
      <p className="quiet">{words.find}</p>
      <p className="system-stuck-query">
        <code>{WHO_HOLDS}</code>
        <Copy text={WHO_HOLDS} what={words.query} />
      </p>
    </section>
  );
}

function Entry({ text }: { readonly text: string }) {
  const { stuck: words } = useWords(systemWords);
  const entry = stuckEntry(text);
  if (entry.kind === 'other') return <span dir="auto">{entry.text}</span>;
  return (
    <span className="row">
      {words.kind[entry.kind]}
      {entry.href === null ? (
        <code>{entry.id}</code>
      ) : (
        <Link href={entry.href} className="mono">
          {entry.id}
        </Link>
      )}
      <Copy text={entry.id} what={words.kind[entry.kind]} />
    </span>
  );
}
