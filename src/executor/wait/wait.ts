import { z } from 'zod';
import { instant } from '../../domain/clock.js';
import type { Clock } from '../../domain/clock.js';
import { Duration, durationMs, formatMs, MAX_DURATION_MS } from '../../domain/duration.js';
import type { AttemptContext, Executor, ExecutorSpec } from '../../domain/executor.js';
import type { Outcome } from '../../domain/run/outcome.js';
import { localModule } from '../local-module.js';

/** How long to wait: for a length of time, or until an instant. Exactly one of the two. */
export const WaitInput = z
  .strictObject({
    duration: Duration.optional().describe('How long to wait, from the moment the step begins: 30s, 10m'),
    until: z.iso
      .datetime({ offset: true })
      .optional()
      .describe('The instant to wait for, RFC 3339; one that is past ends the step at once'),
  })
  .superRefine((input, context) => {
    if ((input.duration === undefined) === (input.until === undefined))
      context.addIssue({ code: 'custom', message: 'expected either duration or until', path: [] });
  });
export type WaitInput = z.infer<typeof WaitInput>;

/** What is known of `wait` without configuration. */
export const waitSpec = {
  kind: 'wait',
  title: 'Wait for a length of time or until an instant',
  effect: 'read',
  input: WaitInput,
  output_keys: ['waited_until'],
} satisfies ExecutorSpec<WaitInput>;

/** `wait` holds no timer: it tells the scheduler when to come again, so that waiting survives a restart. */
export const waitModule = localModule('wait', [waitSpec], ({ clock }) => ({ wait: createWait(clock) }));

function createWait(clock: Clock): Executor<WaitInput> {
  return { execute: (input, attempt) => Promise.resolve(wait(input, attempt, clock.now())) };
}

function wait(input: WaitInput, attempt: AttemptContext, now_ms: number): Outcome {
  const until_ms = input.until === undefined ? null : Date.parse(input.until);
  if (until_ms !== null && until_ms - now_ms > MAX_DURATION_MS)
    return { type: 'failed', reason: `until lies more than ten years ahead: ${input.until}`, retryable: false };
  // A duration is counted from the first attempt that was recorded as waiting; the scheduler comes again when that time has come.
  const rest_ms =
    until_ms === null
      ? !attempt.waited && input.duration !== undefined
        ? durationMs(input.duration)
        : 0
      : until_ms - now_ms;
  const due = instant(until_ms ?? now_ms + rest_ms);
  if (rest_ms <= 0) return { type: 'succeeded', output: { waited_until: due }, summary: `waited until ${due}` };
  if (attempt.dry_run)
    return { type: 'succeeded', output: { waited_until: due }, summary: `would wait ${formatMs(rest_ms)}` };
  return { type: 'waiting', until: due, reason: `waits ${formatMs(rest_ms)}, until ${due}` };
}
