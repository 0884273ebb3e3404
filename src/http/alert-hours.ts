import type { HourAnswer } from '../domain/api/overview.js';
import { instant } from '../domain/clock.js';
import type { Clock } from '../domain/clock.js';
import type { HourCount, Survey } from '../domain/survey.js';
import { idFrom } from '../domain/ulid-time.js';

const HOUR_MS = 3_600_000;
/** The last 24 hours and the one that has begun. */
const HOURS = 25;
/** Alerts that one look counts and how long it may take: people wait for it, and the next look goes on. */
const MAX_LOOKED_AT = 20_000;
const LOOK_WITHIN_MS = 200;
/** How many are counted at once: the embedded database answers nothing else meanwhile (measured: 2,000 take 10 to 20 ms). */
const STEP = 2_000;
/** A row of repeats holds a whole delivery's. */
const REPEAT_STEP = 100;
const REPEAT_COST = 20;
/** What is younger than this is counted at each look: its rows are still being written and decided. */
const SETTLED_AFTER_MS = 120_000;
/** Held alerts are decided later: an hour is counted anew so often, as long as that is no great work. */
const COUNT_AGAIN_MS = 600_000;

type Counting = 'alertsByHour' | 'repeatsByHour';
type Counts = Map<string, HourCount>;

/** How far one hour's alerts, or repeats, have been counted. */
interface Progress {
  settled: Counts;
  /** What was counted of it the time before; shown until it is counted anew. */
  readonly before: Counts | null;
  /** The id up to which they are in `settled`. */
  cursor: string;
  /** Whether everything settled of it is counted, and since when by the clock. */
  counted_at: number | null;
  cost: number;
}

/** Decisions by the hour. What was counted is remembered, so that a look costs what is new and not what is stored. */
export class AlertHours {
  readonly #survey: Pick<Survey, Counting>;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #progress = new Map<string, Progress>();
  /** By what is counted: the newest id before where it was last found that there is nothing. Known within one look. */
  readonly #nothingAbove = new Map<Counting, string>();
  #budget = 0;
  #until = 0;
  #mayCountAgain = true;

  constructor(survey: Pick<Survey, Counting>, clock: Pick<Clock, 'monotonic'>) {
    this.#survey = survey;
    this.#clock = clock;
  }

  /** The hours up to `now`, the oldest first; `complete` is false where there was more to count than one look counts. Not to be called twice at once. */
  async look(now: number): Promise<{ readonly hours: HourAnswer[]; readonly complete: boolean }> {
    const current = Math.floor(now / HOUR_MS) * HOUR_MS;
    const begins = Array.from({ length: HOURS }, (_, index) => current - index * HOUR_MS);
    this.#forgetBefore(current - HOURS * HOUR_MS);
    this.#nothingAbove.clear();
    this.#budget = MAX_LOOKED_AT;
    const began = this.#clock.monotonic();
    this.#mayCountAgain = true;
    const sums = new Map(begins.map((hour) => [hour, emptyHour(hour)]));
    let isComplete = true;
    // The newest first: where not all can be counted at once, people want to know of those.
    for (const [index, hour] of begins.entries()) {
      // However busy this hour is, the others get their turn.
      this.#until = began + (index === 0 ? LOOK_WITHIN_MS / 2 : LOOK_WITHIN_MS);
      for (const counting of ['alertsByHour', 'repeatsByHour'] as const) {
        const { counts, complete } = await this.#count(counting, hour, now);
        isComplete &&= complete;
        for (const count of counts) addTo(sums.get(count.hour), count);
      }
    }
    return { hours: begins.flatMap((hour) => sums.get(hour) ?? []).reverse(), complete: isComplete };
  }

  #forgetBefore(oldest: number): void {
    for (const key of this.#progress.keys()) if (Number(key.split(' ')[1]) < oldest) this.#progress.delete(key);
  }

  async #count(counting: Counting, hour: number, now: number): Promise<{ counts: HourCount[]; complete: boolean }> {
    const end = hour + HOUR_MS;
    const settledUntil = Math.min(end, now - SETTLED_AFTER_MS);
    const progress = this.#progressOf(counting, hour, now);
    // An hour in which nothing arrived costs no question where its neighbour's answer told so.
    const nothingAbove = this.#nothingAbove.get(counting);
    const isFresh = progress.counted_at === null && progress.settled.size === 0;
    if (isFresh && settledUntil === end && nothingAbove !== undefined && nothingAbove < progress.cursor)
      progress.counted_at = now;
    if (progress.counted_at !== null) return { counts: [...progress.settled.values()], complete: true };
    let complete = true;
    if (settledUntil > hour) {
      complete = await this.#walk(counting, progress, idFrom(instant(settledUntil)), progress.settled);
      if (complete && settledUntil === end) progress.counted_at = now;
    }
    if (!complete && progress.before !== null) return { counts: [...progress.before.values()], complete: true };
    const tail: Counts = new Map();
    if (complete && settledUntil < end) {
      complete = await this.#walk(counting, { ...progress }, idFrom(instant(end)), tail);
    }
    return { counts: [...progress.settled.values(), ...tail.values()], complete };
  }

  #progressOf(counting: Counting, hour: number, now: number): Progress {
    const key = `${counting} ${hour}`;
    const known = this.#progress.get(key);
    if (known !== undefined && !(this.#mayCountAgain && isOld(known, now))) return known;
    // One in each look: not all of them at the same moment.
    if (known !== undefined) this.#mayCountAgain = false;
    const cursor = idFrom(instant(hour));
    const begun = { settled: new Map(), before: known?.settled ?? null, cursor, counted_at: null, cost: 0 };
    this.#progress.set(key, begun);
    return begun;
  }

  /** Counts on from where it stands up to an id; false when the budget ends before. */
  async #walk(counting: Counting, progress: Progress, below: string, into: Counts): Promise<boolean> {
    const [step, cost] = counting === 'alertsByHour' ? [STEP, STEP] : [REPEAT_STEP, REPEAT_STEP * REPEAT_COST];
    while (progress.cursor < below) {
      if (this.#budget <= 0 || this.#clock.monotonic() > this.#until) return false;
      const { counts, last_id, previous_id } = await this.#survey[counting](progress.cursor, below, step);
      if (last_id === null) {
        this.#nothingAbove.set(counting, previous_id ?? '');
        progress.cursor = below;
        return true;
      }
      for (const count of counts) add(into, count);
      progress.cursor = last_id;
      this.#budget -= cost;
      progress.cost += cost;
    }
    return true;
  }
}

function isOld({ counted_at, cost }: Progress, now: number): boolean {
  return counted_at !== null && now - counted_at >= COUNT_AGAIN_MS && cost < MAX_LOOKED_AT / 2;
}

function add(into: Counts, count: HourCount): void {
  const key = `${count.hour} ${count.action ?? ''} ${count.reason ?? ''}`;
  const before = into.get(key)?.count ?? 0;
  into.set(key, { ...count, count: before + count.count });
}

function emptyHour(hour: number): HourAnswer {
  return { at: instant(hour), run: 0, join: 0, hold: 0, drop: 0, resolved: 0, duplicate: 0, undecided: 0 };
}

function addTo(sum: HourAnswer | undefined, { action, reason, count }: HourCount): void {
  // Received in another hour than its id was made in, before the first: it is nobody's here.
  if (sum === undefined) return;
  sum[fieldOf(action, reason)] += count;
}

function fieldOf(action: string | null, reason: string | null): Exclude<keyof HourAnswer, 'at'> {
  if (action === null) return 'undecided';
  if (action === 'run' || action === 'join' || action === 'hold') return action;
  return reason === 'resolved' || reason === 'duplicate' ? reason : 'drop';
}
