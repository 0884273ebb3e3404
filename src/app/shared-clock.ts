import type { Clock } from '../domain/clock.js';
import type { Log } from '../domain/log.js';

/** How often the clocks are compared. */
const LOOK_EVERY_MS = 30_000;
/** A difference below this is left alone: it is what asking itself takes, on a bad day. */
const TOLERATED_MS = 1_000;
/** An answer that took longer says too little about when it was given. */
const SLOW_ANSWER_MS = 2_000;

/** A clock that can be told to go by another one. */
export interface SharedClock extends Clock {
  /**
   * From now on the time is what `ask` says, where that differs by more than a second from this host's. Resolves after the first look; while
   * nobody answers, what was last known counts. `ask` answers null where there is no other clock: then nothing is ever asked again.
   */
  follow(ask: () => Promise<number | null>, log: Log): Promise<void>;
  stop(): void;
}

/**
 * The one time of all processes on one database. Waits, expiries and the order of what happens are compared between processes: on a host whose
 * clock is some minutes ahead, a wait would end some minutes early, and an approval would be taken for expired while there is still time.
 */
export function createSharedClock(own: Clock): SharedClock {
  let offset_ms = 0;
  let stopped = false;
  let cancel = (): void => undefined;

  async function look(ask: () => Promise<number | null>, log: Log): Promise<void> {
    const begin = own.monotonic();
    const theirs = await ask().catch(() => undefined);
    if (theirs === null || stopped) return;
    cancel = own.after(LOOK_EVERY_MS, () => void look(ask, log)); // never rejects
    const took_ms = own.monotonic() - begin;
    if (theirs === undefined || took_ms > SLOW_ANSWER_MS) return;
    const found_ms = Math.round(theirs + took_ms / 2 - own.now());
    if (Math.abs(found_ms - offset_ms) <= TOLERATED_MS) return;
    offset_ms = Math.abs(found_ms) <= TOLERATED_MS ? 0 : found_ms;
    if (offset_ms === 0) log.info({}, "this host's clock is right again");
    else
      log.warn({ behind_ms: offset_ms }, "this host's clock differs from the database's; Fixpoint goes by the latter");
  }

  return {
    now: () => own.now() + offset_ms,
    monotonic: () => own.monotonic(),
    after: (delay_ms, wake) => own.after(delay_ms, wake),
    follow: look,
    stop() {
      stopped = true;
      cancel();
    },
  };
}
