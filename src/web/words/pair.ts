/** The languages of the pages. */
export type Language = 'en' | 'zh';

/** The same words in every language. */
export interface WordsPair<W> {
  readonly en: W;
  readonly zh: W;
}

/** Pairs the English words, which say what there is to say, with the Chinese: a missing or surplus word is a type error. */
export function wordsOf<W>(en: W, zh: NoInfer<W>): WordsPair<W> {
  return { en, zh };
}

/** `one alert`, `3 alerts`: English plurals. */
export function plural(n: number, one: string, many: string): string {
  return n === 1 ? `1 ${one}` : `${countText(n)} ${many}`;
}

/** A count with its thousands set apart: `100,000`. Written by hand: the first number that a browser formats costs it ten milliseconds. */
export function countText(n: number): string {
  return Number.isInteger(n) ? String(n).replace(/\B(?=(?:\d{3})+$)/g, ',') : n.toLocaleString('en');
}
