import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyRequest,
  FastifySchemaCompiler,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ApiError, MAX_DETAILS } from '../domain/api/error.js';
import { FixpointError } from '../domain/errors.js';
import { readBySchema } from '../domain/schema-problem.js';
import { invalid } from './refusal.js';

/** The server as routes see it: their schemas are zod. */
export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** An id in a path. Anything that no id can be is simply not found. */
export const PathId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,199}$/, 'no id looks like this');

/**
 * The `response` part of a route's schema: what it answers, for the OpenAPI document. Answers are domain values and go out as they are;
 * tests hold them to their schemas.
 */
export function answers(status: number, schema: z.ZodType): { response: Readonly<Record<string, unknown>> } {
  return { response: { [status]: schema, default: ApiError } };
}

/** The same for a route that answers nothing but that it was done. */
export function noContent(): { response: Readonly<Record<string, unknown>> } {
  return { response: { 204: z.null().describe('Done'), default: ApiError } };
}

/** Reads a part of a request by its zod schema and refuses it with its place. */
export const readByZod: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  return (value: unknown) => {
    // Fastify says null where there is no body.
    const result = readBySchema(schema, httpPart === 'body' ? (value ?? undefined) : value, MAX_DETAILS);
    if ('value' in result) return { value: result.value };
    if (httpPart === 'params') return { error: new FixpointError('not_found', 'there is nothing at this path') };
    return { error: invalid(result.problems, httpPart === 'querystring' ? 'query' : 'body') };
  };
};

/** What was asked for, or `not_found`. */
export function found<Value>(value: Value | null | undefined, what: string): Value {
  if (value === null || value === undefined) throw new FixpointError('not_found', `there is no ${what}`);
  return value;
}

/** True for a request that wants a stream of events instead of JSON. */
export function wantsEvents(request: FastifyRequest): boolean {
  return /(^|[,\s])text\/event-stream\b/i.test(request.headers.accept ?? '');
}
