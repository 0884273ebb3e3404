import { describe, expect, it } from 'vitest';
import { languageOf } from './language.js';
import { plural } from './pair.js';

type Tree = { readonly [name: string]: unknown };

const FILES: Readonly<Record<string, Tree>> = import.meta.glob('./{en,zh}/*.ts', { eager: true });

/** Every word of one language by its place: `common.time.ago`. */
function wordsIn(language: 'en' | 'zh'): Map<string, unknown> {
  const found = new Map<string, unknown>();
  const visit = (place: string, value: unknown): void => {
    if (typeof value !== 'object' || value === null) return void found.set(place, value);
    for (const [name, inner] of Object.entries(value)) visit(`${place}.${name}`, inner);
  };
  for (const [file, exported] of Object.entries(FILES))
    if (file.startsWith(`./${language}/`)) for (const [name, tree] of Object.entries(exported)) visit(name, tree);
  return found;
}

const EN = wordsIn('en');
const ZH = wordsIn('zh');

/** Numbers that no word says by itself. */
const VALUES = [71, 82, 93, 64, 57, 46, 38, 29];

/** What a word says when its places are filled. */
function said(word: unknown): string {
  if (typeof word !== 'function') return String(word);
  return String((word as (...values: number[]) => unknown)(...VALUES.slice(0, word.length)));
}

describe('the words', () => {
  it('are the same in every language', () => {
    expect(EN.size).toBeGreaterThan(100);
    expect([...ZH.keys()].sort()).toEqual([...EN.keys()].sort());
  });

  it('say the same values in every language', () => {
    const different = [...EN].filter(([place, word]) =>
      VALUES.some((value) => said(word).includes(String(value)) !== said(ZH.get(place)).includes(String(value))),
    );

    expect(different.map(([place]) => place)).toEqual([]);
  });

  it('use every value that they are given', () => {
    const deaf = [...EN, ...ZH].filter(
      ([, word]) =>
        typeof word === 'function' && VALUES.slice(0, word.length).some((value) => !said(word).includes(String(value))),
    );

    expect(deaf.map(([place]) => place)).toEqual([]);
  });

  it('are never empty', () => {
    expect([...EN, ...ZH].filter(([, word]) => said(word).trim() === '').map(([place]) => place)).toEqual([]);
  });

  it('are Chinese where they are not names', () => {
    const names = /^(?:[A-Z][\w-]*|[a-z]+_[a-z_]+|[\p{P}\p{S}\d\s]*)$/u;
    const foreign = [...ZH].filter(([, word]) => !/\p{Script=Han}/u.test(said(word)) && !names.test(said(word)));

    expect(foreign.map(([place, word]) => `${place}: ${said(word)}`)).toEqual([]);
  });
});

describe('the language', () => {
  it('is the first of the reader that the pages speak', () => {
    expect(languageOf(['fr-FR', 'zh-Hant-TW', 'en'])).toBe('zh');
    expect(languageOf(['en-GB', 'zh'])).toBe('en');
    expect(languageOf(['fr', 'de'])).toBe('en');
    expect(languageOf([])).toBe('en');
  });
});

describe('English plurals', () => {
  it('know one from many', () => {
    expect([0, 1, 2, 1_200].map((n) => plural(n, 'run', 'runs'))).toEqual(['0 runs', '1 run', '2 runs', '1,200 runs']);
  });
});
