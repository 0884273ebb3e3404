import { useState } from 'react';
import { Checkbox } from '../../kit/field.js';
import { ConfirmDialog } from '../../kit/dialog.js';
import { useWords } from '../../words/language.js';
import { runsWords } from '../../words/runs.js';
import type { RunDialogProps } from './run-dialogs.js';
import { useTellRun } from './run-send.js';

/** Asks before a run is cancelled, and whether what it wrote is taken back. */
export function CancelDialog({ run, open, onClose }: RunDialogProps) {
  const { ask, do: words } = useWords(runsWords);
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
            {written.slice(0, 8).map(({ step_id, change }) => (
              <li key={step_id} dir="auto">
                <code className="faint">{step_id}</code> {change?.target}: {change?.what}
              </li>
            ))}
          </ul>
        </>
      )}
    </ConfirmDialog>
  );
}
