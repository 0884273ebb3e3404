import { HISTORY_MS } from './shop.js';
import type { Pod, ShopModel } from './shop.js';

/** Upper bounds of the latency histogram's buckets in seconds, as client libraries have them; +Inf comes last. */
export const BUCKETS_S: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 5, 10,
];

/** What one replica has counted since it began. `buckets` are cumulative over the bounds, +Inf excluded. */
export interface Counts {
  readonly requests: number;
  readonly errors: number;
  readonly latency_sum_s: number;
  readonly cpu_s: number;
  readonly refused_connections: number;
  readonly buckets: readonly number[];
}

/** How one request's latency is spread over the buckets, and its mean. */
interface Shape {
  readonly buckets: readonly number[];
  readonly mean_s: number;
}

const STEP_MS = 1_000;
const QUANTILES = [0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95];

/**
 * The counters that the shop's services would have kept: the model's rates, added up second by second. All replicas of a service share its
 * load evenly, so one row of sums per service serves every replica, each from its own beginning.
 */
export class Counters {
  readonly #model: ShopModel;
  readonly #rows = new Map<string, { first: number; sums: Counts[] }>();
  readonly #began = new WeakMap<Pod, Counts>();
  readonly #shapes = new Map<string, Shape>();
  readonly #lastShape = new Map<string, { readonly shape: Shape; readonly at: number; readonly isCalm: boolean }>();

  constructor(model: ShopModel) {
    this.#model = model;
  }

  /** What a replica has counted at a moment, since it became ready. */
  of(service: string, pod: Pod, at: number): Counts {
    const began = this.#began.get(pod) ?? this.#upTo(service, Math.max(pod.ready_at, this.#model.opened_at));
    // Kept, because the sums of that second are forgotten some day, and a counter that jumps back looks like a restart.
    this.#began.set(pod, began);
    return subtract(this.#upTo(service, at), began);
  }

  #upTo(service: string, at: number): Counts {
    const row = this.#row(service, at);
    const second = Math.floor(at / STEP_MS);
    const sum = row.sums[Math.min(Math.max(second - row.first, 0), row.sums.length - 1)] ?? ZERO;
    const rest_s = at / STEP_MS - second;
    return rest_s <= 0 || second < row.first ? sum : add(sum, this.#rates(service, second * STEP_MS), rest_s);
  }

  /** The sums at the beginning of every whole second; a second is added only when it is over, because until then its end can change. */
  #row(service: string, at: number): { first: number; sums: Counts[] } {
    const first = Math.floor(this.#model.opened_at / STEP_MS);
    const row = this.#rows.get(service) ?? { first, sums: [ZERO] };
    this.#rows.set(service, row);
    for (let second = row.first + row.sums.length - 1; second < Math.floor(at / STEP_MS); second++) {
      row.sums.push(add(row.sums.at(-1) ?? ZERO, this.#rates(service, second * STEP_MS), 1));
    }
    const bound = (3 * HISTORY_MS) / STEP_MS;
    if (row.sums.length > bound) {
      const surplus = row.sums.length - (2 * HISTORY_MS) / STEP_MS;
      row.sums.splice(0, surplus);
      row.first += surplus;
    }
    return row;
  }

  /** What one replica counts in a second. */
  #rates(service: string, at: number): Counts {
    const state = this.#model.state(service, at);
    const replicas = Math.max(1, state.ready_replicas);
    const served = state.ready_replicas === 0 ? 0 : state.requests_per_second / replicas;
    const shape = this.#shape(service, at);
    return {
      requests: served,
      errors: served * state.error_rate,
      latency_sum_s: served * shape.mean_s,
      cpu_s: state.cpu_share,
      refused_connections: this.#model.refusedConnections(service, at) / replicas,
      buckets: shape.buckets.map((share) => share * served),
    };
  }

  /** How the latencies are spread over the buckets; the same load gives the same spread, so it is worked out once. */
  #shape(service: string, at: number): Shape {
    const model = this.#model;
    const last = this.#lastShape.get(service);
    const isCalm = model.isCalm(at);
    // Nothing changed since the second before: what was worked out for it still holds.
    if (isCalm && last?.isCalm && last.at === at - STEP_MS) {
      this.#lastShape.set(service, { ...last, at });
      return last.shape;
    }
    const shape = this.#knownShape(service, at);
    this.#lastShape.set(service, { shape, at, isCalm });
    return shape;
  }

  #knownShape(service: string, at: number): Shape {
    const model = this.#model;
    const key = [service, ...[0.3, 0.7, 0.99].map((p) => model.latency(service, p, at).toFixed(2))].join(' ');
    const known = this.#shapes.get(key);
    if (known) return known;
    if (this.#shapes.size > 2_000) this.#shapes.clear();
    const mean_ms = QUANTILES.reduce((sum, p) => sum + model.latency(service, p, at), 0) / QUANTILES.length;
    const shape = {
      buckets: BUCKETS_S.map((bound) => model.share(service, bound * 1_000, at)),
      mean_s: mean_ms / 1_000,
    };
    this.#shapes.set(key, shape);
    return shape;
  }
}

const ZERO: Counts = {
  requests: 0,
  errors: 0,
  latency_sum_s: 0,
  cpu_s: 0,
  refused_connections: 0,
  buckets: BUCKETS_S.map(() => 0),
};

function add(sum: Counts, more: Counts, times: number): Counts {
  return {
    requests: sum.requests + more.requests * times,
    errors: sum.errors + more.errors * times,
    latency_sum_s: sum.latency_sum_s + more.latency_sum_s * times,
    cpu_s: sum.cpu_s + more.cpu_s * times,
    refused_connections: sum.refused_connections + more.refused_connections * times,
    buckets: sum.buckets.map((count, index) => count + (more.buckets[index] ?? 0) * times),
  };
}

function subtract(sum: Counts, less: Counts): Counts {
  return add(sum, less, -1);
}
