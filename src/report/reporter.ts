import type { Clock } from '../domain/clock.js';
import { instant, sleep } from '../domain/clock.js';
import type { Alert } from '../domain/alert/alert.js';
import { messageOf } from '../domain/errors.js';
import type { IncidentBrief } from '../domain/incident/incident.js';
import type { Log } from '../domain/log.js';
import type { Language, Notice, NotifyResult, PlainNotice } from '../domain/notifier.js';
import type { Delivery, Outbox, OutboxEntry } from '../domain/outbox.js';
import { Recent } from '../domain/recent.js';
import type { RunView } from '../domain/run/run-view.js';
import { composeNotice, composePlain } from './compose.js';

/** How long a worker that has nothing to do waits before it looks again. */
const POLL_MS = 5_000;
/** How many entries are under way at once. */
const MAX_RUNNING = 8;
/** An entry that was claimed is out of others' sight for so long; a send ends well before that. */
const LEASE_MS = 120_000;
const SEND_LIMIT_MS = 90_000;
/** Waits between a channel's attempts. With the first attempt that makes eight. */
const RETRY_DELAYS_MS: readonly number[] = [1_000, 4_000, 15_000, 60_000, 300_000, 900_000, 900_000];
/** No channel may put its next attempt off for longer than this. */
const MAX_RETRY_AFTER_MS = 900_000;
/** An entry that is claimed this often without ever being settled breaks its worker: it is given up. */
const MAX_CLAIMS = 60;
/** How long `stop` lets sends under way finish before it ends them, and how long they then have to give up. */
const STOP_GRACE_MS = 10_000;
const ABORT_GRACE_MS = 2_000;
const RECORD_ATTEMPTS = 3;
const MAX_REMEMBERED = 10_000;

/** What the metrics hear of every attempt to tell somebody. */
export interface ReportMeter {
  delivered(channel: string, outcome: Delivery['state']): void;
}

export interface ReporterDeps {
  readonly outbox: Outbox;
  readonly runView: Pick<RunView, 'get' | 'events'>;
  readonly notify: (notice: Notice, signal: AbortSignal) => Promise<NotifyResult[]>;
  /** Who gets reports and notices: the names behind `report.notify`. */
  readonly channels: readonly string[];
  readonly clock: Clock;
  readonly language: Language;
  /** Where people reach Fixpoint; null when it is not configured. */
  readonly publicUrl: string | null;
  /** What an alert is part of; absent: it is not told. */
  readonly incidentOf?: (alert: Alert) => Promise<IncidentBrief | null>;
  readonly log: Log;
  readonly meter: ReportMeter;
}

export interface Reporter {
  /** Begins to tell people what waits in the outbox. */
  start(): void;
  /** Says that something new may wait; never needed, only faster. */
  wake(): void;
  /** Takes nothing new and waits for the sends under way. May be called twice, or before `start`. */
  stop(): Promise<void>;
}

/**
 * Tells people: every outbox entry goes to every channel once. A channel that fails and may succeed later is tried again on its own
 * schedule, eight times in all, and then shown as failed; the others do not wait for it. Nothing here ever fails a run.
 */
export function createReporter(deps: ReporterDeps): Reporter {
  return new OutboxReporter(deps);
}

type Compose = () => Omit<Notice, 'channels'> | Promise<Omit<Notice, 'channels'>>;

class OutboxReporter implements Reporter {
  readonly #deps: ReporterDeps;
  readonly #running = new Set<Promise<void>>();
  /** When a channel may be tried again for an entry. Lost with the process: then the entry's own time counts. */
  readonly #notBefore = new Recent<number>(MAX_REMEMBERED);
  readonly #timers = new Set<() => void>();
  readonly #abort = new AbortController();
  #loop: Promise<void> | null = null;
  #stopped = false;
  #woken = false;
  #interrupt: (() => void) | null = null;
  #claimFails = false;

  constructor(deps: ReporterDeps) {
    this.#deps = deps;
  }

  start(): void {
    if (this.#loop === null && !this.#stopped) this.#loop = this.#work();
  }

  wake(): void {
    // Without a channel nothing new is queued, and asking after every run would cost a transaction each.
    if (this.#deps.channels.length > 0) this.#goOn();
  }

  #goOn(): void {
    this.#woken = true;
    this.#interrupt?.();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#goOn();
    const giveUp = this.#deps.clock.after(STOP_GRACE_MS, () => {
      this.#abort.abort(new Error('Fixpoint stops'));
    });
    await this.#loop;
    await Promise.all(this.#running);
    giveUp();
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }

  async #work(): Promise<void> {
    while (!this.#stopped) {
      this.#woken = false;
      await this.#claim();
      if (!this.#woken && !this.#stopped) await this.#rest();
    }
  }

  #rest(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#deps.clock.after(POLL_MS, () => {
        this.#interrupt?.();
      });
      this.#interrupt = () => {
        cancel();
        this.#interrupt = null;
        resolve();
      };
    });
  }

  async #claim(): Promise<void> {
    const { outbox, log } = this.#deps;
    const room = MAX_RUNNING - this.#running.size;
    if (room <= 0) return;
    try {
      const entries = await outbox.claim(LEASE_MS, room);
      if (this.#claimFails) log.info({}, 'the outbox can be read again');
      this.#claimFails = false;
      for (const entry of entries) this.#track(this.#deliver(entry));
    } catch (error) {
      // One line when it begins: the database says the same every five seconds.
      if (!this.#claimFails) log.error({ error: messageOf(error) }, 'the outbox cannot be read; looking again');
      this.#claimFails = true;
    }
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => {
      this.#running.delete(tracked);
      // There is room again, and whatever had to wait for it should not wait for the next poll.
      this.#goOn();
    });
    this.#running.add(tracked);
  }

  async #deliver(entry: OutboxEntry): Promise<void> {
    const log = this.#deps.log.child({ run_id: entry.run_id, outbox_id: entry.outbox_id, kind: entry.kind });
    try {
      if (entry.notice) return await this.#deliverPlain(entry, entry.notice, log);
      const run = await this.#deps.runView.get(entry.run_id);
      const pending = this.#deps.channels.filter((channel) => !entry.sent.includes(channel));
      if (run === null || pending.length === 0) {
        if (run === null) log.error({}, 'a notice belongs to no run; it is given up');
        await this.#record(entry, [], null, log);
        return;
      }
      const attempts = new Map<string, number>();
      for (const delivery of run.deliveries)
        if (delivery.outbox_id === entry.outbox_id) attempts.set(delivery.channel, delivery.attempts);
      await this.#send(entry, () => composeNotice(entry, run, this.#deps), { pending, attempts }, log);
    } catch (error) {
      // The entry comes back when its lease ends.
      log.error({ error: messageOf(error) }, 'a notice could not be sent; trying again later');
    }
  }

  /** What belongs to no run goes to the channels that it names. */
  async #deliverPlain(entry: OutboxEntry, notice: PlainNotice, log: Log): Promise<void> {
    const pending = (notice.channels ?? this.#deps.channels).filter((channel) => !entry.sent.includes(channel));
    if (pending.length === 0) return this.#record(entry, [], null, log);
    const attempts = new Map(Object.entries(entry.tried ?? {}));
    await this.#send(entry, () => composePlain(entry, notice, this.#deps.publicUrl), { pending, attempts }, log);
  }

  async #send(
    entry: OutboxEntry,
    compose: Compose,
    channels: { readonly pending: readonly string[]; readonly attempts: ReadonlyMap<string, number> },
    log: Log,
  ): Promise<void> {
    const now = this.#deps.clock.now();
    const due = channels.pending.filter((channel) => (this.#notBefore.get(key(entry, channel)) ?? 0) <= now);
    const results = entry.attempts > MAX_CLAIMS ? givenUp(channels.pending) : await this.#notify(compose, due);
    const settled: NotifyResult[] = [];
    let next_at: number | null = null;
    const soonest = (at: number): void => {
      next_at = next_at === null ? at : Math.min(next_at, at);
    };
    for (const channel of channels.pending) {
      const result = results.find((candidate) => candidate.channel === channel);
      if (!result) {
        soonest(this.#notBefore.get(key(entry, channel)) ?? now);
        continue;
      }
      // Ended by our own stop: that is no attempt of the channel's, and the next process takes it up at once.
      if (result.type === 'failed' && result.retryable && this.#abort.signal.aborted) {
        soonest(now);
        continue;
      }
      const attempt = (channels.attempts.get(channel) ?? 0) + 1;
      const again = this.#nextAttempt(result, attempt);
      if (again === null) this.#notBefore.delete(key(entry, channel));
      else this.#notBefore.set(key(entry, channel), again);
      if (again !== null) soonest(again);
      const final = result.type === 'failed' && again === null ? { ...result, retryable: false } : result;
      settled.push(final);
      this.#tell(final, attempt, log);
    }
    await this.#record(entry, settled, next_at, log);
  }

  /** When the channel is to be tried again; null when it has the notice, or never will. */
  #nextAttempt(result: NotifyResult, attempt: number): number | null {
    if (result.type === 'sent' || !result.retryable) return null;
    const delay = RETRY_DELAYS_MS[attempt - 1];
    if (delay === undefined) return null;
    const asked = Math.min(result.retry_after_ms ?? 0, MAX_RETRY_AFTER_MS);
    return this.#deps.clock.now() + Math.max(delay, asked);
  }

  #tell(result: NotifyResult, attempt: number, log: Log): void {
    const state = result.type === 'sent' ? 'sent' : result.retryable ? 'retrying' : 'failed';
    this.#deps.meter.delivered(result.channel, state);
    const fields = { channel: result.channel, target: result.target, attempt };
    if (result.type === 'sent') log.info(fields, 'notice sent');
    else if (result.retryable) log.warn({ ...fields, reason: result.reason }, 'notice not sent; trying again later');
    else log.error({ ...fields, reason: result.reason }, 'notice not sent; given up');
  }

  async #notify(compose: Compose, channels: readonly string[]): Promise<readonly NotifyResult[]> {
    if (channels.length === 0) return [];
    const { clock, notify } = this.#deps;
    const notice = { ...(await compose()), channels };
    const limit = new AbortController();
    const cancel = clock.after(SEND_LIMIT_MS, () => {
      limit.abort(new Error(`not sent within ${SEND_LIMIT_MS} ms`));
    });
    const signal = AbortSignal.any([limit.signal, this.#abort.signal]);
    try {
      return await Promise.race([notify(notice, signal), this.#afterAbort(signal, channels)]);
    } catch {
      // `notify` promises not to throw. If it does, people should still hear of it later; what it says may hold an address or a key.
      return failedAll(channels, 'internal error of the notifiers', true);
    } finally {
      cancel();
    }
  }

  /** For a channel that does not honour the signal: what it did is not known, so it is tried again. */
  #afterAbort(signal: AbortSignal, channels: readonly string[]): Promise<readonly NotifyResult[]> {
    return new Promise((resolve) => {
      const abort = (): void => {
        this.#deps.clock.after(ABORT_GRACE_MS, () => {
          resolve(failedAll(channels, 'no answer in time', true));
        });
      };
      if (signal.aborted) abort();
      else signal.addEventListener('abort', abort, { once: true });
    });
  }

  async #record(entry: OutboxEntry, results: readonly NotifyResult[], next_at: number | null, log: Log): Promise<void> {
    const { outbox, clock } = this.#deps;
    for (let attempt = 1; ; attempt++) {
      try {
        const now = clock.now();
        const again_ms = next_at === null ? null : Math.max(0, next_at - now);
        await outbox.record(entry.outbox_id, results, instant(now), again_ms);
        break;
      } catch (error) {
        if (attempt >= RECORD_ATTEMPTS) throw error;
        log.warn({ error: messageOf(error), attempt }, 'how a notice fared could not be recorded; trying again');
        await sleep(clock, attempt * 1_000);
      }
    }
    if (next_at !== null) this.#wakeAt(next_at);
  }

  /** Retries that are due before the next poll do not wait for it. */
  #wakeAt(at: number): void {
    const delay = at - this.#deps.clock.now();
    if (delay >= POLL_MS || this.#stopped) return;
    const cancel = this.#deps.clock.after(delay, () => {
      this.#timers.delete(cancel);
      this.#goOn();
    });
    this.#timers.add(cancel);
  }
}

function key(entry: OutboxEntry, channel: string): string {
  return `${entry.outbox_id} ${channel}`;
}

function givenUp(channels: readonly string[]): readonly NotifyResult[] {
  return failedAll(channels, `given up after ${MAX_CLAIMS} beginnings that came to no end`, false);
}

function failedAll(channels: readonly string[], reason: string, retryable: boolean): readonly NotifyResult[] {
  return channels.map((channel) => ({ channel, type: 'failed', target: channel, reason, retryable }));
}
