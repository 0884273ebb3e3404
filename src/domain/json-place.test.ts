import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { whereJsonBreaks } from './json-place.js';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('whereJsonBreaks', () => {
  it.each([
    ['', 1, 1],
    ['hello', 1, 1],
    ['{"a":}', 1, 6],
    ['{"a":1,}', 1, 8],
    ['{"a" 1}', 1, 6],
    ['{a:1}', 1, 2],
    ['[1,2', 1, 5],
    ['[1}', 1, 3],
    ['{"a": 1}\n]', 2, 1],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3],
    ['"abc', 1, 5],
    ['"a\\x"', 1, 3],
    ['"a\nb"', 1, 3],
    ['01', 1, 2],
    ['[tru]', 1, 2],
  ])('finds the place in %j', (text, line, column) => {
    expect(whereJsonBreaks(text)).toEqual({ line, column });
  });

  it('stands nesting that no recursion could', () => {
    expect(whereJsonBreaks('['.repeat(1_000_000))).toEqual({ line: 1, column: 1_000_001 });
  });

  it('agrees with JSON.parse about what is JSON', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '1',
      '-',
      '0.5',
      'e3',
      'true',
      'null',
      ' ',
      '\n',
      '\\',
      '\\u00e9',
    );
    const broken = fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(broken, fc.json()), (text) => {
        expect(whereJsonBreaks(text) === null).toBe(isJson(text));
      }),
      { numRuns: 3_000 },
    );
  });
});
