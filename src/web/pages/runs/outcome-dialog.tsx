import { useState } from 'react';
import { Button } from '../../kit/button.js';
import { Dialog } from '../../kit/dialog.js';
import { Field, TextArea } from '../../kit/field.js';
import { ErrorNote } from '../../kit/states.js';
import { useWords } from '../../words/language.js';
import { runsWords } from '../../words/runs.js';
import type { RunDialogProps } from './run-dialogs.js';
import { useTellRun } from './run-send.js';

/** Says of a run that has ended whether it is solved after all. */
export function OutcomeDialog({ run, open, onClose }: RunDialogProps) {
  const { ask } = useWords(runsWords);
  return (
    <Dialog {...{ open, onClose }} title={ask.outcome_title}>
      <p>{ask.outcome}</p>
      <Form {...{ run, open, onClose }} />
    </Dialog>
  );
}

function Form({ run, onClose }: RunDialogProps) {
  const words = useWords();
  const { ask, do: own } = useWords(runsWords);
  const [comment, setComment] = useState('');
  const [busy, setBusy] = useState<boolean | null>(null);
  const [error, setError] = useState<unknown>(null);
  const tell = useTellRun(run.run_id);
  async function say(solved: boolean): Promise<void> {
    setBusy(solved);
    setError(null);
    try {
      await tell('confirm', { solved, comment: comment.trim() === '' ? null : comment.trim() });
      onClose();
    } catch (refusal) {
      setError(refusal);
    } finally {
      setBusy(null);
    }
  }
  return (
    <div className="stack">
      <Field label={ask.comment}>
        {(field) => <TextArea {...field} autoFocus rows={2} maxLength={1_000} value={comment} onChange={setComment} />}
      </Field>
      <ErrorNote error={error} />
      <div className="dialog-foot">
        <Button onClick={onClose}>{words.do.cancel}</Button>
        <Button busy={busy === false} disabled={busy !== null} icon="cross" onClick={() => void say(false)}>
          {own.no}
        </Button>
        <Button busy={busy === true} disabled={busy !== null} icon="check" onClick={() => void say(true)}>
          {own.yes}
        </Button>
      </div>
    </div>
  );
}
