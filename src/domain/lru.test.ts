import { describe, expect, it } from 'vitest';
import { Lru } from './lru.js';

describe('an Lru', () => {
  it('makes each value once, and forgets what was not asked for the longest', () => {
    const made: string[] = [];
    const lru = new Lru<string>(3);
    const get = (key: string): string => lru.get(key, (missing) => (made.push(missing), missing.toUpperCase()));

    for (const key of ['a', 'b', 'c', 'a', 'd', 'a', 'b']) expect(get(key)).toBe(key.toUpperCase());

    expect(made).toEqual(['a', 'b', 'c', 'd', 'b']);
  });

  it('keeps nothing of what could not be made', () => {
    const lru = new Lru<number>(3);
    expect(() => lru.get('a', () => { throw new Error('no'); })).toThrow('no'); // prettier-ignore
    expect(lru.get('a', () => 1)).toBe(1);
  });
});
