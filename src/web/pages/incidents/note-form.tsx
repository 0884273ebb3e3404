import { useRef, useState } from 'react';
import type { FormEvent } from 'react';
import type { IncidentDetail } from '../../../domain/incident/incident.js';
import { useMay } from '../../api/session.js';
import { Button } from '../../kit/button.js';
import { Field, TextArea } from '../../kit/field.js';
import { useKeys } from '../../kit/keys.js';
import { ErrorNote } from '../../kit/states.js';
import { useToast } from '../../kit/toast.js';
import { incidentsWords } from '../../words/incidents.js';
import { useWords } from '../../words/language.js';
import { useTell } from './tell.js';

/** A place to write what one saw and did; for those who may, also when the incident is resolved. */
export function NoteForm({ incident }: { readonly incident: IncidentDetail }) {
  const may = useMay('operate');
  return may && incident.merged_into === null ? <Form incident_id={incident.incident_id} /> : null;
}

function Form({ incident_id }: { readonly incident_id: string }) {
  const { note, keys } = useWords(incidentsWords);
  const toast = useToast();
  const tell = useTell(incident_id);
  const place = useRef<HTMLFormElement>(null);
  const [text, setText] = useState('');
  const [missing, setMissing] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  useKeys([{ keys: 'n', label: keys.note, run: () => place.current?.querySelector('textarea')?.focus() }]);
  async function submit(event?: FormEvent): Promise<void> {
    event?.preventDefault();
    if (busy) return;
    if (text.trim() === '') return setMissing(true);
    setBusy(true);
    setError(null);
    try {
      await tell('notes', { text });
      setText('');
      setMissing(false);
      toast(note.added);
    } catch (refusal) {
      setError(refusal);
    } finally {
      setBusy(false);
    }
  }
  return (
    <form ref={place} className="incident-note" onSubmit={(event) => void submit(event)} noValidate>
      <Field label={note.label} hideLabel error={missing && text.trim() === '' ? note.missing : null}>
        {(field) => (
          <TextArea
            {...field}
            rows={2}
            maxLength={10_000}
            placeholder={note.hint}
            value={text}
            onChange={setText}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void submit();
            }}
          />
        )}
      </Field>
      <Button type="submit" busy={busy}>
        {note.add}
      </Button>
      <ErrorNote error={error} />
    </form>
  );
}
