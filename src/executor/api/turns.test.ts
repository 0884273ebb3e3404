import { describe, expect, it } from 'vitest';
import { Turns } from './turns.js';
import type { EndTurn } from './turns.js';

const GO_ON = new AbortController().signal;

/** Takes a turn and notes when it begins. */
function take(turns: Turns, host: string, begun: string[], name: string, signal = GO_ON): Promise<EndTurn | null> {
  return turns.take(host, signal).then((end) => {
    if (end) begun.push(name);
    return end;
  });
}

describe('turns at one host', () => {
  it('are given in the order of asking, so many at once, and no host waits for another', async () => {
    const turns = new Turns(2);
    const begun: string[] = [];
    const a = await take(turns, 'one', begun, 'a');
    await take(turns, 'one', begun, 'b');
    const c = take(turns, 'one', begun, 'c');
    const d = take(turns, 'one', begun, 'd');
    await take(turns, 'two', begun, 'other');
    expect(begun).toEqual(['a', 'b', 'other']);
    a?.();
    a?.();
    (await c)?.();
    await d;
    expect(begun).toEqual(['a', 'b', 'other', 'c', 'd']);
  });

  it('go past whoever gave up waiting', async () => {
    const turns = new Turns(1);
    const begun: string[] = [];
    const control = new AbortController();
    const first = await take(turns, 'one', begun, 'first');
    const gone = take(turns, 'one', begun, 'gone', control.signal);
    const last = take(turns, 'one', begun, 'last');
    control.abort();
    expect(await gone).toBeNull();
    expect(await take(turns, 'one', begun, 'late', control.signal)).toBeNull();
    first?.();
    await last;
    expect(begun).toEqual(['first', 'last']);
  });
});
