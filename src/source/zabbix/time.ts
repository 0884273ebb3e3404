import { DateTime } from 'luxon';
import type { ErrorDetail } from '../../domain/errors.js';
import type { Foreign } from '../foreign.js';
import { complain, place } from '../foreign.js';
import { readMacro } from './macro.js';

const DATE = /^(\d{4})[.-](\d\d)[.-](\d\d)$/;
const TIME = /^(\d\d):(\d\d):(\d\d)$/;

/**
 * The instant of `<prefix>_date` and `<prefix>_time`, which Zabbix prints in its server's time zone, or of `<prefix>_timestamp`, which
 * Zabbix 7 sends besides and which needs none. Null when there is none.
 */
export function readZabbixTime(
  data: Foreign,
  prefix: string,
  zone: string,
  at: string,
  details: ErrorDetail[],
): string | null {
  const timestamp = readMacro(data, `${prefix}_timestamp`, at, details);
  if (timestamp !== null && /^\d{9,11}$/.test(timestamp)) return new Date(Number(timestamp) * 1_000).toISOString();
  const date = readMacro(data, `${prefix}_date`, at, details);
  const time = readMacro(data, `${prefix}_time`, at, details);
  if (date === null || time === null) return null;
  const [, year, month, day] = DATE.exec(date) ?? [];
  const [, hour, minute, second] = TIME.exec(time) ?? [];
  if (year === undefined) return refuse(details, place(at, `${prefix}_date`), 'a date such as 2026.11.21', date);
  if (hour === undefined) return refuse(details, place(at, `${prefix}_time`), 'a time such as 09:58:33', time);
  const moment = DateTime.fromObject(
    {
      year: Number(year),
      month: Number(month),
      day: Number(day),
      hour: Number(hour),
      minute: Number(minute),
      second: Number(second),
    },
    { zone },
  );
  // Outside of these years a database or an RFC 3339 text has no room for the instant, whatever the zone.
  if (!moment.isValid || moment.year < 2 || moment.year > 9_998)
    return refuse(details, place(at, `${prefix}_date`), 'a date and a time that exist', `${date} ${time}`);
  return new Date(moment.toMillis()).toISOString();
}

function refuse(details: ErrorDetail[], path: string, expected: string, text: string): null {
  complain(details, path, `expected ${expected}, came ${JSON.stringify(text.slice(0, 50))}`);
  return null;
}
