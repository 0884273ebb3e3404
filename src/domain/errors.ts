/** The closed list of reasons for which Fixpoint refuses a request; one table maps them to HTTP statuses and exit codes. */
export type ErrorCode =
  'invalid' | 'unauthorized' | 'forbidden' | 'not_found' | 'conflict' | 'too_large' | 'unavailable';

/** Where in the caller's input something is wrong. `path` uses dots and brackets: `alerts[2].labels.alertname`. */
export interface ErrorDetail {
  readonly path: string;
  readonly message: string;
}

/** A refusal that the caller can act on. Its message says what was expected, what came, and where; it never holds a secret. */
export class FixpointError extends Error {
  readonly code: ErrorCode;
  readonly details: readonly ErrorDetail[];

  constructor(code: ErrorCode, message: string, options: { details?: readonly ErrorDetail[]; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'FixpointError';
    this.code = code;
    this.details = options.details ?? [];
  }
}

/** The first of them with its place, and how many more there are; null where there is none. */
export function sentenceOf(details: readonly ErrorDetail[]): string | null {
  const [first] = details;
  if (!first) return null;
  const more = details.length > 1 ? ` (and ${details.length - 1} more)` : '';
  return `${first.path === '' ? '' : `${first.path}: `}${first.message}${more}`;
}

/** The text of anything that was thrown, for a log field or a record. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
