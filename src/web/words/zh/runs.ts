import type { runs as en } from '../en/runs.js';

/** Chinese: the words of runs. */
export const runs: typeof en = {
  title: '运行',
};
