import { createHash } from 'node:crypto';
import type { Effect } from '../../domain/executor.js';
import { below, isSecretName } from '../http-target.js';
import { effectOf, parseAction } from './input.js';
import type { ApiCallInput } from './input.js';

/** A request as it will be sent, still without the configured credentials. */
export interface ApiRequest {
  readonly method: string;
  readonly url: URL;
  /** Names in lower case, as the author gave them and as the body needs them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly effect: Effect;
}

/** The request that an input means, or what is wrong with it. `base_url` is needed for an action that names a path only. */
export function buildRequest(input: ApiCallInput, base_url: string | null): ApiRequest | { readonly problem: string } {
  const action = parseAction(input.action);
  if (action === null) return { problem: `action: expected METHOD /path or METHOD https://…, got ${input.action}` };
  if (action.absolute === null && base_url === null)
    return { problem: 'executors.api_call.base_url is not configured: set it, or write the whole address in action' };
  const url = action.absolute ?? below(base_url ?? '', action.path);
  if (action.absolute === null && !isBelow(url, base_url ?? ''))
    return { problem: `action: ${action.path} leaves the path of executors.api_call.base_url` };
  const others = Object.entries(input).filter(([key]) => !OWN_KEYS.has(key));
  for (const [name, value] of Object.entries(input.query ?? {})) append(url, name, value);
  if (action.takesBody) return withBody(input, action.method, url, others);
  for (const [name, value] of others) append(url, name, value);
  return { method: action.method, url, headers: headersOf(input), body: null, effect: effectOf(input) };
}

/** Hex SHA-256 of a body, by which an intent names it. */
export function digestOf(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}

/** Headers for people: the values of those that usually hold a secret are hidden, and so are the given ones. */
export function shownHeaders(
  headers: Readonly<Record<string, string>>,
  hidden: ReadonlySet<string>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, hidden.has(name) || isSecretName(name) ? '***' : value]),
  );
}

/** A JSON value for people: what stands under a key that usually holds a secret is hidden. */
export function shownBody(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > 20) return '…';
  if (Array.isArray(value)) return value.map((item) => shownBody(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, isSecretName(key) ? '***' : shownBody(item, depth + 1)]),
  );
}

const OWN_KEYS: ReadonlySet<string> = new Set([
  'action',
  'query',
  'headers',
  'body',
  'expect_status',
  'effect',
  'idempotent',
]);

function withBody(input: ApiCallInput, method: string, url: URL, others: [string, unknown][]): ApiRequest {
  const effect = effectOf(input);
  const content = input.body ?? (others.length === 0 ? undefined : Object.fromEntries(others));
  const headers = headersOf(input);
  if (content === undefined) return { method, url, headers, body: null, effect };
  const isText = typeof content === 'string';
  const type = isText ? 'text/plain; charset=utf-8' : 'application/json';
  const body = isText ? content : JSON.stringify(content);
  return { method, url, headers: { 'content-type': type, ...headers }, body, effect };
}

function headersOf(input: ApiCallInput): Record<string, string> {
  return Object.fromEntries(
    Object.entries(input.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
}

/** Lists become repeated parameters; null leaves a parameter out. The input's schema admits scalars and lists of them. */
function append(url: URL, name: string, value: unknown): void {
  const items: unknown[] = Array.isArray(value) ? value : [value];
  for (const item of items) {
    if (item === null || item === undefined) continue;
    url.searchParams.append(name, typeof item === 'string' ? item : JSON.stringify(item));
  }
}

/** URLs resolve `..` (also written %2e%2e), and a rendered value might be just that. */
function isBelow(url: URL, base_url: string): boolean {
  const prefix = new URL(base_url).pathname.replace(/\/+$/, '');
  return url.pathname === prefix || url.pathname.startsWith(`${prefix}/`);
}
