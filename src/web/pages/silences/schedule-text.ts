import type { WindowAnswer } from '../../../domain/api/suppression.js';
import type { silences as en } from '../../words/en/silences.js';

type Schedule = WindowAnswer['schedule'];
type Interval = Extract<Schedule, { readonly type: 'time_intervals' }>['time_intervals'][number];
type WindowWords = (typeof en)['window'];

/** When a window is, in a line. */
export function scheduleText(schedule: Schedule, w: WindowWords): string {
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

/** A time interval in a line, in the words it is written with: `monday:friday 09:00–17:00 Europe/Berlin`; '' is always. */
export function intervalText(interval: Interval): string {
  const named = (['days_of_month', 'months', 'years'] as const).flatMap((key) =>
    interval[key] === undefined ? [] : [`${key} ${interval[key].join(', ')}`],
  );
  const times = interval.times?.map(({ start_time, end_time }) => `${start_time}–${end_time}`).join(', ');
  return [interval.weekdays?.join(', '), ...named, times, interval.location].filter(Boolean).join(' · ');
}
