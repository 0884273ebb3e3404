import { z } from 'zod';
import type { Clock } from '../domain/clock.js';
import type { ConnectionCheck } from '../domain/connection.js';
import { durationMs } from '../domain/duration.js';
import type { Duration } from '../domain/duration.js';
import type { Outcome } from '../domain/run/outcome.js';
import { createHttpClient, failedRead, hideSecrets } from './http-request.js';
import type { HttpClient } from './http-request.js';
import { readJson } from './http-json.js';
import { below, shownUrl, targetHeaders, targetSecrets } from './http-target.js';
import type { HttpTarget, HttpTls } from './http-target.js';

/** A window's traces are big; more than this is not taken into memory. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
/** Spans of one trace that are looked at. */
const MAX_SPANS = 20_000;

/** The tags that are kept of a span: the others are nobody's business. */
const KEPT_TAGS: ReadonlySet<string> = new Set([
  'error',
  'otel.status_code',
  'http.status_code',
  'http.response.status_code',
  'span.kind',
  'peer.service',
  'db.system',
  'db.system.name',
  'messaging.system',
]);

const Tag = z.object({ key: z.string(), value: z.unknown().optional() });
const Reference = z.object({
  refType: z.string().default('CHILD_OF'),
  traceID: z.string().optional(),
  spanID: z.string(),
});
const JaegerSpan = z.object({
  spanID: z.string(),
  operationName: z.string().default('unknown'),
  references: z.array(Reference).nullish(),
  parentSpanID: z.string().nullish(),
  startTime: z.number(),
  duration: z.number(),
  tags: z.array(Tag).nullish(),
  processID: z.string().nullish(),
  process: z.object({ serviceName: z.string() }).nullish(),
});
const JaegerTrace = z.object({
  traceID: z.string(),
  spans: z.array(JaegerSpan).nullish(),
  processes: z.record(z.string(), z.object({ serviceName: z.string() })).nullish(),
});
const Problems = z.array(z.object({ msg: z.string().default(''), code: z.number().optional() })).nullish();
const Envelope = z.object({ data: z.unknown().optional(), errors: Problems });
const Dependencies = z.array(z.object({ parent: z.string(), child: z.string(), callCount: z.number().nullish() }));

/** One span, with what matters of it. Times are microseconds, as Jaeger keeps them. */
export interface Span {
  readonly span_id: string;
  /** `follows`: its parent does not wait for it. */
  readonly parent: { readonly span_id: string; readonly follows: boolean } | null;
  readonly service: string;
  readonly operation: string;
  readonly start_us: number;
  readonly duration_us: number;
  readonly tags: Readonly<Record<string, unknown>>;
}

export interface Trace {
  readonly trace_id: string;
  readonly spans: readonly Span[];
}

/** How often one service called another. */
export interface Call {
  readonly from: string;
  readonly to: string;
  readonly calls: number | null;
}

/** The answer, and what Jaeger says is missing in it; or the outcome of a read that failed. */
export type JaegerResult<T> =
  | { readonly type: 'ok'; readonly value: T; readonly notes: readonly string[] }
  | { readonly type: 'failed'; readonly outcome: Outcome & { readonly type: 'failed' } };

export interface TraceQuestion {
  readonly service: string;
  readonly operation: string | null;
  readonly from_ms: number;
  readonly to_ms: number;
  readonly limit: number;
  /** Only traces with a span of the service that took at least this long. */
  readonly min_duration_ms?: number;
  /** Only traces with a span of the service that failed. */
  readonly failed?: boolean;
}

/** What a Jaeger query service can be asked. Nothing here throws for what the server does. */
export interface Jaeger {
  /** The address, for people. */
  readonly target: string;
  traces(question: TraceQuestion, signal: AbortSignal): Promise<JaegerResult<readonly Trace[]>>;
  /** Who called whom between two instants. */
  calls(from_ms: number, to_ms: number, signal: AbortSignal): Promise<JaegerResult<readonly Call[]>>;
  check(name: string, signal: AbortSignal): Promise<ConnectionCheck>;
  stop(): Promise<void>;
}

export interface JaegerTarget extends HttpTarget {
  readonly timeout: Duration;
  readonly tls?: HttpTls | undefined;
}

/** A client of Jaeger's query API (`/api/traces`, `/api/dependencies`, `/api/services`). Connections are made at the first question. */
export function createJaeger(target: JaegerTarget, clock: Clock): Jaeger {
  const secrets = targetSecrets(target);
  const client = createHttpClient({
    clock,
    timeout_ms: durationMs(target.timeout),
    max_body: MAX_ANSWER_BYTES,
    tls: target.tls,
    secrets,
  });
  const shown = shownUrl(below(target.url, ''));
  const ask = <T>(path: string, query: Record<string, string>, signal: AbortSignal, read: Reader<T>) =>
    askJaeger({ client, target, secrets, shown }, { path, query, signal }, read);
  return {
    target: shown,
    traces: (question, signal) => ask('/api/traces', traceQuery(question), signal, readTraces),
    calls: (from_ms, to_ms, signal) =>
      ask('/api/dependencies', { endTs: String(to_ms), lookback: String(to_ms - from_ms) }, signal, readCalls),
    async check(name, signal) {
      const result = await ask('/api/services', {}, signal, readServices);
      const line = { name, target: shown, required: false };
      if (result.type === 'failed') return { ...line, ok: false, message: result.outcome.reason };
      return { ...line, ok: true, message: `Jaeger, ${result.value.length} services` };
    },
    stop: () => client.stop(),
  };
}

/** Answers null when the value is not what was asked for. */
type Reader<T> = (data: unknown) => T | null;

interface Asking {
  readonly client: HttpClient;
  readonly target: JaegerTarget;
  readonly secrets: readonly string[];
  readonly shown: string;
}

async function askJaeger<T>(
  asking: Asking,
  question: { readonly path: string; readonly query: Readonly<Record<string, string>>; readonly signal: AbortSignal },
  read: Reader<T>,
): Promise<JaegerResult<T>> {
  const { client, target, secrets, shown } = asking;
  const url = below(target.url, question.path);
  for (const [name, value] of Object.entries(question.query)) url.searchParams.set(name, value);
  const answer = await client.request({ method: 'GET', url, headers: targetHeaders(target), signal: question.signal });
  if (answer.type === 'failure') {
    const outcome = failedRead(answer);
    return outcome.type === 'failed' ? { type: 'failed', outcome } : failed(answer.reason, true);
  }
  const where = `Jaeger at ${shown} (${question.path})`;
  if (answer.status === 401 || answer.status === 403)
    return failed(
      `${where} does not accept the credential (${answer.status}): check bearer_token or basic_auth`,
      false,
    );
  const body = readJson(answer, secrets);
  const envelope = body.type === 'json' ? Envelope.safeParse(body.value) : null;
  const problems = (envelope?.data?.errors ?? []).map((problem) => hideSecrets(problem.msg.slice(0, 300), secrets));
  if (answer.status >= 400) {
    const said = problems.length === 0 ? '' : `: ${problems.join('; ')}`;
    const retryable = answer.status === 429 || answer.status >= 500;
    return failed(`${where} answered ${answer.status}${said}`, retryable, answer.retry_after_ms);
  }
  if (body.type === 'wrong') return failed(`${where}: ${body.reason}: is this Jaeger's query address?`, false);
  const value = envelope?.success === true ? read(envelope.data.data ?? []) : null;
  if (value === null) return failed(`${where} answered something that is not Jaeger's JSON`, false);
  return { type: 'ok', value, notes: problems.map((problem) => `Jaeger says: ${problem}`) };
}

function failed(reason: string, retryable: boolean, retry_after_ms: number | null = null): JaegerResult<never> {
  const outcome = { type: 'failed' as const, reason, retryable };
  return { type: 'failed', outcome: retry_after_ms === null ? outcome : { ...outcome, retry_after_ms } };
}

function traceQuery(question: TraceQuestion): Record<string, string> {
  return {
    service: question.service,
    start: String(Math.floor(question.from_ms * 1_000)),
    end: String(Math.floor(question.to_ms * 1_000)),
    lookback: 'custom',
    limit: String(question.limit),
    ...(question.operation === null ? {} : { operation: question.operation }),
    ...(question.min_duration_ms === undefined ? {} : { minDuration: `${Math.ceil(question.min_duration_ms)}ms` }),
    ...(question.failed === true ? { tags: '{"error":"true"}' } : {}),
  };
}

function readTraces(data: unknown): Trace[] | null {
  const parsed = z.array(JaegerTrace).safeParse(data);
  if (!parsed.success) return null;
  return parsed.data.map((trace) => ({
    trace_id: trace.traceID,
    spans: (trace.spans ?? []).slice(0, MAX_SPANS).map((span) => readSpan(span, trace)),
  }));
}

function readSpan(span: z.infer<typeof JaegerSpan>, trace: z.infer<typeof JaegerTrace>): Span {
  const service = span.process?.serviceName ?? trace.processes?.[span.processID ?? '']?.serviceName ?? 'unknown';
  const tags: Record<string, unknown> = {};
  for (const { key, value } of span.tags ?? []) if (KEPT_TAGS.has(key)) tags[key] = value;
  return {
    span_id: span.spanID,
    parent: parentOf(span, trace.traceID),
    service,
    operation: span.operationName,
    start_us: span.startTime,
    duration_us: Math.max(0, span.duration),
    tags,
  };
}

/** A reference into another trace is a link, not a parent. Where a span has several parents, the one that waits for it counts. */
function parentOf(span: z.infer<typeof JaegerSpan>, trace_id: string): Span['parent'] {
  const own = (span.references ?? []).filter((reference) => (reference.traceID ?? trace_id) === trace_id);
  const reference = own.find(({ refType }) => refType === 'CHILD_OF') ?? own[0];
  if (reference !== undefined) return { span_id: reference.spanID, follows: reference.refType === 'FOLLOWS_FROM' };
  const { parentSpanID } = span;
  return parentSpanID == null || /^0*$/.test(parentSpanID) ? null : { span_id: parentSpanID, follows: false };
}

function readCalls(data: unknown): Call[] | null {
  const parsed = Dependencies.safeParse(data);
  if (!parsed.success) return null;
  return parsed.data.map(({ parent, child, callCount }) => ({ from: parent, to: child, calls: callCount ?? null }));
}

function readServices(data: unknown): string[] | null {
  const parsed = z.array(z.string()).safeParse(data);
  return parsed.success ? parsed.data : null;
}
