import { instant } from '../../domain/clock.js';
import type { Clock } from '../../domain/clock.js';
import type { AttemptContext, Executor, ExecutorModule, ExecutorSpec } from '../../domain/executor.js';
import type { Outcome } from '../../domain/run/outcome.js';
import { outputOf } from './answer.js';
import type { QueryOutput } from './answer.js';
import { PrometheusClient, PrometheusConfig } from './client.js';
import { createConditions } from './condition.js';
import { createMetricSource } from './metric.js';
import { PrometheusQueryInput, questionOf } from './input.js';
import type { Question } from './input.js';

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
    const client = new PrometheusClient(config, clock);
    return {
      executors: { prometheus_query: new Prometheus(config, clock, client) },
      conditions: createConditions(client),
      metric: createMetricSource(client),
      check: async (signal) => [await client.check(signal)],
      stop: () => client.stop(),
    };
  },
};

const MAX_RECORDED_POINTS = 10_000;

class Prometheus implements Executor<PrometheusQueryInput> {
  readonly #config: PrometheusConfig;
  readonly #clock: Clock;
  readonly #client: PrometheusClient;

  constructor(config: PrometheusConfig, clock: Clock, client: PrometheusClient) {
    this.#config = config;
    this.#clock = clock;
    this.#client = client;
  }

  async execute(input: PrometheusQueryInput, attempt: AttemptContext): Promise<Outcome> {
    const question = questionOf(input, this.#clock.now());
    if ('problem' in question) return { type: 'failed', reason: question.problem, retryable: false };
    const started = this.#clock.monotonic();
    const reading = await this.#client.ask(pathOf(question), parametersOf(input.query, question), attempt.signal);
    const asked = { url: this.#client.target, query: input.query, ...evidenceOf(question) };
    const evidence = { ...asked, ms: this.#clock.monotonic() - started };
    if (reading.type === 'unread') return { ...reading.failed, evidence };
    if (reading.answer.status === 'error') {
      const { errorType, error } = reading.answer;
      const text = `refused the query: ${errorType}: ${error}`;
      return { ...this.#client.failed(text, errorType !== 'bad_data'), evidence };
    }
    const limits = { max_series: this.#config.max_series, max_points: MAX_RECORDED_POINTS };
    const output = outputOf(reading.answer, limits);
    return { type: 'succeeded', output, summary: summaryOf(output), evidence };
  }
}

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
