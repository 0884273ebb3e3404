import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiRefusal } from '../../api/client.js';
import type { Approval } from '../../../domain/run/run.js';
import { invalidate, keyOf, useSend } from '../../api/queries.js';
import { useSession } from '../../api/session.js';
import { Button } from '../../kit/button.js';
import { ConfirmDialog } from '../../kit/dialog.js';
import { Icon } from '../../kit/icon.js';
import { useKeys } from '../../kit/keys.js';
import { useNow } from '../../kit/now.js';
import { StateSign, signOf } from '../../kit/sign.js';
import { Slashed } from '../../kit/slashed.js';
import { useToast } from '../../kit/toast.js';
import { Countdown, When } from '../../kit/when.js';
import { useOverview } from '../../shell/overview.js';
import { useWords } from '../../words/language.js';
import { approvalsWords } from '../../words/approvals.js';
import { approvalUrl } from './approval-live.js';
import { titleText } from './change-text.js';
import { standingOf, yesCount } from './standing.js';

interface AnswerPanelProps {
  readonly approval: Approval;
  /** It was open when the page was: who reads it is told that it changed. */
  readonly wasPending: boolean;
}

/** How long there is, who may answer, who has, and the answer of who looks. */
export function AnswerPanel({ approval, wasPending }: AnswerPanelProps) {
  const own = useWords(approvalsWords);
  const session = useSession();
  const now = useNow(1_000);
  const standing = standingOf(approval, session, now);
  const [open, setOpen] = useState<'approve' | 'deny' | null>(null);
  const may = standing === 'may';
  useKeys(
    may
      ? [
          { keys: 'a', label: own.approve, run: () => setOpen('approve') },
          { keys: 'd', label: own.deny, run: () => setOpen('deny') },
        ]
      : [],
  );
  const isMine = approval.answers.some(({ by }) => by === session.name);
  return (
    <aside className="panel approval-answer" aria-label={own.answer}>
      {approval.state === 'pending' ? (
        <div className="approval-clock">
          <Countdown until={approval.expires_at} />
          <span className="quiet">{own.time_left}</span>
        </div>
      ) : (
        <Settled approval={approval} isNews={wasPending && !isMine} />
      )}
      {may && (
        <div className="approval-buttons">
          <Button tone="primary" icon="check" onClick={() => setOpen('approve')}>
            {own.approve}
          </Button>
          <Button tone="danger" icon="cross" onClick={() => setOpen('deny')}>
            {own.deny}
          </Button>
        </div>
      )}
      <Cannot approval={approval} standing={standing} />
      <Who approval={approval} />
      <Answers approval={approval} />
      <AnswerDialogs approval={approval} open={open} onClose={() => setOpen(null)} />
    </aside>
  );
}

/** How it ended; in a loud way where it did while somebody looked. */
function Settled({ approval, isNews }: { readonly approval: Approval; readonly isNews: boolean }) {
  const own = useWords(approvalsWords);
  const { state, answers } = approval;
  if (state === 'pending') return null;
  const { tone, icon } = signOf('state', state);
  const deciders = answers
    .filter(({ answer }) => (answer === 'approve') === (state === 'approved'))
    .map(({ by }) => by);
  const text =
    (state === 'approved' || state === 'denied') && deciders.length > 0
      ? own.was_by[state](deciders.join(', '))
      : own.was[state];
  return (
    <div className={`approval-settled ${tone}`} role={isNews ? 'alert' : undefined}>
      <Icon name={icon} size={20} />
      <div>
        <p className="approval-verdict" dir="auto">
          {text}
        </p>
        {isNews && <p>{own.changed_since}</p>}
      </div>
    </div>
  );
}

function Cannot({ approval, standing }: { approval: Approval; standing: ReturnType<typeof standingOf> }) {
  const { cannot } = useWords(approvalsWords);
  if (standing === 'may' || standing === 'over') return null;
  return (
    <p className="approval-cannot" dir="auto">
      <Icon name="info" size={14} />{' '}
      <span>{standing === 'named' ? cannot.named(approval.approvers.join(', ')) : cannot[standing]}</span>
    </p>
  );
}

function Who({ approval: { approvers, quorum } }: { readonly approval: Approval }) {
  const own = useWords(approvalsWords);
  return (
    <section className="approval-side">
      <h2>{own.who}</h2>
      <p dir="auto">{approvers.length === 0 ? own.anybody : approvers.join(', ')}</p>
      <p className="quiet">{quorum === 1 ? own.quorum_one : own.quorum_many(quorum)}</p>
    </section>
  );
}

function Answers({ approval }: { readonly approval: Approval }) {
  const own = useWords(approvalsWords);
  const { answers, quorum } = approval;
  return (
    <section className="approval-side" aria-live="polite">
      <h2>{own.answers}</h2>
      {quorum > 1 && <p>{own.given(yesCount(approval), quorum)}</p>}
      {answers.length === 0 ? (
        <p className="quiet">{own.no_answers}</p>
      ) : (
        <ul className="approval-answers">
          {answers.map(({ by, answer, comment, at }) => (
            <li key={`${by} ${at}`}>
              <span className="row">
                <StateSign value={answer === 'approve' ? 'approved' : 'denied'} as="icon" />
                <b dir="auto">{by}</b>
                <When at={at} />
              </span>
              {comment !== null && (
                <p className="approval-said" dir="auto">
                  {comment}
                </p>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

interface AnswerDialogsProps {
  readonly approval: Approval;
  readonly open: 'approve' | 'deny' | null;
  readonly onClose: () => void;
}

function AnswerDialogs({ approval, open, onClose }: AnswerDialogsProps) {
  const own = useWords(approvalsWords);
  const answer = useAnswer(approval.approval_id);
  const isLast = yesCount(approval) + 1 >= approval.quorum;
  const isYes = open !== 'deny';
  const isPaused = useOverview().data?.pause.paused === true && approval.plan !== null;
  const yes = isPaused ? own.approve_says_paused : isLast ? own.approve_says_last : own.approve_says;
  return (
    <ConfirmDialog
      // Who else was quicker is said by the page behind: there is nothing left to be asked.
      open={open !== null && approval.state === 'pending'}
      onClose={onClose}
      title={isYes ? own.approve_title : own.deny_title}
      confirm={isYes ? own.approve : own.deny}
      tone={isYes ? 'primary' : 'danger'}
      reason="optional"
      onConfirm={(comment) => answer(isYes ? 'approve' : 'deny', comment)}
    >
      <p className="approval-asked" dir="auto">
        <Slashed text={titleText(approval) ?? ''} />
      </p>
      <p className="quiet">{isYes ? yes : own.risk.deny}</p>
    </ConfirmDialog>
  );
}

/** Sends the answer; whatever the service says, what it then knows is shown: somebody else may have been quicker. */
function useAnswer(approval_id: string): (answer: 'approve' | 'deny', comment: string | null) => Promise<void> {
  const own = useWords(approvalsWords);
  const client = useQueryClient();
  const toast = useToast();
  const url = approvalUrl(approval_id);
  const send = useSend<Approval, { readonly comment: string | null }>('POST', {
    onDone: (approval) => client.setQueryData(keyOf(url), approval),
  });
  return async (answer, comment) => {
    try {
      await send.mutateAsync({ path: `${url}/${answer}`, body: { comment } });
    } catch (refusal) {
      // Answered meanwhile: the page behind says by whom, so the dialog need not stay.
      if (refusal instanceof ApiRefusal && refusal.code === 'conflict') return toast(refusal.message, 'bad');
      throw refusal;
    } finally {
      // Nobody waits for it: what the service answered is known already.
      void invalidate(client, ['/api/v1/approvals', '/api/v1/runs', '/api/v1/overview']);
    }
    toast(own.recorded);
  };
}
