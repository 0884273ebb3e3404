import { createContext, useCallback, useContext, useMemo, useState } from 'react';
import type { ReactNode } from 'react';
import { useWords } from '../words/language.js';
import { IconButton } from './button.js';
import { Icon } from './icon.js';
import './toast.css';

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: 'good' | 'bad';
}

type Show = (text: string, tone?: 'good' | 'bad') => void;

const ToastContext = createContext<Show>(() => undefined);
const SHOWN_MS = 5_000;
const MOST = 4;

/** Shows short messages at the edge of the page; errors stay until they are closed. */
export function ToastProvider({ children }: { readonly children: ReactNode }) {
  const words = useWords();
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const close = useCallback((id: number) => setToasts((all) => all.filter((toast) => toast.id !== id)), []);
  const show = useMemo<Show>(() => {
    let last = 0;
    return (text, tone = 'good') => {
      const id = ++last;
      setToasts((all) => [...all.slice(1 - MOST), { id, text, tone }]);
      if (tone === 'good') window.setTimeout(() => close(id), SHOWN_MS);
    };
  }, [close]);
  return (
    <ToastContext.Provider value={show}>
      {children}
      <div className="toasts" role="status" aria-live="polite">
        {toasts.map(({ id, text, tone }) => (
          <div key={id} className={`toast ${tone}`}>
            <Icon name={tone === 'good' ? 'check' : 'bang'} />
            <span dir="auto">{text}</span>
            <IconButton icon="cross" label={words.do.close} onClick={() => close(id)} />
          </div>
        ))}
      </div>
    </ToastContext.Provider>
  );
}

/** `toast('Silence created')`: says briefly that something was done. What went wrong belongs beside its cause. */
export function useToast(): Show {
  return useContext(ToastContext);
}
