import { serveLoopback } from './loopback.js';
import type { Answer, Ask, Loopback } from './loopback.js';
import type { ShopModel } from './shop.js';
import { operationsOf, traceById, TRACED, tracesBetween } from './traces.js';
import type { ShopSpan, ShopTrace } from './traces.js';

const MAX_LIMIT = 1_500;
const DEFAULT_LOOKBACK_US = 2 * 86_400_000_000;
const UNIT_US: Readonly<Record<string, number>> = {
  us: 1,
  µs: 1,
  ms: 1_000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
  d: 86_400_000_000,
};

/** Serves the shop's traces as Jaeger's query service does. */
export function serveJaeger(port: number, model: ShopModel): Promise<Loopback> {
  return serveLoopback(port, (ask) => {
    try {
      if (ask.method !== 'GET' && ask.method !== 'HEAD') return { status: 405, body: 'Method Not Allowed\n' };
      return answer(ask, model);
    } catch (error) {
      if (error instanceof BadParameter) return failure(400, error.message);
      throw error;
    }
  });
}

class BadParameter extends Error {}

function answer(ask: Ask, model: ShopModel): Answer {
  const { path, query } = ask;
  if (path === '/')
    return {
      status: 200,
      body: '<!doctype html><title>Jaeger UI</title>',
      headers: { 'content-type': 'text/html; charset=utf-8' },
    };
  if (path === '/api/services') return list([...TRACED].sort());
  const operations = /^\/api\/services\/([^/]+)\/operations$/.exec(path);
  if (operations) return list(operationsOf(decoded(operations[1] ?? '')).map((operation) => operation.name));
  if (path === '/api/operations')
    return list(operationsOf(required(query, 'service')).map(({ name, kind }) => ({ name, spanKind: kind })));
  if (path === '/api/dependencies') return list(dependencies(query, model));
  if (path === '/api/traces') return findTraces(query, model);
  const id = /^\/api\/traces\/([^/]+)$/.exec(path)?.[1];
  if (id === undefined) return { status: 404, body: '404 page not found\n' };
  if (!/^[0-9a-fA-F]{1,32}$/.test(id))
    throw new BadParameter(`cannot parse traceID: strconv.ParseUint: parsing "${id}": invalid syntax`);
  const trace = traceById(model, id);
  return trace
    ? { status: 200, body: { data: [traceJson(trace)], total: 0, limit: 0, offset: 0, errors: null } }
    : failure(404, 'trace not found');
}

function findTraces(query: URLSearchParams, model: ShopModel): Answer {
  const asked = query.getAll('traceID');
  if (asked.length > 0) {
    const traces = asked.flatMap((id) => traceById(model, id) ?? []);
    return { status: 200, body: { data: traces.map(traceJson), total: 0, limit: 0, offset: 0, errors: null } };
  }
  const service = required(query, 'service');
  const wanted = spanTest(query, service);
  const { from_ms, to_ms } = windowOf(query, model);
  const limit = Math.min(whole(query, 'limit') ?? 100, MAX_LIMIT);
  const found: ShopTrace[] = [];
  for (const trace of limit > 0 && TRACED.includes(service) ? tracesBetween(model, from_ms, to_ms) : []) {
    if (trace.spans.some(wanted)) found.push(trace);
    if (found.length >= limit) break;
  }
  return { status: 200, body: { data: found.map(traceJson), total: 0, limit: 0, offset: 0, errors: null } };
}

function spanTest(query: URLSearchParams, service: string): (span: ShopSpan) => boolean {
  const operation = query.get('operation') ?? '';
  const least = durationUs(query, 'minDuration');
  const most = durationUs(query, 'maxDuration');
  if (least !== null && most !== null && most < least)
    throw new BadParameter("'maxDuration' should be greater than 'minDuration'");
  const tags = tagsOf(query);
  return (span) =>
    span.service === service &&
    (operation === '' || operation === 'all' || span.operation === operation) &&
    span.duration_us >= (least ?? 0) &&
    span.duration_us <= (most ?? Infinity) &&
    tags.every(([key, value]) => String(span.tags[key] ?? '') === value);
}

function tagsOf(query: URLSearchParams): [string, string][] {
  const pairs: [string, string][] = query.getAll('tag').map((tag) => {
    const colon = tag.indexOf(':');
    if (colon < 1) throw new BadParameter(`malformed 'tag' parameter, expecting key:value, received: ${tag}`);
    return [tag.slice(0, colon), tag.slice(colon + 1)];
  });
  for (const text of query.getAll('tags')) {
    try {
      const tags: unknown = JSON.parse(text);
      if (typeof tags !== 'object' || tags === null) throw new SyntaxError('not an object');
      for (const [key, value] of Object.entries(tags)) pairs.push([key, String(value)]);
    } catch {
      throw new BadParameter(`malformed 'tags' parameter, cannot unmarshal JSON: ${text.slice(0, 200)}`);
    }
  }
  return pairs;
}

function windowOf(query: URLSearchParams, model: ShopModel): { from_ms: number; to_ms: number } {
  const end = whole(query, 'end');
  const to_ms = end === null ? model.now() : end / 1_000;
  const start = whole(query, 'start');
  if (start !== null) return { from_ms: start / 1_000, to_ms };
  const lookback = query.get('lookback') ?? '';
  return {
    from_ms:
      to_ms -
      (lookback === '' || lookback === 'custom' ? DEFAULT_LOOKBACK_US : parseDuration('lookback', lookback)) / 1_000,
    to_ms,
  };
}

/** How often one service called another: each traced call counts, as in Jaeger. */
function dependencies(
  query: URLSearchParams,
  model: ShopModel,
): { parent: string; child: string; callCount: number }[] {
  const end = whole(query, 'endTs');
  if (end === null)
    throw new BadParameter('unable to parse param \'endTs\': strconv.ParseInt: parsing "": invalid syntax');
  const lookback = whole(query, 'lookback') ?? 86_400_000;
  const counts = new Map<string, { parent: string; child: string; callCount: number }>();
  for (const trace of tracesBetween(model, end - lookback, end)) {
    const services = new Map(trace.spans.map((span) => [span.span_id, span.service]));
    for (const span of trace.spans) {
      const parent = services.get(span.parent_id ?? '');
      if (parent === undefined || parent === span.service) continue;
      const edge = counts.get(`${parent} ${span.service}`) ?? { parent, child: span.service, callCount: 0 };
      edge.callCount++;
      counts.set(`${parent} ${span.service}`, edge);
    }
  }
  return [...counts.values()];
}

function traceJson(trace: ShopTrace): Record<string, unknown> {
  const processes = new Map<string, { id: string; json: Record<string, unknown> }>();
  const spans = trace.spans.map((span) => {
    const key = `${span.service} ${span.host.name}`;
    const process = processes.get(key) ?? { id: `p${processes.size + 1}`, json: processJson(span) };
    processes.set(key, process);
    return spanJson(trace.trace_id, span, process.id);
  });
  const byId = Object.fromEntries([...processes.values()].map((process) => [process.id, process.json]));
  return { traceID: trace.trace_id, spans, processes: byId, warnings: null };
}

function spanJson(traceID: string, span: ShopSpan, processID: string): Record<string, unknown> {
  const references = span.parent_id === null ? [] : [{ refType: 'CHILD_OF', traceID, spanID: span.parent_id }];
  return {
    traceID,
    spanID: span.span_id,
    flags: 1,
    operationName: span.operation,
    references,
    startTime: span.start_us,
    duration: span.duration_us,
    tags: Object.entries(span.tags).map(([key, value]) => tagJson(key, value)),
    logs: [],
    processID,
    warnings: null,
  };
}

function processJson(span: ShopSpan): Record<string, unknown> {
  return { serviceName: span.service, tags: [tagJson('hostname', span.host.name), tagJson('ip', span.host.ip)] };
}

function tagJson(key: string, value: string | number | boolean): Record<string, unknown> {
  const types = { string: 'string', number: 'int64', boolean: 'bool' } as const;
  return { key, type: types[typeof value as keyof typeof types], value }; // the parameter admits these three only
}

function required(query: URLSearchParams, name: string): string {
  const value = query.get(name) ?? '';
  if (value === '') throw new BadParameter(`parameter '${name}' is required`);
  return value;
}

function whole(query: URLSearchParams, name: string): number | null {
  const text = query.get(name);
  if (text === null || text === '') return null;
  if (!/^-?\d+$/.test(text))
    throw new BadParameter(
      `unable to parse param '${name}': strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  return Number(text);
}

function durationUs(query: URLSearchParams, name: string): number | null {
  const text = query.get(name) ?? '';
  return text === '' ? null : parseDuration(name, text);
}

function parseDuration(name: string, text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(us|µs|ms|s|m|h|d)/g)];
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text) {
    throw new BadParameter(`unable to parse param '${name}': time: invalid duration ${JSON.stringify(text)}`);
  }
  return parts.reduce((total, [, digits, unit]) => total + Number(digits) * (UNIT_US[unit ?? ''] ?? 0), 0);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new BadParameter(`invalid URL escape in ${JSON.stringify(text)}`);
  }
}

function list(data: readonly unknown[]): Answer {
  return { status: 200, body: { data, total: data.length, limit: 0, offset: 0, errors: null } };
}

function failure(code: number, msg: string): Answer {
  return { status: code, body: { data: null, total: 0, limit: 0, offset: 0, errors: [{ code, msg }] } };
}
