import type { Client } from '@elastic/elasticsearch';
import { durationMs } from '../../domain/duration.js';
import { messageOf } from '../../domain/errors.js';
import { hideSecrets } from '../http-request.js';
import { shownUrl } from '../http-target.js';
import type { ElasticsearchConfig } from './config.js';

/** More of an answer than this is never taken into memory. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
const MAX_REASON = 400;
/** Nobody is believed who asks for a longer pause. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/** A request that got no whole answer, or a refusal. */
export class ElasticsearchFailure extends Error {
  readonly status: number | null;
  readonly retryable: boolean;
  readonly retry_after_ms: number | null;
  /** Elasticsearch's own name for what is wrong: `index_not_found_exception`. */
  readonly type: string | null;

  constructor(
    message: string,
    facts: { retryable: boolean; status?: number; retry_after_ms?: number | null; type?: string | null },
  ) {
    super(message);
    this.name = 'ElasticsearchFailure';
    this.status = facts.status ?? null;
    this.retryable = facts.retryable;
    this.retry_after_ms = facts.retry_after_ms ?? null;
    this.type = facts.type ?? null;
  }
}

export interface Question {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | boolean>>;
  readonly body?: Readonly<Record<string, unknown>>;
}

/** Asks a cluster through the official client, which is loaded at the first question. It speaks to Elasticsearch 7 to 9 and OpenSearch. */
export class Connection {
  readonly #config: ElasticsearchConfig;
  readonly #urls: readonly URL[];
  readonly #secrets: readonly string[];
  #client: Promise<Client> | null = null;

  constructor(config: ElasticsearchConfig) {
    this.#config = config;
    this.#urls = (typeof config.url === 'string' ? [config.url] : config.url).map((url) => new URL(url));
    const inUrls = this.#urls.flatMap((url) => [url.password, decodeURIComponent(url.password)]);
    this.#secrets = [config.password ?? '', config.api_key ?? '', ...inUrls];
  }

  /** The addresses, for people. */
  get target(): string {
    return this.#urls.map(shownUrl).join(', ');
  }

  /** Answers the body as JSON; throws ElasticsearchFailure. */
  async ask(question: Question, signal: AbortSignal): Promise<unknown> {
    try {
      const client = await this.#open();
      const answer: unknown = await client.transport.request(
        {
          method: question.method,
          path: question.path,
          ...(question.query === undefined ? {} : { querystring: { ...question.query } }),
          ...(question.body === undefined ? {} : { body: { ...question.body } }),
        },
        { signal, maxResponseSize: MAX_ANSWER_BYTES },
      );
      return answer;
    } catch (error) {
      throw this.#failureOf(error, question, signal);
    }
  }

  async stop(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    if (client !== null) await (await client).close();
  }

  #open(): Promise<Client> {
    this.#client ??= connect(this.#config, this.#urls);
    return this.#client;
  }

  #failureOf(error: unknown, question: Question, signal: AbortSignal): ElasticsearchFailure {
    const where = `Elasticsearch at ${this.target}`;
    const say = (message: string, facts: ConstructorParameters<typeof ElasticsearchFailure>[1]): ElasticsearchFailure =>
      new ElasticsearchFailure(hideSecrets(message, this.#secrets), facts);
    const name = error instanceof Error ? error.name : '';
    const status = at(error, 'statusCode');
    if (name === 'ResponseError' && typeof status === 'number')
      return this.#refusal(status, error, where, question, say);
    if (signal.aborted) return say(`${where}: given up before the answer was whole`, { retryable: true });
    if (name === 'TimeoutError')
      return say(`${where} did not answer within ${this.#config.timeout}`, { retryable: true });
    if (name === 'RequestAbortedError' || name === 'ContentLengthExceededError')
      return say(`${where}: the answer is larger than ${MAX_ANSWER_BYTES} bytes`, { retryable: false });
    if (name === 'DeserializationError')
      return say(`${where} answered something that is not JSON: is this the address of Elasticsearch?`, {
        retryable: false,
      });
    return say(`${where} cannot be reached: ${cut(messageOf(error))}`, { retryable: !isTls(error) });
  }

  #refusal(
    status: number,
    error: unknown,
    where: string,
    question: Question,
    say: (message: string, facts: ConstructorParameters<typeof ElasticsearchFailure>[1]) => ElasticsearchFailure,
  ): ElasticsearchFailure {
    const { type, reason } = causeOf(at(error, 'body'));
    const retry_after_ms = retryAfter(at(at(error, 'headers'), 'retry-after'));
    const said = reason === '' ? '' : `: ${reason}`;
    if (status === 401)
      return say(`${where} does not accept the credential (401): check username and password, or api_key`, {
        retryable: false,
        status,
        type,
      });
    if (status === 403)
      return say(`${where} forbids ${question.path} (403)${said}`, { retryable: false, status, type });
    const retryable = status === 429 || status >= 500;
    return say(`${where} answered ${status} to ${question.path}${said}`, { retryable, status, type, retry_after_ms });
  }
}

async function connect(config: ElasticsearchConfig, urls: readonly URL[]): Promise<Client> {
  const [{ Client }, { Transport }] = await Promise.all([
    import('@elastic/elasticsearch'),
    import('@elastic/transport'),
  ]);
  // Plain JSON headers and no product check: the client's own speak to its own major version only.
  class PlainTransport extends Transport {
    constructor(options: ConstructorParameters<typeof Transport>[0]) {
      const { productCheck: _none, ...rest } = options;
      super({
        ...rest,
        vendoredHeaders: {
          jsonContentType: 'application/json',
          ndjsonContentType: 'application/x-ndjson',
          accept: 'application/json',
        },
      });
    }
  }
  const auth = authOf(config, urls);
  return new Client({
    nodes: urls.map((url) => `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`),
    Transport: PlainTransport,
    // Each further node is tried once; what the whole cluster refuses is the playbook's to retry.
    maxRetries: urls.length - 1,
    requestTimeout: durationMs(config.timeout),
    enableMetaHeader: false,
    // No connection is kept: a question now and then gains nothing by it, and one that a proxy is just closing would lose it.
    agent: { pipelining: 0 },
    ...(auth === null ? {} : { auth }),
    ...(config.tls === undefined
      ? {}
      : {
          tls: {
            rejectUnauthorized: !config.tls.insecure_skip_verify,
            ...(config.tls.ca === undefined ? {} : { ca: config.tls.ca }),
          },
        }),
  });
}

function authOf(
  config: ElasticsearchConfig,
  urls: readonly URL[],
): { apiKey: string } | { username: string; password: string } | null {
  if (config.api_key !== undefined) return { apiKey: config.api_key };
  if (config.username !== undefined && config.password !== undefined)
    return { username: config.username, password: config.password };
  const withUser = urls.find((url) => url.username !== '');
  if (withUser === undefined) return null;
  return { username: decodeURIComponent(withUser.username), password: decodeURIComponent(withUser.password) };
}

/** What Elasticsearch says is wrong: the root cause where it names one, since the outermost is often "all shards failed". */
function causeOf(body: unknown): { type: string | null; reason: string } {
  const error = at(body, 'error');
  if (typeof error === 'string') return { type: null, reason: cut(error) };
  const causes = at(error, 'root_cause');
  const root = Array.isArray(causes) && causes.length > 0 ? (causes[0] as unknown) : error;
  const [type, reason] = [at(root, 'type'), at(root, 'reason')];
  return { type: typeof type === 'string' ? type : null, reason: typeof reason === 'string' ? cut(reason) : '' };
}

function retryAfter(value: unknown): number | null {
  const seconds = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : null;
  return seconds === null ? null : Math.min(seconds * 1_000, MAX_RETRY_AFTER_MS);
}

function isTls(error: unknown): boolean {
  return /certificate|self.signed|ERR_SSL|ERR_TLS|altnames/i.test(messageOf(error));
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined; // any object may be asked for any key
}

function cut(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > MAX_REASON ? `${line.slice(0, MAX_REASON)}…` : line;
}
