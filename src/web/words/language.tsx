import { createContext, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import type { ReactNode } from 'react';
import { commonWords } from './common.js';
import type { CommonWords } from './common.js';
import type { Language, WordsPair } from './pair.js';

/** What the reader chose; `system` follows the browser. */
export type LanguageChoice = Language | 'system';

interface LanguageState {
  readonly language: Language;
  readonly choice: LanguageChoice;
  readonly choose: (choice: LanguageChoice) => void;
}

const LanguageContext = createContext<LanguageState>({ language: 'en', choice: 'system', choose: () => undefined });
const KEPT = 'fixpoint.language';

/** The language of everything inside: the browser's, unless the reader has chosen. */
export function LanguageProvider({ children }: { readonly children: ReactNode }) {
  const [choice, setChoice] = useState<LanguageChoice>(readKept);
  const language = choice === 'system' ? languageOf(navigator.languages) : choice;
  useEffect(() => {
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  }, [language]);
  const choose = useCallback((next: LanguageChoice) => {
    setChoice(next);
    keep(KEPT, next === 'system' ? null : next);
  }, []);
  const state = useMemo(() => ({ language, choice, choose }), [language, choice, choose]);
  return <LanguageContext.Provider value={state}>{children}</LanguageContext.Provider>;
}

/** The first of the reader's languages that the pages speak; English when there is none. */
export function languageOf(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const lower = tag.toLowerCase();
    if (lower.startsWith('zh')) return 'zh';
    if (lower.startsWith('en')) return 'en';
  }
  return 'en';
}

/** The language in force, and how to choose another. */
export function useLanguage(): LanguageState {
  return useContext(LanguageContext);
}

/** The words that all pages share (states, buttons, times), or those of one area: `useWords(alertsWords)`. */
export function useWords(): CommonWords;
export function useWords<W>(pair: WordsPair<W>): W;
export function useWords<W>(pair?: WordsPair<W>): W | CommonWords {
  const { language } = useLanguage();
  return (pair ?? commonWords)[language];
}

/** Keeps a choice in this browser; one that forbids it forgets. */
export function keep(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // Private windows may have no storage: the choice lasts as long as the page.
  }
}

/** A kept choice, or null. */
export function kept(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function readKept(): LanguageChoice {
  const value = kept(KEPT);
  return value === 'en' || value === 'zh' ? value : 'system';
}
