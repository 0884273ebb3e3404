import type { Outcome } from '../../domain/run/outcome.js';
import { beginning, isTooDeep, readText } from '../http-json.js';
import { failedRead, hideSecrets } from '../http-request.js';
import type { HttpAnswer, HttpFailure, HttpResult } from '../http-request.js';
import { isSecretName, shownUrl } from '../http-target.js';
import { isExpected } from './input.js';
import type { ApiCallInput } from './input.js';
import { shownBody, shownHeaders } from './request.js';
import type { ApiRequest } from './request.js';

/** What the result of a call means: for a write above all whether it may be repeated, is over, or is in doubt. */
export function outcomeOf(
  input: ApiCallInput,
  request: ApiRequest,
  result: HttpResult,
  secrets: readonly string[],
): Outcome {
  if (result.type === 'answer') return answered(input, request, result, secrets);
  // An answer that is too large was an answer: its status says what became of the request.
  if (result.problem === 'too_large' && result.status !== null && request.effect === 'write')
    return answered(input, request, withoutBody(result, result.status), secrets);
  return unanswered(input, request, { ...result, reason: hideSecrets(result.reason, secrets) });
}

/** What a dry run of a write tells: the request as it would be sent, with everything secret hidden. */
export function wouldSend(
  input: ApiCallInput,
  request: ApiRequest,
  hidden: ReadonlySet<string>,
  secrets: readonly string[],
): Outcome {
  const url = hideSecrets(shownUrl(request.url), secrets);
  const isJson = request.body !== null && typeof input.body !== 'string';
  const json: unknown = isJson ? shownBody(JSON.parse(request.body)) : request.body;
  const body: unknown = json === null ? null : JSON.parse(hideSecrets(JSON.stringify(json), secrets));
  const would_send = { method: request.method, url, headers: shownHeaders(request.headers, hidden), body };
  const output = { status: null, headers: {}, body: null, dry_run: true, would_send };
  return { type: 'succeeded', output, summary: `would send ${request.method} ${url}` };
}

/** The values of the author's headers that usually are secret: an answer that echoes them must not spread them. */
export function secretsIn(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers)
    .filter(([name]) => isSecretName(name))
    .flatMap(([, value]) => [value, value.replace(/^(Bearer|Basic|Token) /i, '')]);
}

function unanswered(input: ApiCallInput, request: ApiRequest, failure: HttpFailure): Outcome {
  const evidence = evidenceOf(request, failure.status, failure.ms);
  if (request.effect !== 'write') return { ...failedRead(failure), evidence };
  const { reason, begun, problem } = failure;
  if (!begun) return { type: 'failed', reason, retryable: problem !== 'forbidden' && problem !== 'tls', evidence };
  return doubtful(input, reason, evidence);
}

/** A write that was sent and whose effect nobody can tell. */
function doubtful(input: ApiCallInput, reason: string, evidence: Evidence, wait_ms: number | null = null): Outcome {
  if (input.idempotent !== true)
    return { type: 'in_doubt', reason: `${reason}. The request was sent; whether it took effect is not known` };
  return {
    type: 'failed',
    reason,
    retryable: true,
    evidence,
    ...(wait_ms === null ? {} : { retry_after_ms: wait_ms }),
  };
}

function answered(input: ApiCallInput, request: ApiRequest, answer: HttpAnswer, secrets: readonly string[]): Outcome {
  const content = contentOf(answer, secrets);
  const { status } = answer;
  const output = outputOf(answer, content.value);
  const evidence = evidenceOf(request, status, answer.ms);
  const place = hideSecrets(`${request.method} ${shownUrl(request.url)}`, secrets);
  if (!isExpected(status, input.expect_status))
    return unexpected(input, request, answer, { place, evidence, output, secrets });
  const misled = request.effect === 'write' && input.expect_status === undefined && [301, 307, 308].includes(status);
  if (misled) {
    const reason = `${place} answered ${status}: the write was not done, it belongs to ${answer.headers['location'] ?? 'another address'}`;
    return { type: 'failed', reason: hideSecrets(reason, secrets), retryable: false, output, evidence };
  }
  if (content.broken !== null && request.effect !== 'write')
    return {
      type: 'failed',
      reason: `${place} answered ${status}, but ${content.broken}`,
      retryable: true,
      output,
      evidence,
    };
  return {
    type: 'succeeded',
    output,
    summary: summaryOf(status, content.value),
    evidence,
    ...(request.effect === 'write'
      ? { change: { target: place, what: request.method, from: null, to: { status } } }
      : {}),
  };
}

interface Unexpected {
  readonly place: string;
  readonly evidence: Evidence;
  readonly output: unknown;
  readonly secrets: readonly string[];
}

function unexpected(input: ApiCallInput, request: ApiRequest, answer: HttpAnswer, told: Unexpected): Outcome {
  const { status, retry_after_ms } = answer;
  const { evidence, output } = told;
  const text = hideSecrets(readText(answer), told.secrets);
  const expected = input.expect_status === undefined ? '' : `, expected ${String(input.expect_status)}`;
  const advice = status === 401 || status === 403 ? ': check the credentials of the call' : '';
  const reason = `${told.place} answered ${status}${expected}${advice}${text.trim() === '' ? '' : `: ${beginning(text)}`}`;
  const wait = retry_after_ms === null ? {} : { retry_after_ms };
  const turnedAway = status === 429 || (status === 503 && retry_after_ms !== null);
  if (request.effect !== 'write') {
    const lasting = status === 401 || status === 403;
    return { type: 'failed', reason, retryable: !lasting, ...wait, output, evidence };
  }
  if (turnedAway) return { type: 'failed', reason, retryable: true, ...wait, output, evidence };
  if (status >= 500) return doubtful(input, reason, evidence, retry_after_ms);
  return { type: 'failed', reason, retryable: false, output, evidence };
}

type Evidence = Readonly<Record<string, unknown>>;

function evidenceOf(request: ApiRequest, status: number | null, ms: number): Evidence {
  return { method: request.method, url: shownUrl(request.url), status, ms: Math.round(ms) };
}

/** The answer's own keys stand on top when it is a JSON object; status, headers and body win over them. */
function outputOf(answer: HttpAnswer, body: unknown): Record<string, unknown> {
  const own = typeof body === 'object' && body !== null && !Array.isArray(body) ? body : {};
  return { ...own, status: answer.status, headers: shownHeaders(answer.headers, new Set()), body };
}

interface Content {
  readonly value: unknown;
  /** Why an answer that calls itself JSON is none. */
  readonly broken: string | null;
}

function contentOf(answer: HttpAnswer, secrets: readonly string[]): Content {
  const text = hideSecrets(readText(answer), secrets);
  if (text === '') return { value: null, broken: null };
  const isJson = /[/+]json\b/i.test(answer.headers['content-type'] ?? '');
  // Many health pages speak JSON and call it text.
  if (!isJson && !/^\s*[{[]/.test(text)) return { value: text, broken: null };
  try {
    const value: unknown = JSON.parse(text);
    if (!isTooDeep(value)) return { value, broken: null };
    return { value: null, broken: isJson ? 'its JSON is nested too deep' : null };
  } catch {
    return { value: text, broken: isJson ? `its body is no JSON: ${beginning(text)}` : null };
  }
}

function summaryOf(status: number, body: unknown): string {
  if (typeof body !== 'object' || body === null || !('is_healthy' in body)) return String(status);
  if (typeof body.is_healthy !== 'boolean') return String(status);
  return body.is_healthy ? `${status}, healthy` : `${status}, not healthy`;
}

function withoutBody(failure: HttpFailure, status: number): HttpAnswer {
  return { type: 'answer', status, headers: {}, body: Buffer.alloc(0), ms: failure.ms, retry_after_ms: null };
}
