import { useState } from 'react';
import type { FormEvent } from 'react';
import { useLocation } from 'wouter';
import type { PlaybookAnswer } from '../../../domain/api/playbook.js';
import type { RunAnswer } from '../../../domain/api/run.js';
import { path } from '../../api/client.js';
import { useSend } from '../../api/queries.js';
import { Button } from '../../kit/button.js';
import { Dialog } from '../../kit/dialog.js';
import { Field, TextArea } from '../../kit/field.js';
import { ErrorNote, Loading } from '../../kit/states.js';
import { useToast } from '../../kit/toast.js';
import { Marked } from '../../kit/marked.js';
import { useWords } from '../../words/language.js';
import { playbooksWords } from '../../words/playbooks.js';
import { readObject } from './read-json.js';
import type { ReadJson } from './read-json.js';
import { useExample } from './use-example.js';
import './start-dialog.css';

interface StartDialogProps {
  readonly playbook: PlaybookAnswer;
  readonly open: boolean;
  readonly onClose: () => void;
}

/** Asks once how a run is to be started and about which alert, starts it, and goes there. */
export function StartDialog({ playbook, open, onClose }: StartDialogProps) {
  const { start: words } = useWords(playbooksWords);
  return (
    <Dialog open={open} onClose={onClose} title={words.title(playbook.name)} as="wide">
      {open && <Ready playbook={playbook} onClose={onClose} />}
    </Dialog>
  );
}

function Ready({ playbook, onClose }: Omit<StartDialogProps, 'open'>) {
  const example = useExample(playbook.playbook_id, playbook.playbook.trigger_conditions);
  return example === null ? <Loading rows={4} /> : <Form playbook={playbook} example={example} onClose={onClose} />;
}

function Form({ playbook, example, onClose }: Omit<StartDialogProps, 'open'> & { readonly example: string }) {
  const all = useWords(playbooksWords);
  const { start: words } = all;
  const common = useWords();
  const [dry, setDry] = useState(true);
  const [text, setText] = useState(example);
  const [wrong, setWrong] = useState<string | null>(null);
  const [, navigate] = useLocation();
  const toast = useToast();
  const send = useSend<RunAnswer>('POST', { invalidate: ['/api/v1/runs', '/api/v1/playbook_stats', '/api/v1/overview'] });
  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    const read = readObject(text);
    setWrong(read.ok ? null : wrongText(read, all));
    if (!read.ok) return;
    try {
      const run = await send.mutateAsync({
        path: path`/api/v1/playbooks/${playbook.playbook_id}/runs`,
        body: { alert: read.value, dry_run: dry },
      });
      onClose();
      toast(words.started);
      navigate(path`/runs/${run.run_id}`);
    } catch {
      // The mutation keeps the refusal, which is shown below.
    }
  }
  return (
    <form className="stack" onSubmit={(event) => void submit(event)} noValidate>
      <fieldset className="start-how">
        <legend>{words.how}</legend>
        <How name="dry" label={words.dry} hint={words.dry_hint} checked={dry} onChoose={() => setDry(true)} />
        <How
          name="real"
          label={words.real}
          hint={realHint(playbook.mode, words)}
          checked={!dry}
          onChoose={() => setDry(false)}
          isGrave
        />
      </fieldset>
      <Field label={words.alert} hint={<Marked text={words.alert_hint} />} error={wrong}>
        {(field) => <TextArea {...field} code rows={10} value={text} onChange={setText} />}
      </Field>
      <ErrorNote error={send.error} />
      <div className="dialog-foot">
        <Button onClick={onClose}>{common.do.cancel}</Button>
        <Button type="submit" tone={dry ? 'primary' : 'danger'} busy={send.isPending}>
          {dry ? words.go_dry : words.go_real}
        </Button>
      </div>
    </form>
  );
}

type Words = (typeof playbooksWords)['en'];

function realHint(mode: PlaybookAnswer['mode'], words: Words['start']): string {
  if (mode === 'shadow') return words.real_shadow;
  return mode === 'approve' ? `${words.real_hint} ${words.real_approve}` : words.real_hint;
}

/** What is wrong with a typed alert, in words. */
export function wrongText(read: Extract<ReadJson, { ok: false }>, words: Pick<Words, 'json' | 'start'>): string {
  if (read.problem === 'not_object') return words.start.not_object;
  if (read.line === 0) return words.json.wrong(read.message);
  return words.json.wrong_at(read.line, read.column, words.json.wrong(read.message));
}

interface HowProps {
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  readonly checked: boolean;
  readonly onChoose: () => void;
  readonly isGrave?: boolean;
}

function How({ name, label, hint, checked, onChoose, isGrave = false }: HowProps) {
  return (
    <label className={isGrave ? 'start-choice grave' : 'start-choice'}>
      <input type="radio" name="how" value={name} checked={checked} onChange={onChoose} />
      <span>
        <strong>{label}</strong>
        <span className="quiet">{hint}</span>
      </span>
    </label>
  );
}
