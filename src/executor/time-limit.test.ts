import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { until } from '../../test/helper/until.js';
import { limitTime } from './time-limit.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe('a time limit', () => {
  it('aborts when the time is over, also after garbage was collected', async () => {
    const { signal, isOver } = limitTime(new AbortController().signal, 50);

    await until('the time to be over', () => {
      collectGarbage();
      return signal.aborted;
    });

    expect(isOver()).toBe(true);
    expect(signal.reason).toHaveProperty('name', 'TimeoutError');
  });

  it('aborts with its parent, for its reason', () => {
    const parent = new AbortController();
    const { signal, isOver } = limitTime(parent.signal, 60_000);

    parent.abort(new Error('cancelled'));

    expect(signal.reason).toHaveProperty('message', 'cancelled');
    expect(isOver()).toBe(false);
  });

  it('is aborted from the beginning when its parent is', () => {
    expect(limitTime(AbortSignal.abort(), 60_000).signal.aborted).toBe(true);
  });

  it('lets go of its parent when the work has ended', () => {
    const parent = new AbortController();
    const { signal, end } = limitTime(parent.signal, 60_000);

    end();
    parent.abort();

    expect(signal.aborted).toBe(false);
  });
});
