import { z } from 'zod';
import { Duration, durationMs } from '../../domain/duration.js';

const Moment = z.iso.datetime({ offset: true });

/** How many points one series of a range may have: enough for a graph, little enough for a record. */
export const MAX_POINTS = 1_000;
const USUAL_POINTS = 120;

/** A PromQL question: about one instant, or about a range when `range` or `start` is given. */
export const PrometheusQueryInput = z
  .strictObject({
    query: z.string().min(1).max(16_384).describe('PromQL'),
    time: Moment.optional().describe('The instant to ask about, or the end of range; absent: now'),
    range: Duration.optional().describe('Ask about the time before: 10m'),
    start: Moment.optional().describe('Begin of the range, in place of range'),
    end: Moment.optional().describe('End of the range that begins at start; absent: now'),
    step: Duration.optional().describe(`Distance of a range's points; absent: about ${USUAL_POINTS} points`),
  })
  .superRefine((input, context) => {
    const issue = (path: string, message: string): void => context.addIssue({ code: 'custom', message, path: [path] });
    if (input.range !== undefined && input.start !== undefined) issue('start', 'expected either range or start');
    if (input.end !== undefined && input.start === undefined) issue('end', 'expected only together with start');
    if (input.time !== undefined && input.start !== undefined) issue('time', 'expected end beside start, not time');
    if (input.step === undefined) return;
    if (input.range === undefined && input.start === undefined)
      issue('step', 'expected only together with range or start');
    else if (durationMs(input.step) === 0) issue('step', 'expected more than 0s');
  });
export type PrometheusQueryInput = z.infer<typeof PrometheusQueryInput>;

/** What is asked: milliseconds since the epoch; `at_ms` is null for "now by the server's own clock". */
export type Question =
  | { readonly type: 'instant'; readonly at_ms: number | null }
  | { readonly type: 'range'; readonly start_ms: number; readonly end_ms: number; readonly step_ms: number };

/** The instant or range that an input means, or what is wrong with it. */
export function questionOf(input: PrometheusQueryInput, now_ms: number): Question | { readonly problem: string } {
  const at_ms = input.time === undefined ? null : Date.parse(input.time);
  if (input.range === undefined && input.start === undefined) return { type: 'instant', at_ms };
  const end_ms = input.end === undefined ? (at_ms ?? now_ms) : Date.parse(input.end);
  const start_ms = input.start === undefined ? end_ms - durationMs(input.range ?? '0s') : Date.parse(input.start);
  const length_ms = end_ms - start_ms;
  if (length_ms <= 0) return { problem: 'the range is empty: its end does not come after its start' };
  const step_ms =
    input.step === undefined ? Math.max(1_000, Math.ceil(length_ms / USUAL_POINTS)) : durationMs(input.step);
  if (length_ms / step_ms > MAX_POINTS)
    return { problem: `step: ${input.step ?? ''} makes more than ${MAX_POINTS} points; choose a longer one` };
  return { type: 'range', start_ms, end_ms, step_ms };
}
