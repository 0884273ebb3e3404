import { useState } from 'react';
import type { FormEvent } from 'react';
import type { IncidentDetail } from '../../../domain/incident/incident.js';
import { useMay, useSession } from '../../api/session.js';
import { Button } from '../../kit/button.js';
import { Dialog } from '../../kit/dialog.js';
import { Field, TextInput } from '../../kit/field.js';
import { useKeys } from '../../kit/keys.js';
import { ErrorNote } from '../../kit/states.js';
import { useToast } from '../../kit/toast.js';
import { incidentsWords } from '../../words/incidents.js';
import { useWords } from '../../words/language.js';
import { RefusalDialog } from './refusal-dialog.js';
import { useTell } from './tell.js';

/** Who works at it: oneself by one press, or somebody else; while it is not resolved, for those who may. */
export function AssignButtons({ incident }: { readonly incident: IncidentDetail }) {
  const may = useMay('operate');
  return may && incident.state !== 'resolved' ? <Assign incident={incident} /> : null;
}

function useAssign(incident_id: string): (assignee: string | null) => Promise<void> {
  const { act } = useWords(incidentsWords);
  const toast = useToast();
  const tell = useTell(incident_id);
  return async (assignee) => {
    await tell('assign', { assignee });
    toast(assignee === null ? act.unassigned : act.assigned(assignee));
  };
}

function Assign({ incident }: { readonly incident: IncidentDetail }) {
  const { act, tile, keys } = useWords(incidentsWords);
  const { name } = useSession();
  const assign = useAssign(incident.incident_id);
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<unknown>(null);
  const isMine = incident.assignee === name;
  async function take(): Promise<void> {
    if (isMine || busy) return;
    setBusy(true);
    try {
      await assign(name);
    } catch (error) {
      setRefusal(error);
    } finally {
      setBusy(false);
    }
  }
  useKeys([{ keys: 'm', label: keys.mine, run: () => void take() }]);
  return (
    <div className="row">
      {!isMine && (
        <Button size="s" icon="user" busy={busy} onClick={() => void take()}>
          {tile.assign_me}
        </Button>
      )}
      <Button size="s" tone="quiet" onClick={() => setOpen(true)}>
        {tile.assign}
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} title={act.assign_title}>
        <AssignForm assignee={incident.assignee} assign={assign} onClose={() => setOpen(false)} />
      </Dialog>
      <RefusalDialog error={refusal} onClose={() => setRefusal(null)} />
    </div>
  );
}

interface AssignFormProps {
  readonly assignee: string | null;
  readonly assign: (assignee: string | null) => Promise<void>;
  readonly onClose: () => void;
}

function AssignForm({ assignee, assign, onClose }: AssignFormProps) {
  const { act } = useWords(incidentsWords);
  const words = useWords();
  const [name, setName] = useState(assignee ?? '');
  const [missing, setMissing] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  async function send(to: string | null): Promise<void> {
    setBusy(true);
    setError(null);
    try {
      await assign(to);
      onClose();
    } catch (refusal) {
      setError(refusal);
    } finally {
      setBusy(false);
    }
  }
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (name.trim() === '') return setMissing(true);
    void send(name.trim());
  }
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <Field
        label={act.assign_name}
        hint={act.assign_hint}
        error={missing && name.trim() === '' ? act.assign_missing : null}
      >
        {(field) => <TextInput {...field} autoFocus maxLength={200} value={name} onChange={setName} />}
      </Field>
      <ErrorNote error={error} />
      <div className="dialog-foot">
        {assignee !== null && (
          <Button tone="quiet" busy={busy} onClick={() => void send(null)}>
            {act.assign_nobody}
          </Button>
        )}
        <Button onClick={onClose}>{words.do.cancel}</Button>
        <Button type="submit" tone="primary" busy={busy}>
          {act.assign_save}
        </Button>
      </div>
    </form>
  );
}
