import type { Agent } from 'undici';
import { z } from 'zod';
import type { Clock } from '../domain/clock.js';
import { formatMs } from '../domain/duration.js';
import { messageOf } from '../domain/errors.js';
import { limitTime } from '../domain/time-limit.js';
import { readBody } from './read-body.js';

/** `tls` in the settings of a system's API. */
export const ApiTls = z.strictObject({
  ca: z.string().optional().describe('PEM of the certificate authority to trust'),
  insecure_skip_verify: z.boolean().default(false).describe('Accept any certificate; for tests only'),
});

/** The address of a system's API; `example` and what to use in place of credentials stand in its complaints. */
export function apiAddress(example: string, instead: string): z.ZodString {
  return z
    .string()
    .max(2_048)
    .superRefine((text, context) => {
      const problem = problemOfUrl(text, example, instead);
      if (problem !== null) context.addIssue({ code: 'custom', message: problem });
    });
}

function problemOfUrl(text: string, example: string, instead: string): string | null {
  if (!URL.canParse(text)) return `expected an address such as ${example}`;
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'expected https:// or http://';
  if (url.username !== '' || url.password !== '')
    return `expected an address without user name and password; use ${instead}`;
  return url.search === '' && url.hash === '' ? null : 'expected an address without ? and #';
}

export interface SystemApiOptions {
  readonly clock: Clock;
  readonly timeout_ms: number;
  readonly tls: z.infer<typeof ApiTls> | undefined;
  /** The longest answer that is taken into memory. */
  readonly max_bytes: number;
}

/** One request to a system's API. */
export interface ApiQuestion {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Present: it is posted. */
  readonly body?: string;
}

/** What came, whatever the status; or why there is no whole answer, in words that go on after the system's name. */
export type ApiAnswer =
  | { readonly type: 'answer'; readonly status: number; readonly text: string }
  | { readonly type: 'failed'; readonly reason: string; readonly cause: unknown };

const MAX_CONNECT_MS = 10_000;
const MAX_TOLD = 300;

/** Asks a system about its alerts now and then. It never throws for what the server does; every question ends within the time limit. */
export class SystemApi {
  readonly #options: SystemApiOptions;
  #agent: Agent | null = null;

  constructor(options: SystemApiOptions) {
    this.#options = options;
  }

  async ask({ url, headers, body }: ApiQuestion, signal: AbortSignal): Promise<ApiAnswer> {
    const { timeout_ms, clock, max_bytes } = this.#options;
    const limit = limitTime(signal, timeout_ms, clock);
    try {
      limit.signal.throwIfAborted();
      // Loaded at the first question, not at every start.
      const undici = await import('undici');
      limit.signal.throwIfAborted();
      const answer = await undici.request(url, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { 'user-agent': 'fixpoint', ...headers },
        body: body ?? null,
        signal: limit.signal,
        dispatcher: (this.#agent ??= new undici.Agent(this.#agentOptions())),
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      return { type: 'answer', status: answer.statusCode, text: await readBody(answer.body, max_bytes) };
    } catch (cause) {
      if (limit.isOver())
        return { type: 'failed', reason: `gave no whole answer within ${formatMs(timeout_ms)}`, cause };
      if (signal.aborted) return { type: 'failed', reason: 'was given up before the answer was whole', cause };
      return { type: 'failed', reason: `cannot be asked: ${wordsOf(cause)}`, cause };
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

  /** No connection is kept: a question now and then gains nothing by it, and a kept one may be dead. */
  #agentOptions(): Agent.Options {
    const { tls, timeout_ms } = this.#options;
    return {
      pipelining: 0,
      connect: {
        timeout: Math.min(MAX_CONNECT_MS, timeout_ms),
        ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
        ...(tls?.insecure_skip_verify === true ? { rejectUnauthorized: false } : {}),
      },
    };
  }
}

/** The JSON of a text; undefined for what is none. */
export function jsonOf(text: string): unknown {
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
