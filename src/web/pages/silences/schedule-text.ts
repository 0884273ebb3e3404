import type { WindowAnswer } from '../../../domain/api/suppression.js';
import type { silences as en } from '../../words/en/silences.js';

type WindowWords = (typeof en)['window'];

/** When a window is, in a line. */
export function scheduleText(schedule: WindowAnswer['schedule'], w: WindowWords): string {
  switch (schedule.type) {
    case 'once':
      return w.one_time;
    case 'cron':
      return w.cron_text(schedule.cron, schedule.duration, schedule.timezone);
    case 'time_intervals': {
      const count = schedule.time_intervals.length;
      return schedule.outside ? w.outside(count) : w.intervals(count);
    }
  }
}
