import { RE2JS } from 're2js';

/** A regular expression in RE2 syntax (https://github.com/google/re2/wiki/Syntax), asked in time linear in the text. */
export interface LinearPattern {
  /** Anywhere in the text. */
  test(text: string): boolean;
  /** The whole text. */
  testExact(text: string): boolean;
}

/**
 * Compiles a pattern; throws RE2's error where it is not RE2 syntax. Patterns as most rules have them (`10\.4\..*`, `api|web`) are asked of V8's own
 * engine, which takes a fraction of the time, both to compile and to ask.
 */
export function compileLinear(source: string): LinearPattern {
  const quick = plain(source);
  return quick === null ? RE2JS.compile(source) : new PlainPattern(source, quick);
}

class PlainPattern implements LinearPattern {
  readonly #source: string;
  readonly #whole: RegExp;
  #anywhere: RE2JS | null = null;

  constructor(source: string, whole: RegExp) {
    this.#source = source;
    this.#whole = whole;
  }

  /** Where the match may begin anywhere, a single repetition is enough for quadratic time. */
  test(text: string): boolean {
    this.#anywhere ??= RE2JS.compile(this.#source);
    return this.#anywhere.test(text);
  }

  testExact(text: string): boolean {
    return this.#whole.test(text);
  }
}

/** Escaped punctuation; `\d` and `\w`; a class of common ranges; a dot; what stands for itself. */
const ATOM = /\\([-.*+?()[\]{}|^$\\/])|(\\[dw])|(\[(?:a-z|A-Z|0-9|_)+\])|(\.)|([^\\.*+?()[\]{}|^$\p{C}])/uy;
const REPEATED = /[*+]/y;
const MORE = /[*+?{]/y;

/**
 * The same for whole texts in JavaScript's syntax, or null where that is not sure: a pattern is plain when each of its alternatives is a row of atoms of
 * which at most one is repeated, so that going back costs no more than going on.
 */
function plain(source: string): RegExp | null {
  let written = '';
  let repeated = false;
  for (let at = 0; at < source.length;) {
    if (source[at] === '|') {
      written += '|';
      repeated = false;
      at += 1;
      continue;
    }
    const atom = matchAt(ATOM, source, at);
    if (atom === null) return null;
    at += atom[0].length;
    written += inJavaScript(atom);
    const repetition = matchAt(REPEATED, source, at);
    if (repetition !== null) {
      if (repeated) return null;
      repeated = true;
      at += 1;
      written += repetition[0];
    }
    if (matchAt(MORE, source, at) !== null) return null;
  }
  return new RegExp(`^(?:${written})$`, 'u');
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function inJavaScript([, escaped, shorthand, range, dot, self]: RegExpExecArray): string {
  if (dot !== undefined) return '[^\\n]'; // JavaScript's dot leaves out more kinds of line ends
  return shorthand ?? range ?? (escaped ?? self ?? '').replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
}
