import type { silences as en } from '../en/silences.js';

/** Chinese: the words of silences. */
export const silences: typeof en = {
  title: '静默与维护窗口',
};
