import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutBytes, cutChars, CUT_MARK, firstBytes } from './cut.js';

const bytes = (text: string): number => Buffer.byteLength(text, 'utf8');

describe('cutting a text', () => {
  it('leaves a text that fits as it is', () => {
    expect(cutBytes('故障', 6)).toBe('故障');
    expect(cutChars('abc', 3)).toBe('abc');
  });

  it('never breaks a character, whatever the limit', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.nat(200), (text, limit) => {
        const cut = firstBytes(text, limit);
        expect(text.startsWith(cut)).toBe(true);
        expect(bytes(cut)).toBeLessThanOrEqual(limit);
      }),
    );
  });

  it('stays within the limit with its mark and its tail, and keeps both', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 100 }), fc.integer({ min: 60, max: 200 }), (text, limit) => {
        const cut = cutBytes(text.repeat(5), limit, '\ntail');
        expect(bytes(cut)).toBeLessThanOrEqual(limit);
        expect(cut.endsWith(`${CUT_MARK}\ntail`)).toBe(true);
      }),
    );
  });

  it('gives up half a line rather than half a sentence', () => {
    expect(cutBytes(`${'x'.repeat(90)}\nhalf a line that does not fit`, 116)).toBe(`${'x'.repeat(90)}\n${CUT_MARK}`);
  });

  it('does not leave half of a pair behind', () => {
    expect(cutChars('ab😀cd', 4)).toBe('ab…');
  });
});
