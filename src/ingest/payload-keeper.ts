import { createHash } from 'node:crypto';
import type { Clock } from '../domain/clock.js';
import { instant } from '../domain/clock.js';
import { messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import { MAX_PAYLOAD_BYTES } from '../domain/alert/payload.js';
import type { PayloadBody, PayloadDelivery, Payloads } from '../domain/alert/payload.js';

/** A delivery whose alerts are durable. */
export interface Delivered {
  /** What the body was understood as: the same object for a body that came before and was recognized, byte for byte. */
  readonly understood: object;
  readonly batch_id: string;
  readonly source: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly received_from: string | null;
  readonly alerts: number;
  readonly rejected: number;
  /** Not copied: nobody may write to it any more. */
  readonly body: Uint8Array;
}

export interface PayloadKeeperParts {
  readonly payloads: Pick<Payloads, 'keep'>;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly log: Pick<Log, 'warn'>;
  readonly meter: { payloads(outcome: 'kept' | 'dropped', count: number): void };
}

/** Bodies that wait to be written; what does not fit is dropped. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;
/** What is written at most in one turn, and how often turns come: a flood of ever new bodies costs the database no more than this. */
const TURN_BYTES = 1024 * 1024;
const TURN_EVERY_MS = 1_000;
/** After a silence: what comes together is written together. */
const SOON_MS = 200;
/** What a body counts at least: many small ones are as dear as one that is large. */
const LEAST_BYTES = 4 * 1024;
/** Deliveries of known bodies that are noted in one turn. Of more than these an alert is shown the body of the one that it repeats. */
const MAX_REPEATS = 100;
/** So long a body is taken for kept after it was written. Then it is written again, which also tells pruning that it still comes. */
const WRITTEN_FOR_MS = 3_600_000;

/** A body on its way, or known to be kept. */
interface Body {
  /** Null until it is written. */
  payload_id: string | null;
  /** When it has to be written again, in milliseconds since the epoch. */
  until: number;
  /** Null once it is written, or given up. */
  bytes: Uint8Array | null;
}

interface Mention {
  readonly of: Body;
  readonly delivered: Omit<Delivered, 'understood' | 'body'>;
}

/**
 * Keeps the bodies of deliveries beside the promise that was made for them: `offer` returns at once, never throws and never copies. Bodies are
 * written some at a time, in turns; when more comes than is written, or the store is in trouble, what is too much is dropped and counted.
 */
export class PayloadKeeper {
  readonly #parts: PayloadKeeperParts;
  /** What is forgotten by whoever recognizes bodies is forgotten here. */
  readonly #known = new WeakMap<object, Body>();
  #waiting: Body[] = [];
  #waiting_bytes = 0;
  #mentions: Mention[] = [];
  #repeated = 0;
  #dropped = 0;
  #not_before = 0;
  #cancel: (() => void) | null = null;
  #turn: Promise<void> = Promise.resolve();
  #writing = false;
  #stopped = false;

  constructor(parts: PayloadKeeperParts) {
    this.#parts = parts;
  }

  /** Takes a delivery whose answer is certain. */
  offer({ understood, body, ...delivered }: Delivered): void {
    if (this.#stopped) return;
    const known = this.#known.get(understood);
    const isKnown = known !== undefined && (known.bytes !== null || delivered.now < known.until);
    if (isKnown ? !this.#hasRoomForRepeat() : !this.#hasRoomFor(body)) {
      this.#dropped += 1;
      return;
    }
    this.#mentions.push({ of: isKnown ? known : this.#enqueue(understood, body), delivered });
    this.#arm(delivered.now);
  }

  /** Writes what waits and takes nothing more. May be called twice. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    this.#cancel = null;
    await this.#turn;
    if (this.#mentions.length > 0) await this.#write(Infinity);
  }

  /** The same body again is no news: an alert of it can be shown what it repeats. */
  #hasRoomForRepeat(): boolean {
    if (this.#repeated >= MAX_REPEATS) return false;
    this.#repeated += 1;
    return true;
  }

  #hasRoomFor(body: Uint8Array): boolean {
    return this.#waiting_bytes + costOf(body) <= MAX_WAITING_BYTES;
  }

  #enqueue(understood: object, bytes: Uint8Array): Body {
    const body: Body = { payload_id: null, until: 0, bytes };
    this.#known.set(understood, body);
    this.#waiting.push(body);
    this.#waiting_bytes += costOf(bytes);
    return body;
  }

  #arm(now: number): void {
    if (this.#cancel !== null || this.#writing) return;
    this.#cancel = this.#parts.clock.after(Math.max(SOON_MS, this.#not_before - now), () => {
      this.#cancel = null;
      this.#turn = this.#takeTurn();
    });
  }

  async #takeTurn(): Promise<void> {
    this.#writing = true;
    await this.#write(TURN_BYTES);
    this.#writing = false;
    const now = this.#parts.clock.now();
    this.#not_before = now + TURN_EVERY_MS;
    if (!this.#stopped && this.#mentions.length > 0) this.#arm(now);
  }

  /** Writes the oldest bodies that wait, up to `most` bytes and at least one, with all deliveries of what is written. It does not reject. */
  async #write(most: number): Promise<void> {
    const { payloads, clock, log, meter } = this.#parts;
    const { bodies, ids } = this.#oldest(most);
    const idOf = ({ of }: Mention): string | null => of.payload_id ?? ids.get(of) ?? null;
    const deliveries = this.#mentions.flatMap((mention) => deliveryOf(mention, idOf(mention)));
    this.#mentions = this.#mentions.filter((mention) => idOf(mention) === null);
    this.#repeated = 0;
    try {
      await payloads.keep(bodies, deliveries);
      const until = clock.now() + WRITTEN_FOR_MS;
      for (const [body, payload_id] of ids) Object.assign(body, { payload_id, until, bytes: null });
      meter.payloads('kept', deliveries.length);
    } catch (error) {
      // Nobody was promised anything. Of a body that comes again it is tried again.
      for (const body of ids.keys()) body.bytes = null;
      this.#mentions = this.#mentions.filter(({ of }) => !ids.has(of));
      this.#dropped += deliveries.length;
      log.warn({ error: messageOf(error) }, 'bodies of deliveries could not be kept');
    }
    if (this.#dropped > 0) meter.payloads('dropped', this.#dropped);
    this.#dropped = 0;
  }

  #oldest(most: number): { bodies: readonly PayloadBody[]; ids: ReadonlyMap<Body, string> } {
    const bodies = new Map<string, PayloadBody>();
    const ids = new Map<Body, string>();
    let left = most;
    let count = 0;
    for (const body of this.#waiting) {
      const bytes = body.bytes ?? NOTHING;
      if (count > 0 && costOf(bytes) > left) break;
      count += 1;
      left -= costOf(bytes);
      this.#waiting_bytes -= costOf(bytes);
      const payload_id = createHash('sha256').update(bytes).digest('base64url');
      ids.set(body, payload_id);
      // The same bytes may have come twice before they were recognized.
      bodies.set(payload_id, { payload_id, head: bytes.subarray(0, MAX_PAYLOAD_BYTES), bytes: bytes.length });
    }
    this.#waiting = this.#waiting.slice(count);
    return { bodies: [...bodies.values()], ids };
  }
}

const NOTHING = new Uint8Array(0);

function costOf(bytes: Uint8Array): number {
  return Math.max(bytes.length, LEAST_BYTES);
}

function deliveryOf({ delivered }: Mention, payload_id: string | null): readonly PayloadDelivery[] {
  if (payload_id === null) return [];
  const { now, ...rest } = delivered;
  return [{ ...rest, payload_id, received_at: instant(now) }];
}
