import { useState } from 'react';
import type { RunAnswer } from '../../../domain/api/run.js';
import { useMay } from '../../api/session.js';
import { Button } from '../../kit/button.js';
import { useKeys } from '../../kit/keys.js';
import { Menu } from '../../kit/menu.js';
import type { MenuItem } from '../../kit/menu.js';
import { useWords } from '../../words/language.js';
import { runsWords } from '../../words/runs.js';
import { CancelDialog } from './cancel-dialog.js';
import { OutcomeDialog } from './outcome-dialog.js';
import { isFinal } from './run-live.js';
import { PauseDialog, ResumeDialog, RetryDialog } from './run-dialogs.js';
import { retryable } from './retryable.js';

type Open = 'pause' | 'resume' | 'cancel' | 'retry' | 'outcome' | null;

/** What may be done with a run in its state, by who is signed in. */
export function RunActions({ run }: { readonly run: RunAnswer }) {
  const { do: words } = useWords(runsWords);
  const [open, setOpen] = useState<Open>(null);
  const may = useMay('operate');
  const isOver = isFinal(run.state);
  const isPaused = run.state === 'paused';
  const canRetry = isOver && retryable(run.steps).length > 0;
  const canPause = !isOver && !run.cancel_requested;
  useKeys(
    may && canPause
      ? [{ keys: 'p', label: isPaused ? words.resume : words.pause, run: () => setOpen(isPaused ? 'resume' : 'pause') }]
      : [],
  );
  if (!may) return null;
  const items: MenuItem[] = isOver
    ? [{ id: 'outcome', label: words.outcome, icon: 'edit', onSelect: () => setOpen('outcome') }]
    : [];
  const close = (): void => setOpen(null);
  return (
    <>
      {canPause && !isPaused && (
        <Button icon="pause" onClick={() => setOpen('pause')}>
          {words.pause}
        </Button>
      )}
      {canPause && isPaused && (
        <Button icon="run" tone="primary" onClick={() => setOpen('resume')}>
          {words.resume}
        </Button>
      )}
      {canPause && (
        <Button icon="stop" onClick={() => setOpen('cancel')}>
          {words.cancel}
        </Button>
      )}
      {canRetry && (
        <Button icon="retry" onClick={() => setOpen('retry')}>
          {words.retry}
        </Button>
      )}
      <Menu items={items} />
      <PauseDialog run={run} open={open === 'pause'} onClose={close} />
      <ResumeDialog run={run} open={open === 'resume'} onClose={close} />
      <CancelDialog run={run} open={open === 'cancel'} onClose={close} />
      <RetryDialog run={run} open={open === 'retry'} onClose={close} />
      <OutcomeDialog run={run} open={open === 'outcome'} onClose={close} />
    </>
  );
}
