import { chance, hexDigits, pick } from './random.js';
import { DATABASE, INVENTORY, ORDER, PAYMENT, SERVICES, serviceSpec } from './services.js';
import type { ShopModel } from './shop.js';

/** One span; times are microseconds, as Jaeger has them. */
export interface ShopSpan {
  readonly span_id: string;
  readonly parent_id: string | null;
  readonly service: string;
  readonly host: { readonly name: string; readonly ip: string };
  readonly operation: string;
  readonly start_us: number;
  readonly duration_us: number;
  readonly tags: Readonly<Record<string, string | number | boolean>>;
}

/** One request's way through the shop, its root first. */
export interface ShopTrace {
  readonly trace_id: string;
  readonly start_ms: number;
  readonly spans: readonly ShopSpan[];
}

/** Who is asked from outside, and how many of the requests in a second are traced. */
const ROOTS: readonly { readonly service: string; readonly operation: string; readonly per_second: number }[] = [
  { service: PAYMENT, operation: 'POST /api/v1/payments', per_second: 3 },
  { service: ORDER, operation: 'GET /api/v1/orders/{id}', per_second: 1 },
];

export const ACQUIRE = 'acquire worker';

/** The services that report spans; the database is seen from its clients only. */
export const TRACED: readonly string[] = SERVICES.map((service) => service.name).filter((name) => name !== DATABASE);

/** All operations of a service, sorted; none for a service that reports no spans. */
export function operationsOf(
  service: string,
): { readonly name: string; readonly kind: 'server' | 'internal' | 'client' }[] {
  if (!TRACED.includes(service)) return [];
  const served = new Set([
    serviceSpec(service).operation,
    ...ROOTS.filter((root) => root.service === service).map((root) => root.operation),
  ]);
  const servers = [...served].map((name) => ({ name, kind: 'server' as const }));
  const client = service === INVENTORY ? [{ name: serviceSpec(DATABASE).operation, kind: 'client' as const }] : [];
  return [...servers, ...client, { name: ACQUIRE, kind: 'internal' as const }].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
}

/** Traces that began in the window and are over by now, newest first. They are made as they are asked for: take only what is needed. */
export function* tracesBetween(model: ShopModel, from_ms: number, to_ms: number): Generator<ShopTrace> {
  const first = Math.floor(Math.max(from_ms, model.remembersFrom()) / 1_000);
  const last = Math.floor(Math.min(to_ms, model.now()) / 1_000);
  for (let second = last; second >= first; second--) {
    const traces: ShopTrace[] = [];
    for (const [kind, root] of ROOTS.entries()) {
      for (let number = 0; number < root.per_second; number++) {
        const trace = traceOf(model, second, kind, number);
        if (trace && trace.start_ms >= from_ms && trace.start_ms <= to_ms && isOver(trace, model.now()))
          traces.push(trace);
      }
    }
    yield* traces.sort((a, b) => b.start_ms - a.start_ms);
  }
}

/** The trace of that id; null when the shop has no such trace, or has forgotten it. */
export function traceById(model: ShopModel, trace_id: string): ShopTrace | null {
  const id = trace_id.toLowerCase().padStart(32, '0');
  const match = /^([0-9a-f]{8})([0-9a-f])([0-9a-f])[0-9a-f]{22}$/.exec(id);
  if (!match) return null;
  const [second, kind, number] = match.slice(1).map((digits) => parseInt(digits, 16));
  if (second === undefined || second * 1_000 < model.remembersFrom() || second * 1_000 > model.now()) return null;
  const trace = traceOf(model, second, kind ?? 0, number ?? 0);
  return trace?.trace_id === id && isOver(trace, model.now()) ? trace : null;
}

function isOver(trace: ShopTrace, now: number): boolean {
  const [root] = trace.spans;
  return root !== undefined && root.start_us + root.duration_us <= now * 1_000;
}

function traceOf(model: ShopModel, second: number, kind: number, number: number): ShopTrace | null {
  const root = ROOTS[kind];
  if (!root || number >= root.per_second) return null;
  const roll = (what: string): number => chance(model.seed, what, second, kind, number);
  const tail = hexDigits(22, model.seed, 'trace', second, kind, number);
  const trace_id = second.toString(16).padStart(8, '0') + kind.toString(16) + number.toString(16) + tail;
  const start_ms = Math.floor(second * 1_000 + roll('start') * 1_000);
  if (model.readyPods(root.service, start_ms).length === 0) return null;
  const request: Request = {
    model,
    trace_id,
    start_ms,
    share: roll('share'),
    failing: failingService(model, root.service, start_ms, roll('error')),
    spans: [],
  };
  trace(request, root.service, root.operation, null, start_ms * 1_000);
  return { trace_id, start_ms, spans: request.spans };
}

interface Request {
  readonly model: ShopModel;
  readonly trace_id: string;
  readonly start_ms: number;
  /** How slow this request is among all: 0.99 is slower than 99 % of them, in every service that it passes. */
  readonly share: number;
  /** The services whose span fails: where it broke, and all that called it. */
  readonly failing: ReadonlySet<string>;
  readonly spans: ShopSpan[];
}

/** Adds the span of a service and all below it; answers when it ends. A request waits, works, asks others in the middle, and works on. */
function trace(
  request: Request,
  service: string,
  operation: string,
  parent_id: string | null,
  start_us: number,
): number {
  const { model, start_ms, share } = request;
  const spec = serviceSpec(service);
  const parts = model.latencyParts(service, share, start_ms);
  const place = request.spans.length;
  const span_id = spanId(request);
  const tags = serverTags(operation, request.failing.has(service));
  const span = {
    span_id,
    parent_id,
    service,
    host: hostOf(request, service),
    operation,
    start_us,
    duration_us: 0,
    tags,
  };
  request.spans.push(span);
  const wait_us = Math.round(parts.wait_ms * 1_000);
  if (wait_us >= 1_000) {
    request.spans.push({
      ...span,
      span_id: spanId(request),
      parent_id: span_id,
      operation: ACQUIRE,
      duration_us: wait_us,
      tags: { 'span.kind': 'internal' },
    });
  }
  let at = start_us + wait_us + Math.round(parts.work_ms * 400);
  for (const call of spec.calls) {
    at =
      call.service === DATABASE
        ? query(request, service, span_id, at)
        : trace(request, call.service, serviceSpec(call.service).operation, span_id, at);
  }
  const end_us = at + Math.round(parts.work_ms * 600);
  request.spans[place] = { ...span, duration_us: end_us - start_us };
  return end_us;
}

/** The database reports no spans of its own: the time spent there stands in its client's span. */
function query(request: Request, service: string, parent_id: string, start_us: number): number {
  const fails = request.failing.has(DATABASE);
  const duration_us = fails
    ? 900
    : Math.round(request.model.latency(DATABASE, request.share, request.start_ms) * 1_000);
  request.spans.push({
    span_id: spanId(request),
    parent_id,
    service,
    host: hostOf(request, service),
    operation: serviceSpec(DATABASE).operation,
    start_us,
    duration_us,
    tags: {
      'span.kind': 'client',
      'db.system': 'postgresql',
      'peer.service': DATABASE,
      'db.statement': 'SELECT quantity FROM stock WHERE sku = $1',
      ...(fails ? { error: true, 'otel.status_code': 'ERROR', 'otel.status_description': 'connection refused' } : {}),
    },
  });
  return start_us + duration_us;
}

function serverTags(operation: string, fails: boolean): ShopSpan['tags'] {
  const [method = 'GET', route = '/'] = operation.split(' ');
  const tags = {
    'span.kind': 'server',
    'http.method': method,
    'http.route': route,
    'http.status_code': fails ? 503 : 200,
  };
  return fails ? { ...tags, error: true, 'otel.status_code': 'ERROR' } : tags;
}

function failingService(model: ShopModel, root: string, at: number, roll: number): ReadonlySet<string> {
  const path: string[] = [];
  for (let service: string | undefined = root; service !== undefined; service = serviceSpec(service).calls[0]?.service)
    path.push(service);
  if (roll < model.state(INVENTORY, at).error_rate && model.refusedConnections(INVENTORY, at) > 0) return new Set(path);
  const deepest = path.filter((service) => roll < model.state(service, at).error_rate).at(-1);
  return new Set(deepest === undefined ? [] : path.slice(0, path.indexOf(deepest) + 1));
}

function hostOf({ model, trace_id, start_ms }: Request, service: string): ShopSpan['host'] {
  const [first, ...rest] = model.readyPods(service, start_ms);
  if (!first) return { name: service, ip: '' };
  const pod = pick([first, ...rest], chance(model.seed, 'host', trace_id, service));
  return { name: pod.name, ip: pod.address };
}

function spanId(request: Request): string {
  return hexDigits(16, request.model.seed, 'span', request.trace_id, request.spans.length);
}
