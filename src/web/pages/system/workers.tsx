import { useId } from 'react';
import type { SystemAnswer } from '../../../domain/api/overview.js';
import { Copy } from '../../kit/copy.js';
import { Badge } from '../../kit/sign.js';
import { Table } from '../../kit/table.js';
import { When } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { systemWords } from '../../words/system.js';
import { countText } from '../../words/pair.js';

/** The processes that work on runs, with their leases. */
export function Workers({ workers }: { readonly workers: SystemAnswer['workers'] }) {
  const { workers: words } = useWords(systemWords);
  const id = useId();
  return (
    <section className="stack" aria-labelledby={id}>
      <h2 id={id}>
        {words.title} <span className="faint number">{workers.length}</span>
      </h2>
      {workers.length === 0 ? (
        <div className="panel">
          <strong>{words.none}</strong>
          <p className="quiet">{words.none_hint}</p>
        </div>
      ) : (
        <Table
          stacks
          caption={words.title}
          head={[words.name, words.state, words.runs, words.lease, words.since]}
          numbers={[2]}
          rows={workers.map(({ worker_id, name, alive, runs_held, lease_until, since }) => ({
            id: worker_id,
            cells: [
              <span className="system-worker">
                <span dir="auto">{name}</span>
                <span className="row faint">
                  <code>{worker_id}</code>
                  <Copy text={worker_id} what={words.name} />
                </span>
              </span>,
              alive ? (
                <Badge tone="good" icon="check">
                  {words.alive}
                </Badge>
              ) : (
                <Badge tone="bad" icon="cross">
                  {words.lost}
                </Badge>
              ),
              countText(runs_held),
              <When at={lease_until} />,
              <When at={since} />,
            ],
          }))}
        />
      )}
    </section>
  );
}
