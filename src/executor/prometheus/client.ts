import { z } from 'zod';
import type { Clock } from '../../domain/clock.js';
import type { ConnectionCheck } from '../../domain/connection.js';
import { durationMs } from '../../domain/duration.js';
import type { Outcome } from '../../domain/run/outcome.js';
import { readJson } from '../http-json.js';
import { createHttpClient, failedRead, hideSecrets } from '../http-request.js';
import type { HttpAnswer, HttpClient } from '../http-request.js';
import { below, HTTP_TARGET, shownUrl, targetHeaders, targetSecrets } from '../http-target.js';
import { PrometheusAnswer } from './answer.js';

/** `executors.prometheus`: one server that speaks Prometheus' API (Prometheus, Thanos, Mimir, VictoriaMetrics). */
export const PrometheusConfig = z.strictObject({
  ...HTTP_TARGET,
  max_series: z.int().min(1).max(1_000).default(100).describe('Most series that a step records'),
  max_body: z.int().min(1_000).max(67_108_864).default(10_485_760).describe('Longest answer in bytes'),
});
export type PrometheusConfig = z.infer<typeof PrometheusConfig>;

/** Longer questions are posted: proxies cut long addresses. */
const LONGEST_GET = 4_000;

type Failed = Extract<Outcome, { type: 'failed' }>;

/** What came of one question: Prometheus' own answer, which may be an error, or none. */
export type Reading =
  | { readonly type: 'read'; readonly answer: PrometheusAnswer }
  | { readonly type: 'unread'; readonly failed: Failed; readonly is_too_large: boolean };

/** Asks the one configured server. It never throws for what the server does, and what it tells holds no secret. */
export class PrometheusClient {
  readonly #config: PrometheusConfig;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #secrets: readonly string[];
  readonly #client: HttpClient;

  constructor(config: PrometheusConfig, clock: Clock) {
    this.#config = config;
    this.#headers = targetHeaders(config);
    this.#secrets = targetSecrets(config);
    this.#client = createHttpClient({
      clock,
      timeout_ms: durationMs(config.timeout),
      max_body: config.max_body,
      tls: config.tls,
      secrets: this.#secrets,
    });
  }

  /** The address without credentials. */
  get target(): string {
    return shownUrl(below(this.#config.url, ''));
  }

  /** `vector(1)` is answered by everything that speaks this API; the version is told by those that know one. */
  async check(signal: AbortSignal): Promise<ConnectionCheck> {
    const line = { name: 'executors.prometheus', target: this.target, required: false };
    const reading = await this.ask('/api/v1/query', new URLSearchParams({ query: 'vector(1)' }), signal);
    if (reading.type === 'unread') return { ...line, ok: false, message: reading.failed.reason };
    if (reading.answer.status === 'error') return { ...line, ok: false, message: reading.answer.error };
    return { ...line, ok: true, message: await this.#version(signal) };
  }

  /** Asks one question; long ones are posted. */
  async ask(path: string, parameters: URLSearchParams, signal: AbortSignal): Promise<Reading> {
    const base = below(this.#config.url, path);
    const question = parameters.toString();
    const posts = question.length > LONGEST_GET;
    const url = posts ? base : new URL(`${base.href}?${question}`);
    const form = { headers: { ...this.#headers, 'content-type': 'application/x-www-form-urlencoded' }, body: question };
    const result = await this.#client.request({
      method: posts ? 'POST' : 'GET',
      url,
      signal,
      ...(posts ? form : { headers: this.#headers }),
    });
    if (result.type === 'answer') return this.#read(result);
    return { type: 'unread', failed: failedRead(result), is_too_large: result.problem === 'too_large' };
  }

  /** A failure of this server, its secrets hidden. */
  failed(text: string, retryable: boolean): Failed {
    const reason = hideSecrets(`Prometheus at ${this.target} ${text}`, this.#secrets);
    return { type: 'failed', reason, retryable };
  }

  /** Ends every connection; may be called twice. */
  stop(): Promise<void> {
    return this.#client.stop();
  }

  /** An error of Prometheus comes as JSON with a status of 4xx or 5xx; a proxy in between speaks HTML. */
  #read(answer: HttpAnswer): Reading {
    if (answer.status === 401 || answer.status === 403) {
      const advice = 'check executors.prometheus.bearer_token, basic_auth and headers';
      return this.#unread(`refused the credentials with status ${answer.status}: ${advice}`, false);
    }
    const wait = answer.retry_after_ms === null ? {} : { retry_after_ms: answer.retry_after_ms };
    const json = readJson(answer, this.#secrets);
    if (json.type === 'wrong') return this.#unread(json.reason, true, wait);
    const parsed = PrometheusAnswer.safeParse(json.value);
    if (parsed.success && (answer.status < 400 || parsed.data.status === 'error'))
      return { type: 'read', answer: parsed.data };
    const place = parsed.error?.issues[0]?.path.map(String).join('.');
    const what = place === undefined ? '' : ` (at ${place === '' ? 'its top' : place})`;
    return this.#unread(`answered ${answer.status} with JSON that is no answer of Prometheus${what}`, true, wait);
  }

  #unread(text: string, retryable: boolean, wait: { retry_after_ms?: number } = {}): Reading {
    return { type: 'unread', failed: { ...this.failed(text, retryable), ...wait }, is_too_large: false };
  }

  async #version(signal: AbortSignal): Promise<string> {
    const url = below(this.#config.url, '/api/v1/status/buildinfo');
    const result = await this.#client.request({ method: 'GET', url, headers: this.#headers, signal });
    const json = result.type === 'answer' ? readJson(result) : null;
    const info = BuildInfo.safeParse(json?.type === 'json' ? json.value : null);
    return info.success ? `Prometheus ${info.data.data.version}` : "answers Prometheus' query API";
  }
}

const BuildInfo = z.object({ data: z.object({ version: z.string().max(100) }) });
