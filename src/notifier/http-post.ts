import { connect as connectTls } from 'node:tls';
import type { Socket } from 'node:net';
import type * as undiciTypes from 'undici';
import type { Agent, Dispatcher } from 'undici';
import { z } from 'zod';
import type { Clock } from '../domain/clock.js';
import type { ConnectionCheck } from '../domain/connection.js';
import { Duration, durationMs, formatMs } from '../domain/duration.js';
import { messageOf } from '../domain/errors.js';
import type { NotifyResult } from '../domain/notifier.js';
import { limitTime } from '../domain/time-limit.js';
import { guardedLookup, isRefusedAddress, openSocket, RefusedAddressError } from './reach.js';
import { redact, secretsOfUrl } from './redact.js';

/** More of an answer than this is never read. */
const MAX_ANSWER_BYTES = 64 * 1024;
/** Nobody is believed who asks for a longer pause. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/** What went wrong, whether trying again can help, and how long the other side asked us to wait. */
export interface Failure {
  readonly type: 'failed';
  readonly reason: string;
  readonly retryable: boolean;
  readonly retry_after_ms?: number;
}

/** What the other side answered, whatever the status. */
export interface Answer {
  readonly type: 'answer';
  readonly status: number;
  readonly text: string;
  readonly retry_after_ms: number | null;
}

export interface PostRequest {
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Added to the address's own query. */
  readonly query?: Readonly<Record<string, string>>;
}

/** Posts to one configured address. It never throws for what the other side does, and what it tells holds no secret. */
export interface Poster {
  /** The host, which is all of a webhook's address that may be shown. */
  readonly target: string;
  post(message: PostRequest, signal: AbortSignal): Promise<Answer | Failure>;
  /** Dials without sending a request: DNS, TCP and, for https, TLS. */
  check(signal: AbortSignal): Promise<ConnectionCheck>;
  /** Foreign text made fit to be shown: no secret, one line, bounded. */
  readonly show: (text: string) => string;
  stop(): Promise<void>;
}

/** The address of a webhook. Its error messages never repeat it: it is a secret. */
export const WebhookUrl = z
  .string()
  .max(2_048)
  .superRefine((text, context) => {
    const problem = problemOfUrl(text);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  });

/** How long one message may take, all in all. */
export const SendTimeout = Duration.refine((text) => durationMs(text) >= 100 && durationMs(text) <= 60_000, {
  error: 'expected a duration from 100ms to 60s',
}).default('10s');

function problemOfUrl(text: string): string | null {
  if (!URL.canParse(text)) return 'expected an address that begins with https:// or http://';
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'expected https:// or http://';
  if (url.username !== '' || url.password !== '') return 'expected an address without user name and password';
  if (isRefusedAddress(url.hostname)) return 'link-local and cloud metadata addresses are never dialled';
  return null;
}

export interface PosterOptions {
  /** The notifier's name. */
  readonly channel: string;
  readonly url: string;
  readonly timeout: Duration;
  readonly clock: Clock;
  /** What else must never be shown: signing keys, header values. The address's own parts are known. */
  readonly secrets?: readonly string[];
}

/** Makes a poster; nothing is dialled before the first `post` or `check`. */
export function createPoster(options: PosterOptions): Poster {
  const { clock } = options;
  const url = new URL(options.url);
  const timeout_ms = durationMs(options.timeout);
  const secrets = [...secretsOfUrl(url), ...(options.secrets ?? [])];
  const show = (text: string): string => redact(text, secrets);
  let agent: Agent | null = null;
  return {
    target: url.host,
    show,
    async post(message, signal) {
      const limit = limitTime(signal, timeout_ms, clock);
      try {
        // Loaded at the first message: most starts have none to send.
        const undici = await import('undici');
        agent ??= createAgent(undici, timeout_ms);
        return await exchange({ undici, url, message, agent, signal: limit.signal, clock });
      } catch (error) {
        return failureOf(error, { cancelled: signal.aborted, timed_out: limit.isOver(), timeout_ms, show });
      } finally {
        limit.end();
      }
    },
    async check(signal) {
      const limit = limitTime(signal, timeout_ms, clock);
      const line = { name: `notifiers.${options.channel}`, target: url.host, required: false };
      try {
        await dial(url, limit.signal);
        return { ...line, ok: true, message: 'reachable; no message was sent, so the key is not proven' };
      } catch (error) {
        const failure = failureOf(error, { cancelled: signal.aborted, timed_out: limit.isOver(), timeout_ms, show });
        return { ...line, ok: false, message: failure.reason };
      } finally {
        limit.end();
      }
    },
    async stop() {
      const closing = agent;
      agent = null;
      await closing?.destroy();
    },
  };
}

/** No connection is kept: a message now and then gains nothing by it, and a kept one may be dead. */
function createAgent({ Agent, buildConnector }: Undici, timeout_ms: number): Agent {
  const dialled = buildConnector({ timeout: timeout_ms, lookup: guardedLookup });
  return new Agent({
    pipelining: 0,
    headersTimeout: timeout_ms,
    bodyTimeout: timeout_ms,
    // `lookup` is not asked about addresses that are written out, so those are judged here.
    connect: (target, callback) => {
      if (isRefusedAddress(target.hostname)) callback(new RefusedAddressError(target.hostname), null);
      else dialled(target, callback);
    },
  });
}

type Undici = typeof undiciTypes;

interface Exchange {
  readonly undici: Undici;
  readonly url: URL;
  readonly message: PostRequest;
  readonly agent: Agent;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

async function exchange({ undici, url, message, agent, signal, clock }: Exchange): Promise<Answer> {
  signal.throwIfAborted();
  const address = new URL(url);
  for (const [name, value] of Object.entries(message.query ?? {})) address.searchParams.set(name, value);
  const sending = undici.request(address, {
    method: 'POST',
    dispatcher: agent,
    signal,
    body: message.body,
    headers: { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'fixpoint', ...message.headers },
  });
  const response = await orAborted(sending, signal);
  const text = await orAborted(readText(response.body), signal);
  const retry_after_ms = retryAfterMs(response.headers['retry-after'], clock);
  return { type: 'answer', status: response.statusCode, text, retry_after_ms };
}

/** undici looks at the signal only once it is connected; a person who waits for an abort should not wait for that. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', abort);
    });
  });
}

async function readText(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop early destroys the stream, which then reports an abort that nobody listens to.
  body.on('error', () => undefined);
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= MAX_ANSWER_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES).toString('utf8');
}

async function dial(url: URL, signal: AbortSignal): Promise<void> {
  const secure = url.protocol === 'https:';
  const socket = await openSocket(url.hostname, Number(url.port) || (secure ? 443 : 80), signal);
  try {
    if (secure) await shakeHands(socket, url.hostname, signal);
  } finally {
    socket.destroy();
  }
}

function shakeHands(socket: Socket, hostname: string, signal: AbortSignal): Promise<void> {
  const shaking = new Promise<void>((resolve, reject) => {
    const servername = /^[\d.]+$|^\[/.test(hostname) ? {} : { servername: hostname };
    const secured = connectTls({ socket, host: hostname.replace(/^\[|\]$/g, ''), ...servername });
    secured.once('secureConnect', () => {
      secured.destroy();
      resolve();
    });
    secured.on('error', reject);
    secured.once('close', () => {
      reject(new Error('the connection was closed during the TLS handshake'));
    });
  });
  return orAborted(shaking, signal);
}

/** Milliseconds of a `Retry-After`, given as seconds or as a date; null when there is none to be believed. */
export function retryAfterMs(header: string | string[] | undefined, clock: Clock): number | null {
  const text = (Array.isArray(header) ? header[0] : header)?.trim();
  if (text === undefined || text === '') return null;
  // Date.parse takes almost anything for a date; a header's date begins with its weekday.
  const date = /^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) - clock.now() : Number.NaN;
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : date;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS) : null;
}

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/;

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the host name cannot be resolved now',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ETIMEDOUT: 'the connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'the connection timed out',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_BODY_TIMEOUT: 'the answer stopped half-way',
};

/** How a send ended that threw. */
export interface Broken {
  /** The caller gave it up. */
  readonly cancelled: boolean;
  /** Our own limit ended it. */
  readonly timed_out: boolean;
  readonly timeout_ms: number;
  readonly show: (text: string) => string;
}

/** What a thrown error means for a message: a reason that people understand, and whether to try again. */
export function failureOf(error: unknown, about: Broken): Failure {
  if (about.cancelled) return { type: 'failed', reason: 'stopped before it was answered', retryable: true };
  if (about.timed_out)
    return { type: 'failed', reason: `no answer within ${formatMs(about.timeout_ms)}`, retryable: true };
  const code = codeOf(error);
  if (code === 'ERR_REFUSED_ADDRESS') return { type: 'failed', reason: about.show(messageOf(error)), retryable: false };
  if (CERTIFICATE.test(code))
    return { type: 'failed', reason: about.show(`TLS certificate refused: ${messageOf(error)}`), retryable: false };
  const known = REASONS[code];
  if (known !== undefined) return { type: 'failed', reason: `${known} (${code})`, retryable: true };
  return { type: 'failed', reason: about.show(messageOf(error)) || 'unknown error', retryable: true };
}

/** The code of an error, or of the first of several (a name with several addresses fails once for each). */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError && !('code' in error)) return codeOf(error.errors[0]);
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof Error && error.cause !== undefined) return codeOf(error.cause);
  return '';
}

const RETRYABLE_STATUS: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Judges the status alone: null when it is a success. */
export function failedStatus(answer: Answer, show: (text: string) => string): Failure | null {
  if (answer.status >= 200 && answer.status < 300) return null;
  const retryable = RETRYABLE_STATUS.has(answer.status);
  const pause = retryable && answer.retry_after_ms !== null ? { retry_after_ms: answer.retry_after_ms } : {};
  return { type: 'failed', reason: reasonOfStatus(answer, show), retryable, ...pause };
}

function reasonOfStatus(answer: Answer, show: (text: string) => string): string {
  if (answer.status >= 300 && answer.status < 400)
    return `HTTP ${answer.status}: redirects are not followed; configure the address that it leads to`;
  const said = show(answer.text);
  return said === '' ? `HTTP ${answer.status}` : `HTTP ${answer.status}: ${said}`;
}

/** How a channel answers `send`: the failure, or sent. */
export function resultOf(channel: string, target: string, failure: Failure | null): NotifyResult {
  return failure === null ? { channel, type: 'sent', target } : { ...failure, channel, target };
}
