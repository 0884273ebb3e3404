import { common as en } from './en/common.js';
import { common as zh } from './zh/common.js';
import { wordsOf } from './pair.js';

/** The words that every page may need. */
export type CommonWords = typeof en;

/** The words that every page may need, in every language. */
export const commonWords = wordsOf(en, zh);
