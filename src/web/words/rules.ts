import { rules as en } from './en/rules.js';
import { rules as zh } from './zh/rules.js';
import { wordsOf } from './pair.js';

/** The words of rules, in every language; they are loaded with its pages. */
export const rulesWords = wordsOf(en, zh);
