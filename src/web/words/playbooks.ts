import { playbooks as en } from './en/playbooks.js';
import { playbooks as zh } from './zh/playbooks.js';
import { wordsOf } from './pair.js';

/** The words of playbooks, in every language; they are loaded with its pages. */
export const playbooksWords = wordsOf(en, zh);
