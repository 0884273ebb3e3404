import type { RunAnswer } from '../../../domain/api/run.js';
import type { Step } from '../../../domain/run/run.js';

/** One stretch of a row: an attempt, or a wait between two. Places are shares of the whole, 0 to 1. */
export interface Bar {
  readonly from: number;
  readonly to: number;
  /** `attempt`: work was done. `wait`: for a time or another attempt. `person`: for somebody's answer. */
  readonly what: 'attempt' | 'wait' | 'person';
  /** An attempt's outcome, or what was waited for. */
  readonly state: string;
  readonly attempt: number | null;
}

/** One step over time. */
export interface TimeRow {
  readonly step: Step;
  readonly bars: readonly Bar[];
  /** How many items stand under it; 0 for a step without. */
  readonly items: number;
}

/** A mark on the scale: how many milliseconds after the beginning. */
export interface Tick {
  readonly at: number;
  readonly ms: number;
}

export interface TimeRows {
  readonly rows: readonly TimeRow[];
  readonly ticks: readonly Tick[];
  readonly length_ms: number;
}

const LEAST_MS = 1_000;

/** The steps of a run over time, in the order they began. Items of a `foreach` stand under it where `open` names it. */
export function timeRows(
  run: Pick<RunAnswer, 'steps' | 'started_at' | 'created_at' | 'finished_at'>,
  now: number,
  open: ReadonlySet<string> = new Set(),
): TimeRows {
  const begun = run.steps.filter((step) => step.started_at !== null);
  const begin = Math.min(
    Date.parse(run.started_at ?? run.created_at),
    ...begun.map((step) => Date.parse(step.started_at ?? run.created_at)),
  );
  const end = Math.max(
    begin + LEAST_MS,
    run.finished_at === null ? now : Date.parse(run.finished_at),
    ...begun.map((step) => (step.finished_at === null ? 0 : Date.parse(step.finished_at))),
  );
  const length_ms = end - begin;
  const place = (at: number): number => Math.min(1, Math.max(0, (at - begin) / length_ms));
  const items = new Map<string, number>();
  for (const { task_id, item_index } of run.steps)
    if (item_index !== null) items.set(task_id, (items.get(task_id) ?? 0) + 1);
  const rows = begun
    .filter(({ item_index, task_id }) => item_index === null || open.has(task_id))
    .sort((a, b) => Date.parse(a.started_at ?? '') - Date.parse(b.started_at ?? '') || order(a) - order(b))
    .map((step) => ({
      step,
      bars: barsOf(step, end).map((bar) => ({ ...bar, from: place(bar.from), to: place(bar.to) })),
      items: step.item_index === null ? (items.get(step.step_id) ?? 0) : 0,
    }));
  return { rows, ticks: ticksOf(length_ms), length_ms };
}

function order({ item_index }: Step): number {
  return item_index ?? -1;
}

function barsOf(step: Step, end: number): Bar[] {
  const own = step.finished_at === null ? end : Date.parse(step.finished_at);
  // A `foreach` has no attempts of its own: it lasts as long as its items.
  if (step.attempts.length === 0)
    return [{ from: Date.parse(step.started_at ?? ''), to: own, what: 'attempt', state: step.state, attempt: null }];
  const bars: Bar[] = [];
  step.attempts.forEach((attempt, index) => {
    const from = Date.parse(attempt.started_at);
    const to = attempt.finished_at === null ? own : Date.parse(attempt.finished_at);
    bars.push({ from, to, what: 'attempt', state: attempt.outcome, attempt: attempt.attempt });
    const next = step.attempts[index + 1];
    const until = next === undefined ? own : Date.parse(next.started_at);
    if (attempt.finished_at !== null && until > to) bars.push(waitAfter(attempt.outcome, step, to, until));
  });
  return bars;
}

function waitAfter(outcome: string, step: Step, from: number, to: number): Bar {
  const isPersons = outcome === 'asked' || outcome === 'in_doubt';
  const state = outcome === 'asked' && step.approval !== null ? 'approval' : outcome === 'failed' ? 'retry' : 'other';
  return { from, to, what: isPersons ? 'person' : 'wait', state, attempt: null };
}

const STEPS_MS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((s) => s * 1_000),
  ...[1, 2, 5, 10, 15, 30].map((min) => min * 60_000),
  ...[1, 2, 6, 12, 24].map((h) => h * 3_600_000),
];
const MOST_TICKS = 4;
/** A label further right would not find room. */
const LAST_TICK = 0.88;
const LAST_TICK_NARROW = 0.78;

/** The marks whose labels find room, on a phone too. */
export function ticksWithin(ticks: readonly Tick[], isNarrow: boolean): readonly Tick[] {
  return isNarrow ? ticks.filter(({ at }) => at <= LAST_TICK_NARROW) : ticks;
}

/** Round marks, a few. */
function ticksOf(length_ms: number): readonly Tick[] {
  const fitting = STEPS_MS.find((ms) => length_ms / ms <= MOST_TICKS);
  const day = 24 * 3_600_000;
  const step = fitting ?? Math.ceil(length_ms / MOST_TICKS / day) * day;
  const count = Math.floor(length_ms / step);
  return Array.from({ length: count + 1 }, (_, index) => ({
    at: (index * step) / length_ms,
    ms: index * step,
  })).filter(({ at }) => at <= LAST_TICK);
}
