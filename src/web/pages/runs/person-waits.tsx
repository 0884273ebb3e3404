import { useState } from 'react';
import type { RunAnswer } from '../../../domain/api/run.js';
import type { Step } from '../../../domain/run/run.js';
import { path } from '../../api/client.js';
import { useMay } from '../../api/session.js';
import { Button, LinkButton } from '../../kit/button.js';
import { Icon } from '../../kit/icon.js';
import { Link } from '../../kit/link.js';
import { Said } from '../../kit/said.js';
import { Countdown } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { runsWords } from '../../words/runs.js';
import { ChangeView } from './change-view.js';
import { useChildRun } from './child-run.js';
import { AnswerDialog } from './run-dialogs.js';
import type { Answer } from './run-dialogs.js';
import { frozenBy, waitOf } from './waits.js';

/** Each step that waits for somebody's answer, with the answers; nothing where none does. */
export function PersonWaits({ run, onOpen }: { readonly run: RunAnswer; readonly onOpen: (step_id: string) => void }) {
  const { person } = useWords(runsWords);
  const waiting = run.steps.filter((step) => waitOf(step) === 'person');
  const may = useMay('operate');
  if (waiting.length === 0) return null;
  return (
    <section className="panel flush run-person" aria-label={person.title}>
      <h2 className="run-person-head">
        <Icon name="hand" /> {person.title}
      </h2>
      <ul>
        {waiting.map((step) => (
          <li key={step.step_id}>
            <Waiting {...{ run, step, may, onOpen }} />
          </li>
        ))}
      </ul>
    </section>
  );
}

interface WaitingProps {
  readonly run: RunAnswer;
  readonly step: Step;
  readonly may: boolean;
  readonly onOpen: (step_id: string) => void;
}

function Waiting({ run, step, may, onOpen }: WaitingProps) {
  const { person } = useWords(runsWords);
  const { reason } = step;
  const frozen = frozenBy(step);
  return (
    <div className="run-waiting">
      <div className="run-waiting-words">
        <p>
          <button type="button" className="run-link" dir="auto" onClick={() => onOpen(step.step_id)}>
            {step.name}
          </button>{' '}
          <span className="quiet">
            {reason === 'approval' && person.approval}
            {reason === 'confirmation' && person.confirmation}
            {reason === 'in_doubt' && person.in_doubt}
            {reason === 'sub_playbook' && person.sub_playbook}
            {reason === 'pause' && (frozen === null ? person.pause : person.freeze)}
          </span>
        </p>
        {step.message !== null && (
          <p className="run-asked" dir="auto">
            <Said text={step.message} />
          </p>
        )}
        {reason === 'pause' && frozen === null && <p className="quiet">{person.pause_hint}</p>}
        {frozen !== null && <FrozenBy window_id={frozen} />}
        {step.intent !== null && reason === 'in_doubt' && (
          <div className="run-intended">
            <span className="quiet">{person.intended}</span>
            <ChangeView change={step.intent} />
          </div>
        )}
      </div>
      <div className="run-waiting-end">
        {step.until !== null && reason !== 'sub_playbook' && <Countdown until={step.until} />}
        <StepAnswers run={run} step={step} />
        {!may && (reason === 'confirmation' || reason === 'in_doubt') && (
          <span className="quiet">{person.read_only}</span>
        )}
      </div>
    </div>
  );
}

/** The answers that a waiting step takes, for who may give them; nothing for a step that waits for none. */
export function StepAnswers({ run, step }: { readonly run: RunAnswer; readonly step: Step }) {
  const { do: words } = useWords(runsWords);
  const may = useMay('operate');
  const [answer, setAnswer] = useState<Answer | null>(null);
  if (waitOf(step) !== 'person') return null;
  if (step.reason === 'approval')
    return step.approval === null ? null : (
      <LinkButton href={path`/approvals/${step.approval.approval_id}`} tone="primary">
        {words.approval}
      </LinkButton>
    );
  if (step.reason === 'sub_playbook') return <ToOtherRun run={run} step={step} />;
  if (!may || step.reason === 'pause') return null;
  const [yes, no]: readonly [Answer, Answer] =
    step.reason === 'confirmation' ? ['solved', 'unsolved'] : ['done', 'not_done'];
  return (
    <div className="row">
      <Button icon="check" onClick={() => setAnswer(yes)}>
        {yes === 'solved' ? words.yes : words.done}
      </Button>
      <Button icon="cross" onClick={() => setAnswer(no)}>
        {no === 'unsolved' ? words.no : words.not_done}
      </Button>
      <AnswerDialog {...{ run, step }} answer={answer ?? yes} open={answer !== null} onClose={() => setAnswer(null)} />
    </div>
  );
}

/** To the run in which somebody is waited for. */
function ToOtherRun({ run, step }: { readonly run: RunAnswer; readonly step: Step }) {
  const { do: words } = useWords(runsWords);
  const other = useChildRun(run, step);
  return other === null ? null : <LinkButton href={path`/runs/${other}`}>{words.other_run}</LinkButton>;
}

/** Where a freeze is looked at, and ended. */
export function FrozenBy({ window_id }: { readonly window_id: string }) {
  const { person } = useWords(runsWords);
  return <Link href={path`/silences/windows/${window_id}`}>{person.to_window}</Link>;
}
