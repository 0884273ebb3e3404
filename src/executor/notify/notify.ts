import { z } from 'zod';
import { Severity } from '../../domain/alert/alert.js';
import { messageOf } from '../../domain/errors.js';
import type { AttemptContext, Executor, ExecutorDeps, ExecutorSpec } from '../../domain/executor.js';
import type { Notice, NotifyResult } from '../../domain/notifier.js';
import type { Outcome } from '../../domain/run/outcome.js';
import { localModule } from '../local-module.js';

/** Longer messages are cut: every channel has a limit of its own, and a page of it is what people read. */
const MAX_MESSAGE = 32_768;
const MAX_SUBJECT = 200;

const Text = z.union([z.string(), z.number(), z.boolean()]);

/** A message to people. */
export const NotificationInput = z.strictObject({
  message: Text.describe('What to tell, plain text'),
  subject: Text.optional().describe("Subject; absent: the alert's name and service, else the message's first line"),
  recipients: z
    .array(z.email())
    .max(50)
    .optional()
    .describe("Mail addresses; absent: the mail channel's own configured recipients"),
  channels: z
    .array(z.string().min(1).max(100))
    .max(20)
    .optional()
    .describe('Names of notifiers (email, slack …); absent: those of report.notify, or every configured one'),
  severity: Severity.optional().describe("Absent: the alert's, else info"),
});
export type NotificationInput = z.infer<typeof NotificationInput>;

/** What is known of `notification` without configuration. */
export const notificationSpec = {
  kind: 'notification',
  title: 'Tell people by mail and chat',
  effect: 'notify',
  input: NotificationInput,
  output_keys: ['sent', 'failed'],
} satisfies ExecutorSpec<NotificationInput>;

/** `notification` sends through the configured notifiers; it succeeds when at least one channel took the message. */
export const notificationModule = localModule('notification', [notificationSpec], (deps) => ({
  notification: createNotification(deps.notify),
}));

const NO_CHANNEL =
  'no channel is configured: set notifiers.email (or slack, dingtalk, wecom, feishu, webhook) and name it where report.notify is set';

function createNotification(notify: ExecutorDeps['notify']): Executor<NotificationInput> {
  return {
    async execute(input, attempt) {
      const notice = noticeOf(input, attempt);
      if (attempt.dry_run) return wouldSend(notice);
      if (attempt.signal.aborted) return { type: 'failed', reason: 'given up before it was sent', retryable: true };
      try {
        return outcomeOf(notice, await notify(notice, attempt.signal));
      } catch (error) {
        return { type: 'failed', reason: `the notifiers broke: ${messageOf(error)}`, retryable: true };
      }
    },
  };
}

function noticeOf(input: NotificationInput, attempt: AttemptContext): Notice {
  const text = cut(String(input.message), MAX_MESSAGE);
  const subject = input.subject === undefined ? defaultSubject(text, attempt) : String(input.subject);
  return {
    // Stable over attempts: a channel that can tell a repeat does.
    notice_id: attempt.idempotency_key,
    subject: cut(subject.replace(/\s+/g, ' ').trim(), MAX_SUBJECT),
    text,
    html: null,
    channels: input.channels === undefined || input.channels.length === 0 ? null : [...new Set(input.channels)],
    recipients: [...new Set(input.recipients ?? [])],
    severity: input.severity ?? attempt.alert?.severity ?? 'info',
    link: null,
  };
}

function defaultSubject(text: string, { alert }: AttemptContext): string {
  if (alert !== null) return [alert.alert_name, alert.service_name].filter((part) => part !== null).join(' · ');
  const line = text.split('\n').find((candidate) => candidate.trim() !== '');
  return line ?? 'Fixpoint';
}

function wouldSend(notice: Notice): Outcome {
  const { subject, text, channels, recipients, severity } = notice;
  const output = { sent: [], failed: [], dry_run: true, would_send: { subject, text, channels, recipients, severity } };
  return {
    type: 'succeeded',
    output,
    summary: `would send "${subject}" to ${channels?.join(', ') ?? 'the configured channels'}`,
  };
}

function outcomeOf(notice: Notice, results: readonly NotifyResult[]): Outcome {
  if (results.length === 0) return { type: 'failed', reason: NO_CHANNEL, retryable: false };
  const sent = results.flatMap((result) =>
    result.type === 'sent' ? [{ channel: result.channel, target: result.target }] : [],
  );
  const lost = results.flatMap((result) => (result.type === 'failed' ? [result] : []));
  const failed = lost.map(({ channel, target, reason }) => ({ channel, target, reason }));
  const output = { sent, failed };
  const reasons = failed.map(({ channel, reason }) => `${channel}: ${reason}`).join('; ');
  if (sent.length > 0) {
    const names = sent.map(({ channel }) => channel).join(', ');
    return {
      type: 'succeeded',
      output,
      summary: failed.length === 0 ? `sent by ${names}` : `sent by ${names}; ${reasons}`,
    };
  }
  const waits = lost.flatMap((result) => (result.retry_after_ms === undefined ? [] : [result.retry_after_ms]));
  return {
    type: 'failed',
    reason: `"${notice.subject}" was sent nowhere: ${reasons}`,
    retryable: lost.some((result) => result.retryable),
    ...(waits.length === 0 ? {} : { retry_after_ms: Math.min(...waits) }),
    output,
  };
}

/** Cuts at a whole character, so that no half of a surrogate pair is left. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
