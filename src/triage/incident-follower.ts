import type { Clock } from '../domain/clock.js';
import { instant, sleep } from '../domain/clock.js';
import { messageOf } from '../domain/errors.js';
import type { IncidentRules } from '../domain/incident-rules.js';
import type { IncidentRound, IncidentStore, IncidentTiming } from '../domain/incident-store.js';
import type { Log } from '../domain/log.js';

export interface IncidentFollowerOptions {
  readonly store: Pick<IncidentStore, 'pending' | 'follow' | 'connect'>;
  readonly rules: IncidentRules;
  readonly clock: Clock;
  readonly log: Log;
  /** How often it looks by itself: others may have decided what nobody here hears of. */
  readonly look_every_ms: number;
  readonly meter: { timed(timing: IncidentTiming): void };
  /** A notice was queued. */
  readonly noticed: () => void;
}

/** How long until the next look; one that is deaf is not cut short by decisions. */
interface Rest {
  readonly ms: number;
  readonly isDeaf: boolean;
}

/** What was decided together is looked at together. */
const SETTLE_MS = 200;
/** While there is more than one round takes, so much of the time belongs to others. */
const SHARE_OF_OTHERS = 6;
const LEAST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 15_000;
const RETRY_MS = 1_000;

/**
 * Brings incidents up to date with what triage has decided, as long as it runs. Triage never waits for it, and what it has not looked at is kept
 * in the store: after a kill, or in another process, the next look finds it. Rounds of several processes come one after the other.
 */
export class IncidentFollower {
  readonly #options: IncidentFollowerOptions;
  readonly #stopping = new AbortController();
  #woken = false;
  #rest: AbortController | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(options: IncidentFollowerOptions) {
    this.#options = options;
  }

  start(): void {
    if (!this.#stopping.signal.aborted) this.#running = this.#run();
  }

  /** Resolves when the round under way has ended. May be called twice. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** Something was decided here: it is looked at soon. Costs nothing where that is known already. */
  wake(): void {
    if (this.#woken) return;
    this.#woken = true;
    this.#rest?.abort();
  }

  /** Takes in now what waits to be: for whoever needs to know the incident of an alert that was decided a moment ago. */
  async round(): Promise<IncidentRound> {
    const { store, rules, clock, meter, noticed } = this.#options;
    const round = await store.follow(rules, instant(clock.now()));
    for (const timing of round.timings) meter.timed(timing);
    if (round.notices > 0) noticed();
    return round;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { store, rules, clock, log } = this.#options;
    let isConnected = false;
    let failures = 0;
    while (!signal.aborted) {
      let rest: Rest;
      try {
        if (!isConnected) await store.connect(rules, instant(clock.now()));
        isConnected = true;
        rest = await this.#look();
        failures = 0;
      } catch (error) {
        const pause_ms = Math.min(RETRY_MS * 2 ** Math.min(failures, 10), LONGEST_PAUSE_MS);
        failures += 1;
        log.warn({ reason: messageOf(error), failures, pause_ms }, 'incidents could not be brought up to date');
        rest = { ms: pause_ms, isDeaf: true };
      }
      await this.#pause(rest);
    }
  }

  /** Answers how long to wait before the next look. */
  async #look(): Promise<Rest> {
    const { store, clock, look_every_ms } = this.#options;
    this.#woken = false;
    if (!(await store.pending(instant(clock.now())))) return { ms: look_every_ms, isDeaf: false };
    const begun = clock.monotonic();
    const round = await this.round();
    const took = clock.monotonic() - begun;
    if (round.more) return { ms: Math.max(LEAST_PAUSE_MS, took * SHARE_OF_OTHERS), isDeaf: true };
    return { ms: look_every_ms, isDeaf: false };
  }

  async #pause({ ms, isDeaf }: Rest): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stopping;
    if (isDeaf) return sleep(clock, ms, signal);
    if (!this.#woken) {
      this.#rest = new AbortController();
      await sleep(clock, ms, AbortSignal.any([signal, this.#rest.signal]));
      this.#rest = null;
    }
    if (this.#woken) await sleep(clock, SETTLE_MS, signal);
  }
}
