import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { OverviewAnswer } from '../../../domain/api/overview.js';
import { keyOf, useSend } from '../../api/queries.js';
import { useMay } from '../../api/session.js';
import { Button } from '../../kit/button.js';
import { ConfirmDialog } from '../../kit/dialog.js';
import { useToast } from '../../kit/toast.js';
import { useWords } from '../../words/language.js';
import { nowWords } from '../../words/now.js';

/** The big red button, or its release; for those who may steer runs. */
export function PauseButton({ isPaused }: { readonly isPaused: boolean }) {
  const { pause } = useWords(nowWords);
  const toast = useToast();
  const client = useQueryClient();
  const may = useMay('operate');
  const [open, setOpen] = useState(false);
  const send = useSend<OverviewAnswer['pause'], { reason: string | null }>('POST', {
    invalidate: ['/api/v1/pause', '/api/v1/runs', '/api/v1/audit'],
    onDone: (state) => {
      // The overview may be a second old when it is asked again: the button must not jump back.
      client.setQueryData<OverviewAnswer>(keyOf('/api/v1/overview'), (known) => known && { ...known, pause: state });
      toast(state.paused ? pause.done : pause.released);
    },
  });
  if (!may) return null;
  return (
    <>
      <Button tone={isPaused ? 'primary' : 'danger'} icon={isPaused ? 'run' : 'pause'} onClick={() => setOpen(true)}>
        {isPaused ? pause.release : pause.button}
      </Button>
      <ConfirmDialog
        open={open}
        onClose={() => setOpen(false)}
        title={isPaused ? pause.release_title : pause.title}
        confirm={isPaused ? pause.release_confirm : pause.confirm}
        tone={isPaused ? 'primary' : 'danger'}
        reason={isPaused ? 'optional' : 'required'}
        onConfirm={(reason) =>
          send.mutateAsync({ path: isPaused ? '/api/v1/resume' : '/api/v1/pause', body: { reason } })
        }
      >
        <p>{isPaused ? pause.release_what : pause.what}</p>
      </ConfirmDialog>
    </>
  );
}
