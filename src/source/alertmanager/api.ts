import type { Agent, request as undiciRequest } from 'undici';
import { z } from 'zod';
import type { Clock } from '../../domain/clock.js';
import { Duration, durationMs, formatMs, parseDuration } from '../../domain/duration.js';
import { FixpointError, messageOf } from '../../domain/errors.js';
import { limitTime } from '../../domain/time-limit.js';

/** The keys of `sources.alertmanager` that say where its API is; without `url` nothing is asked. */
export const API_SETTINGS = {
  url: z
    .string()
    .max(2_048)
    .superRefine((text, context) => {
      const problem = problemOfUrl(text);
      if (problem !== null) context.addIssue({ code: 'custom', message: problem });
    })
    .optional()
    .describe('Where Alertmanager is reached, with its path prefix: http://alertmanager:9093'),
  username: z.string().min(1).max(1_000).optional().describe('With password: HTTP Basic'),
  password: z.string().min(1).max(4_096).optional().meta({ secret: true }),
  token: z
    .string()
    .max(4_096)
    .regex(/^[\x21-\x7e]+$/, 'expected a token without spaces')
    .optional()
    .meta({ secret: true })
    .describe('Sent as Authorization: Bearer'),
  timeout: Duration.refine((text) => (parseDuration(text) ?? 1) >= 1, 'expected more than 0s')
    .optional()
    .describe('Longest time for one request; default 10s'),
  tls: z
    .strictObject({
      ca: z.string().optional().describe('PEM of the certificate authority to trust'),
      insecure_skip_verify: z.boolean().default(false).describe('Accept any certificate; for tests only'),
    })
    .optional(),
};

/** Where an Alertmanager is and how it is asked. */
export type ApiSettings = {
  readonly [Key in keyof typeof API_SETTINGS]?: z.infer<(typeof API_SETTINGS)[Key]> | undefined;
} & { readonly url: string };

const DEFAULT_TIMEOUT = '10s';
const MAX_CONNECT_MS = 10_000;
const MAX_ANSWER_BYTES = 16 * 1_048_576;
const MAX_TOLD = 300;

/** Asks one Alertmanager by its API v2. What goes wrong is an `unavailable` that says where and why, and holds no secret. */
export class AlertmanagerApi {
  readonly #settings: ApiSettings;
  readonly #clock: Clock;
  readonly #base: URL;
  #agent: Agent | null = null;
  #request: typeof undiciRequest | null = null;

  constructor(settings: ApiSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
    this.#base = new URL(settings.url);
  }

  /** Its address, without credentials. */
  get target(): string {
    return this.#base.href.replace(/\/+$/, '');
  }

  /** The JSON at a path below its address, such as `/api/v2/silences`. */
  async get(path: string, query: Readonly<Record<string, readonly string[]>>, signal: AbortSignal): Promise<unknown> {
    const timeout_ms = durationMs(this.#settings.timeout ?? DEFAULT_TIMEOUT);
    const limit = limitTime(signal, timeout_ms, this.#clock);
    try {
      limit.signal.throwIfAborted();
      const { request, agent } = await this.#client();
      const answer = await request(this.#urlOf(path, query), {
        headers: this.#headers(),
        signal: limit.signal,
        dispatcher: agent,
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      const text = await readText(answer.body);
      if (answer.statusCode !== 200) throw this.#failed(`answered ${answer.statusCode}${adviceFor(answer.statusCode)}`);
      return (
        parsed(text) ?? Promise.reject(this.#failed('answered something that is no JSON: is it the right address?'))
      );
    } catch (error) {
      if (error instanceof FixpointError) throw error;
      if (limit.isOver()) throw this.#failed(`gave no whole answer within ${formatMs(timeout_ms)}`, error);
      if (signal.aborted) throw this.#failed('was given up before the answer was whole', error);
      throw this.#failed(`cannot be asked: ${wordsOf(error)}`, error);
    } finally {
      limit.end();
    }
  }

  /** May be called twice. */
  async stop(): Promise<void> {
    const agent = this.#agent;
    this.#agent = null;
    await agent?.destroy();
  }

  /** The client is loaded at the first question. */
  async #client(): Promise<{ request: typeof undiciRequest; agent: Agent }> {
    const undici = await import('undici');
    const { tls, timeout } = this.#settings;
    this.#request ??= undici.request;
    this.#agent ??= new undici.Agent({
      // No connection is kept: a question now and then gains nothing by it, and a kept one may be dead.
      pipelining: 0,
      connect: {
        timeout: Math.min(MAX_CONNECT_MS, durationMs(timeout ?? DEFAULT_TIMEOUT)),
        ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
        ...(tls?.insecure_skip_verify === true ? { rejectUnauthorized: false } : {}),
      },
    });
    return { request: this.#request, agent: this.#agent };
  }

  #urlOf(path: string, query: Readonly<Record<string, readonly string[]>>): URL {
    const url = new URL(this.#base);
    url.pathname = `${url.pathname.replace(/\/+$/, '')}${path}`;
    for (const [key, values] of Object.entries(query)) for (const value of values) url.searchParams.append(key, value);
    return url;
  }

  #headers(): Record<string, string> {
    const { username, password, token } = this.#settings;
    const headers = { accept: 'application/json', 'user-agent': 'fixpoint' };
    if (token !== undefined) return { ...headers, authorization: `Bearer ${token}` };
    if (username === undefined) return headers;
    return { ...headers, authorization: `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}` };
  }

  #failed(text: string, cause?: unknown): FixpointError {
    let message = `Alertmanager at ${this.target} ${text}`;
    for (const secret of [this.#settings.token, this.#settings.password])
      if (secret !== undefined) message = message.replaceAll(secret, '***');
    return new FixpointError('unavailable', message, cause === undefined ? {} : { cause });
  }
}

function adviceFor(status: number): string {
  if (status === 401 || status === 403) return ', expected 200; check its credentials under sources.alertmanager';
  return ', expected 200: is it the address of Alertmanager, with its path prefix?';
}

async function readText(body: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    const bytes = chunk as Buffer; // undici's bodies are byte streams
    size += bytes.length;
    if (size > MAX_ANSWER_BYTES) throw new Error(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function wordsOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ECONNREFUSED') return 'connection refused: is the server running, and the port right?';
  if (code === 'ENOTFOUND') return 'no such host';
  return (messageOf(error) || String(code)).slice(0, MAX_TOLD);
}

function problemOfUrl(text: string): string | null {
  if (!URL.canParse(text)) return 'expected an address such as http://alertmanager:9093';
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'expected https:// or http://';
  if (url.username !== '' || url.password !== '')
    return 'expected an address without user name and password; use username and password';
  return url.search === '' && url.hash === '' ? null : 'expected an address without ? and #';
}
