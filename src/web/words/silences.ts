import { silences as en } from './en/silences.js';
import { silences as zh } from './zh/silences.js';
import { wordsOf } from './pair.js';

/** The words of silences, in every language; they are loaded with its pages. */
export const silencesWords = wordsOf(en, zh);
