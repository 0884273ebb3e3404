import type { alerts as en } from '../en/alerts.js';

/** Chinese: the words of alerts. */
export const alerts: typeof en = {
  title: '告警',
};
