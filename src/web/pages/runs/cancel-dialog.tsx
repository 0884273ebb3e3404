import { useState } from 'react';
import type { StepChange } from '../../../domain/run/run.js';
import { Checkbox } from '../../kit/field.js';
import { ConfirmDialog } from '../../kit/dialog.js';
import { useWords } from '../../words/language.js';
import { runsWords } from '../../words/runs.js';
import type { RunDialogProps } from './run-dialogs.js';
import { useTellRun } from './run-send.js';

const MOST_SHOWN = 4;

/** A write in a line: on what, and what, where the one does not say the other already. */
function deedText({ target, what }: StepChange): string {
  if (what.includes(target)) return what;
  return target.includes(what) ? target : `${target}: ${what}`;
}

/** Asks before a run is cancelled, and whether what it wrote is taken back. */
export function CancelDialog({ run, open, onClose }: RunDialogProps) {
  const { ask, do: words, lead } = useWords(runsWords);
  const [compensate, setCompensate] = useState(false);
  const tell = useTellRun(run.run_id);
  const written = run.steps.filter(({ change, recorded_only }) => change !== null && !recorded_only);
  const close = (): void => {
    setCompensate(false);
    onClose();
  };
  return (
    <ConfirmDialog
      open={open}
      onClose={close}
      title={ask.cancel_title}
      confirm={words.cancel}
      dismiss={words.keep}
      tone="danger"
      reason="optional"
      onConfirm={(reason) => tell('cancel', { reason, compensate: compensate && written.length > 0 })}
    >
      <p>{ask.cancel}</p>
      {written.length === 0 ? (
        <p className="quiet">{ask.no_writes}</p>
      ) : (
        <>
          <Checkbox label={ask.compensate} checked={compensate} onChange={setCompensate} />
          <p className="quiet">{ask.compensate_hint}</p>
          <ul className="run-names">
            {written.slice(0, MOST_SHOWN).map(({ step_id, change }) => (
              <li key={step_id} dir="auto">
                <code className="faint">{step_id}</code> {change !== null && deedText(change)}
              </li>
            ))}
          </ul>
          {written.length > MOST_SHOWN && <p className="quiet">{lead.more(written.length - MOST_SHOWN)}</p>}
        </>
      )}
    </ConfirmDialog>
  );
}
