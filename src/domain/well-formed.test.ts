import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWellFormed, wellFormed } from './well-formed.js';

describe('a well-formed text', () => {
  it.each([
    ['', ''],
    ['支付 🙂 \u0001', '支付 🙂 \u0001'],
    ['a\0b\0', 'a\uFFFDb\uFFFD'],
    ['\ud83d', '\uFFFD'],
    ['\ude42\ud83d', '\uFFFD\uFFFD'],
    ['\ud83d\0\ude42', '\uFFFD\uFFFD\uFFFD'],
  ])('of %j is %j', (text, expected) => {
    expect(wellFormed(text)).toBe(expected);
    expect(isWellFormed(text)).toBe(text === expected);
  });

  it('comes back from UTF-8 as it was, as long as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary-ascii' }), (one, other) => {
        const text = wellFormed(one + other);
        expect(Buffer.from(text).toString()).toBe(text);
        expect(text).not.toContain('\0');
        expect(text).toHaveLength(one.length + other.length);
      }),
    );
  });
});
