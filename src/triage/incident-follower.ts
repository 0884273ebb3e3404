import type { Clock } from '../domain/clock.js';
import { instant, sleep, untilBeat } from '../domain/clock.js';
import { messageOf } from '../domain/errors.js';
import type { IncidentRules } from '../domain/incident/incident-rules.js';
import type { IncidentRound, IncidentStore, IncidentTiming } from '../domain/incident/incident-store.js';
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

/** How long until the next look, and for how much of it decisions made meanwhile change nothing. */
interface Rest {
  readonly ms: number;
  readonly deaf_ms: number;
}

/** What was decided together is looked at together. */
const SETTLE_MS = 400;
/** How much longer than a round the pause after it is: deciding comes first, and most of all where more is decided than is taken in at once. */
const SHARE_OF_OTHERS = { calm: 4, storm: 15, over: 2 } as const;
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
  #active: Promise<unknown> = Promise.resolve();
  #next: Promise<IncidentRound> | null = null;

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

  /**
   * Takes in what waits to be by now: for whoever needs to know the incident of an alert that was decided a moment ago. Those who ask while a
   * round is under way share the next one.
   */
  round(): Promise<IncidentRound> {
    this.#next ??= this.#active.then(() => {
      this.#next = null;
      const round = this.#follow();
      this.#active = round.catch(() => undefined);
      return round;
    });
    return this.#next;
  }

  async #follow(): Promise<IncidentRound> {
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
        rest = { ms: pause_ms, deaf_ms: pause_ms };
      }
      await this.#pause(rest);
    }
  }

  /** Answers how long to wait before the next look. */
  async #look(): Promise<Rest> {
    const { store, clock, look_every_ms } = this.#options;
    this.#woken = false;
    if (!(await store.pending(instant(clock.now())))) return { ms: untilBeat(clock, look_every_ms), deaf_ms: 0 };
    const begun = clock.monotonic();
    const { more } = await this.round();
    const share = SHARE_OF_OTHERS[more ? (this.#woken ? 'storm' : 'over') : 'calm'];
    const deaf_ms = (clock.monotonic() - begun) * share;
    return { ms: more ? deaf_ms : Math.max(look_every_ms, deaf_ms), deaf_ms };
  }

  async #pause({ ms, deaf_ms }: Rest): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stopping;
    if (deaf_ms > 0) await sleep(clock, deaf_ms, signal);
    const left = ms - deaf_ms;
    if (left > 0 && !this.#woken) {
      this.#rest = new AbortController();
      await sleep(clock, left, AbortSignal.any([signal, this.#rest.signal]));
      this.#rest = null;
    }
    if (left > 0 && this.#woken) await sleep(clock, SETTLE_MS, signal);
  }
}
