import { DateTime, IANAZone } from 'luxon';
import { z } from 'zod';

/** YAML reads a lone number as one; Alertmanager takes both. */
const RangeText = z.union([z.string().max(100), z.int()], { error: 'expected text such as 1:5' });
const Ranges = z.array(RangeText).max(100);

/** Days and months count from 1; Sunday is weekday 0. */
interface Range {
  readonly from: number;
  readonly to: number;
}

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];

/**
 * One of Alertmanager's time intervals: an instant is in it when each key that is there has a range that takes it, by the clocks of
 * `location`. Without any key it is always.
 */
export const TimeInterval = z
  .strictObject({
    times: z
      .array(z.strictObject({ start_time: z.string().max(10), end_time: z.string().max(10) }))
      .max(100)
      .optional()
      .describe('From start_time up to end_time, as 09:00 and 17:30; 24:00 is the end of the day'),
    weekdays: Ranges.optional().describe('monday:friday, sunday'),
    days_of_month: Ranges.optional().describe('1:5; -3:-1 are the last three days'),
    months: Ranges.optional().describe('january:march, or 1:3'),
    years: Ranges.optional().describe('2026:2028'),
    location: z.string().max(100).optional().describe('An IANA time zone; default UTC'),
  })
  .superRefine((interval, context) => {
    for (const { path, message } of problemsOf(interval)) context.addIssue({ code: 'custom', path, message });
  });
export type TimeInterval = z.infer<typeof TimeInterval>;

/** A time interval made ready to be asked. */
export interface CompiledInterval {
  contains(at_ms: number): boolean;
  /** Instants after `at_ms` at which it may begin or end, in their order: one day's worth, the first of the next day at the end. */
  edges(at_ms: number): number[];
}

/** Compiles an interval that has been checked. */
export function compileInterval(interval: TimeInterval): CompiledInterval {
  const read = (key: 'weekdays' | 'days_of_month' | 'months' | 'years'): readonly Range[] | null => {
    const texts = interval[key];
    return texts === undefined || texts.length === 0 ? null : texts.map((text) => rangeOf(key, String(text)));
  };
  const times = (interval.times ?? []).map(({ start_time, end_time }) => ({
    from: minutesOf(start_time) ?? 0,
    to: minutesOf(end_time) ?? 1_440,
  }));
  const [weekdays, days, months, years] = [read('weekdays'), read('days_of_month'), read('months'), read('years')];
  const zone = interval.location ?? 'UTC';
  function takesDay(day: DateTime): boolean {
    if (years && !years.some((range) => isIn(day.year, range))) return false;
    if (months && !months.some((range) => isIn(day.month, range))) return false;
    if (days && !days.some((range) => isDayIn(day, range))) return false;
    return weekdays === null || weekdays.some((range) => isIn(day.weekday % 7, range));
  }
  return {
    contains: (at_ms) => {
      const at = DateTime.fromMillis(at_ms, { zone });
      if (!takesDay(at)) return false;
      const minute = at.hour * 60 + at.minute;
      return times.length === 0 || times.some(({ from, to }) => minute >= from && minute < to);
    },
    edges: (at_ms) => {
      const at = DateTime.fromMillis(at_ms, { zone });
      const day = at.startOf('day');
      const next = day.plus({ days: 1 }).startOf('day');
      const edges = takesDay(day) ? edgesWithin(day, next, times) : [];
      return [...edges.filter((edge) => edge > at_ms && edge < next.toMillis()), next.toMillis()];
    },
  };
}

/** Where the clocks are set that day, an edge may fall into the hour that is left out or comes twice: every quarter of an hour is looked at. */
function edgesWithin(day: DateTime, next: DateTime, times: readonly Range[]): number[] {
  if (times.length === 0) return [];
  if (day.offset !== next.offset) {
    const quarters: number[] = [];
    for (let at = day.toMillis(); at < next.toMillis(); at += 900_000) quarters.push(at);
    return [...quarters, ...times.flatMap(({ from, to }) => [atMinute(day, from), atMinute(day, to)])].sort(byValue);
  }
  return times.flatMap(({ from, to }) => [atMinute(day, from), atMinute(day, to)]).sort(byValue);
}

function atMinute(day: DateTime, minute: number): number {
  return (
    day.set({ hour: Math.floor(minute / 60) % 24, minute: minute % 60 }).toMillis() +
    (minute === 1_440 ? 86_400_000 : 0)
  );
}

function byValue(a: number, b: number): number {
  return a - b;
}

function isIn(value: number, { from, to }: Range): boolean {
  return value >= from && value <= to;
}

/** Negative days count from the end of the month; a range that begins after it takes nothing. */
function isDayIn(day: DateTime, range: Range): boolean {
  const length = day.daysInMonth ?? 31;
  const from = range.from < 0 ? length + range.from + 1 : range.from;
  const to = range.to < 0 ? length + range.to + 1 : range.to;
  return from <= length && day.day >= from && day.day <= to;
}

/** What is wrong with the name of a time zone; null when nothing is. */
export function problemOfZone(name: string): string | null {
  return IANAZone.isValidZone(name)
    ? null
    : `expected an IANA time zone such as Europe/Berlin, came ${name.slice(0, 60)}`;
}

/** Minutes since midnight of `HH:MM`; null for anything else. */
function minutesOf(text: string): number | null {
  const match = /^(\d{2}):(\d{2})$/.exec(text);
  const minutes = match ? Number(match[1]) * 60 + Number(match[2]) : Number.NaN;
  return match && Number(match[2]) < 60 && minutes <= 1_440 ? minutes : null;
}

type RangeKey = 'weekdays' | 'days_of_month' | 'months' | 'years';

/** The range that a text means. Only for texts that `problemOfRange` finds nothing wrong with. */
function rangeOf(key: RangeKey, text: string): Range {
  const [first = '', second] = text.toLowerCase().split(':');
  const from = valueOf(key, first.trim()) ?? 0;
  return { from, to: second === undefined ? from : (valueOf(key, second.trim()) ?? from) };
}

function valueOf(key: RangeKey, word: string): number | null {
  if (key === 'weekdays') return indexOf(WEEKDAYS, word);
  if (key === 'months') {
    const named = indexOf(MONTHS, word);
    if (named !== null) return named + 1;
  }
  return /^-?\d{1,4}$/.test(word) ? Number(word) : null;
}

function indexOf(names: readonly string[], word: string): number | null {
  const index = names.indexOf(word);
  return index < 0 ? null : index;
}

const EXPECTED: Readonly<Record<RangeKey, string>> = {
  weekdays: 'expected weekdays such as monday:friday or sunday; the week begins on sunday',
  days_of_month: 'expected days such as 1:5, 15 or -3:-1 (from the end)',
  months: 'expected months such as january:march or 1:3',
  years: 'expected years such as 2026:2028',
};

function problemOfRange(key: RangeKey, text: string): string | null {
  const words = text.toLowerCase().split(':');
  const values = words.map((word) => valueOf(key, word.trim()));
  const [from, to = from] = values;
  const wrong = `${EXPECTED[key]}, came ${text.slice(0, 60)}`;
  if (words.length > 2 || from === null || from === undefined || to === null || to === undefined) return wrong;
  const [least, most] = key === 'days_of_month' ? [-31, 31] : key === 'months' ? [1, 12] : [0, 9_999];
  if (from < least || to < least || from > most || to > most) return wrong;
  if (key === 'days_of_month' && (from === 0 || to === 0 || (from < 0 && to > 0))) return wrong;
  return from > to && !(from > 0 && to < 0) ? `${wrong}: it ends before it begins` : null;
}

function problemsOf(
  interval: {
    readonly [key in RangeKey]?: readonly (string | number)[] | undefined;
  } & {
    readonly times?: readonly { readonly start_time: string; readonly end_time: string }[] | undefined;
    readonly location?: string | undefined;
  },
): { path: (string | number)[]; message: string }[] {
  const problems: { path: (string | number)[]; message: string }[] = [];
  for (const [index, { start_time, end_time }] of (interval.times ?? []).entries()) {
    for (const [key, text] of [
      ['start_time', start_time],
      ['end_time', end_time],
    ] as const)
      if (minutesOf(text) === null)
        problems.push({
          path: ['times', index, key],
          message: `expected a time such as 09:30 (up to 24:00), came ${text}`,
        });
    const [from, to] = [minutesOf(start_time), minutesOf(end_time)];
    if (from !== null && to !== null && from >= to)
      problems.push({
        path: ['times', index, 'end_time'],
        message: `expected a time after start_time, came ${end_time}; over midnight it takes two: up to 24:00, and from 00:00`,
      });
  }
  for (const key of ['weekdays', 'days_of_month', 'months', 'years'] as const)
    for (const [index, text] of (interval[key] ?? []).entries()) {
      const message = problemOfRange(key, String(text));
      if (message !== null) problems.push({ path: [key, index], message });
    }
  const zone = interval.location === undefined ? null : problemOfZone(interval.location);
  if (zone !== null) problems.push({ path: ['location'], message: zone });
  return problems;
}
