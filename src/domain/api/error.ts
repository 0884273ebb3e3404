import { z } from 'zod';
import type { ErrorCode } from '../errors.js';

/** What every refused or failed request answers. `internal` is a fault of ours; the log tells more under the id in its message. */
export const ApiError = z.object({
  error: z.object({
    code: z.enum([
      'invalid',
      'unauthorized',
      'forbidden',
      'not_found',
      'conflict',
      'too_large',
      'unavailable',
      'internal',
    ]),
    message: z.string().describe('What was expected, what came, and where'),
    details: z.array(z.object({ path: z.string(), message: z.string() })).describe('One entry for each wrong value'),
  }),
});
export type ApiError = z.infer<typeof ApiError>;

/** The HTTP status of each code. */
export const HTTP_STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  unavailable: 503,
};

/** How many details one answer lists at most. */
export const MAX_DETAILS = 100;

/** `['alerts', 2, 'labels']` as `alerts[2].labels`; the whole value is the empty path. */
export function formatPath(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? String(part) : `.${String(part)}`;
  }
  return text.slice(0, 500);
}
