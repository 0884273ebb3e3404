import type { approvals as en } from '../en/approvals.js';

/** Chinese: the words of approvals. */
export const approvals: typeof en = {
  title: '审批',
};
