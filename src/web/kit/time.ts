import type { CommonWords } from '../words/common.js';

type TimeWords = CommonWords['time'];

const S = 1_000;
const MIN = 60 * S;
const H = 60 * MIN;
const D = 24 * H;

/** A length of time in at most two units: `12 ms`, `1.9 s`, `3 min 4 s`, `2 h 10 min`, `3 d 4 h`. */
export function spanText(ms: number, words: TimeWords): string {
  const length = Math.max(0, ms);
  if (length < S) return words.ms(String(Math.round(length)));
  if (length < MIN - 50) return words.s((length / S).toFixed(length < 10 * S ? 1 : 0));
  const whole = Math.round(length / S) * S;
  if (whole < H) return two(whole, MIN, S, words.min, words.s);
  if (whole < D) return two(whole, H, MIN, words.h, words.min);
  return two(whole, D, H, words.d, words.h);
}

/** The same in one unit, rounded down: `4 min`, for what is told relative to now. */
export function roughSpan(ms: number, words: TimeWords): string {
  const length = Math.max(0, ms);
  if (length < MIN) return words.s(String(Math.floor(length / S)));
  if (length < H) return words.min(String(Math.floor(length / MIN)));
  if (length < 2 * D) return words.h(String(Math.floor(length / H)));
  return words.d(String(Math.floor(length / D)));
}

/** `4 min ago`, `in 2 h`, `now`. */
export function relativeText(at: number, now: number, words: TimeWords): string {
  const away = at - now;
  if (Math.abs(away) < 2 * S) return words.now;
  return away < 0 ? words.ago(roughSpan(-away, words)) : words.in(roughSpan(away, words));
}

/** `4 min left` or `4 min over`: a clock that people race. */
export function clockText(until: number, now: number, words: TimeWords): string {
  const left = until - now;
  const whole = Math.floor(Math.abs(left) / S) * S;
  return left >= 0 ? words.left(clockSpan(whole, words)) : words.overdue(clockSpan(whole, words));
}

/** The exact instant in the reader's zone: `2026-11-21 18:00:05.123 GMT+8`. */
export function exactText(at: number, zone?: string): string {
  const parts = partsOf(at, zone, 'shortOffset');
  return `${dateOf(parts)} ${parts.hour}:${parts.minute}:${parts.second}.${parts.fractionalSecond} ${parts.timeZoneName}`;
}

/** The time of day in the reader's zone, with the day where it is another one than `now`'s. */
export function clockTimeText(at: number, now: number, zone?: string): string {
  const parts = partsOf(at, zone);
  const time = `${parts.hour}:${parts.minute}:${parts.second}`;
  return dateOf(parts) === dateOf(partsOf(now, zone)) ? time : `${dateOf(parts)} ${time}`;
}

/** Hours and minutes in the reader's zone. */
export function hourText(at: number, zone?: string): string {
  const { hour, minute } = partsOf(at, zone);
  return `${hour}:${minute}`;
}

type PartName = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'fractionalSecond' | 'timeZoneName';
type Parts = Readonly<Record<PartName, string>>;
const formats = new Map<string, Intl.DateTimeFormat>();

function partsOf(at: number, zone: string | undefined, timeZoneName?: 'shortOffset'): Parts {
  if (zone === undefined) return partsHere(at);
  const key = `${zone} ${timeZoneName ?? ''}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', {
      ...{ year: 'numeric', month: '2-digit', day: '2-digit' },
      ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hourCycle: 'h23' },
      timeZone: zone,
      ...(timeZoneName === undefined ? {} : { timeZoneName }),
    });
    formats.set(key, format);
  }
  return Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value])) as Parts; // every type asked for is there
}

// Lists show a hundred of them, and what formats for any zone takes its time, most of all the first time.
function partsHere(at: number): Parts {
  const date = new Date(at);
  const two = (n: number): string => String(n).padStart(2, '0');
  const east = -date.getTimezoneOffset();
  const [hours, minutes] = [Math.trunc(Math.abs(east) / 60), Math.abs(east) % 60];
  return {
    year: String(date.getFullYear()),
    month: two(date.getMonth() + 1),
    day: two(date.getDate()),
    hour: two(date.getHours()),
    minute: two(date.getMinutes()),
    second: two(date.getSeconds()),
    fractionalSecond: String(date.getMilliseconds()).padStart(3, '0'),
    timeZoneName: `GMT${east === 0 ? '' : `${east < 0 ? '-' : '+'}${hours}${minutes === 0 ? '' : `:${two(minutes)}`}`}`,
  };
}

function dateOf({ year, month, day }: Parts): string {
  return `${year}-${month}-${day}`;
}

/** Whole seconds: a clock that shows tenths would only flicker. */
function clockSpan(whole: number, words: TimeWords): string {
  return whole < MIN ? words.s(String(whole / S)) : spanText(whole, words);
}

function two(
  length: number,
  big: number,
  small: number,
  bigText: (n: string) => string,
  smallText: (n: string) => string,
): string {
  const whole = Math.floor(length / big);
  const rest = Math.floor((length % big) / small);
  return rest === 0 ? bigText(String(whole)) : `${bigText(String(whole))} ${smallText(String(rest))}`;
}
