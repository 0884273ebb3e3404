import { counted } from '../../domain/counted.js';
import { z } from 'zod';
import type { Clock } from '../../domain/clock.js';
import { instant } from '../../domain/clock.js';
import { Duration, durationMs, formatMs } from '../../domain/duration.js';
import type { AttemptContext, Executor, ExecutorSpec } from '../../domain/executor.js';
import type { Outcome } from '../../domain/run/outcome.js';
import type { Jaeger, JaegerResult, Trace, TraceQuestion } from '../jaeger.js';
import { findCulprit, sortVisits } from './culprit.js';
import type { Culprit, Sorted } from './culprit.js';
import { compareText } from './tree.js';
import { figuresByPlace, toMs, visitOf } from './visit.js';
import type { Visit } from './visit.js';

/** Rows of `services` and `slowest`: more than these nobody reads. */
const MAX_PLACES = 50;
const MAX_SLOWEST = 5;

/** What `trace_analysis` takes. */
export const TraceAnalysisInput = z.strictObject({
  service: z.string().min(1).max(500),
  operation: z.string().min(1).max(500).optional().describe('Only requests of this operation'),
  time_window: Duration.default('10m'),
  until: z.iso.datetime({ offset: true }).nullish().describe('End of the window; default: now'),
  slow_threshold: Duration.optional().describe(
    'From when a request is slow; default: far above what is normal for its operation',
  ),
  limit: z.int().min(1).max(1_500).default(200).describe('How many traces to look at'),
});
export type TraceAnalysisInput = z.infer<typeof TraceAnalysisInput>;

/** `trace_analysis`, as it is known without configuration. */
export const traceAnalysisSpec = {
  kind: 'trace_analysis',
  title: 'Find the service that makes requests slow or fail',
  effect: 'read',
  input: TraceAnalysisInput,
  output_keys: ['traces', 'slow_traces', 'failed_traces', 'culprit', 'services', 'slowest', 'window', 'notes'],
} as const satisfies ExecutorSpec<TraceAnalysisInput>;

/** A question to Jaeger that failed, as the outcome of the step. */
class AskFailed extends Error {
  readonly outcome: Outcome;

  constructor(outcome: Outcome & { type: 'failed' }) {
    super(outcome.reason);
    this.outcome = outcome;
  }
}

/** Looks at a window's traces of one service and names who is to blame for the slow and failed ones. */
export class TraceAnalysis implements Executor<TraceAnalysisInput> {
  readonly #jaeger: Jaeger;
  readonly #clock: Clock;

  constructor(jaeger: Jaeger, clock: Clock) {
    this.#jaeger = jaeger;
    this.#clock = clock;
  }

  async execute(input: TraceAnalysisInput, attempt: AttemptContext): Promise<Outcome> {
    try {
      return await this.#analyse(input, attempt.signal);
    } catch (error) {
      if (error instanceof AskFailed) return error.outcome;
      throw error;
    }
  }

  async #analyse(input: TraceAnalysisInput, signal: AbortSignal): Promise<Outcome> {
    const to_ms = input.until == null ? this.#clock.now() : Date.parse(input.until);
    const from_ms = to_ms - durationMs(input.time_window);
    const notes: string[] = [];
    const question: TraceQuestion = {
      service: input.service,
      operation: input.operation ?? null,
      from_ms,
      to_ms,
      limit: input.limit,
    };
    const threshold_ms = input.slow_threshold === undefined ? null : durationMs(input.slow_threshold);
    const visits = this.#visits(input, await this.#traces(question, threshold_ms, notes, signal));
    const threshold_us = threshold_ms === null ? null : threshold_ms * 1_000;
    let baseline: Visit[] = [];
    let sorted = sortVisits(visits, baseline, threshold_us);
    if (visits.length > 0 && (threshold_us === null || sorted.normal.length === 0)) {
      baseline = this.#visits(input, await this.#before(question, notes, signal));
      sorted = sortVisits(visits, baseline, threshold_us);
    }
    const window = { from: instant(from_ms), to: instant(to_ms) };
    return outcomeOf(input, { visits, sorted, baseline, window, notes, url: this.#jaeger.target });
  }

  /** The window's traces; where there are more than the limit, the slow and the failed ones are asked for by themselves. */
  async #traces(
    question: TraceQuestion,
    threshold_ms: number | null,
    notes: string[],
    signal: AbortSignal,
  ): Promise<Trace[]> {
    const found = new Map<string, Trace>();
    const ask = async (over: Partial<TraceQuestion>): Promise<number> => {
      const result = take(await this.#jaeger.traces({ ...question, ...over }, signal), notes);
      for (const trace of result) if (!found.has(trace.trace_id)) found.set(trace.trace_id, trace);
      return result.length;
    };
    if ((await ask({})) >= question.limit) {
      notes.push(`the window holds more than ${question.limit} traces: counts are of those that were looked at`);
      await ask({ failed: true });
      if (threshold_ms !== null) await ask({ min_duration_ms: threshold_ms });
    }
    return [...found.values()];
  }

  /** What is normal: the window just before. It only helps to judge, so a failure of this question is a note. */
  async #before(question: TraceQuestion, notes: string[], signal: AbortSignal): Promise<readonly Trace[]> {
    const from_ms = question.from_ms - (question.to_ms - question.from_ms);
    const result = await this.#jaeger.traces({ ...question, from_ms, to_ms: question.from_ms }, signal);
    if (result.type === 'ok') return result.value;
    notes.push(`what was normal before is not known: ${result.outcome.reason}`);
    return [];
  }

  #visits(input: TraceAnalysisInput, traces: readonly Trace[]): Visit[] {
    const visits: Visit[] = [];
    for (const trace of traces) {
      const visit = visitOf(trace, input.service, input.operation ?? null);
      if (visit !== null) visits.push(visit);
    }
    return visits.sort((a, b) => a.start_us - b.start_us || compareText(a.trace_id, b.trace_id));
  }
}

function take<T>(result: JaegerResult<T>, notes: string[]): T {
  if (result.type === 'failed') throw new AskFailed(result.outcome);
  for (const note of result.notes) if (!notes.includes(note)) notes.push(note);
  return result.value;
}

interface Findings {
  readonly visits: readonly Visit[];
  readonly sorted: Sorted;
  readonly baseline: readonly Visit[];
  readonly window: { readonly from: string; readonly to: string };
  readonly notes: readonly string[];
  readonly url: string;
}

function outcomeOf(input: TraceAnalysisInput, findings: Findings): Outcome {
  const { visits, sorted, baseline, window, notes, url } = findings;
  const evidence = { url, service: input.service, window, baseline_traces: baseline.length };
  if (visits.length === 0) {
    const none = { traces: 0, slow_traces: null, failed_traces: null, culprit: null, services: [], slowest: [] };
    return {
      type: 'succeeded',
      output: { ...none, window, notes },
      summary: `no traces of ${input.service} in ${input.time_window}: nothing is known`,
      evidence,
    };
  }
  const culprit = findCulprit(sorted, baseline);
  const slow_traces = sorted.compared ? sorted.slow.length : null;
  const slowest = visits.toSorted((a, b) => b.duration_us - a.duration_us || compareText(a.trace_id, b.trace_id));
  return {
    type: 'succeeded',
    output: {
      traces: visits.length,
      slow_traces,
      failed_traces: sorted.failed.length,
      culprit,
      services: figuresByPlace(visits).slice(0, MAX_PLACES),
      slowest: slowest.slice(0, MAX_SLOWEST).map((visit) => ({
        trace_id: visit.trace_id,
        duration_ms: toMs(visit.duration_us),
        root: visit.root,
      })),
      window,
      notes: sorted.compared
        ? notes
        : [...notes, 'too few traces to know what is normal: say slow_threshold to tell slow ones apart'],
    },
    summary: summaryOf(visits.length, slow_traces, sorted.failed.length, culprit, slowest[0]),
    evidence: { ...evidence, traces: slowest.slice(0, MAX_SLOWEST).map((visit) => visit.trace_id) },
  };
}

function summaryOf(
  traces: number,
  slow: number | null,
  failed: number,
  culprit: Culprit | null,
  slowest: Visit | undefined,
): string {
  const top = slowest === undefined ? '' : `, slowest ${formatMs(toMs(slowest.duration_us))}`;
  const counts = `${counted(traces, 'trace')}, ${slow === null ? 'slow ones not known' : `${slow} slow`}, ${failed} failed${top}`;
  return culprit === null ? counts : `${counts}; culprit ${culprit.service} (${Math.round(culprit.share * 100)} %)`;
}
