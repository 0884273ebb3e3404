import type { RunEventBus } from '../domain/bus.js';
import { sleep } from '../domain/clock.js';
import type { Clock } from '../domain/clock.js';
import { messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import type { RunFeed } from '../domain/run/run-feed.js';

export interface RunEventFeederOptions {
  readonly feed: RunFeed;
  readonly bus: RunEventBus;
  /** Another one in every process that feeds, at every start. */
  readonly holder: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: { fed(events: number): void };
}

/** Longer than a publish may take, so that nobody takes over while one is under way. */
const LEASE_MS = 35_000;
/** A stop does not wait longer for a publish that hangs: what it was about is published again by whoever comes next. */
const STOP_LIMIT_MS = 5_000;
const AT_ONCE = 500;
const LOOK_EVERY_MS = 1_000;
/** How soon a process that does not feed asks whether it may: so long others may hear nothing after a kill. */
const ASK_EVERY_MS = 5_000;
const LONGEST_PAUSE_MS = 15_000;

/**
 * Tells other consumers what is durable about runs, as long as it runs: each event at least once, those of a run in their order, one process at
 * a time. What could not be told stays in the feed; the engine never waits for it.
 */
export class RunEventFeeder {
  readonly #options: RunEventFeederOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: RunEventFeederOptions) {
    this.#options = options;
  }

  start(): void {
    if (!this.#stopping.signal.aborted) this.#running = this.#run();
  }

  /** Resolves when the publish under way has ended, or hangs; others may take over at once. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const ended = new AbortController();
    const running = this.#running.finally(() => ended.abort());
    await Promise.race([running, sleep(this.#options.clock, STOP_LIMIT_MS, ended.signal)]);
  }

  async #run(): Promise<void> {
    const { clock, log, feed, holder } = this.#options;
    const { signal } = this.#stopping;
    let failures = 0;
    while (!signal.aborted) {
      let pause_ms: number;
      try {
        pause_ms = await this.#round();
        failures = 0;
      } catch (error) {
        pause_ms = Math.min(LOOK_EVERY_MS * 2 ** Math.min(failures, 10), LONGEST_PAUSE_MS);
        failures += 1;
        log.warn({ reason: messageOf(error), failures, pause_ms }, 'run events could not be published; they are kept');
      }
      if (pause_ms > 0) await sleep(clock, pause_ms, signal);
    }
    // What is left to a lease that ends by itself is only late.
    await feed.leave(holder).catch((error: unknown) => {
      log.warn({ reason: messageOf(error) }, 'publishing run events could not be handed over; its lease will end');
    });
  }

  /** Answers how long to wait before the next one. */
  async #round(): Promise<number> {
    const { feed, bus, holder, meter } = this.#options;
    // Anew for every round: one that was held up for longer than its lease finds out before it publishes.
    if (!(await feed.take(holder, LEASE_MS))) return ASK_EVERY_MS;
    const changes = await feed.next(AT_ONCE);
    if (changes.length === 0) return LOOK_EVERY_MS;
    const gone = changes.filter(({ events }) => events.length === 0);
    // Before the publish: while that fails, what was pruned must not pile up.
    if (gone.length > 0) await feed.told(gone.map(({ position }) => position));
    const events = changes.flatMap((change) => change.events);
    if (events.length > 0) {
      await bus.publishRunEvents(events);
      meter.fed(events.length);
      await feed.told(changes.map(({ position }) => position));
    }
    return 0;
  }
}
