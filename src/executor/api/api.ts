import { z } from 'zod';
import type { Clock } from '../../domain/clock.js';
import type { ConnectionCheck } from '../../domain/connection.js';
import { Duration, durationMs } from '../../domain/duration.js';
import type { AttemptContext, Executor, ExecutorModule, ExecutorSpec, Plan } from '../../domain/executor.js';
import type { Outcome } from '../../domain/run/outcome.js';
import { isHostPattern } from '../http-address.js';
import { createHttpClient } from '../http-request.js';
import type { HttpAnswer, HttpClient, HttpResult } from '../http-request.js';
import { HttpUrl, HTTP_TARGET, shownUrl, targetHeaders, targetSecrets } from '../http-target.js';
import { ApiCallInput, effectOf, isExpected } from './input.js';
import { buildRequest, digestOf } from './request.js';
import type { ApiRequest } from './request.js';
import type { EndTurn } from './turns.js';
import { Turns } from './turns.js';
import { outcomeOf, secretsIn, wouldSend } from './outcome.js';

/** `executors.api_call`: every key has a default, so that calls to whole addresses work without configuration. */
export const ApiCallConfig = z.strictObject({
  base_url: HttpUrl.optional().describe('Address below which actions with a path only are called'),
  bearer_token: HTTP_TARGET.bearer_token,
  basic_auth: HTTP_TARGET.basic_auth,
  headers: HTTP_TARGET.headers.describe('Headers of every request to base_url, and to no other host; kept secret'),
  allow_hosts: z
    .array(z.string().refine(isHostPattern, { error: 'expected a host name, *.name, an address or a CIDR' }))
    .max(1_000)
    .optional()
    .describe('Hosts, addresses and CIDRs that calls may reach besides base_url; absent: any but metadata services'),
  timeout: Duration.default('30s').describe('Longest time for one call'),
  max_body: z.int().min(1).max(67_108_864).default(1_048_576).describe('Longest answer in bytes'),
  max_at_once: z
    .int()
    .min(1)
    .max(10_000)
    .default(256)
    .describe(
      'Most calls to one host that are under way at once; others wait for their turn, as long as their step may take',
    ),
  tls: HTTP_TARGET.tls,
});
export type ApiCallConfig = z.infer<typeof ApiCallConfig>;

/** What is known of `api_call` without configuration. */
export const apiCallSpec = {
  kind: 'api_call',
  title: 'Call an HTTP API',
  // The registry's users hand a spec only what its own `input` has parsed.
  effect: (input: unknown) => effectOf(input as ApiCallInput),
  input: ApiCallInput,
  takes_action: true,
  encode: { action: 'url' },
  output_keys: null,
} satisfies ExecutorSpec;

/** `api_call` sends one HTTP request, and says of a write that failed whether it is known not to have begun. */
export const apiCallModule: ExecutorModule<ApiCallConfig> = {
  name: 'api_call',
  config: ApiCallConfig,
  specs: [apiCallSpec],
  create(config, { clock }) {
    const api = new ApiCall(config, clock);
    return {
      executors: { api_call: api },
      check: (signal) => api.check(signal),
      stop: () => api.stop(),
    };
  },
};

const MAX_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

class ApiCall implements Executor<ApiCallInput> {
  readonly #config: ApiCallConfig;
  readonly #client: HttpClient;
  readonly #turns: Turns;
  readonly #base: { readonly origin: string; readonly headers: Readonly<Record<string, string>> } | null = null;
  readonly #secrets: readonly string[] = [];

  constructor(config: ApiCallConfig, clock: Clock) {
    this.#config = config;
    this.#turns = new Turns(config.max_at_once);
    if (config.base_url !== undefined) {
      const target = { ...config, url: config.base_url };
      this.#base = { origin: new URL(config.base_url).origin, headers: targetHeaders(target) };
      this.#secrets = targetSecrets(target);
    }
    this.#client = createHttpClient({
      clock,
      timeout_ms: durationMs(config.timeout),
      max_body: config.max_body,
      tls: config.tls,
      secrets: this.#secrets,
      addresses: { allow_hosts: allowedHosts(config) },
    });
  }

  async execute(input: ApiCallInput, attempt: AttemptContext): Promise<Outcome> {
    const request = buildRequest(input, this.#config.base_url ?? null);
    if ('problem' in request) return { type: 'failed', reason: request.problem, retryable: false };
    const secrets = [...this.#secrets, ...secretsIn(request.headers)];
    if (attempt.dry_run && request.effect === 'write') {
      return wouldSend(input, { ...request, headers: this.#headers(request, attempt) }, this.#hidden(), secrets);
    }
    return outcomeOf(input, request, await this.#send(input, request, attempt), secrets);
  }

  turn(input: ApiCallInput, attempt: AttemptContext): Promise<EndTurn | null> {
    const request = buildRequest(input, this.#config.base_url ?? null);
    // What is wrong with it is told without waiting.
    return 'problem' in request ? Promise.resolve(() => undefined) : this.#turns.take(request.url.host, attempt.signal);
  }

  plan(input: ApiCallInput): Promise<Plan> {
    const request = buildRequest(input, this.#config.base_url ?? null);
    if ('problem' in request) return Promise.resolve({ type: 'failed', reason: request.problem, retryable: false });
    const url = shownUrl(request.url);
    const body =
      request.body === null ? null : { sha256: digestOf(request.body), bytes: Buffer.byteLength(request.body) };
    const details = { method: request.method, url, body };
    return Promise.resolve({
      type: 'change',
      intent: { target: url, what: `${request.method} ${url}`, from: null, to: { body }, details },
    });
  }

  async check(signal: AbortSignal): Promise<ConnectionCheck[]> {
    const { base_url } = this.#config;
    if (base_url === undefined) return [];
    const url = new URL(base_url);
    const line = { name: 'executors.api_call', target: shownUrl(url), required: false };
    const result = await this.#client.request({ method: 'GET', url, headers: { ...this.#base?.headers }, signal });
    if (result.type === 'failure') return [{ ...line, ok: false, message: result.reason }];
    const refused = result.status === 401 || result.status === 403;
    const advice = refused ? ': check executors.api_call.bearer_token, basic_auth and headers' : '';
    return [{ ...line, ok: !refused && result.status < 500, message: `answers ${result.status}${advice}` }];
  }

  stop(): Promise<void> {
    return this.#client.stop();
  }

  /** Reads follow redirects, each hop checked as the first was; a write goes where it was planned to go, or nowhere. */
  async #send(input: ApiCallInput, request: ApiRequest, attempt: AttemptContext): Promise<HttpResult> {
    let next = request;
    for (let hop = 0; ; hop++) {
      const result = await this.#request(next, attempt, request.effect === 'write');
      const onward = result.type === 'answer' ? redirected(input, next, result) : null;
      if (onward === null || result.type === 'failure') return result;
      if (hop === MAX_REDIRECTS) return lost(request, result);
      next = onward;
    }
  }

  /** A write has its turn already, since before its intent was recorded. A read holds one turn at a time: hosts cannot block each other. */
  async #request(request: ApiRequest, attempt: AttemptContext, writes: boolean): Promise<HttpResult> {
    const { method, url, body } = request;
    const { signal } = attempt;
    const endTurn = writes ? () => undefined : await this.#turns.take(url.host, signal);
    if (endTurn === null) return noTurn(request);
    const headers = this.#headers(request, attempt);
    return this.#client
      .request({ method, url, headers, ...(body === null ? {} : { body }), signal, writes })
      .finally(endTurn);
  }

  /** The configured headers hold credentials of the base address: no other host gets them. */
  #headers(request: ApiRequest, attempt: AttemptContext): Record<string, string> {
    const key: Record<string, string> =
      request.method === 'GET' || request.method === 'HEAD' ? {} : { 'idempotency-key': attempt.idempotency_key };
    const configured = this.#base?.origin === request.url.origin ? this.#base.headers : {};
    return { ...configured, ...request.headers, ...key };
  }

  #hidden(): ReadonlySet<string> {
    return new Set(Object.keys(this.#base?.headers ?? {}));
  }
}

/** Where a read is sent on to; null when the answer is final, also because the author expects this very redirect. */
function redirected(input: ApiCallInput, request: ApiRequest, answer: HttpAnswer): ApiRequest | null {
  const location = answer.headers['location'];
  const follows = request.effect === 'read' && (request.method === 'GET' || request.method === 'HEAD');
  if (!follows || location === undefined || !REDIRECTS.has(answer.status)) return null;
  if (input.expect_status !== undefined && isExpected(answer.status, input.expect_status)) return null;
  const url = URL.canParse(location, request.url.href) ? new URL(location, request.url) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return null;
  // Another origin gets none of the author's headers: any of them may hold a secret.
  return { ...request, url, headers: url.origin === request.url.origin ? request.headers : {} };
}

function noTurn({ method, url }: ApiRequest): HttpResult {
  const why = `so many calls to ${url.host} were under way that its turn did not come (executors.api_call.max_at_once)`;
  const reason = `${method} ${shownUrl(url)}: nothing was sent: ${why}`;
  return { type: 'failure', problem: 'aborted', reason, begun: false, status: null, ms: 0 };
}

function lost(request: ApiRequest, answer: HttpAnswer): HttpResult {
  const reason = `${request.method} ${shownUrl(request.url)} was redirected more than ${MAX_REDIRECTS} times`;
  return { type: 'failure', problem: 'broken', reason, begun: true, status: answer.status, ms: answer.ms };
}

/** What the operator configured as the base address is allowed by that. */
function allowedHosts(config: ApiCallConfig): readonly string[] | null {
  if (config.allow_hosts === undefined) return null;
  return config.base_url === undefined
    ? config.allow_hosts
    : [...config.allow_hosts, new URL(config.base_url).hostname];
}
