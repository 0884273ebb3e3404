import { z } from 'zod';
import type { Effect } from '../../domain/executor.js';

const Scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const QueryValue = z.union([Scalar, z.array(Scalar).max(200)]);
const StatusRange = z.union([
  z.int().min(100).max(599),
  z.string().regex(/^[1-5](\d\d|xx)$/i, "expected a status such as 404 or '4xx'"),
]);

/** Headers that the request itself needs to own: an author's would break it, or send it to another host than the one that was checked. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'expect',
  'te',
  'trailer',
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'idempotency-key',
]);

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** One HTTP request. Keys that are not named here become the query (GET, HEAD) or the JSON body (other methods). */
export const ApiCallInput = z
  .looseObject({
    action: z
      .string()
      .max(8_192)
      .describe('METHOD /path below executors.api_call.base_url, or METHOD https://host/path'),
    query: z.record(z.string(), QueryValue).optional().describe('Query parameters; a list repeats its parameter'),
    headers: z
      .record(z.string(), z.union([z.string(), z.number()]))
      .optional()
      .describe('Further request headers'),
    body: z.unknown().optional().describe('Request body: sent as JSON, or as it is when it is text'),
    expect_status: z
      .union([StatusRange, z.array(StatusRange).min(1).max(50)])
      .optional()
      .describe("The only statuses that count as success: 404, '2xx', [200, 404]; absent: everything below 400"),
    effect: z
      .enum(['read', 'write'])
      .optional()
      .describe('read: a POST that only asks; absent: write unless GET or HEAD'),
    idempotent: z
      .boolean()
      .optional()
      .describe('The same request twice does no harm: may be repeated when its outcome is unknown'),
  })
  .superRefine((input, context) => {
    for (const { path, message } of problemsOf(input)) context.addIssue({ code: 'custom', message, path: [...path] });
  });
export type ApiCallInput = z.infer<typeof ApiCallInput>;

/** What an action means; `absolute` is null for a path below the base address. */
export interface ApiAction {
  readonly method: string;
  readonly path: string;
  readonly absolute: URL | null;
  readonly takesBody: boolean;
}

/** Reads `METHOD path` or `METHOD https://…`; null when the text is neither. */
export function parseAction(text: string): ApiAction | null {
  const [, word, target] = /^\s*([A-Za-z]+)\s+(\S.*?)\s*$/s.exec(text) ?? [];
  const method = word?.toUpperCase();
  if (method === undefined || target === undefined || !METHODS.has(method)) return null;
  const takesBody = method !== 'GET' && method !== 'HEAD';
  if (target.startsWith('/')) return { method, path: target, absolute: null, takesBody };
  if (!/^https?:\/\//i.test(target) || !URL.canParse(target)) return null;
  return { method, path: target, absolute: new URL(target), takesBody };
}

/** What the call does, for pause, `stop_writes` and shadow: a write unless the method is GET or HEAD, or it says otherwise itself. */
export function effectOf(input: ApiCallInput): Effect {
  if (input.effect !== undefined) return input.effect;
  return parseAction(input.action)?.takesBody === false ? 'read' : 'write';
}

/** Whether a status counts as success. */
export function isExpected(status: number, expect: ApiCallInput['expect_status']): boolean {
  if (expect === undefined) return status < 400;
  const ranges = Array.isArray(expect) ? expect : [expect];
  return ranges.some((range) => {
    const text = String(range).toLowerCase();
    return text.endsWith('xx') ? String(status).startsWith(text.charAt(0)) : String(status) === text;
  });
}

interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

function problemsOf(input: Readonly<Record<string, unknown>> & { action: string }): Problem[] {
  const problems: Problem[] = [];
  const action = parseAction(input.action);
  if (action === null) {
    const message = `expected METHOD /path or METHOD https://host/path, with one of ${[...METHODS].join(', ')}`;
    problems.push({ path: ['action'], message });
  } else if (/[\\/](\.|%2e){1,2}([\\/?#]|$)/i.test(action.path)) {
    problems.push({ path: ['action'], message: "'.' and '..' in a path lead elsewhere than the path says" });
  }
  for (const [name, value] of Object.entries(headersIn(input))) problems.push(...headerProblems(name, value));
  const others = Object.keys(input).filter((key) => !Object.hasOwn(ApiCallInput.shape, key));
  if (action?.takesBody === false) {
    if (input['body'] !== undefined) {
      const message = `${action.method} carries no body; ask with POST and effect: read instead`;
      problems.push({ path: ['body'], message });
    }
    for (const key of others) {
      if (QueryValue.safeParse(input[key]).success) continue;
      problems.push({
        path: [key],
        message: 'expected text, a number, true, false or a list of these: it becomes the query',
      });
    }
  } else if (action !== null && input['body'] !== undefined && others[0] !== undefined) {
    problems.push({ path: [others[0]], message: 'unknown key beside body: put it into body, or leave body out' });
  }
  return problems;
}

function headersIn(input: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const headers = input['headers'];
  return typeof headers === 'object' && headers !== null ? { ...headers } : {};
}

function headerProblems(name: string, value: unknown): Problem[] {
  const path = ['headers', name];
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) return [{ path, message: 'no valid header name' }];
  if (OWN_HEADERS.has(name.toLowerCase())) return [{ path, message: `${name} is set by the request itself` }];
  if (/[\r\n\0]/.test(String(value))) return [{ path, message: 'a header holds one line of text' }];
  return [];
}
