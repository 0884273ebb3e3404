import { z } from 'zod';
import type { Clock } from '../../domain/clock.js';
import { durationMs } from '../../domain/duration.js';
import { messageOf } from '../../domain/errors.js';
import type { Notice, Notifier, NotifierModule, NotifyResult } from '../../domain/notifier.js';
import { Recent } from '../../domain/recent.js';
import { limitTime } from '../../domain/time-limit.js';
import { cutChars } from '../cut.js';
import type { Broken, Failure } from '../http-post.js';
import { failureOf, SendTimeout } from '../http-post.js';
import { isRefusedAddress } from '../reach.js';
import { redact } from '../redact.js';
import type { Mail, Refusal, SmtpResult, SmtpServer } from './smtp.js';

const ADDRESS = /^[^\s<>()[\]\\,;:@"]{1,64}@[^\s<>()[\]\\,;:@"]{1,255}$/;
const MAX_RECIPIENTS = 100;
const MAX_SUBJECT = 250;
/** How many unfinished messages are remembered: who has them already. */
const MAX_REMEMBERED = 1_000;

const Address = z.string().regex(ADDRESS, 'expected a mail address such as oncall@example.com');
const Sender = z
  .string()
  .max(400)
  .refine((text) => parseSender(text) !== null, {
    error: 'expected fixpoint@example.com or Fixpoint <fixpoint@example.com>',
  });

const EmailConfig = z
  .strictObject({
    host: z
      .string()
      .regex(/^[A-Za-z0-9.:_-]{1,255}$/, 'expected a host name or an address')
      .refine((host) => !isRefusedAddress(host), {
        error: 'link-local and cloud metadata addresses are never dialled',
      }),
    port: z.int().min(1).max(65_535).optional().describe('587 unless set; 465 with `secure`'),
    secure: z.boolean().default(false).describe('TLS from the first byte (port 465)'),
    starttls: z
      .enum(['auto', 'required', 'off'])
      .optional()
      .describe('`required` where a password is sent, else `auto`: used when the server offers it'),
    username: z.string().min(1).max(500).optional(),
    password: z.string().min(1).max(1_000).optional(),
    ca: z
      .string()
      .max(100_000)
      .regex(/^\s*-----BEGIN CERTIFICATE-----/, 'expected certificates in PEM')
      .optional()
      .describe('The authority of an internal mail server, as PEM: ${file:/etc/ssl/internal-ca.pem}'),
    from: Sender,
    to: z.union([Address.transform((address) => [address]), z.array(Address).min(1).max(MAX_RECIPIENTS)]),
    timeout: SendTimeout.describe('For the whole conversation with the mail server'),
  })
  .superRefine((config, context) => {
    if ((config.username === undefined) !== (config.password === undefined))
      context.addIssue({ code: 'custom', message: 'expected username and password, or neither' });
    if (config.password !== undefined && !config.secure && config.starttls === 'off')
      context.addIssue({ code: 'custom', path: ['starttls'], message: 'a password is never sent without TLS' });
  });
type EmailConfig = z.infer<typeof EmailConfig>;

/** Mail through an SMTP server: text and HTML, one Message-ID for all attempts of a notice. */
export const email: NotifierModule<EmailConfig> = {
  name: 'email',
  config: EmailConfig,
  create: (config, deps) => createEmail(config, deps.clock),
};

function createEmail(config: EmailConfig, clock: Clock): Notifier {
  const server = serverOf(config);
  const secrets = secretsOf(config);
  const show = (text: string): string => redact(text, secrets);
  // Who has a notice already of which others are still to get it: the next attempt is for those alone.
  const delivered = new Recent<readonly string[]>(MAX_REMEMBERED);
  return {
    async send(notice, signal) {
      const { valid, refused } = recipientsOf(notice, config);
      const before = delivered.get(notice.notice_id) ?? [];
      const open = valid.filter((address) => !before.includes(address));
      const limit = limitTime(signal, server.timeout_ms, clock);
      try {
        const answer =
          open.length === 0 ? NOBODY : await deliver(server, mailOf(notice, config, valid, open, clock), limit.signal);
        const accepted = [...before, ...answer.accepted];
        remember(delivered, notice.notice_id, accepted, answer.refused);
        return judge({ accepted, refused: [...refused, ...answer.refused] }, show);
      } catch (error) {
        const about = { cancelled: signal.aborted, timed_out: limit.isOver(), timeout_ms: server.timeout_ms, show };
        return { ...failureOfSmtp(error, about), channel: 'email', target: listed(valid) };
      } finally {
        limit.end();
      }
    },
    async check(signal) {
      const line = { name: 'notifiers.email', target: `${server.host}:${server.port}`, required: false };
      const limit = limitTime(signal, server.timeout_ms, clock);
      try {
        const { verifyServer } = await import('./smtp.js');
        await verifyServer(server, limit.signal);
        const proven = server.username === undefined ? 'no log-in configured' : 'logged in';
        return { ...line, ok: true, message: `the mail server answers; ${proven}; no message was sent` };
      } catch (error) {
        const about = { cancelled: signal.aborted, timed_out: limit.isOver(), timeout_ms: server.timeout_ms, show };
        return { ...line, ok: false, message: failureOfSmtp(error, about).reason };
      } finally {
        limit.end();
      }
    },
    stop: () => Promise.resolve(),
  };
}

const NOBODY: SmtpResult = { accepted: [], refused: [] };

/** nodemailer is a heavy package: it is loaded with the first message. */
async function deliver(server: SmtpServer, mail: Mail, signal: AbortSignal): Promise<SmtpResult> {
  const { sendMail } = await import('./smtp.js');
  return sendMail(server, mail, signal);
}

function serverOf(config: EmailConfig): SmtpServer {
  return {
    host: config.host,
    port: config.port ?? (config.secure ? 465 : 587),
    secure: config.secure,
    starttls: config.starttls ?? (config.password === undefined ? 'auto' : 'required'),
    username: config.username,
    password: config.password,
    ca: config.ca,
    timeout_ms: durationMs(config.timeout),
  };
}

/** The password in every form in which a server might repeat it. */
function secretsOf(config: EmailConfig): string[] {
  if (config.password === undefined) return [];
  return [config.password, `\u0000${config.username ?? ''}\u0000${config.password}`];
}

/** Name and address of `Fixpoint <fixpoint@example.com>`, or of an address alone; null when it is neither. */
function parseSender(text: string): { name: string; address: string } | null {
  const named = /^\s*"?([^"<>\r\n]*?)"?\s*<([^<>]+)>\s*$/.exec(text);
  const name = named?.[1] ?? '';
  const address = named?.[2] ?? text.trim();
  return ADDRESS.test(address) ? { name, address } : null;
}

function recipientsOf(notice: Notice, config: EmailConfig): { valid: string[]; refused: Refusal[] } {
  const wanted = [...new Set(notice.recipients.length > 0 ? notice.recipients : config.to)];
  const valid = wanted.filter((address) => ADDRESS.test(address));
  const refused = wanted
    .filter((address) => !ADDRESS.test(address))
    .map((address) => ({ address: cutChars(address, 80), reply: 'not a mail address', temporary: false }));
  for (const address of valid.splice(MAX_RECIPIENTS))
    refused.push({ address, reply: `more than ${MAX_RECIPIENTS} recipients`, temporary: false });
  return { valid, refused };
}

function mailOf(notice: Notice, config: EmailConfig, to: string[], recipients: string[], clock: Clock): Mail {
  const from = parseSender(config.from) ?? { name: '', address: config.from }; // validated with the configuration
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1);
  const link = notice.link === null || notice.text.includes(notice.link) ? '' : `\n${notice.link}\n`;
  return {
    from,
    to,
    recipients,
    message_id: `<${notice.notice_id.replace(/[^A-Za-z0-9._-]/g, '-')}@${domain}>`,
    date: new Date(clock.now()),
    subject: cutChars(notice.subject.replace(/\s+/g, ' ').trim(), MAX_SUBJECT),
    text: notice.text + link,
    html: notice.html,
    urgent: notice.severity === 'critical',
  };
}

function remember(
  delivered: Recent<readonly string[]>,
  notice_id: string,
  accepted: readonly string[],
  refused: readonly Refusal[],
): void {
  delivered.delete(notice_id);
  if (accepted.length === 0 || !refused.some((refusal) => refusal.temporary)) return;
  delivered.set(notice_id, accepted);
}

/** A recipient that may be taken later makes it a failure to try again; one that never will is told beside those who have it. */
function judge(result: SmtpResult, show: (text: string) => string): NotifyResult {
  const told = result.refused.slice(0, 5).map((one) => `${one.address} (${show(one.reply)})`);
  if (result.refused.length > told.length) told.push(`${result.refused.length - told.length} more`);
  const refusals = told.join(', ');
  const have = listed(result.accepted);
  if (result.refused.length === 0) return { channel: 'email', type: 'sent', target: have };
  const retryable = result.refused.some((refusal) => refusal.temporary);
  if (result.accepted.length > 0 && !retryable)
    return { channel: 'email', type: 'sent', target: `${have}; refused: ${refusals}` };
  const reason =
    result.accepted.length > 0 ? `${have} have it; not taken: ${refusals}` : `no recipient was taken: ${refusals}`;
  const target = listed([...result.accepted, ...result.refused.map((refusal) => refusal.address)]);
  return { channel: 'email', type: 'failed', target, reason, retryable };
}

function listed(addresses: readonly string[]): string {
  const rest = addresses.length - 5;
  return rest > 0 ? `${addresses.slice(0, 5).join(', ')} and ${rest} more` : addresses.join(', ');
}

const HINTS: Readonly<Record<string, string>> = {
  EAUTH: 'the mail server refused the log-in; check notifiers.email.username and password',
  ETLS: 'no secure connection to the mail server; check notifiers.email.secure, starttls and its certificate',
  ECONNECTION: 'the mail server closed the connection',
  ESOCKET: 'the connection to the mail server broke',
  EPROTOCOL: 'the mail server does not speak SMTP',
};

/** What an error of the SMTP conversation means. A reply of 5xx is final, everything else is worth another attempt. */
function failureOfSmtp(error: unknown, about: Broken): Failure {
  const { code, responseCode, response, originalCode } = (error instanceof Error ? error : {}) as Record<
    string,
    unknown
  >; // nodemailer's fields
  if (about.cancelled || about.timed_out || typeof code !== 'string') return failureOf(error, about);
  const hint = HINTS[code];
  const reply = typeof response === 'string' ? response : messageOf(error);
  if (typeof responseCode === 'number') {
    const reason = `${hint ?? 'the mail server refused'}: ${about.show(reply)}`;
    return { type: 'failed', reason, retryable: responseCode < 500 };
  }
  if (hint === undefined || typeof originalCode === 'string') return failureOf(error, about);
  const final = code === 'EAUTH' || code === 'ETLS';
  return { type: 'failed', reason: `${hint}: ${about.show(reply)}`, retryable: !final };
}
