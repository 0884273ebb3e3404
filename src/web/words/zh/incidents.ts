import type { incidents as en } from '../en/incidents.js';

/** Chinese: the words of incidents. */
export const incidents: typeof en = {
  title: '事件',
};
