import { z } from 'zod';
import { instant } from '../../domain/clock.js';
import type { Clock } from '../../domain/clock.js';
import type { ConnectionCheck } from '../../domain/connection.js';
import { durationMs } from '../../domain/duration.js';
import type { AttemptContext, Executor, ExecutorModule, ExecutorSpec } from '../../domain/executor.js';
import type { Outcome } from '../../domain/outcome.js';
import { readJson } from '../http-json.js';
import { createHttpClient, failedRead, hideSecrets } from '../http-request.js';
import type { HttpAnswer, HttpClient } from '../http-request.js';
import { below, HTTP_TARGET, shownUrl, targetHeaders, targetSecrets } from '../http-target.js';
import { outputOf, PrometheusAnswer } from './answer.js';
import type { QueryOutput } from './answer.js';
import { PrometheusQueryInput, questionOf } from './input.js';
import type { Question } from './input.js';

/** `executors.prometheus`: one server that speaks Prometheus' API (Prometheus, Thanos, Mimir, VictoriaMetrics). */
export const PrometheusConfig = z.strictObject({
  ...HTTP_TARGET,
  max_series: z.int().min(1).max(1_000).default(100).describe('Most series that a step records'),
  max_body: z.int().min(1_000).max(67_108_864).default(10_485_760).describe('Longest answer in bytes'),
});
export type PrometheusConfig = z.infer<typeof PrometheusConfig>;

/** What is known of `prometheus_query` without configuration. */
export const prometheusQuerySpec = {
  kind: 'prometheus_query',
  title: 'Ask Prometheus',
  effect: 'read',
  input: PrometheusQueryInput,
  encode: { query: 'promql' },
  output_keys: ['value', 'min', 'max', 'avg', 'series', 'count', 'truncated', 'result_type', 'warnings'],
} satisfies ExecutorSpec<PrometheusQueryInput>;

/** `prometheus_query` asks and never writes; a figure over no data is null. */
export const prometheusModule: ExecutorModule<PrometheusConfig> = {
  name: 'prometheus',
  config: PrometheusConfig,
  specs: [prometheusQuerySpec],
  create(config, { clock }) {
    const prometheus = new Prometheus(config, clock);
    return {
      executors: { prometheus_query: prometheus },
      check: async (signal) => [await prometheus.check(signal)],
      stop: () => prometheus.stop(),
    };
  },
};

/** Longer questions are posted: proxies cut long addresses. */
const LONGEST_GET = 4_000;
const MAX_RECORDED_POINTS = 10_000;

type Reading = { readonly type: 'read'; readonly answer: PrometheusAnswer } | Extract<Outcome, { type: 'failed' }>;

class Prometheus implements Executor<PrometheusQueryInput> {
  readonly #config: PrometheusConfig;
  readonly #clock: Clock;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #secrets: readonly string[];
  readonly #client: HttpClient;

  constructor(config: PrometheusConfig, clock: Clock) {
    this.#config = config;
    this.#clock = clock;
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

  async execute(input: PrometheusQueryInput, attempt: AttemptContext): Promise<Outcome> {
    const question = questionOf(input, this.#clock.now());
    if ('problem' in question) return { type: 'failed', reason: question.problem, retryable: false };
    const started = this.#clock.monotonic();
    const reading = await this.#ask(pathOf(question), parametersOf(input.query, question), attempt.signal);
    const asked = { url: this.#target(), query: input.query, ...evidenceOf(question) };
    const evidence = { ...asked, ms: this.#clock.monotonic() - started };
    if (reading.type === 'failed') return { ...reading, evidence };
    if (reading.answer.status === 'error') {
      const { errorType, error } = reading.answer;
      return { ...this.#failed(`refused the query: ${errorType}: ${error}`, errorType !== 'bad_data'), evidence };
    }
    const limits = { max_series: this.#config.max_series, max_points: MAX_RECORDED_POINTS };
    const output = outputOf(reading.answer, limits);
    return { type: 'succeeded', output, summary: summaryOf(output), evidence };
  }

  /** `vector(1)` is answered by everything that speaks this API; the version is told by those that know one. */
  async check(signal: AbortSignal): Promise<ConnectionCheck> {
    const line = { name: 'executors.prometheus', target: this.#target(), required: false };
    const reading = await this.#ask('/api/v1/query', new URLSearchParams({ query: 'vector(1)' }), signal);
    if (reading.type === 'failed') return { ...line, ok: false, message: reading.reason };
    if (reading.answer.status === 'error') return { ...line, ok: false, message: reading.answer.error };
    return { ...line, ok: true, message: await this.#version(signal) };
  }

  stop(): Promise<void> {
    return this.#client.stop();
  }

  #target(): string {
    return shownUrl(below(this.#config.url, ''));
  }

  async #ask(path: string, parameters: URLSearchParams, signal: AbortSignal): Promise<Reading> {
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
    return result.type === 'failure' ? failedRead(result) : this.#read(result);
  }

  /** An error of Prometheus comes as JSON with a status of 4xx or 5xx; a proxy in between speaks HTML. */
  #read(answer: HttpAnswer): Reading {
    if (answer.status === 401 || answer.status === 403) {
      const advice = 'check executors.prometheus.bearer_token, basic_auth and headers';
      return this.#failed(`refused the credentials with status ${answer.status}: ${advice}`, false);
    }
    const wait = answer.retry_after_ms === null ? {} : { retry_after_ms: answer.retry_after_ms };
    const json = readJson(answer, this.#secrets);
    if (json.type === 'wrong') return { ...this.#failed(json.reason, true), ...wait };
    const parsed = PrometheusAnswer.safeParse(json.value);
    if (parsed.success && (answer.status < 400 || parsed.data.status === 'error'))
      return { type: 'read', answer: parsed.data };
    const place = parsed.error?.issues[0]?.path.map(String).join('.');
    const what = place === undefined ? '' : ` (at ${place === '' ? 'its top' : place})`;
    return {
      ...this.#failed(`answered ${answer.status} with JSON that is no answer of Prometheus${what}`, true),
      ...wait,
    };
  }

  #failed(text: string, retryable: boolean): Extract<Outcome, { type: 'failed' }> {
    const reason = hideSecrets(`Prometheus at ${this.#target()} ${text}`, this.#secrets);
    return { type: 'failed', reason, retryable };
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

function pathOf(question: Question): string {
  return question.type === 'instant' ? '/api/v1/query' : '/api/v1/query_range';
}

function parametersOf(query: string, question: Question): URLSearchParams {
  const parameters = new URLSearchParams({ query });
  if (question.type === 'instant') {
    if (question.at_ms !== null) parameters.set('time', instant(question.at_ms));
    return parameters;
  }
  parameters.set('start', instant(question.start_ms));
  parameters.set('end', instant(question.end_ms));
  parameters.set('step', String(question.step_ms / 1_000));
  return parameters;
}

function evidenceOf(question: Question): Record<string, unknown> {
  if (question.type === 'instant') return question.at_ms === null ? {} : { time: instant(question.at_ms) };
  const { start_ms, end_ms, step_ms } = question;
  return { start: instant(start_ms), end: instant(end_ms), step_ms };
}

function summaryOf({ value, count }: QueryOutput): string {
  if (count === 0) return 'no data';
  const figure = value === null ? 'no figure' : String(Number(value.toPrecision(6)));
  return count === 1 ? figure : `${count} series, the greatest ${figure}`;
}
