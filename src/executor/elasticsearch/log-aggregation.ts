import { counted } from '../../domain/counted.js';
import { z } from 'zod';
import type { Clock } from '../../domain/clock.js';
import { instant } from '../../domain/clock.js';
import { Duration, durationMs } from '../../domain/duration.js';
import type { AttemptContext, Executor, ExecutorSpec } from '../../domain/executor.js';
import type { Outcome } from '../../domain/run/outcome.js';
import { IndexName } from './config.js';
import type { ElasticsearchConfig } from './config.js';
import type { Connection } from './connection.js';
import { ElasticsearchFailure } from './connection.js';
import { askedNames, readFieldCaps } from './fields.js';
import type { KnownFields } from './fields.js';
import { buildClauses, queriedFields } from './query.js';
import type { Clauses, Wish } from './query.js';
import { readSample, sampledFields } from './sample.js';
import type { Sample } from './sample.js';

/** What `log_aggregation` takes. */
export const LogAggregationInput = z.strictObject({
  service: z.string().min(1).max(500),
  host: z.string().min(1).max(500).nullish().describe('Only lines of this host (address or name)'),
  time_window: Duration.default('10m'),
  until: z.iso.datetime({ offset: true }).nullish().describe('End of the window; default: now'),
  keywords: z
    .array(z.string().min(1).max(500))
    .max(50)
    .default([])
    .describe('Any of these is counted as keyword_count and sampled; they do not change error_rate'),
  index: IndexName.optional(),
  limit: z.int().min(0).max(100).default(20).describe('How many sample lines'),
});
export type LogAggregationInput = z.infer<typeof LogAggregationInput>;

/** `log_aggregation`, as it is known without configuration. */
export const logAggregationSpec = {
  kind: 'log_aggregation',
  title: 'Count the log lines and error lines of a service',
  effect: 'read',
  input: LogAggregationInput,
  output_keys: ['total_logs', 'error_count', 'error_rate', 'keyword_count', 'samples', 'window', 'index', 'notes'],
} as const satisfies ExecutorSpec<LogAggregationInput>;

const Count = z.object({ doc_count: z.int().min(0) });

/** What of an answer to a search is read. */
const Answer = z.object({
  timed_out: z.boolean().default(false),
  _shards: z
    .object({
      total: z.int(),
      failed: z.int().default(0),
      failures: z
        .array(z.object({ index: z.string().nullish(), reason: z.object({ reason: z.string().nullish() }).nullish() }))
        .nullish(),
    })
    .nullish(),
  _clusters: z
    .object({ skipped: z.int().default(0), partial: z.int().default(0), failed: z.int().default(0) })
    .nullish(),
  hits: z.object({
    total: z.union([z.int(), z.object({ value: z.int(), relation: z.string().default('eq') })]).nullish(),
    hits: z.array(z.unknown()).default([]),
  }),
  aggregations: z.object({ errors: Count, keywords: Count.optional() }).optional(),
});
type Answer = z.infer<typeof Answer>;

interface Figures {
  readonly total_logs: number;
  /** Null over no lines: nothing was looked at, so nothing is known. */
  readonly error_count: number | null;
  readonly error_rate: number | null;
  readonly keyword_count: number | null;
}

/** Counts a service's log lines in Elasticsearch: all of them, by aggregations, never by what a page of hits happens to hold. */
export class LogAggregation implements Executor<LogAggregationInput> {
  readonly #config: ElasticsearchConfig;
  readonly #connection: Connection;
  readonly #clock: Clock;

  constructor(config: ElasticsearchConfig, connection: Connection, clock: Clock) {
    this.#config = config;
    this.#connection = connection;
    this.#clock = clock;
  }

  async execute(input: LogAggregationInput, attempt: AttemptContext): Promise<Outcome> {
    try {
      return await this.#aggregate(input, attempt.signal);
    } catch (error) {
      if (!(error instanceof ElasticsearchFailure)) throw error;
      const { message, retryable, retry_after_ms } = error;
      return { type: 'failed', reason: message, retryable, ...(retry_after_ms === null ? {} : { retry_after_ms }) };
    }
  }

  async #aggregate(input: LogAggregationInput, signal: AbortSignal): Promise<Outcome> {
    const end_ms = input.until == null ? this.#clock.now() : Date.parse(input.until);
    const window = { from: instant(end_ms - durationMs(input.time_window)), to: instant(end_ms) };
    const index = input.index ?? this.#config.index;
    const wish: Wish = { service: input.service, host: input.host ?? null, keywords: input.keywords, ...window };
    const clauses = buildClauses(this.#config, await this.#fields(index, signal), wish);
    const counted = await this.#search(index, countBody(clauses), signal);
    const figures = counted === null ? NO_LINES : figuresOf(counted);
    if (figures === null)
      return {
        type: 'failed',
        reason: `Elasticsearch at ${this.#connection.target} answered without counts: is this Elasticsearch?`,
        retryable: false,
      };
    const missing = counted === null || counted._shards?.total === 0;
    const notes = [...clauses.notes, ...(missing ? [`no index matches ${index}`] : [])];
    const evidence = { url: this.#connection.target, index, query: clauses.lines, errors: clauses.errors };
    const gaps = counted === null ? [] : gapsOf(counted);
    if (gaps.length > 0)
      return {
        type: 'failed',
        reason: `Elasticsearch answered from a part of the logs only: ${gaps.join('; ')}`,
        retryable: true,
        evidence: { ...evidence, partial: figures },
      };
    const samples =
      figures.total_logs === 0 || input.limit === 0 ? [] : await this.#samples(input, index, clauses, signal);
    return {
      type: 'succeeded',
      output: { ...figures, samples, window, index, notes },
      summary: summaryOf(input, figures, notes),
      evidence,
    };
  }

  /** How the fields are mapped. A cluster that does not answer this question is asked in a way that works on any mapping. */
  async #fields(index: string, signal: AbortSignal): Promise<KnownFields | null> {
    try {
      const fields = askedNames(queriedFields(this.#config)).join(',');
      const query = { fields, include_unmapped: true, ...ANY_INDEX };
      return readFieldCaps(
        await this.#connection.ask({ method: 'GET', path: pathOf(index, '_field_caps'), query }, signal),
      );
    } catch (error) {
      const answered = error instanceof ElasticsearchFailure && error.status !== null;
      if (answered && ![401, 429].includes(error.status ?? 0) && (error.status ?? 0) < 500) return null;
      throw error;
    }
  }

  /** Null when the index does not exist. */
  async #search(index: string, body: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<Answer | null> {
    let raw: unknown;
    try {
      raw = await this.#connection.ask(
        { method: 'POST', path: pathOf(index, '_search'), query: ANY_INDEX, body },
        signal,
      );
    } catch (error) {
      if (error instanceof ElasticsearchFailure && error.status === 404 && error.type === 'index_not_found_exception')
        return null;
      throw error;
    }
    const answer = Answer.safeParse(raw);
    if (answer.success) return answer.data;
    const [issue] = answer.error.issues;
    const place = issue === undefined ? '' : ` (${issue.path.join('.')}: ${issue.message})`;
    throw new ElasticsearchFailure(
      `Elasticsearch at ${this.#connection.target} answered something that is no search result${place}`,
      { retryable: false },
    );
  }

  async #samples(input: LogAggregationInput, index: string, clauses: Clauses, signal: AbortSignal): Promise<Sample[]> {
    const { timestamp } = this.#config.fields;
    const newest = { [timestamp]: { order: 'desc', unmapped_type: 'date' } };
    const { lines, errors, keywords } = clauses;
    const body = {
      size: input.limit,
      _source: sampledFields(this.#config),
      ...(keywords === null
        ? // Error lines before all others, each newest first.
          {
            query: { bool: { filter: [lines], should: [{ constant_score: { filter: errors, boost: 1 } }] } },
            sort: [{ _score: 'desc' }, newest],
          }
        : { query: { bool: { filter: [lines, keywords] } }, sort: [newest] }),
    };
    const answer = await this.#search(index, body, signal);
    return (answer?.hits.hits ?? []).slice(0, input.limit).map((hit) => readSample(hit, this.#config));
  }
}

const ANY_INDEX = { ignore_unavailable: true, allow_no_indices: true } as const;
const NO_LINES: Figures = { total_logs: 0, error_count: null, error_rate: null, keyword_count: null };

function pathOf(index: string, endpoint: string): string {
  return `/${encodeURIComponent(index)}/${endpoint}`;
}

function countBody(clauses: Clauses): Readonly<Record<string, unknown>> {
  const { lines, errors, keywords } = clauses;
  return {
    size: 0,
    track_total_hits: true,
    query: lines,
    aggs: { errors: { filter: errors }, ...(keywords === null ? {} : { keywords: { filter: keywords } }) },
  };
}

/** Null when the answer lacks what was asked for. */
function figuresOf(answer: Answer): Figures | null {
  const total = typeof answer.hits.total === 'number' ? answer.hits.total : answer.hits.total?.value;
  if (total === 0 || answer._shards?.total === 0) return NO_LINES;
  if (total === undefined) return null;
  const { aggregations } = answer;
  if (aggregations === undefined) return null;
  const error_count = aggregations.errors.doc_count;
  return {
    total_logs: total,
    error_count,
    error_rate: error_count / total,
    keyword_count: aggregations.keywords?.doc_count ?? null,
  };
}

/** What keeps the counts from being those of all lines. */
function gapsOf(answer: Answer): string[] {
  const gaps: string[] = [];
  if (answer.timed_out) gaps.push('it ran out of time');
  const { total, failed, failures } = answer._shards ?? { total: 0, failed: 0, failures: [] };
  if (failed > 0) {
    const [first] = failures ?? [];
    const why =
      first?.reason?.reason == null ? '' : ` (${first.index ?? 'an index'}: ${first.reason.reason.slice(0, 200)})`;
    gaps.push(`${failed} of ${total} shards failed${why}`);
  }
  const { skipped, partial, failed: lost } = answer._clusters ?? { skipped: 0, partial: 0, failed: 0 };
  if (skipped + partial + lost > 0) gaps.push(`${skipped + partial + lost} remote clusters did not answer in full`);
  const { total: hits } = answer.hits;
  if (typeof hits === 'object' && hits !== null && hits.relation !== 'eq') gaps.push('it counted a lower bound only');
  return gaps;
}

function summaryOf(input: LogAggregationInput, figures: Figures, notes: readonly string[]): string {
  const { total_logs, error_count, error_rate, keyword_count } = figures;
  if (total_logs === 0 || error_count === null || error_rate === null)
    return `no log lines of ${input.service} in ${input.time_window}${notes.length === 0 ? '' : ` (${notes.join('; ')})`}: nothing is known`;
  const keywords = keyword_count === null ? '' : `, ${keyword_count} with keywords`;
  return `${counted(total_logs, 'line')}, ${counted(error_count, 'error')} (${(error_rate * 100).toFixed(1)} %)${keywords}`;
}
