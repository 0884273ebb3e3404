import { RE2JS } from 're2js';

/** How the texts begin that a pattern takes as a whole. */
export interface Beginning {
  /** What every one of them begins with, as far as that is known; '' where it is not. */
  readonly prefix: string;
  /** True where it takes every line that begins so: `prefix` and then `.*`. */
  readonly isPrefix: boolean;
}

/** A regular expression in RE2 syntax (https://github.com/google/re2/wiki/Syntax), asked in time linear in the text. */
export interface LinearPattern extends Beginning {
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
  const plain = readPlain(source);
  return plain === null ? new OtherPattern(RE2JS.compile(source)) : new PlainPattern(source, plain);
}

class OtherPattern implements LinearPattern {
  readonly prefix = '';
  readonly isPrefix = false;
  readonly #compiled: RE2JS;

  constructor(compiled: RE2JS) {
    this.#compiled = compiled;
  }

  test(text: string): boolean {
    return this.#compiled.test(text);
  }

  testExact(text: string): boolean {
    return this.#compiled.testExact(text);
  }
}

class PlainPattern implements LinearPattern {
  readonly prefix: string;
  readonly isPrefix: boolean;
  readonly #source: string;
  readonly #written: string;
  #whole: RegExp | null = null;
  #anywhere: RE2JS | null = null;

  constructor(source: string, { written, prefix, isPrefix }: Plain) {
    this.#source = source;
    this.#written = written;
    this.prefix = prefix;
    this.isPrefix = isPrefix;
  }

  /** Where the match may begin anywhere, a single repetition is enough for quadratic time. */
  test(text: string): boolean {
    this.#anywhere ??= RE2JS.compile(this.#source);
    return this.#anywhere.test(text);
  }

  testExact(text: string): boolean {
    if (!text.startsWith(this.prefix)) return false;
    if (this.isPrefix) return !text.includes('\n', this.prefix.length);
    this.#whole ??= new RegExp(`^(?:${this.#written})$`, 'u');
    return this.#whole.test(text);
  }
}

/** Escaped punctuation; `\d` and `\w`; a class of common ranges; a dot; what stands for itself. */
const ATOM = /\\([-.*+?()[\]{}|^$\\/])|(\\[dw])|(\[(?:a-z|A-Z|0-9|_)+\])|(\.)|([^\\.*+?()[\]{}|^$\p{C}])/uy;
const REPEATED = /[*+]/y;
const MORE = /[*+?{]/y;

interface Plain extends Beginning {
  /** In JavaScript's syntax. */
  readonly written: string;
}

/**
 * The same for whole texts in JavaScript's syntax, or null where that is not sure: a pattern is plain when each of its alternatives is a row of atoms of
 * which at most one is repeated, so that going back costs no more than going on.
 */
function readPlain(source: string): Plain | null {
  let written = '';
  let repeated = false;
  let hasAlternatives = false;
  /** Atoms of the first alternative that stand for themselves, until one that does not. */
  let prefix = '';
  let rest: string | null = null;
  for (let at = 0; at < source.length;) {
    if (source[at] === '|') {
      written += '|';
      repeated = false;
      hasAlternatives = true;
      at += 1;
      continue;
    }
    const atom = matchAt(ATOM, source, at);
    if (atom === null) return null;
    const begin = at;
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
    const itself = repetition === null ? (atom[1] ?? atom[5]) : undefined;
    if (rest === null && itself !== undefined) prefix += itself;
    else rest ??= source.slice(begin);
  }
  if (hasAlternatives) return { written, prefix: '', isPrefix: false };
  return { written, prefix, isPrefix: rest === '.*' };
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function inJavaScript([, escaped, shorthand, range, dot, self]: RegExpExecArray): string {
  if (dot !== undefined) return '[^\\n]'; // JavaScript's dot leaves out more kinds of line ends
  return shorthand ?? range ?? (escaped ?? self ?? '').replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
}
