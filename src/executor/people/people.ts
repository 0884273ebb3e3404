import { z } from 'zod';
import { Duration, durationMs } from '../../domain/duration.js';
import type { AttemptContext, Executor, ExecutorSpec } from '../../domain/executor.js';
import type { Outcome } from '../../domain/run/outcome.js';
import { localModule } from '../local-module.js';

const Message = z
  .string()
  .min(1)
  .max(8_192)
  .describe('What people are asked; the evidence that they need belongs in here');
const Expires = Duration.default('15m');

/** A question of its own: what depends on it writes only after a yes. */
export const ApprovalInput = z.strictObject({
  message: Message.optional(),
  approvers: z
    .array(z.string().min(1).max(200))
    .max(50)
    .default([])
    .describe('Names of tokens, or roles; absent: anybody who may approve'),
  quorum: z.int().min(1).max(20).default(1).describe('How many different people have to approve'),
  expires: Expires.describe('How long people have; no answer by then is a no'),
});
export type ApprovalInput = z.infer<typeof ApprovalInput>;

/** Is it solved? */
export const ConfirmationInput = z.strictObject({
  message: Message.optional(),
  expires: Expires.describe('How long people have; without an answer the run goes on, and its outcome is not verified'),
});
export type ConfirmationInput = z.infer<typeof ConfirmationInput>;

/** What is known of `approval` without configuration. */
export const approvalSpec = {
  kind: 'approval',
  title: 'Ask people for a yes before anything that depends on it is written',
  effect: 'notify',
  follows_mode: true,
  input: ApprovalInput,
  output_keys: ['approved', 'by', 'comments'],
} satisfies ExecutorSpec<ApprovalInput>;

/** What is known of `confirmation` without configuration. */
export const confirmationSpec = {
  kind: 'confirmation',
  title: 'Ask people whether it is solved; the answer becomes the outcome of the run',
  effect: 'notify',
  follows_mode: true,
  input: ConfirmationInput,
  output_keys: ['solved', 'by', 'comment'],
} satisfies ExecutorSpec<ConfirmationInput>;

/** `approval` and `confirmation` only say what is to be asked: asking, waiting and the answers are the scheduler's, so that they survive a restart. */
export const peopleModule = localModule('people', [approvalSpec, confirmationSpec], () => ({
  approval: { execute: resolved(askApproval) },
  confirmation: { execute: resolved(askConfirmation) },
}));

function resolved<Input>(ask: (input: Input, attempt: AttemptContext) => Outcome): Executor<Input>['execute'] {
  return (input, attempt) => Promise.resolve(ask(input, attempt));
}

function askApproval(input: ApprovalInput, attempt: AttemptContext): Outcome {
  const message = input.message ?? `${attempt.step_id}: may this go on?`;
  if (attempt.dry_run) {
    // What depends on it goes on to say what it would write.
    const output = { approved: true, by: [], comments: [] };
    return { type: 'succeeded', output, summary: `nobody is asked, because nothing is written: ${message}` };
  }
  const { approvers, quorum, expires } = input;
  return { type: 'asks', about: 'approval', message, approvers, quorum, expires_ms: durationMs(expires), plan: null };
}

function askConfirmation(input: ConfirmationInput, attempt: AttemptContext): Outcome {
  const message = input.message ?? 'Is it solved?';
  if (attempt.dry_run) {
    const output = { solved: null, by: null, comment: null };
    return { type: 'succeeded', output, summary: `nobody is asked, because nothing is written: ${message}` };
  }
  const expires_ms = durationMs(input.expires);
  return { type: 'asks', about: 'confirmation', message, approvers: [], quorum: 1, expires_ms, plan: null };
}
