import { useState } from 'react';
import type { FormEvent } from 'react';
import type { Grade, IncidentDetail } from '../../../domain/incident/incident.js';
import { Button } from '../../kit/button.js';
import { Dialog } from '../../kit/dialog.js';
import { Field, Select } from '../../kit/field.js';
import { ErrorNote } from '../../kit/states.js';
import { useToast } from '../../kit/toast.js';
import { incidentsWords } from '../../words/incidents.js';
import { useWords } from '../../words/language.js';
import { useTell } from './tell.js';

interface PriorityDialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly incident: IncidentDetail;
}

const GRADES = ['high', 'medium', 'low'] as const;

/** Sets impact and urgency as a person sees them. */
export function PriorityDialog(props: PriorityDialogProps) {
  const { act } = useWords(incidentsWords);
  return (
    <Dialog open={props.open} onClose={props.onClose} title={act.priority_title}>
      <PriorityForm {...props} />
    </Dialog>
  );
}

/** Of its own, so that every opening begins with the grades of now. */
function PriorityForm({ incident, onClose }: PriorityDialogProps) {
  const { act } = useWords(incidentsWords);
  const words = useWords();
  const toast = useToast();
  const tell = useTell(incident.incident_id);
  const [impact, setImpact] = useState<Grade>(incident.impact);
  const [urgency, setUrgency] = useState<Grade>(incident.urgency);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const options = GRADES.map((value) => ({ value, label: words.grade[value] }));
  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const { priority } = await tell('priority', { impact, urgency });
      toast(act.priority_done(priority));
      onClose();
    } catch (refusal) {
      setError(refusal);
    } finally {
      setBusy(false);
    }
  }
  return (
    <form className="stack" onSubmit={(event) => void submit(event)}>
      <p>{act.priority_what}</p>
      <Field label={act.impact}>
        {(field) => <Select {...field} value={impact} options={options} onChange={setImpact} />}
      </Field>
      <Field label={act.urgency}>
        {(field) => <Select {...field} value={urgency} options={options} onChange={setUrgency} />}
      </Field>
      <ErrorNote error={error} />
      <div className="dialog-foot">
        <Button onClick={onClose}>{words.do.cancel}</Button>
        <Button type="submit" tone="primary" busy={busy}>
          {words.do.save}
        </Button>
      </div>
    </form>
  );
}
