import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { createHealth, createReadiness } from './readiness.js';

describe('createReadiness', () => {
  it('resolves when every part works', async () => {
    const ready = createReadiness(createHealth([{ name: 'store', check: async () => undefined }], new FakeClock()));

    await expect(ready()).resolves.toBeUndefined();
  });

  it('names every part that does not work, with its reason', async () => {
    const parts = [
      { name: 'store', check: async () => Promise.reject(new Error('it is full')) },
      { name: 'bus', check: async () => undefined },
      { name: 'kafka', check: async () => Promise.reject(new Error('no leader')) },
    ];

    await expect(createReadiness(createHealth(parts, new FakeClock()))()).rejects.toMatchObject({
      code: 'unavailable',
      message: 'not ready: store: it is full; kafka: no leader',
    });
  });

  it('names the part that hangs, asks it once however often it is probed, and anew when it has answered', async () => {
    const clock = new FakeClock();
    let asked = 0;
    let answer = (): void => undefined;
    const check = (): Promise<void> => {
      asked += 1;
      return new Promise((resolve) => (answer = resolve));
    };
    const ready = createReadiness(createHealth([{ name: 'store', check }], clock));
    for (let probe = 0; probe < 3; probe += 1) {
      const refusal = expect(ready()).rejects.toMatchObject({ message: 'not ready: store: no answer within 2500 ms' });
      await clock.advance(2_500);
      await refusal;
    }
    expect([asked, clock.waiting]).toEqual([1, 0]);

    answer();
    await clock.advance(0);
    const good = ready();
    answer();

    await expect(good).resolves.toBeUndefined();
    expect(asked).toBe(2);
  });
});

describe('createHealth', () => {
  it('tells of each part whether it works, and why not', async () => {
    const parts = [
      { name: 'store', check: async () => undefined },
      { name: 'kafka', check: async () => Promise.reject(new Error('no leader')) },
    ];

    expect(await createHealth(parts, new FakeClock())()).toEqual([
      { name: 'store', ok: true, message: '' },
      { name: 'kafka', ok: false, message: 'no leader' },
    ]);
  });
});
