import type { Language } from '../domain/notifier.js';
import { chinese } from './chinese.js';
import { english } from './english.js';
import type { Words } from './words.js';

const DICTIONARY = { en: english, zh: chinese } satisfies Record<Language, Words>;

/** The words of a language. */
export function wordsOf(language: Language): Words {
  return DICTIONARY[language];
}
