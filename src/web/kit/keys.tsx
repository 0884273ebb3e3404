import { createContext, useContext, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { createKeyBook } from './key-book.js';
import type { KeyBinding, KeyBook } from './key-book.js';

const KeyContext = createContext<KeyBook | null>(null);

/** Hears the keyboard for everything inside. One listener; keys are ignored while somebody types or a dialog is open. */
export function KeyProvider({ children }: { readonly children: ReactNode }) {
  const book = useMemo(() => createKeyBook(() => performance.now()), []);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing || isTaken(event)) return;
      if (book.press(keyOf(event))) event.preventDefault();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [book]);
  return <KeyContext.Provider value={book}>{children}</KeyContext.Provider>;
}

/** Binds keys while the component is there: `useKeys([{ keys: 'g r', label: words.go_runs, run }])`. The latest binding of a key counts. */
export function useKeys(bindings: readonly KeyBinding[]): void {
  const book = useContext(KeyContext);
  const latest = useRef(bindings);
  // With the drawing, not after it: what is to be seen is what the next key acts on.
  useLayoutEffect(() => {
    latest.current = bindings;
  });
  const names = bindings.map(({ keys, label, everywhere }) => `${keys}\t${label}\t${everywhere === true}`).join('\n');
  useLayoutEffect(() => {
    if (book === null || names === '') return undefined;
    return book.add(
      names.split('\n').map((name, index) => {
        const [keys = '', label = '', everywhere] = name.split('\t');
        return { keys, label, everywhere: everywhere === 'true', run: () => latest.current[index]?.run() };
      }),
    );
  }, [book, names]);
}

/** Every binding in force, for the help. */
export function useKeyList(open: boolean): readonly KeyBinding[] {
  const book = useContext(KeyContext);
  const [list, setList] = useState<readonly KeyBinding[]>([]);
  useEffect(() => {
    if (open && book !== null) setList(book.list());
  }, [open, book]);
  return list;
}

function keyOf({ key, ctrlKey, metaKey }: KeyboardEvent): string {
  return ctrlKey || metaKey ? `mod+${key.toLowerCase()}` : key;
}

/** Typing, a control that knows Enter itself, or an open dialog, which keeps the keyboard. */
function isTaken(event: KeyboardEvent): boolean {
  if (event.altKey) return true;
  const { target } = event;
  if (!(target instanceof HTMLElement)) return false;
  if (document.querySelector('dialog[open]') !== null) return true;
  // Until the next frame the focus stays in a dialog that has just closed: nobody types into what is not to be seen.
  if (target.closest('dialog') !== null) return false;
  if (target.isContentEditable || target.closest('input, textarea, select') !== null)
    return !(event.ctrlKey || event.metaKey);
  return event.key === 'Enter' && target.closest('a, button, summary') !== null;
}
