import type { OverviewAnswer } from '../../../domain/api/overview.js';
import { path } from '../../api/client.js';
import { roleMay } from '../../api/session.js';
import type { Session } from '../../api/session.js';
import { LinkButton } from '../../kit/button.js';
import { Said } from '../../kit/said.js';
import { Badge } from '../../kit/sign.js';
import { Slashed } from '../../kit/slashed.js';
import { Countdown } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { nowWords } from '../../words/now.js';
import { titleText } from '../approvals/change-text.js';

type Waiting = OverviewAnswer['approvals']['items'][number];

/** Whether this person's answer would count: they may approve, are asked, did not ask themselves, and have not answered yet. */
export function waitsFor({ approvers, requested_by, answers }: Waiting, { name, role }: Session): boolean {
  if (!roleMay(role, 'approve') || requested_by === name) return false;
  if (answers.some(({ by }) => by === name)) return false;
  return approvers.length === 0 || approvers.includes(name) || approvers.includes(role);
}

/** One question to people: what is to be done, where, and how long there is to answer. */
export function ApprovalLine({ approval, isMine }: { readonly approval: Waiting; readonly isMine: boolean }) {
  const { approval: words } = useWords(nowWords);
  const { plan, answers, quorum } = approval;
  const yes = answers.filter(({ answer }) => answer === 'approve').length;
  return (
    <li className={isMine ? 'now-item mine' : 'now-item'}>
      <div className="now-words">
        <p className="now-title" dir="auto">
          {plan === null ? <Said text={approval.message} /> : <Slashed text={titleText(approval) ?? ''} />}
        </p>
        <p className="quiet row" dir="auto">
          <span>{approval.playbook_name}</span>
          {approval.service_name !== null && <span>{approval.service_name}</span>}
          {isMine ? (
            <Badge tone="warn" icon="hand">
              {words.yours}
            </Badge>
          ) : (
            approval.approvers.length > 0 && <span>{words.of(approval.approvers.join(', '))}</span>
          )}
          {quorum > 1 && <span>{words.answers(yes, quorum)}</span>}
        </p>
      </div>
      <div className="now-end">
        <Countdown until={approval.expires_at} />
        <LinkButton href={path`/approvals/${approval.approval_id}`} tone={isMine ? 'primary' : 'plain'} size="s">
          {isMine ? words.answer : words.look}
        </LinkButton>
      </div>
    </li>
  );
}
