import { z } from 'zod';
import { ApiError } from '../domain/api/error.js';
import { EventAnswer } from '../domain/api/run.js';
import { FixpointError, messageOf } from '../domain/errors.js';
import type { StoredEvent } from '../domain/run/run.js';
import { sleep } from '../domain/clock.js';
import { limitTime } from '../domain/time-limit.js';
import { UsageError, WrongRequest } from './io.js';
import type { CliIo, CliResponse, OutputOptions } from './io.js';

/** Options of every command that talks to a running Fixpoint. */
export interface ApiOptions extends OutputOptions {
  /** Where it runs; else FIXPOINT_URL, else http://127.0.0.1:8080. */
  readonly url?: string | undefined;
  /** Else FIXPOINT_TOKEN, else FIXPOINT_ADMIN_TOKEN. */
  readonly token?: string | undefined;
}

const DEFAULT_URL = 'http://127.0.0.1:8080';
const ANSWER_WITHIN_MS = 30_000;
/** The server shows every 15 s that it is there. */
const SILENT_FOR_MS = 60_000;
const RECONNECTS = 30;
/** A connection that held this long was a good one: its end does not count as a failure. */
const HELD_FOR_MS = 10_000;
const RECONNECT_AFTER_MS = 1_000;

/** A running Fixpoint as its commands see it. Refusals come as FixpointErrors with the server's own words. */
export class ApiClient {
  readonly #io: CliIo;
  readonly #token: string | null;
  /** True where somebody said which Fixpoint is meant; else it is looked for at the usual address. */
  readonly is_named: boolean;
  /** Its address, without a slash at the end. */
  readonly base: string;

  constructor(io: CliIo, options: ApiOptions) {
    this.#io = io;
    const named = options.url ?? given(io.env['FIXPOINT_URL']);
    this.is_named = named !== undefined;
    this.base = baseOf(named ?? DEFAULT_URL);
    this.#token = sendable(
      options.token ?? given(io.env['FIXPOINT_TOKEN']) ?? given(io.env['FIXPOINT_ADMIN_TOKEN']) ?? null,
    );
  }

  /** Whether a token is at hand to show. */
  get has_token(): boolean {
    return this.#token !== null;
  }

  async get<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> {
    return this.#call('GET', path, undefined, schema);
  }

  /** `within_ms`: how long the answer may take, where that is more than usual. */
  async post<Schema extends z.ZodType>(
    path: string,
    body: unknown,
    schema: Schema,
    within_ms = ANSWER_WITHIN_MS,
  ): Promise<z.output<Schema>> {
    return this.#call('POST', path, body, schema, within_ms);
  }

  async delete<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> {
    return this.#call('DELETE', path, undefined, schema);
  }

  /** A run's events from the first on, as they happen, each once, until the run has finished. A connection that is cut is made again. */
  async *events(run_id: string): AsyncGenerator<StoredEvent> {
    let last = 0;
    for (let failures = 0; failures < RECONNECTS; failures++) {
      const begun = this.#io.clock.monotonic();
      try {
        for await (const event of this.#stream(run_id, last)) {
          last = event.seq;
          yield event;
          if (event.type === 'run_finished') return;
        }
      } catch (error) {
        if (this.#io.signal.aborted || !isPassing(error)) throw error;
      }
      if (this.#io.clock.monotonic() - begun >= HELD_FOR_MS) failures = 0;
      await sleep(this.#io.clock, RECONNECT_AFTER_MS, this.#io.signal);
      if (this.#io.signal.aborted) throw new FixpointError('unavailable', 'interrupted');
    }
    throw new FixpointError('unavailable', `the events of run ${run_id} broke off and could not be had again`);
  }

  async *#stream(run_id: string, after: number): AsyncGenerator<StoredEvent> {
    const silence = new AbortController();
    const signal = AbortSignal.any([this.#io.signal, silence.signal]);
    let cancel = this.#io.clock.after(SILENT_FOR_MS, () => silence.abort());
    try {
      const path = `/api/v1/runs/${encodeURIComponent(run_id)}/events?last_event_id=${after}`;
      const answer = await this.#fetch('GET', path, undefined, signal, 'text/event-stream');
      if (answer.status !== 200 || answer.body === null) throw await this.#refusal(answer);
      let rest = '';
      const utf8 = new TextDecoder();
      for await (const chunk of answer.body) {
        cancel();
        cancel = this.#io.clock.after(SILENT_FOR_MS, () => silence.abort());
        const blocks = (rest + utf8.decode(chunk, { stream: true })).split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) {
          const event = eventOf(block);
          if (event !== null) yield event;
        }
      }
    } finally {
      cancel();
      // A caller that stops reading leaves no connection behind.
      silence.abort();
    }
  }

  async #call<Schema extends z.ZodType>(
    method: string,
    path: string,
    body: unknown,
    schema: Schema,
    within_ms = ANSWER_WITHIN_MS,
  ): Promise<z.output<Schema>> {
    const parsed = schema.safeParse(asJson(await this.#answer(method, path, body, within_ms)));
    if (parsed.success) return parsed.data;
    const place = z.prettifyError(parsed.error).split('\n')[0] ?? '';
    throw new FixpointError('unavailable', `${this.base} answered something else than this Fixpoint's API: ${place}`);
  }

  /** The text of an answer that is a success. The time limit is for all of it, not only for its head. */
  async #answer(method: string, path: string, body: unknown, within_ms: number): Promise<string> {
    const limit = limitTime(this.#io.signal, within_ms, this.#io.clock);
    try {
      const answer = await this.#fetch(method, path, body, limit.signal, 'application/json');
      if (answer.status < 200 || answer.status > 299) throw await this.#refusal(answer);
      return await answer.text().catch((cause: unknown) => {
        throw this.#unanswered(cause);
      });
    } finally {
      limit.end();
    }
  }

  async #fetch(method: string, path: string, body: unknown, signal: AbortSignal, accept: string): Promise<CliResponse> {
    const headers: Record<string, string> = { accept };
    if (this.#token !== null) headers['authorization'] = `Bearer ${this.#token}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    try {
      return await this.#io.fetch(this.base + path, {
        method,
        headers,
        signal,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (cause) {
      throw this.#unanswered(cause);
    }
  }

  #unanswered(cause: unknown): FixpointError {
    // Somebody pressed Ctrl-C: that says nothing about the Fixpoint that was asked.
    if (this.#io.signal.aborted) return new FixpointError('unavailable', 'interrupted', { cause });
    const why = wordsFor(cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause);
    return new FixpointError('unavailable', `Fixpoint does not answer at ${this.base}: ${why}`, { cause });
  }

  async #refusal(answer: CliResponse): Promise<FixpointError> {
    const parsed = ApiError.safeParse(asJson(await answer.text().catch(() => '')));
    if (!parsed.success) {
      return new FixpointError('unavailable', `${this.base} answered ${answer.status}, not as Fixpoint does`);
    }
    const { code, message, details } = parsed.data.error;
    if (code === 'invalid') return new WrongRequest(message, details);
    const hint = code === 'unauthorized' ? '; name a token by --token, FIXPOINT_TOKEN or FIXPOINT_ADMIN_TOKEN' : '';
    return new FixpointError(code === 'internal' ? 'unavailable' : code, message + hint, { details });
  }
}

/** A refusal that is worth another try: the server stops, restarts or is away. */
function isPassing(error: unknown): boolean {
  return !(error instanceof FixpointError) || error.code === 'unavailable';
}

function baseOf(url: string): string {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new UsageError('expected --url (or FIXPOINT_URL) to be an address such as http://127.0.0.1:8080');
  }
  const { origin, pathname } = new URL(url);
  return origin + pathname.replace(/\/+$/, '');
}

/** A token that no header can carry is a slip of who copied it. What it is stands in no error: it may be a token all the same. */
function sendable(token: string | null): string | null {
  if (token === null || /^[\x20-\x7e\x80-\xff]*$/.test(token.trim())) return token;
  throw new UsageError('expected a token of one line without control characters (--token, FIXPOINT_TOKEN)');
}

/** Why nothing was answered. The library of TLS speaks of its own source files, of a port that `fetch` keeps clear of it says little. */
function wordsFor(cause: unknown): string {
  if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_SSL_WRONG_VERSION_NUMBER')
    return 'no TLS is spoken there; is it http:// that is meant?';
  const words = messageOf(cause);
  return words === 'bad port' ? 'no service is to be called on this port (fetch keeps clear of it)' : words.trim();
}

function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function eventOf(block: string): StoredEvent | null {
  const data = block
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5).trimStart())
    .join('\n');
  const parsed = EventAnswer.safeParse(asJson(data));
  // The server's types are ours; an event type that this version does not know is passed over where lines are made.
  return parsed.success ? (parsed.data as unknown as StoredEvent) : null;
}
