import type { RunAnswer } from '../../../domain/api/run.js';
import { useQueryClient } from '@tanstack/react-query';
import { invalidate, keyOf, useSend } from '../../api/queries.js';
import { useToast } from '../../kit/toast.js';
import { useWords } from '../../words/language.js';
import { runsWords } from '../../words/runs.js';
import { runUrl } from './run-live.js';

type Command = 'pause' | 'resume' | 'cancel' | 'retry' | 'confirm';

/** Tells a run something, shows what it then is, and says so; a refusal is thrown for who asked. */
export function useTellRun(run_id: string): (command: Command, body: object) => Promise<void> {
  const client = useQueryClient();
  const toast = useToast();
  const { told } = useWords(runsWords);
  const url = runUrl(run_id);
  const send = useSend<RunAnswer, object>('POST', {
    onDone: (run) => client.setQueryData(keyOf(url), run),
  });
  return async (command, body) => {
    try {
      await send.mutateAsync({ path: `${url}/${command}`, body });
    } finally {
      // Also after a refusal: the run is not what was believed. Nobody waits for it: the answer is known already.
      void invalidate(client, [url, '/api/v1/overview', '/api/v1/approvals']);
    }
    toast(told[command]);
  };
}
