import { approvals as en } from './en/approvals.js';
import { approvals as zh } from './zh/approvals.js';
import { wordsOf } from './pair.js';

/** The words of approvals, in every language; they are loaded with its pages. */
export const approvalsWords = wordsOf(en, zh);
