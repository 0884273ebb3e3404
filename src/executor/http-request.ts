import type * as undiciTypes from 'undici';
import type { Agent, Dispatcher } from 'undici';
import type { Clock } from '../domain/clock.js';
import type { Outcome } from '../domain/run/outcome.js';
import { formatMs } from '../domain/duration.js';
import { messageOf } from '../domain/errors.js';
import { limitTime } from '../domain/time-limit.js';
import { FORBIDDEN_ADDRESS, guardedConnector } from './http-address.js';
import type { AddressPolicy } from './http-address.js';
import { ReusedConnections } from './http-reuse.js';
import { shownUrl } from './http-target.js';
import type { HttpTls } from './http-target.js';

/** What a client of one server, or of one executor, keeps to in every request. */
export interface HttpClientOptions {
  readonly clock: Clock;
  readonly timeout_ms: number;
  /** The longest answer, in bytes, that is taken into memory. */
  readonly max_body: number;
  readonly tls?: HttpTls | undefined;
  /** Absent: every address but the metadata services of clouds. */
  readonly addresses?: AddressPolicy;
  /** Texts that are hidden wherever they would stand in a reason. */
  readonly secrets?: readonly string[];
}

/** One request. Redirects are answers: they are never followed here. */
export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** A write gets a connection of its own: one that the server is just closing would leave its outcome in doubt. It is sent once. */
  readonly writes?: boolean;
  /** Shorter than the client's own limit, where one request needs it. */
  readonly timeout_ms?: number;
}

/** The server answered, whatever it said. Header names are in lower case. */
export interface HttpAnswer {
  readonly type: 'answer';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly ms: number;
  /** What `Retry-After` asks for, at most an hour. */
  readonly retry_after_ms: number | null;
}

export type HttpProblem =
  | 'refused'
  | 'no_such_host'
  | 'unreachable'
  | 'tls'
  | 'forbidden'
  | 'timeout'
  | 'aborted'
  | 'cut'
  | 'too_large'
  | 'broken';

/** There is no whole answer. `begun` is false when it is known that not a byte of the request was sent. */
export interface HttpFailure {
  readonly type: 'failure';
  readonly problem: HttpProblem;
  /** For people: who was asked, what happened, what to look at. Free of secrets. */
  readonly reason: string;
  readonly begun: boolean;
  /** The status, when at least the head of the answer came. */
  readonly status: number | null;
  readonly ms: number;
}

export type HttpResult = HttpAnswer | HttpFailure;

/** A client whose requests end: by an answer, or by a failure that says what happened. It never throws for what a server does. */
export interface HttpClient {
  request(request: HttpRequest): Promise<HttpResult>;
  /** Ends every connection; may be called twice. */
  stop(): Promise<void>;
}

/** Connections are made at the first request. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  return new UndiciClient(options);
}

/** The outcome of a read that got no whole answer: trying again does no harm, and helps unless the request itself is refused. */
export function failedRead(failure: HttpFailure): Extract<Outcome, { type: 'failed' }> {
  const lasting = ['tls', 'forbidden', 'too_large'].includes(failure.problem);
  return { type: 'failed', reason: failure.reason, retryable: !lasting };
}

/** Hides every one of the secrets (of four characters or more: shorter ones would hide half the text) where it stands in a text. */
export function hideSecrets(text: string, secrets: readonly string[] | undefined): string {
  let shown = text;
  for (const secret of secrets ?? []) if (secret.length >= 4) shown = shown.replaceAll(secret, '***');
  return shown;
}

type Undici = typeof undiciTypes;

const MAX_RETRY_AFTER_MS = 3_600_000;
const MAX_CONNECT_MS = 10_000;

interface Mark {
  begun: boolean;
  status: number | null;
}

/** Notes the moment just before the first byte is written, the only sure border between "not begun" and "in doubt". */
function marked(handler: Dispatcher.DispatchHandler, mark: Mark): Dispatcher.DispatchHandler {
  return {
    onRequestStart(controller, context) {
      mark.begun = true;
      handler.onRequestStart?.(controller, context);
    },
    onRequestUpgrade: (...args) => handler.onRequestUpgrade?.(...args),
    onResponseStart: (...args) => handler.onResponseStart?.(...args),
    onResponseData: (...args) => handler.onResponseData?.(...args),
    onResponseEnd: (...args) => handler.onResponseEnd?.(...args),
    onResponseError: (...args) => handler.onResponseError?.(...args),
  };
}

class UndiciClient implements HttpClient {
  readonly #options: HttpClientOptions;
  readonly #agents: Agent[] = [];
  readonly #marks = new WeakMap<object, Mark>();
  readonly #reused = new ReusedConnections();
  #reads: Dispatcher | null = null;
  #writes: Dispatcher | null = null;

  constructor(options: HttpClientOptions) {
    this.#options = options;
  }

  async request(request: HttpRequest): Promise<HttpResult> {
    const { clock, secrets } = this.#options;
    let mark: Mark = { begun: false, status: null };
    const started = clock.monotonic();
    const limit_ms = Math.max(1, Math.min(request.timeout_ms ?? Infinity, this.#options.timeout_ms));
    const limit = limitTime(request.signal, limit_ms, clock);
    try {
      try {
        return await this.#ask(request, limit.signal, mark, started);
      } catch (error) {
        if (limit.signal.aborted || !this.#mayAskAgain(request, mark, error)) throw error;
        mark = { begun: false, status: null };
        return await this.#ask({ ...request, writes: true }, limit.signal, mark, started);
      }
    } catch (error) {
      const problem: HttpProblem = limit.isOver() ? 'timeout' : request.signal.aborted ? 'aborted' : problemOf(error);
      const place = `${request.method} ${shownUrl(request.url)}`;
      const text = `${place}: ${sentence(problem, error, limit_ms, this.#options.max_body)}`;
      const ms = clock.monotonic() - started;
      return { type: 'failure', problem, reason: hideSecrets(text, secrets), ...mark, ms };
    } finally {
      limit.end();
    }
  }

  async stop(): Promise<void> {
    this.#reads = null;
    this.#writes = null;
    await Promise.all(this.#agents.splice(0).map((agent) => agent.destroy()));
  }

  /**
   * RFC 9110, 9.2.2: what only reads may be sent again by itself, once, when the connection ended before any of the answer came. Only
   * where it had been kept: what ends a new connection is no such accident, and may be the request itself. The second time it gets a
   * connection of its own, for many that were kept go stale together.
   */
  #mayAskAgain(request: HttpRequest, mark: Mark, error: unknown): boolean {
    return request.writes !== true && mark.status === null && problemOf(error) === 'cut' && this.#reused.ended(error);
  }

  async #ask(request: HttpRequest, signal: AbortSignal, mark: Mark, started: number): Promise<HttpAnswer> {
    signal.throwIfAborted();
    const url = new URL(request.url);
    url.username = '';
    url.password = '';
    const token = {};
    this.#marks.set(token, mark);
    // Loaded at the first request: it would be an eighth of what a start reads.
    const undici = await import('undici');
    signal.throwIfAborted();
    const answer = await undici.request(url, {
      // The method's type lists the usual ones; undici itself refuses what is no method.
      method: request.method,
      headers: { 'user-agent': 'fixpoint', accept: 'application/json, */*;q=0.5', ...lowerCase(request.headers ?? {}) },
      body: request.body ?? null,
      signal,
      opaque: token,
      headersTimeout: 0,
      bodyTimeout: 0,
      dispatcher: this.#dispatcher(undici, request.writes === true),
    });
    mark.status = answer.statusCode;
    const headers = flatten(answer.headers);
    const body = await readBody(answer.body, this.#options.max_body);
    const ms = this.#options.clock.monotonic() - started;
    const retry_after_ms = retryAfter(headers['retry-after'], this.#options.clock.now());
    return { type: 'answer', status: answer.statusCode, headers, body, ms, retry_after_ms };
  }

  #dispatcher(undici: Undici, writes: boolean): Dispatcher {
    if (writes) return (this.#writes ??= this.#open(undici, { pipelining: 0 }));
    return (this.#reads ??= this.#open(undici, {}));
  }

  #open(undici: Undici, over: Agent.Options): Dispatcher {
    const { tls, timeout_ms, addresses } = this.#options;
    const connect = guardedConnector(undici.buildConnector, addresses ?? { allow_hosts: null }, {
      timeout: Math.min(MAX_CONNECT_MS, timeout_ms),
      ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls?.insecure_skip_verify === true ? { rejectUnauthorized: false } : {}),
    });
    const agent = new undici.Agent({ connect: this.#reused.watch(connect), ...over });
    this.#agents.push(agent);
    return agent.compose((dispatch) => (options, handler) => {
      const token = (options as { opaque?: object }).opaque; // ours, put in by #ask; the type of dispatch options leaves it out
      const mark = token === undefined ? undefined : this.#marks.get(token);
      return dispatch(options, mark === undefined ? handler : marked(handler, mark));
    });
  }
}

class TooLarge extends Error {}

async function readBody(stream: AsyncIterable<unknown> & { destroy(): unknown }, max_body: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = chunk as Buffer; // undici's bodies are byte streams
    size += bytes.length;
    if (size > max_body) throw new TooLarge();
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function flatten(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  return flat;
}

function retryAfter(value: string | undefined, now_ms: number): number | null {
  if (value === undefined) return null;
  const text = value.trim();
  const wait = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now_ms;
  return Number.isNaN(wait) ? null : Math.min(MAX_RETRY_AFTER_MS, Math.max(0, wait));
}

const PROBLEMS: Readonly<Record<string, HttpProblem>> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'no_such_host',
  EAI_AGAIN: 'no_such_host',
  EAI_NODATA: 'no_such_host',
  EAI_NONAME: 'no_such_host',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  EACCES: 'unreachable',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  ECONNRESET: 'cut',
  EPIPE: 'cut',
  ECONNABORTED: 'cut',
  UND_ERR_SOCKET: 'cut',
  UND_ERR_ABORTED: 'cut',
  UND_ERR_DESTROYED: 'aborted',
  UND_ERR_CLOSED: 'aborted',
  EPROTO: 'tls',
  CERT_HAS_EXPIRED: 'tls',
  CERT_NOT_YET_VALID: 'tls',
  CERT_UNTRUSTED: 'tls',
  CERT_REVOKED: 'tls',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls',
  UNABLE_TO_GET_ISSUER_CERT: 'tls',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'tls',
  HOSTNAME_MISMATCH: 'tls',
  [FORBIDDEN_ADDRESS]: 'forbidden',
};

function problemOf(error: unknown): HttpProblem {
  if (error instanceof TooLarge) return 'too_large';
  const code = codeOf(error);
  if (code.startsWith('ERR_TLS') || code.startsWith('ERR_SSL')) return 'tls';
  return PROBLEMS[code] ?? 'broken';
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const code = (error as { code?: unknown }).code; // Node and undici put it there; read, never trusted
  if (typeof code === 'string') return code;
  return error.cause === undefined ? '' : codeOf(error.cause);
}

function sentence(problem: HttpProblem, error: unknown, limit_ms: number, max_body: number): string {
  const code = codeOf(error);
  switch (problem) {
    case 'refused':
      return 'connection refused: is the server running, and the port right?';
    case 'no_such_host':
      return code === 'EAI_AGAIN' ? 'the name service did not answer' : 'no such host';
    case 'unreachable':
      return `the network does not lead there (${code})`;
    case 'tls':
      return `TLS failed: ${messageOf(error).split('\n')[0] ?? code} (${code})`;
    case 'forbidden':
      return `refused before connecting: ${messageOf(error)}`;
    case 'timeout':
      return code.startsWith('UND_ERR_CONNECT') || code === 'ETIMEDOUT'
        ? 'no connection within the time limit'
        : `no whole answer within ${formatMs(limit_ms)}`;
    case 'aborted':
      return 'given up before the answer was whole: the step was cancelled or its time is over';
    case 'cut':
      return 'the connection was closed before the answer was whole';
    case 'too_large':
      return `the answer is larger than ${max_body} bytes`;
    case 'broken':
      return `no valid HTTP exchange: ${messageOf(error).slice(0, 200)}`;
  }
}
