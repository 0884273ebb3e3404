import type { playbooks as en } from '../en/playbooks.js';

/** Chinese: the words of playbooks. */
export const playbooks: typeof en = {
  title: '剧本',
};
