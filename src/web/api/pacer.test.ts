import { describe, expect, it } from 'vitest';
import { createPacer } from './pacer.js';

/** A clock that stands until it is moved. */
function aClock() {
  let now = 0;
  let timers: { at: number; run: () => void }[] = [];
  return {
    now: () => now,
    after(ms: number, run: () => void) {
      const timer = { at: now + ms, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    async move(ms: number) {
      const end = now + ms;
      for (;;) {
        const next = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        timers = timers.filter((timer) => timer !== next);
        now = next.at;
        next.run();
        for (let turn = 0; turn < 10; turn++) await Promise.resolve();
      }
      now = end;
    },
  };
}

describe('a pacer', () => {
  it('does something once for all that ask at the same time', async () => {
    const clock = aClock();
    let times = 0;
    const pacer = createPacer(async () => void times++, clock);

    for (let i = 0; i < 50; i++) pacer.ask();
    await clock.move(10_000);

    expect(times).toBe(1);
  });

  it('keeps a steady pace under fifty events a second, and does not miss the last one', async () => {
    const clock = aClock();
    const at: number[] = [];
    const pacer = createPacer(async () => void at.push(clock.now()), clock);

    for (let i = 0; i < 100; i++) {
      pacer.ask();
      await clock.move(20);
    }
    await clock.move(1_000);

    expect(at.length).toBeGreaterThanOrEqual(4);
    expect(at.length).toBeLessThanOrEqual(7);
    expect(at.at(-1)).toBeGreaterThanOrEqual(1_980);
  });

  it('asks a slow service less often, and never twice at once', async () => {
    const clock = aClock();
    let under_way = 0;
    let most = 0;
    let times = 0;
    const pacer = createPacer(async () => {
      times++;
      most = Math.max(most, ++under_way);
      await new Promise<void>((done) => clock.after(1_000, done));
      under_way--;
    }, clock);

    for (let i = 0; i < 80; i++) {
      pacer.ask();
      await clock.move(100);
    }

    expect(most).toBe(1);
    expect(times).toBeLessThanOrEqual(3);
  });

  it('goes on after a failure when it is asked again, and does nothing once it is stopped', async () => {
    const clock = aClock();
    let times = 0;
    const pacer = createPacer(async () => {
      times++;
      throw new Error('cut');
    }, clock);

    pacer.ask();
    await clock.move(2_000);
    pacer.ask();
    await clock.move(2_000);
    pacer.ask();
    pacer.stop();
    await clock.move(2_000);

    expect(times).toBe(2);
  });
});
