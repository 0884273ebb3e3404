import { describe, expect, it } from 'vitest';
import { MAX_TEXT_BYTES, identity, storableText, storableTexts } from './storable.js';

describe('storableText', () => {
  it.each([
    ['a\u0000b', 'a\uFFFDb'],
    ['a\uD800b', 'a\uFFFDb'],
    ['a\uDC00', 'a\uFFFD'],
    ['\uD83D\uDE00 ok', '\u{1F600} ok'],
    ['', ''],
  ])('makes %j fit for a database', (text, expected) => {
    expect(storableText(text)).toBe(expected);
  });

  it.each([['x'], ['é'], ['✓'], ['\u{1F600}']])(
    'cuts what is over 64 KiB between two characters, and marks it (%s)',
    (char) => {
      const text = storableText(char.repeat(70_000));

      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_TEXT_BYTES);
      expect(Buffer.byteLength(text)).toBeGreaterThan(MAX_TEXT_BYTES - 4);
      expect(text).toMatch(new RegExp(`^${char}+ … \\[cut: ${70_000 * Buffer.byteLength(char)} bytes\\]$`, 'u'));
    },
  );

  it('keeps what is 64 KiB exactly', () => {
    expect(storableText('x'.repeat(MAX_TEXT_BYTES))).toBe('x'.repeat(MAX_TEXT_BYTES));
  });
});

describe('storableTexts', () => {
  it('answers the map itself when nothing is wrong with it', () => {
    const texts = { a: 'b' };

    expect(storableTexts(texts)).toBe(texts);
  });

  it('mends names and values, and keeps a name like __proto__ a name', () => {
    const texts = storableTexts(JSON.parse('{"__proto__":"p\\u0000","b\\u0000":"c","constructor":"d"}'));

    expect(JSON.stringify(texts)).toBe('{"__proto__":"p\uFFFD","b\uFFFD":"c","constructor":"d"}');
    expect(Object.getPrototypeOf(texts)).toBe(Object.prototype);
  });
});

it('keeps two long identities apart that begin alike', () => {
  const one = identity(`${'x'.repeat(5_000)}1`);
  const other = identity(`${'x'.repeat(5_000)}2`);

  expect(one.length).toBeLessThanOrEqual(1_024);
  expect(one).not.toBe(other);
  expect(identity('short')).toBe('short');
});
