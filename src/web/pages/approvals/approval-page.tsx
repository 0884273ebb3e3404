import type { PlaybookVersionDetail } from '../../../domain/api/playbook.js';
import type { RunAnswer } from '../../../domain/api/run.js';
import type { Approval } from '../../../domain/run/run.js';
import { path } from '../../api/client.js';
import { useGet } from '../../api/queries.js';
import { Id } from '../../kit/copy.js';
import { KeyValue } from '../../kit/key-value.js';
import { Link } from '../../kit/link.js';
import { PageHeader } from '../../kit/page-header.js';
import { StateSign } from '../../kit/sign.js';
import { ErrorState, Loading } from '../../kit/states.js';
import { When } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { approvalsWords } from '../../words/approvals.js';
import { StartedBy } from '../runs/run-facts.js';
import { ApprovalSign } from './approval-sign.js';
import { titleText } from './change-text.js';
import { AnswerPanel } from './answer-panel.js';
import { useLiveApproval } from './approval-live.js';
import { Evidence } from './evidence.js';
import { Plan } from './plan.js';
import { Risks } from './risks.js';
import './approvals.css';

/** One question to people: the exact plan, what led to it, what could go wrong, and the answer. */
export function ApprovalPage({ approval_id }: { readonly approval_id: string }) {
  const own = useWords(approvalsWords);
  const { query, run, wasPending } = useLiveApproval(approval_id);
  const back = { href: '/approvals', label: own.title };
  const { data: approval, error } = query;
  if (approval === undefined)
    return (
      <>
        <PageHeader title={own.one} back={back} />
        {error === null ? <Loading rows={6} /> : <ErrorState error={error} onRetry={() => void query.refetch()} />}
      </>
    );
  return (
    <>
      <PageHeader
        title={titleText(approval) ?? own.question}
        tab={own.one}
        back={back}
        meta={<ApprovalSign state={approval.state} />}
      />
      <div className="approval-page">
        <AnswerPanel approval={approval} wasPending={wasPending} />
        <Known approval={approval} run={run} />
      </div>
    </>
  );
}

/** What there is to judge by. */
function Known({ approval, run }: { readonly approval: Approval; readonly run: RunAnswer | undefined }) {
  const own = useWords(approvalsWords);
  const shape = useShape(run);
  const task = shape?.playbook.tasks.find(({ id }) => id === stepTask(approval.step_id, run));
  return (
    <div className="approval-known">
      <Plan approval={approval} />
      <Why approval={approval} run={run} />
      <Evidence run={run} shape={shape ?? null} approval={approval} />
      <Risks approval={approval} run={run} task={task} isKnown={shape !== null} />
      <section className="approval-part">
        <KeyValue
          facts={[
            { label: own.id, value: <Id id={approval.approval_id} what={own.id} /> },
            { label: own.hash, value: <Id id={approval.plan_hash} what={own.hash} /> },
            { label: own.asked, value: <When at={approval.requested_at} as="both" /> },
          ]}
        />
        <p className="quiet">{own.hash_hint}</p>
      </section>
    </div>
  );
}

/** Which alert, run and playbook ask. */
function Why({ approval, run }: { readonly approval: Approval; readonly run: RunAnswer | undefined }) {
  const own = useWords(approvalsWords);
  const alert = run?.alert ?? null;
  return (
    <section className="approval-part">
      <h2>{own.why}</h2>
      {alert !== null && alert.description !== '' && (
        <p className="approval-said" dir="auto">
          {alert.description}
        </p>
      )}
      <KeyValue
        facts={[
          {
            label: own.alert,
            value:
              alert === null ? null : (
                <span className="row">
                  <StateSign of="severity" value={alert.severity} />
                  <Link href={path`/alerts/${alert.alert_id}`} dir="auto">
                    {alert.alert_name}
                  </Link>
                  <When at={alert.timestamp} />
                </span>
              ),
          },
          {
            label: own.run,
            value: (
              <span className="row">
                <Link href={path`/runs/${approval.run_id}`} dir="auto">
                  {approval.playbook_name}
                </Link>
                {run !== undefined && <StateSign value={run.state} />}
              </span>
            ),
          },
          {
            label: own.step,
            value: (
              <Link href={`${path`/runs/${approval.run_id}`}?step=${encodeURIComponent(approval.step_id)}`}>
                {approval.step_id}
              </Link>
            ),
          },
          { label: own.service, value: approval.service_name },
          { label: own.asked_by, value: <AskedBy requested_by={approval.requested_by} /> },
        ]}
      />
    </section>
  );
}

/** A rule leads to it, as on the page of the run. */
function AskedBy({ requested_by }: { readonly requested_by: string }) {
  const rule_id = /^rule:(.+)$/s.exec(requested_by)?.[1] ?? null;
  return <StartedBy run={{ rule_id, requested_by }} />;
}

function stepTask(step_id: string, run: RunAnswer | undefined): string {
  return run?.steps.find((step) => step.step_id === step_id)?.task_id ?? step_id;
}

/** The playbook as the run holds it; undefined while it is on its way, null where it is not known any more. */
function useShape(run: RunAnswer | undefined): PlaybookVersionDetail | null | undefined {
  const shape = useGet<PlaybookVersionDetail>(
    path`/api/v1/playbooks/${run?.playbook_id ?? ''}/versions/${run?.playbook_version ?? ''}`,
    { enabled: run !== undefined },
  );
  return shape.isError ? null : shape.data;
}
