import type { AlertBatch, BatchHandler, BusMeter } from '../domain/bus.js';
import { sleep } from '../domain/clock.js';
import type { Clock } from '../domain/clock.js';
import { FixpointError, messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';

/** Alerts that could not be decided however often they were handed over, and what the last try said. */
export interface DeadBatch {
  readonly batch: AlertBatch;
  readonly reason: string;
  readonly tries: number;
}

export interface Delivery {
  readonly handler: BatchHandler;
  readonly clock: Clock;
  readonly meter: BusMeter;
  readonly log: Log;
  /** How often a batch may fail before it is given up. Failures of the store do not count: see `isOutage`. */
  readonly max_tries: number;
  /** Aborted when the batch is no longer ours to deliver: the bus stops, or another process has taken over. */
  readonly signal: AbortSignal;
}

/** Tries for an alert that is looked at alone, after the batch that it came with was given up. */
const TRIES_ALONE = 2;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Hands a batch over until it is decided, and answers what had to be given up: nothing, or the alerts that fail even alone.
 * `stopped` means that the batch is as undecided as before and must come again.
 */
export async function deliver(batch: AlertBatch, delivery: Delivery): Promise<readonly DeadBatch[] | 'stopped'> {
  const fate = await tryOften(batch, delivery.max_tries, delivery);
  if (fate === 'stopped') return 'stopped';
  if (fate === null) return [];
  if (batch.alerts.length === 1) return [fate];
  // One alert may have spoiled it for the others: each gets a chance of its own, in their order.
  const dead: DeadBatch[] = [];
  for (const alert of batch.alerts) {
    const alone = await tryOften({ ...batch, alerts: [alert] }, TRIES_ALONE, delivery);
    if (alone === 'stopped') return 'stopped';
    if (alone !== null) dead.push(alone);
  }
  return dead;
}

async function tryOften(
  batch: AlertBatch,
  max_tries: number,
  delivery: Delivery,
): Promise<DeadBatch | 'stopped' | null> {
  let failures = 0;
  for (let round = 0; ; round += 1) {
    if (delivery.signal.aborted) return 'stopped';
    const error = await tryOnce(batch, delivery);
    if (error === null) return null;
    const outage = isOutage(error);
    if (!outage) failures += 1;
    const reason = messageOf(error);
    if (failures >= max_tries) return { batch, reason, tries: failures };
    const pause_ms = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(round, 10), LONGEST_PAUSE_MS);
    const fields = { batch_id: batch.batch_id, alerts: batch.alerts.length, failures, outage, pause_ms, reason };
    delivery.log.warn(fields, 'alerts could not be decided; they are handed over again');
    await sleep(delivery.clock, pause_ms, delivery.signal);
  }
}

/** One call of the handler, measured. Answers what it threw, or null. */
async function tryOnce(batch: AlertBatch, { handler, clock, meter }: Delivery): Promise<unknown> {
  const begin = clock.monotonic();
  try {
    await handler(batch);
    meter.handled((clock.monotonic() - begin) / 1000, 'ok');
    return null;
  } catch (error) {
    meter.handled((clock.monotonic() - begin) / 1000, 'error');
    return error ?? new Error('the handler rejected without a reason');
  }
}

/** Errors of sockets, and the classes of SQLSTATE that say that the server is away, full or shutting down. */
const OUTAGE_CODES = /^(E(CONN|PIPE|HOST|NET|TIMEDOUT|NOTFOUND|AI_AGAIN)[A-Z]*|08\w{3}|57P0[1-3]|53\d{3})$/;
const DEEPEST_CAUSE = 5;

/**
 * True when a failure says nothing about the alert: the store is away. Such a batch waits as long as the outage lasts, because an
 * accepted alert must be decided; only an alert that fails while everything else works is given up.
 */
export function isOutage(error: unknown): boolean {
  let cause: unknown = error;
  for (let depth = 0; depth < DEEPEST_CAUSE && cause instanceof Error; depth += 1) {
    if (cause instanceof FixpointError && cause.code === 'unavailable') return true;
    if ('code' in cause && typeof cause.code === 'string' && OUTAGE_CODES.test(cause.code)) return true;
    cause = cause.cause;
  }
  return false;
}
