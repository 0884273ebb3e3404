import type { system as en } from '../en/system.js';

/** Chinese: the words of system. */
export const system: typeof en = {
  title: '系统',
};
