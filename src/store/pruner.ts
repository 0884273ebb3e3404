import type { Clock } from '../domain/clock.js';
import { instant, sleep } from '../domain/clock.js';
import { messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import type { Retention, RetentionPolicy } from '../domain/retention.js';

/** A start has better things to do. */
const FIRST_AFTER_MS = 10_000;
const EVERY_MS = 60_000;

export interface PrunerOptions {
  readonly retention: Retention;
  readonly policy: RetentionPolicy;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: { pruned(what: string, count: number): void };
}

/** Prunes for as long as it runs, once a minute, whichever of several processes comes first. */
export class Pruner {
  readonly #options: PrunerOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: PrunerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Resolves when the batch under way has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#stopping;
    for (let wait = FIRST_AFTER_MS; ; wait = EVERY_MS) {
      await sleep(clock, wait, signal);
      if (signal.aborted) return;
      try {
        await this.#pass(signal);
      } catch (error) {
        // A database that is away is nothing to end for: what is old now will be old then.
        log.warn({ error: messageOf(error) }, 'what is old could not be pruned; it is tried again');
      }
    }
  }

  async #pass(signal: AbortSignal): Promise<void> {
    const { retention, policy, clock, log, meter } = this.#options;
    const now = clock.now();
    // A little less than a round, so that the process whose timer is the steadiest does not lose its turn to a millisecond.
    if (!(await retention.takeTurn(instant(now), instant(now - EVERY_MS * 0.9)))) return;
    const removed = await retention.prune(policy, instant(now), signal);
    const told = Object.entries<number>({ ...removed }).filter(([, count]) => count > 0);
    for (const [what, count] of told) meter.pruned(what, count);
    if (told.length > 0) log.info(Object.fromEntries(told), 'pruned');
  }
}
