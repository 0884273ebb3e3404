import { useState } from 'react';
import type { FormEvent } from 'react';
import { useLocation } from 'wouter';
import type { AlertAnswer } from '../../../domain/api/alert.js';
import { path } from '../../api/client.js';
import { useGet, useSend } from '../../api/queries.js';
import { Button } from '../../kit/button.js';
import { Dialog } from '../../kit/dialog.js';
import { Field, Select } from '../../kit/field.js';
import { ErrorNote, ErrorState, Loading } from '../../kit/states.js';
import { useToast } from '../../kit/toast.js';
import { alertsWords } from '../../words/alerts.js';
import { useWords } from '../../words/language.js';
import { draftOf, likelyPlaybook } from './dry-run.js';
import type { PlaybookListed } from './dry-run.js';

interface DryRunProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly alert: AlertAnswer;
}

/** Tries a playbook on an alert that came before: reads all, writes nothing. */
export function DryRunDialog({ open, onClose, alert }: DryRunProps) {
  const w = useWords(alertsWords).dry;
  return (
    <Dialog open={open} onClose={onClose} title={w.title}>
      <p className="quiet">{w.what}</p>
      <Playbooks onClose={onClose} alert={alert} />
    </Dialog>
  );
}

/** Of its own, so that playbooks are asked for when somebody wants to choose one. */
function Playbooks(props: Omit<DryRunProps, 'open'>) {
  const w = useWords(alertsWords).dry;
  const { data, error, refetch } = useGet<{ readonly items: readonly PlaybookListed[] }>('/api/v1/playbooks', {
    query: { limit: 200 },
  });
  if (data === undefined)
    return error === null ? <Loading rows={2} /> : <ErrorState error={error} onRetry={() => void refetch()} />;
  if (data.items.length === 0) return <p>{w.none}</p>;
  return <DryRunForm {...props} playbooks={data.items} />;
}

function DryRunForm({
  onClose,
  alert,
  playbooks,
}: Omit<DryRunProps, 'open'> & { playbooks: readonly PlaybookListed[] }) {
  const w = useWords(alertsWords).dry;
  const words = useWords();
  const toast = useToast();
  const [, navigate] = useLocation();
  const [playbookId, setPlaybookId] = useState(() => likelyPlaybook(alert, playbooks));
  const [missing, setMissing] = useState(false);
  const send = useSend<{ readonly run_id: string }>('POST', {
    invalidate: ['/api/v1/runs'],
    onDone: ({ run_id }) => {
      toast(w.started);
      onClose();
      navigate(path`/runs/${run_id}`);
    },
  });
  function submit(event: FormEvent): void {
    event.preventDefault();
    setMissing(playbookId === '');
    if (playbookId === '') return;
    send.mutate({ path: path`/api/v1/playbooks/${playbookId}/runs`, body: { alert: draftOf(alert), dry_run: true } });
  }
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <Field label={w.playbook} error={missing && playbookId === '' ? w.missing : null}>
        {(field) => (
          <Select
            {...field}
            value={playbookId}
            options={[
              ...(playbookId === '' ? [{ value: '', label: w.pick }] : []),
              ...playbooks.map(({ playbook_id, name }) => ({
                value: playbook_id,
                label: name === playbook_id ? name : `${name.slice(0, 80)} (${playbook_id})`,
              })),
            ]}
            onChange={setPlaybookId}
          />
        )}
      </Field>
      <ErrorNote error={send.error} />
      <div className="dialog-foot">
        <Button onClick={onClose}>{words.do.cancel}</Button>
        <Button type="submit" tone="primary" icon="run" busy={send.isPending}>
          {w.start}
        </Button>
      </div>
    </form>
  );
}
