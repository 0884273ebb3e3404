import type { Clock } from '../domain/clock.js';
import { steadyQueue, waitAt } from './queueing.js';
import type { Queue } from './queueing.js';
import { chance, hexDigits, wobble } from './random.js';
import { DATABASE, INVENTORY, ORDER, PAYMENT, SERVICES, serviceSpec } from './services.js';
import type { Fault, ServiceSpec } from './services.js';

/** How far back the shop remembers, and how long it has been open when it starts. */
export const HISTORY_MS = 30 * 60_000;

/** A queue comes this much nearer to its steady state by the factor e. */
const SETTLE_MS = 300;
/** Log-logistic spread of the work's duration: p99 is 99^0.3 (about four) times the median. */
const SPREAD = 0.3;
const TIMEOUT_MS = 4_000;
const BASE_ERRORS = 0.001;
const TRAFFIC_FACTOR = 2;
const ORDER_FLOOD_RPS = 280;
const NODE_DISK_BYTES = 107_374_182_400;

/** One replica, from its creation to its end; times are milliseconds since the epoch and may lie ahead. */
export interface Pod {
  readonly name: string;
  readonly uid: string;
  readonly address: string;
  readonly created_at: number;
  readonly ready_at: number;
  deleted_at: number | null;
}

/** What a service is like at one moment. */
export interface ServiceState {
  readonly requests_per_second: number;
  readonly ready_replicas: number;
  /** Share of the capacity that is in use; more than 1 is overload. */
  readonly utilization: number;
  /** Of one replica's CPU limit, 0 to 1. */
  readonly cpu_share: number;
  readonly queue: Queue;
  /** How much slower the service's own work is than at no load. */
  readonly slowdown: number;
  readonly error_rate: number;
}

interface FaultSpan {
  readonly fault: Fault;
  readonly from: number;
  to: number | null;
}

/**
 * The shop: load, queues, replicas and faults as one function of time. It keeps only what was done to it and when (faults, scaling), so
 * that metrics, logs and traces of any past moment agree, and nothing has to tick. The same seed, clock and deeds give the same shop.
 */
export class ShopModel {
  readonly seed: number;
  readonly opened_at: number;
  readonly #clock: Clock;
  readonly #pods = new Map<string, Pod[]>();
  #faults: FaultSpan[] = [];
  #created = 0;
  /** States of single moments, thrown away when anything is done to the shop. */
  readonly #memo = new Map<string, ServiceState>();
  /** When anything changes load or replicas; worked out anew after each deed. */
  #changes: readonly number[] | null = null;

  constructor(options: { readonly clock: Clock; readonly seed: number }) {
    this.#clock = options.clock;
    this.seed = options.seed;
    this.opened_at = Math.floor((options.clock.now() - HISTORY_MS) / 1_000) * 1_000;
    for (const spec of SERVICES) {
      const pods = Array.from({ length: spec.replicas }, () => this.#createPod(spec, this.opened_at - 5_000, 0));
      this.#pods.set(spec.name, pods);
    }
  }

  now(): number {
    return this.#clock.now();
  }

  /** The earliest moment that is still remembered. */
  remembersFrom(): number {
    return Math.max(this.opened_at, Math.floor((this.now() - HISTORY_MS) / 1_000) * 1_000);
  }

  /** Twice the customers pay: the payment gateway's workers cannot keep up, and its latency rises. */
  breakPayment(): void {
    this.break('payment_traffic');
  }

  /** Lets something go wrong from now on; a fault that lasts already stays as it is. */
  break(fault: Fault): void {
    if (this.faulty(fault, this.now())) return;
    this.#faults = this.#faults.filter((span) => span.to === null || span.to > this.now() - 2 * HISTORY_MS);
    this.#faults.push({ fault, from: this.now(), to: null });
    this.#changed();
  }

  /** Ends one fault, or all of them, now. */
  repair(fault?: Fault): void {
    for (const span of this.#faults) {
      if (span.to === null && (fault === undefined || span.fault === fault)) span.to = this.now();
    }
    this.#changed();
  }

  faulty(fault: Fault, at: number): boolean {
    return this.#faults.some((span) => span.fault === fault && span.from <= at && (span.to === null || at < span.to));
  }

  /** Asks for so many replicas: new ones are ready after 1.5 to 2 seconds, the youngest go first and at once. */
  scale(service: string, replicas: number): void {
    const spec = serviceSpec(service);
    const now = this.now();
    const kept = this.#keptPods(service);
    const wanted = kept.filter((pod) => pod.deleted_at === null);
    for (const pod of wanted.slice(replicas)) pod.deleted_at = now;
    for (let count = wanted.length; count < replicas; count++) kept.push(this.#createPod(spec, now, count));
    this.#pods.set(service, kept);
    this.#changed();
  }

  /** Replaces every replica: each old one goes when its successor is ready. */
  restart(service: string): void {
    const spec = serviceSpec(service);
    const now = this.now();
    const kept = this.#keptPods(service);
    for (const [index, pod] of kept.filter((one) => one.deleted_at === null).entries()) {
      const successor = this.#createPod(spec, now, index);
      pod.deleted_at = successor.ready_at;
      kept.push(successor);
    }
    this.#pods.set(service, kept);
    this.#changed();
  }

  /** The replicas that exist at a moment, oldest first, ready or not. */
  pods(service: string, at: number): readonly Pod[] {
    const pods = this.#pods.get(service) ?? [];
    return pods.filter((pod) => pod.created_at <= at && (pod.deleted_at === null || at < pod.deleted_at));
  }

  readyPods(service: string, at: number): readonly Pod[] {
    return this.pods(service, at).filter((pod) => pod.ready_at <= at);
  }

  /** How often the service's pods have changed up to a moment: created, become ready, gone. */
  podChanges(service: string, at: number): number {
    let changes = this.#forgotten.get(service) ?? 0;
    for (const pod of this.#pods.get(service) ?? []) {
      changes +=
        Number(pod.created_at <= at) + Number(pod.ready_at <= at && pod.ready_at < (pod.deleted_at ?? Infinity));
      changes += Number(pod.deleted_at !== null && pod.deleted_at <= at);
    }
    return changes;
  }

  state(service: string, at: number): ServiceState {
    // Where nothing changed for a while, a whole second is alike: thousands of log lines need a few states only.
    const moment = this.isCalm(at) ? Math.floor(at / 1_000) * 1_000 : at;
    const key = `${service} ${moment}`;
    const known = this.#memo.get(key);
    if (known) return known;
    const state = this.#measure(serviceSpec(service), moment);
    // Bounded: a dashboard that asks for thousands of moments must not fill the memory.
    if (this.#memo.size > 20_000) this.#memo.clear();
    this.#memo.set(key, state);
    return state;
  }

  /** The latency in milliseconds that a share `p` of the requests at a moment does not exceed, with everything that is called on the way. */
  latency(service: string, p: number, at: number): number {
    const spec = serviceSpec(service);
    const parts = this.latencyParts(service, p, at);
    let total = parts.wait_ms + parts.work_ms;
    for (const call of spec.calls) total += call.per_request * this.latency(call.service, p, at);
    return total;
  }

  /** The part of the latency that is spent in the service itself: waiting for a worker, and working. */
  latencyParts(service: string, p: number, at: number): { readonly wait_ms: number; readonly work_ms: number } {
    const spec = serviceSpec(service);
    const state = this.state(service, at);
    const quantile = Math.min(Math.max(p, 1e-6), 1 - 1e-6);
    return {
      wait_ms: waitAt(quantile, state.queue),
      work_ms: spec.median_ms * state.slowdown * (quantile / (1 - quantile)) ** SPREAD,
    };
  }

  /** What a monitoring system measures: the true quantile, give or take a per cent. */
  measuredLatency(service: string, p: number, at: number): number {
    return this.latency(service, p, at) * (1 + 0.012 * this.#noise(service, at));
  }

  /** The share of requests that take no longer than that. */
  share(service: string, limit_ms: number, at: number): number {
    let low = 0;
    let high = 1;
    for (let step = 0; step < 24; step++) {
      const middle = (low + high) / 2;
      if (this.latency(service, middle, at) <= limit_ms) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  }

  /** Free and whole size of the node's file system in bytes. */
  disk(at: number): { readonly available_bytes: number; readonly size_bytes: number } {
    const used = this.faulty('disk', at) ? 0.91 : 0.46;
    const wobbled = used + 0.002 * wobble(this.seed, 'disk', Math.floor(at / 60_000));
    return { available_bytes: Math.round(NODE_DISK_BYTES * (1 - wobbled)), size_bytes: NODE_DISK_BYTES };
  }

  /** Connections that the database refuses the service in a second. */
  refusedConnections(service: string, at: number): number {
    return service === INVENTORY && this.faulty('inventory_database', at) ? 12 : 0;
  }

  #requests(spec: ServiceSpec, at: number): number {
    let direct = spec.direct_rps;
    if (spec.name === PAYMENT && this.faulty('payment_traffic', at)) direct *= TRAFFIC_FACTOR;
    if (spec.name === ORDER && this.faulty('order_cpu', at)) direct += ORDER_FLOOD_RPS;
    let total = direct;
    for (const caller of SERVICES) {
      for (const call of caller.calls) {
        if (call.service === spec.name) total += call.per_request * this.#requests(caller, at);
      }
    }
    return total;
  }

  #measure(spec: ServiceSpec, at: number): ServiceState {
    const ready = this.readyPods(spec.name, at).length;
    const requests_per_second = this.#requests(spec, at);
    const capacity = ready * spec.capacity_rps;
    const utilization = capacity === 0 ? 1 : requests_per_second / capacity;
    const busy = Math.min(utilization, 1);
    const queue = this.#queue(spec, at);
    const slowdown = 1 + spec.contention * busy ** 2;
    return {
      requests_per_second,
      ready_replicas: ready,
      utilization,
      cpu_share: ready === 0 ? 0 : Math.min(1, 0.02 + 0.95 * busy + 0.006 * this.#noise(spec.name, at)),
      queue,
      slowdown,
      error_rate: this.#errorRate(spec, ready, utilization, queue, at),
    };
  }

  #errorRate(spec: ServiceSpec, ready: number, utilization: number, queue: Queue, at: number): number {
    if (ready === 0) return 1;
    if (spec.name === DATABASE) return 0;
    const shed = utilization > 1 ? 1 - 1 / utilization : 0;
    const drain = queue.wait_p99_ms > 0 ? queue.wait_p99_ms / Math.log(100 * Math.max(queue.waiting_share, 0.011)) : 0;
    const timedOut = drain > 0 ? queue.waiting_share * Math.exp(-TIMEOUT_MS / drain) : 0;
    const refused = this.refusedConnections(spec.name, at) > 0 ? 0.35 : 0;
    const inherited = spec.calls.reduce((most, call) => Math.max(most, this.state(call.service, at).error_rate), 0);
    return Math.min(1, BASE_ERRORS + shed + timedOut + refused + 0.9 * Math.max(0, inherited - BASE_ERRORS));
  }

  /** Waits follow the steady state of load and replicas with a short lag: what is older than thirty lags does not matter any more. */
  #queue(spec: ServiceSpec, at: number): Queue {
    const from = at - 30 * SETTLE_MS;
    let before = from;
    let wait_p99_ms = this.#steady(spec, from).wait_p99_ms;
    for (const moment of [...this.#moments(spec, from, at), at]) {
      const target = this.#steady(spec, before).wait_p99_ms;
      wait_p99_ms = target + (wait_p99_ms - target) * Math.exp(-(moment - before) / SETTLE_MS);
      before = moment;
    }
    const waiting_share = Math.max(this.#steady(spec, at).waiting_share, wait_p99_ms > 50 ? 0.5 : 0);
    return { waiting_share, wait_p99_ms };
  }

  #steady(spec: ServiceSpec, at: number): Queue {
    const ready = this.readyPods(spec.name, at).length;
    return steadyQueue(ready * spec.workers, ready * spec.capacity_rps, this.#requests(spec, at));
  }

  /** True when nothing has changed shortly before a moment: its whole second is alike. */
  isCalm(at: number): boolean {
    this.#changes ??= SERVICES.flatMap((spec) => this.#moments(spec, -Infinity, Infinity));
    const from = Math.floor(at / 1_000) * 1_000 - 30 * SETTLE_MS;
    return !this.#changes.some((change) => change >= from && change <= at);
  }

  #changed(): void {
    this.#memo.clear();
    this.#changes = null;
  }

  #moments(spec: ServiceSpec, from: number, to: number): number[] {
    const moments = this.#faults.flatMap((span) => (span.to === null ? [span.from] : [span.from, span.to]));
    for (const pod of this.#pods.get(spec.name) ?? []) moments.push(pod.ready_at, pod.deleted_at ?? pod.ready_at);
    return [...new Set(moments)].filter((moment) => moment > from && moment < to).sort((a, b) => a - b);
  }

  #noise(service: string, at: number): number {
    return Math.round(wobble(this.seed, service, Math.floor(at / 1_000)) * 8) / 8;
  }

  readonly #forgotten = new Map<string, number>();

  /** Drops pods that ended before anything that is remembered, so that endless scaling does not fill the memory. */
  #keptPods(service: string): Pod[] {
    const limit = this.now() - 2 * HISTORY_MS;
    const pods = this.#pods.get(service) ?? [];
    const kept = pods.filter((pod) => pod.deleted_at === null || pod.deleted_at > limit);
    const forgotten = this.#forgotten.get(service) ?? 0;
    this.#forgotten.set(service, forgotten + 3 * (pods.length - kept.length));
    return kept;
  }

  #createPod(spec: ServiceSpec, created_at: number, ordinal: number): Pod {
    const number = ++this.#created;
    const key = `${spec.name} ${number}`;
    const start_ms = Math.round(1_500 + 500 * chance(this.seed, 'start', key));
    const hash = hexDigits(10, this.seed, 'template', spec.name);
    const tail = spec.kind === 'StatefulSet' ? String(ordinal) : `${hash}-${hexDigits(5, this.seed, 'pod', key)}`;
    const uid = hexDigits(32, this.seed, 'uid', key);
    return {
      name: `${spec.name}-${tail}`,
      uid: uid.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
      address: `10.0.${spec.subnet}.${10 + (number % 240)}`,
      created_at,
      ready_at: created_at + start_ms,
      deleted_at: null,
    };
  }
}
