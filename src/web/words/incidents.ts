import { incidents as en } from './en/incidents.js';
import { incidents as zh } from './zh/incidents.js';
import { wordsOf } from './pair.js';

/** The words of incidents, in every language; they are loaded with its pages. */
export const incidentsWords = wordsOf(en, zh);
