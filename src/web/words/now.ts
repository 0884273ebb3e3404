import { now as en } from './en/now.js';
import { now as zh } from './zh/now.js';
import { wordsOf } from './pair.js';

/** The words of now, in every language; they are loaded with its pages. */
export const nowWords = wordsOf(en, zh);
