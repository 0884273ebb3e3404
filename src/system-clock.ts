import type { Clock } from './domain/clock.js';

/** The time that everything below the roof is handed. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (delay_ms, wake) => {
    // A timer takes 31 bits of milliseconds; a longer wait is cut into pieces.
    const longest = 2 ** 31 - 1;
    let timer = setTimeout(fire, Math.min(delay_ms, longest));
    let left = delay_ms - longest;
    function fire(): void {
      if (left <= 0) return wake();
      timer = setTimeout(fire, Math.min(left, longest));
      left -= longest;
    }
    return () => clearTimeout(timer);
  },
};
