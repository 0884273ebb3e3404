import { serveLoopback } from './loopback.js';
import type { Answer, Ask, Loopback } from './loopback.js';
import { SERVICES } from './services.js';
import type { ServiceSpec } from './services.js';
import type { ShopModel } from './shop.js';

/** Serves what the shop says of itself: `GET /api/v1/health/{service}` and `GET /api/v1/dependencies/{service}?type=`. */
export function serveHealth(port: number, model: ShopModel): Promise<Loopback> {
  return serveLoopback(port, (ask) => answer(ask, model));
}

function answer(ask: Ask, model: ShopModel): Answer {
  const match = /^\/api\/v1\/(health|dependencies)(?:\/([^/]+))?$/.exec(ask.path);
  if (!match) return failure(404, `no such path: ${ask.path}`);
  if (ask.method !== 'GET' && ask.method !== 'HEAD') return failure(405, `${ask.method} is not allowed here`);
  const [, what, name] = match;
  if (name === undefined) {
    if (what === 'dependencies') return failure(404, 'name a service: /api/v1/dependencies/{service}');
    return { status: 200, body: { services: SERVICES.map((service) => health(service, model)) } };
  }
  const service = SERVICES.find((each) => each.name === name);
  if (!service) return failure(404, `no such service: ${name}`);
  return what === 'health' ? { status: 200, body: health(service, model) } : dependencies(ask, service, model);
}

/** Healthy means that it answers and that almost all answers are right; being slow does not make a service ill. */
function health(service: ServiceSpec, model: ShopModel): Record<string, unknown> {
  const now = model.now();
  const state = model.state(service.name, now);
  const pods = model.pods(service.name, now);
  const is_healthy = state.ready_replicas > 0 && state.error_rate < 0.1;
  const measured = (p: number): number | null =>
    state.ready_replicas === 0 ? null : Number(model.measuredLatency(service.name, p, now).toFixed(1));
  return {
    service: service.name,
    is_healthy,
    status: is_healthy ? 'healthy' : 'unhealthy',
    replicas: pods.filter((pod) => pod.deleted_at === null).length,
    ready_replicas: state.ready_replicas,
    requests_per_second: Number(state.requests_per_second.toFixed(1)),
    latency_p50_ms: measured(0.5),
    latency_p99_ms: measured(0.99),
    cpu_usage_percent: Number((state.cpu_share * 100).toFixed(1)),
    error_rate: Number(state.error_rate.toFixed(4)),
    checked_at: new Date(now).toISOString(),
  };
}

function dependencies(ask: Ask, service: ServiceSpec, model: ShopModel): Answer {
  const type = ask.query.get('type') ?? 'downstream';
  if (type !== 'downstream' && type !== 'upstream')
    return failure(400, `type: expected downstream or upstream, got ${type}`);
  const related = SERVICES.filter((other) =>
    type === 'downstream'
      ? service.calls.some((call) => call.service === other.name)
      : other.calls.some((call) => call.service === service.name),
  );
  const list = related.map((other) => {
    const { service: name, is_healthy, status, latency_p99_ms, error_rate } = health(other, model);
    return { service: name, is_healthy, status, latency_p99_ms, error_rate };
  });
  return { status: 200, body: { service: service.name, type, dependencies: list } };
}

function failure(status: number, message: string): Answer {
  return { status, body: { error: message } };
}
