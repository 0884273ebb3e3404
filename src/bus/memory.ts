import type { Alert } from '../domain/alert/alert.js';
import type { AlertBatch, BatchHandler, Bus, BusMeter } from '../domain/bus.js';
import type { Clock } from '../domain/clock.js';
import { instant, untilBeat } from '../domain/clock.js';
import { FixpointError, messageOf } from '../domain/errors.js';
import { splitId } from '../domain/id.js';
import type { Log } from '../domain/log.js';
import type { TriageStore } from '../domain/triage-store.js';
import { deliver, isOutage } from './deliver.js';
import { givenUp } from './given-up.js';

export interface MemoryBusOptions {
  /** The database is the queue: what is not decided at once waits there. */
  readonly queue: Pick<TriageStore, 'keep' | 'due' | 'countUndecided' | 'giveUp'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: BusMeter;
  /** How often a batch may fail before its alerts are given up. */
  readonly maxTries: number;
  /** Keeps an alert that was given up among the dead letters. */
  readonly onDead: (dead: { readonly alert: Alert; readonly reason: string }) => Promise<void>;
}

/** How far a fingerprint's alerts are on their way into the queue. */
interface Queued {
  /** How many batches are being put there at the moment. */
  beingKept: number;
  /** The moment at which the last of them had been. */
  since: number;
}

/** How often the queue is looked through for alerts whose hold has ended, or that an earlier process left undecided. */
const LOOK_EVERY_MS = 1_000;
const AT_ONCE = 500;
const MAX_BURIED = 10_000;

/**
 * The bus within one process. A batch goes straight to its handler, whose commit makes alerts and decisions durable together; only what
 * cannot be decided now is kept undecided and handed over again, also after a restart. Held alerts come back the same way.
 */
export class MemoryBus implements Bus {
  readonly #options: MemoryBusOptions;
  readonly #stopping = new AbortController();
  /** Fingerprints with alerts in the queue: what arrives for them waits behind those, so that each story stays in order. */
  readonly #queued = new Map<string, Queued>();
  /** Counts what was put into the queue and what was asked of it, so that either can be told to have come first. */
  #moment = 0;
  readonly #underWay = new Set<Promise<unknown>>();
  /** Alerts that have their dead letter and could not be settled yet: they must not get one at every look. */
  readonly #buried = new Set<string>();
  #handler: BatchHandler | null = null;
  #cancelLook: () => void = () => undefined;
  #looking: Promise<void> | null = null;

  constructor(options: MemoryBusOptions) {
    this.#options = options;
  }

  async publish(batch: AlertBatch): Promise<void> {
    if (this.#stopping.signal.aborted) throw new FixpointError('unavailable', 'the service is stopping');
    const work = this.#take(batch);
    this.#underWay.add(work);
    try {
      await work;
    } finally {
      this.#underWay.delete(work);
    }
  }

  subscribe(handler: BatchHandler): Promise<void> {
    if (this.#handler) return Promise.reject(new Error('this bus has a handler already'));
    this.#handler = handler;
    this.#lookSoon(0);
    return Promise.resolve();
  }

  lag(): Promise<number> {
    return this.#options.queue.countUndecided();
  }

  check(): Promise<{ name: string; target: string; ok: boolean; message: string; required: boolean }> {
    return Promise.resolve({
      name: 'bus',
      target: 'in-process',
      ok: true,
      message: 'in-process; its queue is the database',
      required: true,
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#cancelLook();
    await this.#looking;
    await Promise.allSettled(this.#underWay);
  }

  async #take(batch: AlertBatch): Promise<void> {
    const inOrder = !batch.alerts.some((alert) => this.#queued.has(alert.fingerprint));
    if (this.#handler && inOrder && (await this.#handOver(batch, this.#handler))) return;
    await this.#keep(batch);
  }

  /** True when the batch was decided; false when it has to wait. */
  async #handOver(batch: AlertBatch, handler: BatchHandler): Promise<boolean> {
    const { clock, meter, log } = this.#options;
    const begin = clock.monotonic();
    try {
      await handler(batch);
      meter.handled((clock.monotonic() - begin) / 1_000, 'ok');
      return true;
    } catch (error) {
      meter.handled((clock.monotonic() - begin) / 1_000, 'error');
      if (isOutage(error))
        throw new FixpointError('unavailable', `alerts cannot be kept now: ${messageOf(error)}`, { cause: error });
      log.warn(
        { batch_id: batch.batch_id, alerts: batch.alerts.length, error: messageOf(error) },
        'alerts could not be decided at once; they are kept and decided later',
      );
      return false;
    }
  }

  async #keep(batch: AlertBatch): Promise<void> {
    const fingerprints = new Set(batch.alerts.map((alert) => alert.fingerprint));
    for (const fingerprint of fingerprints) this.#queuedOf(fingerprint).beingKept += 1;
    try {
      await this.#options.queue.keep(batch.alerts);
    } catch (error) {
      throw new FixpointError('unavailable', `alerts cannot be kept now: ${messageOf(error)}`, { cause: error });
    } finally {
      this.#moment += 1;
      for (const fingerprint of fingerprints) {
        const queued = this.#queuedOf(fingerprint);
        queued.beingKept -= 1;
        queued.since = this.#moment;
      }
    }
    if (this.#handler) this.#lookSoon(0);
  }

  #queuedOf(fingerprint: string): Queued {
    let queued = this.#queued.get(fingerprint);
    if (!queued) {
      queued = { beingKept: 0, since: this.#moment };
      this.#queued.set(fingerprint, queued);
    }
    return queued;
  }

  /** An answer that says nothing of what was put into the queue after it was asked for must not let anything overtake that. */
  #forgetQueued(asked: number): void {
    for (const [fingerprint, { beingKept, since }] of this.#queued)
      if (beingKept === 0 && since < asked) this.#queued.delete(fingerprint);
  }

  #lookSoon(delay_ms: number): void {
    if (this.#looking || this.#stopping.signal.aborted) return;
    this.#cancelLook();
    this.#cancelLook = this.#options.clock.after(delay_ms, () => {
      this.#looking = this.#look().finally(() => {
        this.#looking = null;
        this.#lookSoon(untilBeat(this.#options.clock, LOOK_EVERY_MS));
      });
    });
  }

  /** Decides what waits, oldest first, until nothing is due. Never rejects. */
  async #look(): Promise<void> {
    const { queue, clock, log } = this.#options;
    try {
      while (!this.#stopping.signal.aborted) {
        this.#moment += 1;
        const asked = this.#moment;
        const alerts = await queue.due(instant(clock.now()), AT_ONCE);
        if (alerts.length === 0) return this.#forgetQueued(asked);
        // Some were left by an earlier process, or were held: what arrives for them now waits behind them as well.
        for (const alert of alerts) this.#queuedOf(alert.fingerprint);
        for (const batch of batchesOf(alerts)) if ((await this.#decide(batch)) === 'stopped') return;
      }
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'waiting alerts could not be read; trying again');
    }
  }

  async #decide(batch: AlertBatch): Promise<'decided' | 'stopped'> {
    const { clock, meter, log, maxTries, onDead, queue } = this.#options;
    if (!this.#handler) return 'stopped';
    const dead = await deliver(batch, {
      handler: this.#handler,
      clock,
      meter,
      log,
      max_tries: maxTries,
      signal: this.#stopping.signal,
    });
    if (dead === 'stopped') return 'stopped';
    for (const { batch: given, reason, tries } of dead) {
      for (const alert of given.alerts) {
        log.error({ alert_id: alert.alert_id, reason, tries }, 'an alert could not be decided and was given up');
        if (!this.#buried.has(alert.alert_id)) await onDead({ alert, reason });
        if (this.#buried.size < MAX_BURIED) this.#buried.add(alert.alert_id);
        await queue.giveUp(alert, givenUp(`not decided in ${tries} tries: ${reason}`, instant(clock.now())));
        this.#buried.delete(alert.alert_id);
      }
    }
    return 'decided';
  }
}

/** Alerts that came together are decided together. */
function batchesOf(alerts: readonly Alert[]): AlertBatch[] {
  const batches: { batch_id: string; alerts: Alert[]; kept: true }[] = [];
  for (const alert of alerts) {
    const batch_id = splitId(alert.alert_id)?.prefix ?? alert.alert_id;
    const last = batches.at(-1);
    if (last?.batch_id === batch_id) last.alerts.push(alert);
    else batches.push({ batch_id, alerts: [alert], kept: true });
  }
  return batches;
}
