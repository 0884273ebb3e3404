import type { rules as en } from '../en/rules.js';

/** Chinese: the words of rules. */
export const rules: typeof en = {
  title: '规则',
};
