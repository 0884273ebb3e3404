import type { Approval } from '../../../domain/run/run.js';
import { path } from '../../api/client.js';
import { useSession } from '../../api/session.js';
import { LinkButton } from '../../kit/button.js';
import { Link } from '../../kit/link.js';
import { useNow } from '../../kit/now.js';
import { Badge } from '../../kit/sign.js';
import { Countdown } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { approvalsWords } from '../../words/approvals.js';
import { askedText } from './change-text.js';
import { standingOf, yesCount } from './standing.js';

/** One open question in the list: what, where, how long there is, and whether it is for who looks. */
export function WaitingApproval({ approval }: { readonly approval: Approval }) {
  const own = useWords(approvalsWords);
  const session = useSession();
  const isMine = standingOf(approval, session, useNow(10_000)) === 'may';
  const { plan, quorum } = approval;
  const href = path`/approvals/${approval.approval_id}`;
  return (
    <li className={isMine ? 'approval-item mine' : 'approval-item'}>
      <div className="approval-words">
        <p className="approval-title">
          <Link href={href} dir="auto">
            {askedText(approval)}
          </Link>
        </p>
        {plan !== null && !plan.what.includes(plan.target) && (
          <p>
            <code dir="auto">{plan.target}</code>
          </p>
        )}
        <p className="row quiet approval-about">
          <span dir="auto">{approval.playbook_name}</span>
          {approval.service_name !== null && <span dir="auto">{approval.service_name}</span>}
          {quorum > 1 && <span>{own.given(yesCount(approval), quorum)}</span>}
          {!isMine && approval.approvers.length > 0 && <span dir="auto">{approval.approvers.join(', ')}</span>}
        </p>
      </div>
      <div className="approval-end">
        {isMine && (
          <Badge tone="warn" icon="hand">
            {own.yours}
          </Badge>
        )}
        <Countdown until={approval.expires_at} />
        <LinkButton href={href} tone={isMine ? 'primary' : 'plain'}>
          {own.look}
        </LinkButton>
      </div>
    </li>
  );
}
