import { runs as en } from './en/runs.js';
import { runs as zh } from './zh/runs.js';
import { wordsOf } from './pair.js';

/** The words of runs, in every language; they are loaded with its pages. */
export const runsWords = wordsOf(en, zh);
