import { describe, expect, it } from 'vitest';
import { createKeyBook } from './key-book.js';

function aBook() {
  let now = 0;
  const pressed: string[] = [];
  const book = createKeyBook(() => now);
  const bind = (...keys: string[]) =>
    book.add(keys.map((key) => ({ keys: key, label: key, run: () => void pressed.push(key) })));
  return { book, bind, pressed, pass: (ms: number) => (now += ms) };
}

describe('the keys', () => {
  it('runs what is bound to a key, and leaves other keys alone', () => {
    const { book, bind, pressed } = aBook();
    bind('j', '?');

    expect([book.press('j'), book.press('x'), book.press('?')]).toEqual([true, false, true]);
    expect(pressed).toEqual(['j', '?']);
  });

  it('takes two keys one after the other, within a second or so', () => {
    const { book, bind, pressed, pass } = aBook();
    bind('g r', 'r');

    book.press('g');
    pass(500);
    book.press('r');
    book.press('g');
    pass(5_000);
    book.press('r');

    expect(pressed).toEqual(['g r', 'r']);
  });

  it('takes the second key for itself where the two mean nothing together', () => {
    const { book, bind, pressed } = aBook();
    bind('g r', 'j');

    book.press('g');
    book.press('j');

    expect(pressed).toEqual(['j']);
  });

  it('prefers the latest binding, until it goes', () => {
    const { book, bind, pressed } = aBook();
    bind('j');
    const remove = book.add([{ keys: 'j', label: 'later', run: () => void pressed.push('later') }]);

    book.press('j');
    expect(book.list().map(({ label }) => label)).toEqual(['later']);
    remove();
    book.press('j');

    expect(pressed).toEqual(['later', 'j']);
  });
});
