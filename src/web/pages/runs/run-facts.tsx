import type { ReactNode } from 'react';
import type { RunAnswer } from '../../../domain/api/run.js';
import { path } from '../../api/client.js';
import { Id } from '../../kit/copy.js';
import { Link } from '../../kit/link.js';
import { StateSign } from '../../kit/sign.js';
import { Slashed } from '../../kit/slashed.js';
import { Span, When } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { runsWords } from '../../words/runs.js';

/** What the run is about, in one line; every fact leads to what it is made of. */
export function RunFacts({ run }: { readonly run: RunAnswer }) {
  const { fact } = useWords(runsWords);
  return (
    <dl className="run-facts">
      {run.alert !== null && (
        <Fact label={fact.alert}>
          <StateSign of="severity" value={run.alert.severity} as="icon" />
          <Link href={path`/alerts/${run.alert.alert_id}`} dir="auto">
            <Slashed text={run.alert.alert_name} at="_" />
          </Link>
          {run.alert_ids.length > 1 && <span className="quiet">+{run.alert_ids.length - 1}</span>}
        </Fact>
      )}
      {run.service_name !== null && (
        <Fact label={fact.service}>
          <Link href={`/runs?service=${encodeURIComponent(run.service_name)}`} dir="auto">
            {run.service_name}
          </Link>
        </Fact>
      )}
      {run.incident_id != null && (
        <Fact label={fact.incident}>
          <Link href={path`/incidents/${run.incident_id}`} className="mono">
            {run.incident_id.slice(-6)}
          </Link>
        </Fact>
      )}
      <Fact label={fact.playbook}>
        <Link href={path`/playbooks/${run.playbook_id}`} dir="auto">
          {run.playbook_id}
        </Link>
      </Fact>
      <Fact label={fact.started_by}>
        <StartedBy run={run} />
      </Fact>
      {run.parent_run_id !== null && (
        <Fact label={fact.parent}>
          <Link href={path`/runs/${run.parent_run_id}`}>{fact.parent_run}</Link>
        </Fact>
      )}
      <Fact label={fact.began}>
        <When at={run.started_at ?? run.created_at} as="both" />
      </Fact>
      <Fact label={fact.took}>
        <Span from={run.started_at} to={run.finished_at} />
      </Fact>
      <Fact label={fact.id}>
        <Id id={run.run_id} what={fact.id} />
      </Fact>
    </dl>
  );
}

/** Who or what began it: a rule leads to the rules. */
export function StartedBy({ run }: { readonly run: Pick<RunAnswer, 'rule_id' | 'requested_by'> }) {
  const { fact } = useWords(runsWords);
  if (run.rule_id !== null && run.requested_by === `rule:${run.rule_id}`)
    return (
      <Link href={path`/rules/${run.rule_id}`} dir="auto">
        {fact.rule(run.rule_id)}
      </Link>
    );
  return <span dir="auto">{run.requested_by}</span>;
}

function Fact({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className="run-fact">
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
