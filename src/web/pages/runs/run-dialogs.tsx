import type { RunAnswer } from '../../../domain/api/run.js';
import type { Step } from '../../../domain/run/run.js';
import { ConfirmDialog } from '../../kit/dialog.js';
import { Said } from '../../kit/said.js';
import { useWords } from '../../words/language.js';
import { runsWords } from '../../words/runs.js';
import { retryable } from './retryable.js';
import { useTellRun } from './run-send.js';

/** What every dialog about a run takes. */
export interface RunDialogProps {
  readonly run: RunAnswer;
  readonly open: boolean;
  readonly onClose: () => void;
}

/** Asks before a run is paused. */
export function PauseDialog({ run, open, onClose }: RunDialogProps) {
  const { ask, do: words } = useWords(runsWords);
  const tell = useTellRun(run.run_id);
  return (
    <ConfirmDialog
      {...{ open, onClose }}
      title={ask.pause_title}
      confirm={words.pause}
      reason="optional"
      onConfirm={(reason) => tell('pause', { reason })}
    >
      <p>{ask.pause}</p>
    </ConfirmDialog>
  );
}

/** Asks before a run goes on. */
export function ResumeDialog({ run, open, onClose }: RunDialogProps) {
  const { ask, do: words } = useWords(runsWords);
  const tell = useTellRun(run.run_id);
  return (
    <ConfirmDialog
      {...{ open, onClose }}
      title={ask.resume_title}
      confirm={words.resume}
      onConfirm={() => tell('resume', {})}
    >
      <p>{ask.resume}</p>
      {run.reason !== null && (
        <p className="quiet" dir="auto">
          <Said text={run.reason} />
        </p>
      )}
    </ConfirmDialog>
  );
}

/** Asks before a run that has ended takes up what did not succeed; of one step, where it is named. */
export function RetryDialog({ run, open, onClose, step }: RunDialogProps & { readonly step?: Step }) {
  const { ask, do: words } = useWords(runsWords);
  const tell = useTellRun(run.run_id);
  const steps = retryable(run.steps);
  return (
    <ConfirmDialog
      {...{ open, onClose }}
      title={ask.retry_title}
      confirm={words.retry}
      reason="optional"
      onConfirm={(reason) => tell('retry', { reason, step_id: step?.step_id ?? null })}
    >
      <p dir="auto">{step === undefined ? ask.retry(steps.length) : ask.retry_step(step.name)}</p>
      {step === undefined && (
        <ul className="run-names">
          {steps.slice(0, 8).map(({ step_id, name }) => (
            <li key={step_id} dir="auto">
              {name} <code className="faint">{step_id}</code>
            </li>
          ))}
          {steps.length > 8 && <li className="quiet">…</li>}
        </ul>
      )}
    </ConfirmDialog>
  );
}

/** What somebody answers to a step that waits. */
export type Answer = 'solved' | 'unsolved' | 'done' | 'not_done';

interface AnswerDialogProps extends RunDialogProps {
  readonly step: Step;
  readonly answer: Answer;
}

/** Asks before an answer is recorded: whether it is solved, or whether a write took place. */
export function AnswerDialog({ run, step, answer, open, onClose }: AnswerDialogProps) {
  const { ask, do: words } = useWords(runsWords);
  const tell = useTellRun(run.run_id);
  const texts = {
    solved: [ask.solved_title, ask.solved, words.yes],
    unsolved: [ask.unsolved_title, ask.solved, words.no],
    done: [ask.done_title, ask.done, words.done],
    not_done: [ask.not_done_title, ask.not_done, words.not_done],
  } as const;
  const [title, what, confirm] = texts[answer];
  const said = answer === 'solved' || answer === 'done';
  const about = answer === 'solved' || answer === 'unsolved' ? { solved: said } : { done: said };
  return (
    <ConfirmDialog
      {...{ open, onClose, title, confirm }}
      tone={answer === 'not_done' ? 'danger' : 'primary'}
      reason="optional"
      onConfirm={(comment) => tell('confirm', { step_id: step.step_id, comment, ...about })}
    >
      <p className="run-asked" dir="auto">
        {step.message === null ? step.name : <Said text={step.message} />}
      </p>
      <p>{what}</p>
    </ConfirmDialog>
  );
}
