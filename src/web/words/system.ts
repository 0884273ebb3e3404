import { system as en } from './en/system.js';
import { system as zh } from './zh/system.js';
import { wordsOf } from './pair.js';

/** The words of system, in every language; they are loaded with its pages. */
export const systemWords = wordsOf(en, zh);
