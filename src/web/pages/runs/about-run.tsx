import type { RunAnswer } from '../../../domain/api/run.js';
import { path } from '../../api/client.js';
import { CodeBlock } from '../../kit/code-block.js';
import { Id } from '../../kit/copy.js';
import { JsonView } from '../../kit/json-view.js';
import { KeyValue } from '../../kit/key-value.js';
import type { Fact } from '../../kit/key-value.js';
import { Link } from '../../kit/link.js';
import { When } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { runsWords } from '../../words/runs.js';
import { StartedBy } from './run-facts.js';
import { runUrl } from './run-live.js';

const MOST_ALERTS = 50;

/** All that is recorded of a run besides its steps. */
export function AboutRun({ run }: { readonly run: RunAnswer }) {
  const words = useWords();
  const { fact } = useWords(runsWords);
  const facts: Fact[] = [
    { label: fact.id, value: <Id id={run.run_id} what={fact.id} /> },
    {
      label: fact.playbook,
      value: <Link href={path`/playbooks/${run.playbook_id}`}>{run.playbook_id}</Link>,
    },
    { label: fact.version, value: <Id id={run.playbook_version} what={fact.version} /> },
    {
      label: fact.mode,
      value: `${words.mode[run.mode]}${run.mode_by === undefined ? '' : ` (${fact.mode_by(run.mode_by)})`}`,
    },
    { label: fact.started_by, value: <StartedBy run={run} /> },
    { label: fact.group, value: <code>{run.group_key}</code> },
    { label: fact.opened, value: <When at={run.created_at} as="both" /> },
    { label: fact.began, value: <When at={run.started_at} as="both" /> },
    { label: fact.ended, value: <When at={run.finished_at} as="both" /> },
    { label: fact.resolved, value: <When at={run.alerts_resolved_at} as="both" /> },
  ];
  if (run.retried_at !== null) facts.push({ label: fact.retried, value: <When at={run.retried_at} as="both" /> });
  if (run.depth > 0) facts.push({ label: fact.depth, value: run.depth });
  return (
    <div className="stack">
      <KeyValue facts={facts} />
      <section className="step-part">
        <h3>{fact.more_alerts(run.alert_ids.length)}</h3>
        {run.alert_ids.length === 0 ? (
          <p className="quiet">{fact.none}</p>
        ) : (
          <ul>
            {run.alert_ids.slice(0, MOST_ALERTS).map((id) => (
              <li key={id}>
                <Link href={path`/alerts/${id}`} className="mono">
                  {id}
                </Link>
              </li>
            ))}
            {run.alert_ids.length > MOST_ALERTS && <li className="quiet">…</li>}
          </ul>
        )}
        {run.alert !== null && <JsonView value={run.alert} label={fact.alert} open={1} />}
      </section>
      <section className="step-part">
        <h3>{fact.curl}</h3>
        <CodeBlock code={curlOf(run.run_id)} label={fact.curl} numbers={false} />
      </section>
    </div>
  );
}

function curlOf(run_id: string): string {
  return `curl -H "Authorization: Bearer $FIXPOINT_TOKEN" '${window.location.origin}${runUrl(run_id)}'`;
}
