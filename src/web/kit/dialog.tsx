import { useId, useLayoutEffect, useRef, useState } from 'react';
import type { FormEvent, ReactNode } from 'react';
import { useWords } from '../words/language.js';
import { Button, IconButton } from './button.js';
import { Field, TextArea } from './field.js';
import { ErrorNote } from './states.js';
import './dialog.css';

interface DialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly children: ReactNode;
  readonly footer?: ReactNode;
  /** `drawer` stands at the right edge (below on a phone): for details beside a page. */
  readonly as?: 'dialog' | 'drawer' | 'wide';
}

/** The browser's own modal dialog: keeps the focus inside, closes by Escape and by a press outside, gives the focus back. */
export function Dialog({ open, onClose, title, children, footer, as = 'dialog' }: DialogProps) {
  const words = useWords();
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  // With the drawing, not after it: a dialog that is empty already would still keep the keyboard to itself.
  useLayoutEffect(() => {
    const dialog = ref.current;
    if (dialog === null) return;
    if (open && !dialog.open) {
      dialog.showModal();
      // What one came to fill in, rather than the button that closes.
      if (as !== 'drawer') firstField(dialog)?.focus();
    } else if (!open && dialog.open) dialog.close();
  }, [open, as]);
  return (
    <dialog
      ref={ref}
      className={`dialog ${as}`}
      aria-labelledby={id}
      onCancel={(event) => {
        // At once: the browser tells that it has closed only after keys that were pressed since, and would close what they opened.
        if (event.target !== event.currentTarget) return;
        event.preventDefault();
        onClose();
      }}
      onClose={(event) => {
        // A question asked from inside it closes by itself: this one stays. So does one that was opened again before this was told.
        if (open && event.target === event.currentTarget && !event.currentTarget.open) onClose();
      }}
      onMouseDown={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      {open && (
        <div className="dialog-inside">
          <header className="dialog-head">
            <h2 id={id} dir="auto">
              {title}
            </h2>
            <IconButton icon="cross" label={words.do.close} onClick={onClose} />
          </header>
          <div className="dialog-body">{children}</div>
          {footer && <footer className="dialog-foot">{footer}</footer>}
        </div>
      )}
    </dialog>
  );
}

/** The field that asks for the focus, else the first one. */
function firstField(dialog: HTMLElement): HTMLElement | null {
  return (
    dialog.querySelector<HTMLElement>('.dialog-body [data-autofocus]') ??
    dialog.querySelector<HTMLElement>('.dialog-body :is(input, textarea, select):not(:disabled)')
  );
}

interface ConfirmDialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  /** What will happen, in words. */
  readonly children?: ReactNode;
  readonly confirm: string;
  /** What the button says that changes nothing, where “Cancel” could be taken for the deed. */
  readonly dismiss?: string;
  readonly tone?: 'primary' | 'danger';
  /** Whether a reason is asked for. */
  readonly reason?: 'none' | 'optional' | 'required';
  /** The dialog closes when this is done; a refusal is shown in it. */
  readonly onConfirm: (reason: string | null) => Promise<unknown>;
}

/** Asks once before the world is changed. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { open, onClose, title, children } = props;
  return (
    <Dialog open={open} onClose={onClose} title={title}>
      {children && <div className="stack-tight">{children}</div>}
      <ConfirmForm {...props} />
    </Dialog>
  );
}

/** A form of its own, so that every opening begins empty. */
function ConfirmForm(props: ConfirmDialogProps) {
  const { onClose, confirm, dismiss, tone = 'primary', reason = 'none', onConfirm } = props;
  const words = useWords();
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [missing, setMissing] = useState(false);
  const [error, setError] = useState<unknown>(null);
  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    const said = text.trim();
    if (reason === 'required' && said === '') return setMissing(true);
    setBusy(true);
    setError(null);
    try {
      await onConfirm(said === '' ? null : said);
      onClose();
    } catch (refusal) {
      setError(refusal);
    } finally {
      setBusy(false);
    }
  }
  return (
    <form className="stack" onSubmit={(event) => void submit(event)} noValidate>
      {reason !== 'none' && (
        <Field
          label={reason === 'required' ? words.reason.label : words.reason.optional}
          error={missing && text.trim() === '' ? words.reason.missing : null}
        >
          {(field) => <TextArea {...field} rows={2} maxLength={1_000} value={text} onChange={setText} />}
        </Field>
      )}
      <ErrorNote error={error} />
      <div className="dialog-foot">
        <Button onClick={onClose}>{dismiss ?? words.do.cancel}</Button>
        <Button type="submit" tone={tone} busy={busy}>
          {confirm}
        </Button>
      </div>
    </form>
  );
}
