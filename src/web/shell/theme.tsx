import { createContext, useContext, useEffect, useMemo, useState } from 'react';
import type { ReactNode } from 'react';
import { keep, kept } from '../words/language.js';

/** What the reader chose; `system` follows the browser. */
export type ThemeChoice = 'system' | 'light' | 'dark';

const KEPT = 'fixpoint.theme';
const ThemeContext = createContext<{ readonly choice: ThemeChoice; readonly choose: (choice: ThemeChoice) => void }>({
  choice: 'system',
  choose: () => undefined,
});

/** Puts the chosen theme in force for the whole document. */
export function ThemeProvider({ children }: { readonly children: ReactNode }) {
  const [choice, setChoice] = useState<ThemeChoice>(readKept);
  useEffect(() => {
    const root = document.documentElement;
    if (choice === 'system') delete root.dataset['theme'];
    else root.dataset['theme'] = choice;
  }, [choice]);
  const state = useMemo(
    () => ({
      choice,
      choose: (next: ThemeChoice) => {
        setChoice(next);
        keep(KEPT, next === 'system' ? null : next);
      },
    }),
    [choice],
  );
  return <ThemeContext.Provider value={state}>{children}</ThemeContext.Provider>;
}

/** The chosen theme, and how to choose another. */
export function useTheme() {
  return useContext(ThemeContext);
}

function readKept(): ThemeChoice {
  const value = kept(KEPT);
  return value === 'light' || value === 'dark' ? value : 'system';
}
