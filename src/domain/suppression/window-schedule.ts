import { Cron } from 'croner';
import { durationMs } from '../duration.js';
import { messageOf } from '../errors.js';
import { compileInterval } from './time-interval.js';
import type { TimeInterval } from './time-interval.js';

export { problemOfZone } from './time-interval.js';

/** A stretch of time; `ends_at` null: its end cannot be seen from here. */
export interface Span {
  readonly starts_at: number;
  readonly ends_at: number | null;
}

/** When a maintenance window is. The same question costs nothing the second time. */
export interface Schedule {
  /** The stretch that `now` is in; null when it is in none. */
  at(now: number): Span | null;
  /** The stretches that end after `now`, the earliest first, at most `count`. */
  next(now: number, count: number): Span[];
}

/** The shapes of a schedule that can be asked. */
export type ScheduleShape =
  | { readonly type: 'once'; readonly starts_at: string; readonly ends_at: string }
  | { readonly type: 'cron'; readonly cron: string; readonly duration: string; readonly timezone: string }
  | { readonly type: 'time_intervals'; readonly time_intervals: readonly TimeInterval[]; readonly outside: boolean };

/** How far ahead is looked for a beginning or an end. */
const HORIZON_MS = 400 * 86_400_000;
/** Windows that follow on one another without a gap are one, up to so many. */
const MAX_JOINED = 100;
/** Edges that are looked at for one answer; a year has some hundred days with a few each. */
const MAX_EDGES = 50_000;

/** Compiles a schedule that has been checked. */
export function compileSchedule(shape: ScheduleShape): Schedule {
  const spans = spansOf(shape);
  let known: { readonly from: number; readonly to: number; readonly span: Span | null } | null = null;
  return {
    at: (now) => {
      if (known && now >= known.from && now < known.to) return known.span;
      const span = spans.at(now);
      // Between two answers that are the same nothing is worked out; the next beginning is looked for once.
      const to = span ? (span.ends_at ?? now + HORIZON_MS) : (spans.after(now)?.starts_at ?? now + HORIZON_MS);
      known = { from: now, to, span };
      return span;
    },
    next: (now, count) => {
      const found: Span[] = [];
      let span = spans.at(now) ?? spans.after(now);
      while (span && found.length < count) {
        found.push(span);
        span = span.ends_at === null ? null : spans.after(span.ends_at - 1);
      }
      return found;
    },
  };
}

/** The stretches of a schedule. */
interface Spans {
  at(now: number): Span | null;
  /** The first that begins after `now`. */
  after(now: number): Span | null;
}

function spansOf(shape: ScheduleShape): Spans {
  switch (shape.type) {
    case 'once': {
      const span = { starts_at: Date.parse(shape.starts_at), ends_at: Date.parse(shape.ends_at) };
      return {
        at: (now) => (now >= span.starts_at && now < span.ends_at ? span : null),
        after: (now) => (span.starts_at > now ? span : null),
      };
    }
    case 'cron':
      return cronSpans(new Cron(shape.cron, { timezone: shape.timezone }), durationMs(shape.duration));
    case 'time_intervals':
      return intervalSpans(shape.time_intervals, shape.outside);
  }
}

function cronSpans(cron: Cron, duration_ms: number): Spans {
  /** With everything that follows on it without a gap. */
  function spanFrom(starts_at: number): Span {
    let ends_at = starts_at + duration_ms;
    for (let joined = 0; joined < MAX_JOINED; joined++) {
      const last = lastUntil(ends_at);
      if (last === null || last + duration_ms <= ends_at) break;
      ends_at = last + duration_ms;
    }
    return { starts_at, ends_at };
  }
  /** The last beginning up to and at `at`. */
  function lastUntil(at: number): number | null {
    // What croner calls previous leaves out the instant itself, and it counts in seconds.
    for (const run of cron.previousRuns(2, new Date(at + 1_000))) if (run.getTime() <= at) return run.getTime();
    return null;
  }
  return {
    at: (now) => {
      const last = lastUntil(now);
      return last === null || last + duration_ms <= now ? null : spanFrom(last);
    },
    after: (now) => {
      const next = cron.nextRun(new Date(now));
      return next === null || next.getTime() > now + HORIZON_MS ? null : spanFrom(next.getTime());
    },
  };
}

function intervalSpans(written: readonly TimeInterval[], outside: boolean): Spans {
  const intervals = written.map(compileInterval);
  const isIn = (at: number): boolean => intervals.some((interval) => interval.contains(at)) !== outside;
  /** The first instant after `from` at which it is otherwise; null when there is none to be seen. */
  function changeAfter(from: number): number | null {
    const was = isIn(from);
    let at = from;
    for (let looked = 0; looked < MAX_EDGES && at < from + HORIZON_MS;) {
      const edges = [...new Set(intervals.flatMap((interval) => interval.edges(at)))].sort((a, b) => a - b);
      const end = Math.min(...intervals.map((interval) => interval.edges(at).at(-1) ?? at + 1));
      for (const edge of edges) {
        if (edge > end) break;
        looked += 1;
        if (isIn(edge) !== was) return edge;
      }
      at = end;
    }
    return null;
  }
  return {
    // Where it began is of no interest to anybody: it is in force now.
    at: (now) => (isIn(now) ? { starts_at: now, ends_at: changeAfter(now) } : null),
    after: (now) => {
      const left = isIn(now) ? changeAfter(now) : now;
      const begins = left === null ? null : changeAfter(left);
      return begins === null ? null : { starts_at: begins, ends_at: changeAfter(begins) };
    },
  };
}

/** What is wrong with a cron expression; null when nothing is. */
export function problemOfCron(text: string): string | null {
  const expected = 'expected a cron expression such as 0 22 * * 5 (minute, hour, day, month, weekday)';
  if (
    text.trim().split(/\s+/).length !== 5 &&
    !/^@(?:hourly|daily|midnight|weekly|monthly|yearly|annually)$/i.test(text.trim())
  )
    return `${expected}, came ${text.slice(0, 60)}`;
  try {
    // Compiling does not begin anything: there is no function to call.
    new Cron(text, { timezone: 'UTC' });
    return null;
  } catch (error) {
    return `${expected}: ${messageOf(error)
      .replace(/^CronPattern: /, '')
      .slice(0, 200)}`;
  }
}
