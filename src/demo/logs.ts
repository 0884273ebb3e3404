import { chance, hexDigits, pick } from './random.js';
import { DATABASE, INVENTORY, ORDER, PAYMENT, SERVICES } from './services.js';
import type { ServiceSpec } from './services.js';
import type { ShopModel } from './shop.js';

/** One log line as it stands in the index. */
export interface LogDocument {
  readonly id: string;
  readonly at: number;
  readonly index: string;
  readonly source: {
    readonly '@timestamp': string;
    readonly service: { readonly name: string };
    readonly host: { readonly name: string; readonly ip: string };
    readonly log: { readonly level: Level };
    readonly message: string;
    readonly trace?: { readonly id: string };
  };
}

type Level = 'INFO' | 'WARN' | 'ERROR';
type Line = readonly [Level, string];

const LINES_PER_SECOND = 0.5;
/** The share of lines that tell of a failure on an ordinary day: cards are declined, customers go away. */
const EVERYDAY_ERRORS = 0.02;

/** The shop's log lines, made second by second from the same model as metrics and traces, and kept while they may be asked for. */
export class ShopLogs {
  readonly #model: ShopModel;
  readonly #seconds = new Map<number, readonly LogDocument[]>();

  constructor(model: ShopModel) {
    this.#model = model;
  }

  /** Lines of the window that have been written by now, oldest first. */
  between(from_ms: number, to_ms: number): LogDocument[] {
    const now = this.#model.now();
    const first = Math.floor(Math.max(from_ms, this.#model.remembersFrom()) / 1_000);
    const last = Math.floor(Math.min(to_ms, now) / 1_000);
    this.#forget();
    const found: LogDocument[] = [];
    for (let second = first; second <= last; second++) {
      for (const document of this.#second(second, now)) {
        if (document.at >= from_ms && document.at <= Math.min(to_ms, now)) found.push(document);
      }
    }
    return found;
  }

  #second(second: number, now: number): readonly LogDocument[] {
    const known = this.#seconds.get(second);
    if (known) return known;
    const made = SERVICES.flatMap((service) => this.#linesOf(service, second)).sort((a, b) => a.at - b.at);
    // A second that is not over yet can still change: faults begin in the middle of one.
    if ((second + 1) * 1_000 <= now) this.#seconds.set(second, made);
    return made;
  }

  #linesOf(service: ServiceSpec, second: number): LogDocument[] {
    const model = this.#model;
    const documents: LogDocument[] = [];
    const most = 3;
    for (let number = 0; number < most; number++) {
      const key = [second, service.name, number] as const;
      const at = second * 1_000 + Math.floor(chance(model.seed, 'log time', ...key) * 1_000);
      if (chance(model.seed, 'log line', ...key) >= this.#linesPerSecond(service, at) / most) continue;
      const [level, message] = this.#line(
        service,
        at,
        chance(model.seed, 'log text', ...key),
        chance(model.seed, 'log kind', ...key),
      );
      documents.push(this.#document(service, at, level, message, hexDigits(20, model.seed, 'log id', ...key)));
    }
    return documents;
  }

  /** Services in trouble talk more. */
  #linesPerSecond(service: ServiceSpec, at: number): number {
    const { utilization, error_rate } = this.#model.state(service.name, at);
    return LINES_PER_SECOND * (utilization > 0.9 || error_rate > 0.05 ? 4 : 1);
  }

  #line(service: ServiceSpec, at: number, text: number, kind: number): Line {
    const { error_rate, utilization, queue, ready_replicas } = this.#model.state(service.name, at);
    const wait = Math.round(queue.wait_p99_ms * (0.5 + text / 2));
    const busy = utilization > 0.9;
    if (ready_replicas === 0) return ['ERROR', `${service.name} is not running`];
    if (kind < EVERYDAY_ERRORS + Math.min(0.6, error_rate)) {
      return ['ERROR', pick(error_rate > 0.05 ? outageErrors(service) : everydayErrors(service), text)];
    }
    if (busy && kind < EVERYDAY_ERRORS + 0.06 && service.name === PAYMENT) {
      return ['ERROR', `payment failed: TIMEOUT, no worker was free within ${wait} ms (payment ${number(text)})`];
    }
    if (busy && kind < 0.5)
      return [
        'WARN',
        `slow request: waited ${wait} ms for a free worker, ${Math.round(20 + text * 60)} requests are queued`,
      ];
    return ['INFO', pick(ordinaryLines(service, text), (text * 7) % 1)];
  }

  #document(service: ServiceSpec, at: number, level: Level, message: string, id: string): LogDocument {
    const pods = this.#model.readyPods(service.name, at);
    const pod = pods[Math.floor(chance(this.#model.seed, 'log host', id) * pods.length)];
    const timestamp = new Date(at).toISOString();
    const host = { name: pod?.name ?? service.name, ip: pod?.address ?? '0.0.0.0' };
    const source = { '@timestamp': timestamp, service: { name: service.name }, host, log: { level }, message };
    return { id, at, index: indexOf(at), source };
  }

  #forget(): void {
    const first = this.#model.remembersFrom() / 1_000;
    for (const second of this.#seconds.keys()) if (second < first) this.#seconds.delete(second);
  }
}

/** One index a day, as log shippers make them. */
export function indexOf(at: number): string {
  return `shop-logs-${new Date(at).toISOString().slice(0, 10).replaceAll('-', '.')}`;
}

function number(share: number): number {
  return 100_000 + Math.floor(share * 899_999);
}

function everydayErrors(service: ServiceSpec): [string, ...string[]] {
  switch (service.name) {
    case PAYMENT:
      return [
        'payment failed: card was declined by the issuer',
        'payment failed: customer did not confirm in time',
        'webhook to merchant answered 500',
      ];
    case ORDER:
      return ['order rejected: article is sold out', 'cannot render invoice: template is missing a field'];
    case DATABASE:
      return [
        'duplicate key value violates unique constraint "orders_pkey"',
        'canceling statement due to user request',
      ];
    default:
      return ['stock of an article is negative, corrected to 0', 'reservation expired before it was confirmed'];
  }
}

function outageErrors(service: ServiceSpec): [string, ...string[]] {
  if (service.name === INVENTORY)
    return [
      `cannot connect to ${DATABASE}: FATAL: sorry, too many clients already`,
      `connection to ${DATABASE}:5432 refused`,
    ];
  return ['upstream answered 503 Service Unavailable', 'request failed: inventory-service is unavailable'];
}

function ordinaryLines(service: ServiceSpec, text: number): [string, ...string[]] {
  switch (service.name) {
    case PAYMENT:
      return [
        `payment ${number(text)} authorized`,
        `payment ${number(text)} captured`,
        `refund ${number(text)} booked`,
      ];
    case ORDER:
      return [`order ${number(text)} accepted`, `order ${number(text)} handed to fulfilment`];
    case DATABASE:
      return ['checkpoint complete: wrote 212 buffers (1.3%)', 'automatic vacuum of table "shop.public.stock"'];
    default:
      return [
        `reserved ${1 + Math.floor(text * 4)} of article ${number(text)}`,
        `stock of article ${number(text)} counted`,
      ];
  }
}
