import type { Clock } from '../../src/domain/clock.js';

/** The machine's own time, for suites that talk to real servers and stores. */
export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delay_ms, wake) {
    const timer = setTimeout(wake, Math.max(0, delay_ms));
    return () => clearTimeout(timer);
  },
};
