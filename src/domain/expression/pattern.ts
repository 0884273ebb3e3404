import { messageOf } from '../errors.js';
import { compileLinear } from '../linear-pattern.js';
import type { Beginning } from '../linear-pattern.js';

/** A regular expression in RE2 syntax: it takes time linear in the text, whatever the pattern. */
export interface Pattern extends Beginning {
  /** Anywhere in the text. */
  finds(text: string): boolean;
  /** The whole text. */
  matches(text: string): boolean;
}

/** The longest pattern that is taken. */
const MAX_PATTERN_LENGTH = 1_000;

/** Compiles a pattern; a text says what is wrong with it. */
export function compilePattern(source: string): Pattern | string {
  if (source.length > MAX_PATTERN_LENGTH) return `a regular expression has at most ${MAX_PATTERN_LENGTH} characters`;
  try {
    const compiled = compileLinear(source);
    return {
      prefix: compiled.prefix,
      isPrefix: compiled.isPrefix,
      finds: (text) => compiled.test(text),
      matches: (text) => compiled.testExact(text),
    };
  } catch (error) {
    return `not a regular expression in RE2 syntax: ${messageOf(error)}`;
  }
}
