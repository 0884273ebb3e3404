import { useEffect, useState } from 'react';
import { useWords } from '../words/language.js';
import { Icon } from './icon.js';
import './copy.css';

interface CopyProps {
  readonly text: string;
  /** What is copied, in words: “run id”. */
  readonly what: string;
  /** Words on the button; without them it is a small picture. */
  readonly label?: string;
}

/** Puts a text on the clipboard and says so. */
export function Copy({ text, what, label }: CopyProps) {
  const words = useWords();
  const [fate, setFate] = useState<'copied' | 'failed' | null>(null);
  useEffect(() => {
    if (fate === null) return undefined;
    const timer = window.setTimeout(() => setFate(null), 2_000);
    return () => window.clearTimeout(timer);
  }, [fate]);
  const said = fate === 'copied' ? words.do.copied : fate === 'failed' ? words.do.copy_failed : null;
  return (
    <button
      type="button"
      className={label === undefined ? 'copy' : 'button plain s'}
      title={said ?? words.do.copy_what(what)}
      onClick={() => void copyText(text).then((done) => setFate(done ? 'copied' : 'failed'))}
    >
      <Icon name={fate === 'copied' ? 'check' : fate === 'failed' ? 'cross' : 'copy'} size={14} />
      {label !== undefined && <span>{said ?? label}</span>}
      <span className="visually-hidden" role="status">
        {said ?? (label === undefined ? words.do.copy_what(what) : '')}
      </span>
    </button>
  );
}

/** Answers whether it worked: over plain http browsers have no clipboard, so the old way is tried too. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'visually-hidden';
  // Within an open dialog: outside of it nothing can be selected.
  (document.activeElement?.closest('dialog') ?? document.body).append(area);
  const before = document.activeElement;
  area.select();
  try {
    // The only way where `navigator.clipboard` is missing.
    return (document as { execCommand(command: string): boolean }).execCommand('copy');
  } catch {
    return false;
  } finally {
    area.remove();
    if (before instanceof HTMLElement) before.focus();
  }
}

/** An id in full, with a button to copy it. */
export function Id({ id, what }: { readonly id: string; readonly what: string }) {
  return (
    <span className="id">
      <code className="truncate">{id}</code>
      <Copy text={id} what={what} />
    </span>
  );
}
