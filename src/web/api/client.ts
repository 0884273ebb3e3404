import type { ApiError } from '../../domain/api/error.js';

/** What a query string may hold; null, undefined, '' and an empty list are left out. */
export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | null | undefined>>;

/** One wrong value of a refused request, by its path in what was sent. */
export type Detail = ApiError['error']['details'][number];

/** What a refusal is about: the API's own codes, and two of the way there. */
export type RefusalCode = ApiError['error']['code'] | 'unreachable' | 'timeout';

/** A request that did not do what was asked. `message` is for people and says what was wrong. */
export class ApiRefusal extends Error {
  readonly code: RefusalCode;
  readonly status: number;
  readonly details: readonly Detail[];

  constructor(code: RefusalCode, message: string, more: { status?: number; details?: readonly Detail[] } = {}) {
    super(message);
    this.name = 'ApiRefusal';
    this.code = code;
    this.status = more.status ?? 0;
    this.details = more.details ?? [];
  }
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Asked {
  readonly query?: Query | undefined;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  /** How long an answer may take; some questions (a backtest) take longer than most. */
  readonly within_ms?: number | undefined;
}

/** The one way from the pages to the service. `T` is what the route's schema in domain/api promises. */
export interface Api {
  request<T>(method: Method, path: string, asked?: Asked): Promise<T>;
  /** Follows a stream of server-sent events; answers the open response. */
  stream(path: string, lastEventId: string | null, signal: AbortSignal): Promise<Response>;
  /** What a request with the session's cookie has to bring along to change something. */
  setCsrf(csrf: string | null): void;
}

const WITHIN_MS = 30_000;

/** `onSignedOut` is told when the service does not know the session (any more). */
export function createApi(deps: { readonly fetch: typeof fetch; readonly onSignedOut: () => void }): Api {
  let csrf: string | null = null;

  async function send(path: string, init: RequestInit): Promise<Response> {
    let response: Response;
    try {
      response = await deps.fetch(path, { credentials: 'same-origin', redirect: 'error', ...init });
    } catch (error) {
      throw unsent(error);
    }
    if (response.ok) return response;
    const refusal = await readRefusal(response);
    // A wrong token at the sign-in is an answer, not the end of a session.
    if (response.status === 401 && !(path === '/api/v1/session' && init.method === 'POST')) deps.onSignedOut();
    throw refusal;
  }

  return {
    async request<T>(method: Method, path: string, asked: Asked = {}): Promise<T> {
      const timeout = AbortSignal.timeout(asked.within_ms ?? WITHIN_MS);
      const headers: Record<string, string> = { accept: 'application/json' };
      if (asked.body !== undefined) headers['content-type'] = 'application/json';
      if (method !== 'GET' && csrf !== null) headers['x-fixpoint-csrf'] = csrf;
      const response = await send(path + queryText(asked.query), {
        method,
        headers,
        signal: asked.signal ? AbortSignal.any([asked.signal, timeout]) : timeout,
        ...(asked.body === undefined ? {} : { body: JSON.stringify(asked.body) }),
      });
      if (response.status === 204) return undefined as T; // the route promises nothing, and T says so
      try {
        return (await response.json()) as T; // the route's schema is what the service answers by
      } catch (error) {
        throw unsent(error);
      }
    },
    stream(path, lastEventId, signal) {
      const headers: Record<string, string> = { accept: 'text/event-stream' };
      if (lastEventId !== null) headers['last-event-id'] = lastEventId;
      return send(path, { headers, signal, cache: 'no-store' });
    },
    setCsrf(value) {
      csrf = value;
    },
  };
}

/** `?a=1&b=x&b=y`, or '' when nothing is asked for. */
export function queryText(query: Query | undefined): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === null || value === undefined || value === '') continue;
    if (typeof value === 'object') for (const one of value) params.append(name, one);
    else params.append(name, String(value));
  }
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}

/** An address below the API with its ids encoded: path`/api/v1/runs/${run_id}`. */
export function path(parts: TemplateStringsArray, ...ids: readonly string[]): string {
  return parts.reduce((text, part, index) => text + encodeURIComponent(ids[index - 1] ?? '') + part);
}

function unsent(error: unknown): unknown {
  if (error instanceof DOMException && error.name === 'AbortError') return error;
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return new ApiRefusal('timeout', 'the service did not answer in time');
  return new ApiRefusal('unreachable', 'the service cannot be reached');
}

async function readRefusal(response: Response): Promise<ApiRefusal> {
  const { status } = response;
  try {
    const { error } = (await response.json()) as ApiError; // checked by the next line's use, which throws otherwise
    if (typeof error.message !== 'string') throw new TypeError('no message');
    return new ApiRefusal(error.code, error.message, { status, details: error.details });
  } catch {
    // A proxy in between answers in its own words.
    const code = status === 401 ? 'unauthorized' : status === 403 ? 'forbidden' : 'unavailable';
    return new ApiRefusal(code, `the service answered ${status}`, { status });
  }
}
