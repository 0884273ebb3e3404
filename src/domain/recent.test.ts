import { describe, expect, it } from 'vitest';
import { Recent } from './recent.js';

describe('what was set of late', () => {
  it('is kept as far as half of the limit goes back, and never beyond the limit', () => {
    const recent = new Recent<number>(10);
    for (let at = 0; at < 1_000; at++) {
      recent.set(`k${at}`, at);
      for (let back = 0; back < Math.min(5, at); back++) expect(recent.get(`k${at - back}`)).toBe(at - back);
      const kept = Array.from({ length: at + 1 }, (_, key) => recent.get(`k${key}`)).filter(
        (value) => value !== undefined,
      );
      expect(kept.length).toBeLessThanOrEqual(10);
    }
  });

  it('is what was set last, however old the key is, and gone when it is deleted', () => {
    const recent = new Recent<string>(4);
    for (const [key, value] of ['a1', 'b1', 'c1', 'a2', 'd1', 'a3'].map(([key, value]) => [key!, value!] as const))
      recent.set(key, value);
    expect(recent.get('a')).toBe('3');
    recent.delete('a');
    expect(recent.get('a')).toBeUndefined();
  });
});
