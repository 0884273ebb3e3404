import type { now as en } from '../en/now.js';

/** Chinese: the words of now. */
export const now: typeof en = {
  title: '现状',
};
