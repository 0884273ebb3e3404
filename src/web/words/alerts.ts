import { alerts as en } from './en/alerts.js';
import { alerts as zh } from './zh/alerts.js';
import { wordsOf } from './pair.js';

/** The words of alerts, in every language; they are loaded with its pages. */
export const alertsWords = wordsOf(en, zh);
