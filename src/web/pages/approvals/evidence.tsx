import type { PlaybookVersionDetail } from '../../../domain/api/playbook.js';
import type { RunAnswer } from '../../../domain/api/run.js';
import type { Approval, Step } from '../../../domain/run/run.js';
import { path } from '../../api/client.js';
import { JsonView } from '../../kit/json-view.js';
import { Link } from '../../kit/link.js';
import { Said } from '../../kit/said.js';
import { StateSign } from '../../kit/sign.js';
import { useWords } from '../../words/language.js';
import { approvalsWords } from '../../words/approvals.js';
import { leadingTo } from './leading-to.js';

interface EvidenceProps {
  readonly approval: Approval;
  readonly run: RunAnswer | undefined;
  readonly shape: PlaybookVersionDetail | null;
}

const MOST = 40;

/** What was found out before somebody was asked: each step with what came of it, and its evidence. */
export function Evidence({ approval, run, shape }: EvidenceProps) {
  const own = useWords(approvalsWords);
  if (run === undefined) return null;
  const steps = leadingTo(approval.step_id, run.steps, shape?.graph.edges ?? null).slice(-MOST);
  return (
    <section className="approval-part">
      <h2>{own.evidence}</h2>
      {steps.length === 0 ? (
        <p className="quiet">{own.evidence_none}</p>
      ) : (
        <ul className="approval-evidence">
          {steps.map((step) => (
            <li key={step.step_id}>
              <StepEvidence run_id={run.run_id} step={step} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function StepEvidence({ run_id, step }: { readonly run_id: string; readonly step: Step }) {
  const own = useWords(approvalsWords);
  const told = step.error ?? step.summary ?? step.message;
  const proof = step.evidence ?? step.output;
  return (
    <>
      <p className="row">
        <StateSign value={step.state} as="icon" />
        <Link href={`${path`/runs/${run_id}`}?step=${encodeURIComponent(step.step_id)}`} dir="auto">
          {step.name}
        </Link>
      </p>
      {told !== null && (
        <p className="approval-said" dir="auto">
          <Said text={told} />
        </p>
      )}
      {proof !== null && proof !== undefined && (
        <details className="approval-details">
          <summary>
            {own.evidence_more} <span className="visually-hidden">: {step.name}</span>
          </summary>
          <JsonView value={proof} label={`${own.evidence_more}: ${step.name}`} open={1} />
        </details>
      )}
    </>
  );
}
