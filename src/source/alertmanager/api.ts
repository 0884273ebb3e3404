import { z } from 'zod';
import type { Clock } from '../../domain/clock.js';
import { Duration, durationMs, parseDuration } from '../../domain/duration.js';
import { FixpointError } from '../../domain/errors.js';
import { ApiTls, apiAddress, jsonOf, SystemApi } from '../system-api.js';

/** The keys of `sources.alertmanager` that say where its API is; without `url` nothing is asked. */
export const API_SETTINGS = {
  url: apiAddress('http://alertmanager:9093', 'username and password')
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
  reconcile: Duration.optional().describe(
    'How often it is looked for alerts that have ended without a resolve (silenced or inhibited there); default 5m, 0s: never',
  ),
  tls: ApiTls.optional(),
};

/** Where an Alertmanager is and how it is asked. */
export type ApiSettings = {
  readonly [Key in keyof typeof API_SETTINGS]?: z.infer<(typeof API_SETTINGS)[Key]> | undefined;
} & { readonly url: string };

const DEFAULT_TIMEOUT = '10s';
const MAX_ANSWER_BYTES = 16 * 1_048_576;

/** Asks one Alertmanager by its API v2. What goes wrong is an `unavailable` that says where and why, and holds no secret. */
export class AlertmanagerApi {
  readonly #settings: ApiSettings;
  readonly #base: URL;
  readonly #api: SystemApi;

  constructor(settings: ApiSettings, clock: Clock) {
    this.#settings = settings;
    this.#base = new URL(settings.url);
    const timeout_ms = durationMs(settings.timeout ?? DEFAULT_TIMEOUT);
    this.#api = new SystemApi({ clock, timeout_ms, tls: settings.tls, max_bytes: MAX_ANSWER_BYTES });
  }

  /** Its address, without credentials. */
  get target(): string {
    return this.#base.href.replace(/\/+$/, '');
  }

  /** The JSON at a path below its address, such as `/api/v2/silences`. */
  async get(path: string, query: Readonly<Record<string, readonly string[]>>, signal: AbortSignal): Promise<unknown> {
    const answer = await this.#api.ask({ url: this.#urlOf(path, query), headers: this.#headers() }, signal);
    if (answer.type === 'failed') throw this.#failed(answer.reason, answer.cause);
    if (answer.status !== 200) throw this.#failed(`answered ${answer.status}${adviceFor(answer.status)}`);
    const json = jsonOf(answer.text) ?? null;
    if (json === null) throw this.#failed('answered something that is no JSON: is it the right address?');
    return json;
  }

  /** May be called twice. */
  stop(): Promise<void> {
    return this.#api.stop();
  }

  #urlOf(path: string, query: Readonly<Record<string, readonly string[]>>): URL {
    const url = new URL(this.#base);
    url.pathname = `${url.pathname.replace(/\/+$/, '')}${path}`;
    for (const [key, values] of Object.entries(query)) for (const value of values) url.searchParams.append(key, value);
    return url;
  }

  #headers(): Record<string, string> {
    const { username, password, token } = this.#settings;
    const headers = { accept: 'application/json' };
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
