/** The timers that a pacer needs; a test brings its own. */
export interface PacerClock {
  now(): number;
  /** Answers how to call it off. */
  after(ms: number, run: () => void): () => void;
}

/** The browser's own timers. */
export const BROWSER_CLOCK: PacerClock = {
  now: () => performance.now(),
  after: (ms, run) => {
    const timer = window.setTimeout(run, ms);
    return () => window.clearTimeout(timer);
  },
};

/** Says when something is to be done anew that many events ask for. */
export interface Pacer {
  /** Something has changed: it is done soon, once for all that ask meanwhile. */
  ask(): void;
  stop(): void;
}

const SOON_MS = 80;
const LEAST_GAP_MS = 400;
/** Of all time, the share that may go into it: a slow answer is asked for less often. */
const TIMES_ITS_LENGTH = 3;
const MOST_GAP_MS = 5_000;

/** Does `run` shortly after the first event of a burst and then at a steady pace, never twice at once; the last event is never missed. */
export function createPacer(run: () => Promise<unknown>, clock: PacerClock): Pacer {
  let callOff: (() => void) | null = null;
  let isRunning = false;
  let isAskedAgain = false;
  let isStopped = false;
  let notBefore = 0;

  function arm(): void {
    if (callOff !== null || isStopped) return;
    callOff = clock.after(Math.max(SOON_MS, notBefore - clock.now()), () => {
      callOff = null;
      void turn();
    });
  }

  async function turn(): Promise<void> {
    isRunning = true;
    const began = clock.now();
    try {
      await run();
    } catch {
      // Who asked shows what went wrong; the next event asks again.
    } finally {
      const ended = clock.now();
      const gap = Math.min(MOST_GAP_MS, Math.max(LEAST_GAP_MS, (ended - began) * TIMES_ITS_LENGTH));
      notBefore = ended + gap;
      isRunning = false;
      if (isAskedAgain) {
        isAskedAgain = false;
        arm();
      }
    }
  }

  return {
    ask() {
      if (isRunning) isAskedAgain = true;
      else arm();
    },
    stop() {
      isStopped = true;
      callOff?.();
      callOff = null;
    },
  };
}
