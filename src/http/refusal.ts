import type { FastifyReply, FastifyRequest } from 'fastify';
import { formatPath, HTTP_STATUS } from '../domain/api/error.js';
import type { ApiError } from '../domain/api/error.js';
import { FixpointError } from '../domain/errors.js';
import type { ErrorCode } from '../domain/errors.js';
import type { PathProblem } from '../domain/schema-problem.js';
import type { ProbeDeps } from './deps.js';
import { CSRF_HEADER } from './session-cookie.js';

/** Sent with every 503: how many seconds a client does well to wait. */
export const RETRY_AFTER_S = 5;

const BEARER_CHALLENGE = 'Bearer realm="fixpoint"';
const CHALLENGE = `Basic realm="fixpoint", charset="UTF-8", ${BEARER_CHALLENGE}`;

/** Answers whatever was thrown in the API's one error shape. What is a fault of ours is logged, and told to the caller by its id only. */
export function answerError(thrown: unknown, reply: FastifyReply, deps: Pick<ProbeDeps, 'log' | 'ids'>): void {
  const refusal = refusalOf(thrown, reply.request.routeOptions.bodyLimit);
  if (refusal === null) {
    const error_id = deps.ids.next();
    const { method, routeOptions } = reply.request;
    deps.log.error({ err: thrown, error_id, method, route: routeOptions.url }, 'a request failed');
    void reply.code(500).send(body('internal', `something broke inside; the log tells more under ${error_id}`));
    return;
  }
  if (refusal.code === 'unauthorized') void reply.header('www-authenticate', challengeFor(reply.request));
  if (refusal.code === 'unavailable') void reply.header('retry-after', String(RETRY_AFTER_S));
  // Fastify would close the connection under a client that is still sending: most never see the answer then, and send it all again. What
  // is refused is read on and thrown away, for as long as a request may take at all.
  if (refusal.code === 'too_large') stayForTheRest(reply);
  void reply.code(HTTP_STATUS[refusal.code]).send(body(refusal.code, refusal.message, refusal.details));
}

/** Keeps the connection until the body has come, also where the client wants it closed after the answer: it is, then. */
function stayForTheRest(reply: FastifyReply): void {
  const { raw: response, request } = reply;
  void reply.removeHeader('connection');
  if (response.shouldKeepAlive) return;
  response.shouldKeepAlive = true;
  request.raw.once('end', () => request.raw.socket.end());
}

/** A browser would ask for a password by itself: it should where a person opens an address, and not where a page of ours asks for data. */
function challengeFor({ headers }: FastifyRequest): string {
  const mode = headers['sec-fetch-mode'];
  const isOwnPage = CSRF_HEADER in headers || (mode !== undefined && mode !== 'navigate');
  return isOwnPage ? BEARER_CHALLENGE : CHALLENGE;
}

/** The API's error as JSON text, for the places below routing where there is no reply. */
export function errorText(code: ErrorCode, message: string): string {
  return JSON.stringify(body(code, message));
}

/** A route or a method that does not exist. */
export function answerUnknownRoute(request: FastifyRequest, reply: FastifyReply): void {
  const path = request.url.split('?')[0]?.slice(0, 200) ?? '';
  void reply.code(404).send(body('not_found', `there is no ${request.method} ${path}`));
}

/** The same, before the body is looked at: whoever misspells a path learns that, and not first what is wrong with the body. */
export function answerUnreadRoute(request: FastifyRequest, reply: FastifyReply): void {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
  if (length !== undefined || coding !== undefined) stayForTheRest(reply);
  answerUnknownRoute(request, reply);
}

/** What a schema refuses, as the API tells it: the message names the first place, the details name all. */
export function invalid(problems: readonly PathProblem[], what: string): FixpointError {
  const details = problems.map(({ path, message }) => ({ path: formatPath(path), message }));
  const first = details[0];
  const place = first === undefined || first.path === '' ? what : `${what} ${first.path}`;
  const more = details.length > 1 ? ` (and ${details.length - 1} more)` : '';
  return new FixpointError('invalid', `${place}: ${first?.message ?? 'invalid'}${more}`, { details });
}

function body(code: ApiError['error']['code'], message: string, details: FixpointError['details'] = []): ApiError {
  return { error: { code, message, details: [...details] } };
}

function refusalOf(thrown: unknown, bodyLimit: number): FixpointError | null {
  if (thrown instanceof FixpointError) return thrown;
  if (!(thrown instanceof Error)) return null;
  // Fastify's own errors carry a code FST_… and a status; any other error with a status is a stranger's and stays a fault.
  const { code, statusCode } = thrown as Error & { code?: unknown; statusCode?: unknown }; // read as unknown and tested below
  // Node's word for a sender that went away: nobody hears the answer, and no fault of ours is to be looked for in the log.
  if (code === 'ECONNRESET' && thrown.message === 'aborted')
    return new FixpointError('invalid', 'the connection ended before the whole body had come');
  if (typeof code !== 'string' || !code.startsWith('FST_') || typeof statusCode !== 'number') return null;
  if (statusCode === 413)
    return new FixpointError('too_large', `the body is larger than ${bodyLimit} bytes (body_limit)`);
  // 414: a part of the path that is longer than any id.
  if (statusCode === 404 || statusCode === 414) return new FixpointError('not_found', thrown.message);
  if (statusCode >= 400 && statusCode < 500) return new FixpointError('invalid', thrown.message);
  return null;
}
