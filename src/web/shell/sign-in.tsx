import { useEffect, useRef, useState } from 'react';
import type { FormEvent } from 'react';
import { ApiRefusal } from '../api/client.js';
import { useSignIn } from '../api/session.js';
import { Button } from '../kit/button.js';
import { Checkbox, Field, TextInput } from '../kit/field.js';
import { ErrorNote } from '../kit/states.js';
import { Marked } from '../kit/marked.js';
import { useWords } from '../words/language.js';
import { Appearance } from './account-dialog.js';
import './sign-in.css';

/** Asks for a token. It stands in the place of the page that was asked for, so that one is there afterwards. */
export function SignIn({ hasEnded }: { readonly hasEnded: boolean }) {
  const words = useWords();
  const signIn = useSignIn();
  const [token, setToken] = useState('');
  const [shown, setShown] = useState(false);
  const [busy, setBusy] = useState(false);
  const [missing, setMissing] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    document.title = `${words.sign.in} · Fixpoint`;
  }, [words]);
  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (token.trim() === '') return setMissing(true);
    setBusy(true);
    setError(null);
    try {
      await signIn(token.trim());
    } catch (refusal) {
      setError(said(refusal));
      setBusy(false);
      // The button was not to be pressed meanwhile, and lost the focus: what has to be changed gets it.
      form.current?.querySelector<HTMLInputElement>('input[name="token"]')?.select();
    }
  }
  /** What the service means by its refusal, for who stands before the door. */
  function said(refusal: unknown): unknown {
    if (!(refusal instanceof ApiRefusal)) return refusal;
    if (refusal.code === 'unauthorized') return new Error(words.sign.unknown);
    return refusal.code === 'forbidden' ? new Error(words.sign.may_not_read) : refusal;
  }
  return (
    <main className="sign-in">
      <form ref={form} className="panel stack" onSubmit={(event) => void submit(event)} noValidate>
        <h1>{words.sign.title}</h1>
        {hasEnded && <p className="quiet">{words.sign.ended}</p>}
        {/* Password managers want a name to keep the token under. */}
        <input
          type="text"
          name="username"
          autoComplete="username"
          value="Fixpoint"
          readOnly
          tabIndex={-1}
          aria-hidden="true"
          className="visually-hidden"
        />
        <Field
          label={words.sign.token}
          hint={<Marked text={words.sign.hint} />}
          error={missing && token.trim() === '' ? words.sign.empty : null}
        >
          {(field) => (
            <TextInput
              {...field}
              autoFocus
              type={shown ? 'text' : 'password'}
              name="token"
              autoComplete="current-password"
              maxLength={1_000}
              value={token}
              onChange={setToken}
            />
          )}
        </Field>
        <Checkbox label={words.sign.show} checked={shown} onChange={setShown} />
        <ErrorNote error={error} />
        <Button type="submit" tone="primary" busy={busy}>
          {words.sign.in}
        </Button>
        <Appearance />
      </form>
    </main>
  );
}
