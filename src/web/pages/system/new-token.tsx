import { useState } from 'react';
import type { FormEvent } from 'react';
import type { Role } from '../../../domain/access/access.js';
import type { NewTokenAnswer } from '../../../domain/api/token.js';
import { useSend } from '../../api/queries.js';
import { Button } from '../../kit/button.js';
import { Copy } from '../../kit/copy.js';
import { Field, Select, TextInput } from '../../kit/field.js';
import { ErrorNote } from '../../kit/states.js';
import { useWords } from '../../words/language.js';
import { systemWords } from '../../words/system.js';

const ROLES = ['viewer', 'operator', 'approver', 'admin', 'ingest'] as const satisfies readonly Role[];

/** Makes a token and shows its text, once: it is nowhere else, and gone with the dialog. */
export function NewToken({ onClose }: { readonly onClose: () => void }) {
  const [made, setMade] = useState<NewTokenAnswer | null>(null);
  return made === null ? <Draft onMade={setMade} onClose={onClose} /> : <Made token={made} onClose={onClose} />;
}

interface DraftProps {
  readonly onMade: (token: NewTokenAnswer) => void;
  readonly onClose: () => void;
}

function Draft({ onMade, onClose }: DraftProps) {
  const { tokens: words } = useWords(systemWords);
  const common = useWords();
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [missing, setMissing] = useState(false);
  const { mutate, isPending, error } = useSend<NewTokenAnswer, { name: string; role: Role }>('POST', {
    invalidate: ['/api/v1/tokens', '/api/v1/audit'],
    onDone: onMade,
  });
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (name.trim() === '') return setMissing(true);
    mutate({ path: '/api/v1/tokens', body: { name: name.trim(), role } });
  }
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <Field
        label={words.name}
        hint={words.name_hint}
        error={missing && name.trim() === '' ? words.name_missing : null}
      >
        {(field) => <TextInput {...field} autoFocus maxLength={100} value={name} onChange={setName} />}
      </Field>
      <Field label={words.role} hint={words.rights[role]}>
        {(field) => (
          <Select
            {...field}
            value={role}
            options={ROLES.map((value) => ({ value, label: common.roles[value] }))}
            onChange={setRole}
          />
        )}
      </Field>
      <ErrorNote error={error} />
      <div className="dialog-foot">
        <Button onClick={onClose}>{common.do.cancel}</Button>
        <Button type="submit" tone="primary" busy={isPending}>
          {words.make}
        </Button>
      </div>
    </form>
  );
}

function Made({ token, onClose }: { readonly token: NewTokenAnswer; readonly onClose: () => void }) {
  const { tokens: words } = useWords(systemWords);
  const { do: common, roles } = useWords();
  return (
    <div className="stack">
      <div className="stack-tight" role="status">
        <strong>{words.made}</strong>
        <p className="quiet">{words.made_hint}</p>
      </div>
      <p className="quiet" dir="auto">
        {token.name} · {roles[token.role]}
      </p>
      <code className="system-token">{token.token}</code>
      <div className="dialog-foot">
        <Copy text={token.token} what={words.token} label={common.copy_what(words.token)} />
        <Button tone="primary" onClick={onClose}>
          {words.done}
        </Button>
      </div>
    </div>
  );
}
