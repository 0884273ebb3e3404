import { describe, expect, it } from 'vitest';
import { createFetched } from './later.js';

describe('what is fetched when it is first needed', () => {
  it('is fetched once, however often it is asked for, and known from then on', async () => {
    let times = 0;
    const code = createFetched(() => Promise.resolve(`brought ${++times}`));

    const before = code.known();
    const answers = await Promise.all([code.fetch(), code.fetch()]);
    const again = await code.fetch();

    expect(before).toBeNull();
    expect(answers).toEqual([{ value: 'brought 1' }, { value: 'brought 1' }]);
    expect(again).toEqual({ value: 'brought 1' });
    expect(code.known()).toEqual({ value: 'brought 1' });
  });

  it('is tried anew by the next who asks after a failure, which is not remembered', async () => {
    const broken = new Error('no network');
    const answers = [() => Promise.reject(broken), () => Promise.resolve('there')];
    const code = createFetched(() => answers.shift()!());

    const first = await code.fetch();
    const between = code.known();
    const second = await code.fetch();

    expect(first).toEqual({ error: broken });
    expect(between).toBeNull();
    expect(second).toEqual({ value: 'there' });
  });
});
