import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { SYSTEM_CLOCK } from '../../test/helper/system-clock.js';
import { until } from '../../test/helper/until.js';
import { limitTime } from './time-limit.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

let clock: FakeClock;
beforeEach(() => {
  clock = new FakeClock();
});

describe('a time limit', () => {
  it('aborts when the time is over, not before', async () => {
    const { signal, isOver } = limitTime(new AbortController().signal, 90_000, clock);

    await clock.advance(89_999);
    expect(signal.aborted).toBe(false);
    expect(isOver()).toBe(false);
    await clock.advance(1);

    expect(isOver()).toBe(true);
    expect(signal.reason).toMatchObject({ name: 'TimeoutError', message: 'timed out after 1 min 30 s' });
  });

  it('is not lost when garbage is collected before its time', async () => {
    let abortedFor = '';
    // Nothing here holds the limit, its signal or its parent: as in a request that waits for its server.
    limitTime(new AbortController().signal, 50, SYSTEM_CLOCK).signal.addEventListener('abort', (event) => {
      abortedFor = (event.target as AbortSignal).reason.name;
    });

    await until('the time to be over', () => {
      collectGarbage();
      return abortedFor !== '';
    });

    expect(abortedFor).toBe('TimeoutError');
  });

  it('aborts with its parent, for its reason', async () => {
    const parent = new AbortController();
    const { signal, isOver } = limitTime(parent.signal, 60_000, clock);

    parent.abort(new Error('cancelled'));
    await clock.advance(60_000);

    expect(signal.reason).toHaveProperty('message', 'cancelled');
    expect(isOver()).toBe(false);
  });

  it('keeps its own reason when its parent is aborted later', async () => {
    const parent = new AbortController();
    const { signal, isOver } = limitTime(parent.signal, 60_000, clock);

    await clock.advance(60_000);
    parent.abort(new Error('cancelled'));

    expect(isOver()).toBe(true);
    expect(signal.reason).toHaveProperty('name', 'TimeoutError');
  });

  it('is aborted from the beginning when its parent is', async () => {
    const { signal, isOver } = limitTime(AbortSignal.abort(new Error('cancelled')), 60_000, clock);

    expect(signal.reason).toHaveProperty('message', 'cancelled');
    await clock.advance(60_000);
    expect(isOver()).toBe(false);
  });

  it('lets go of its parent and of the clock when the work has ended', async () => {
    const parent = new AbortController();
    const { signal, isOver, end } = limitTime(parent.signal, 60_000, clock);

    end();
    end(); // as every end, it may come twice
    parent.abort();
    await clock.advance(60_000);

    expect(signal.aborted).toBe(false);
    expect(isOver()).toBe(false);
  });
});
