import { describe, expect, it } from 'vitest';
import { cut } from './cut.js';

describe('a cut text', () => {
  it('is marked, and as long as is allowed', () => {
    expect(cut('abcd', 4)).toBe('abcd');
    expect(cut('abcde', 4)).toBe('abc…');
  });

  it('ends with no half of a character', () => {
    expect(cut('ab😀😀', 4)).toBe('ab…');
    expect(cut('a😀bcd', 4)).toBe('a😀…');
  });
});
