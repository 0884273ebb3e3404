/** A text in lines, and which of them are the part that was looked for: from the first to before the second. */
export interface IndentedText {
  readonly lines: readonly string[];
  readonly part: readonly [number, number] | null;
}

/** Deeper than this, indenting makes a text many times as long as it is. */
const MOST_DEPTH = 60;
const OPENS = '{[';

/**
 * Puts a JSON text on lines without reading its values: numbers, escapes and keys that come twice stay as they were written. `path` is a JSON
 * pointer to what is to be found again. Null for what is no JSON, or nested so deep that lines would not help.
 */
export function indentJson(text: string, path: string | undefined): IndentedText | null {
  // A byte order mark is no part of what is written.
  if (text.startsWith('\uFEFF')) return indentJson(text.slice(1), path);
  if (!isJson(text)) return null;
  const wanted = path === undefined ? null : path.split('/').slice(1).map(unescaped);
  const writer = new Writer(wanted);
  for (let at = 0; at < text.length;) {
    const end = endOfToken(text, at);
    if (!writer.take(text.slice(at, end))) return null;
    at = end;
  }
  return { lines: writer.lines, part: writer.part };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function unescaped(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+|\s+/gy;

/** Where the string, sign, word or white space ends that begins at `at`. */
function endOfToken(text: string, at: number): number {
  TOKEN.lastIndex = at;
  return TOKEN.test(text) ? TOKEN.lastIndex : text.length;
}

interface Level {
  readonly close: string;
  /** Counts on in a list; null in an object. */
  index: number | null;
  /** Of the value that comes: its key or its place. */
  name: string;
  isEmpty: boolean;
}

/** Writes tokens on lines as they come. */
class Writer {
  readonly lines: string[] = [];
  part: [number, number] | null = null;
  readonly #wanted: readonly string[] | null;
  readonly #levels: Level[] = [];
  #line = '';
  #awaits: 'key' | 'value' = 'value';

  constructor(wanted: readonly string[] | null) {
    this.#wanted = wanted;
  }

  /** False when it is nested too deep. */
  take(token: string): boolean {
    const level = this.#levels.at(-1);
    const [first = ''] = token;
    if (/\s/.test(first)) return true;
    if (first === ':') {
      this.#line += ': ';
      this.#awaits = 'value';
    } else if (first === ',') this.#next(level);
    else if (level !== undefined && token === level.close) this.#close(level);
    else if (this.#awaits === 'key' && level !== undefined) this.#key(token, level);
    else return this.#value(token, level);
    return true;
  }

  #next(level: Level | undefined): void {
    this.#end(',');
    if (level === undefined) return;
    if (level.index !== null) level.name = String(++level.index);
    else this.#awaits = 'key';
  }

  #key(token: string, level: Level): void {
    this.#open(level);
    level.name = nameOf(token);
    this.#line += token;
  }

  #value(token: string, level: Level | undefined): boolean {
    if (level?.index != null) this.#open(level);
    if (this.#isWanted()) this.part = [this.lines.length, this.lines.length + 1];
    this.#line += token;
    if (!OPENS.includes(token)) {
      this.#flushAtEnd();
      return true;
    }
    if (this.#levels.length >= MOST_DEPTH) return false;
    const isList = token === '[';
    this.#levels.push({ close: isList ? ']' : '}', index: isList ? 0 : null, name: isList ? '0' : '', isEmpty: true });
    this.#awaits = isList ? 'value' : 'key';
    return true;
  }

  #close(level: Level): void {
    this.#levels.pop();
    if (!level.isEmpty) this.#end('');
    this.#line += level.isEmpty ? level.close : this.#indent() + level.close;
    if (this.#isWanted() && this.part !== null) this.part[1] = this.lines.length + 1;
    this.#awaits = 'value';
    this.#flushAtEnd();
  }

  /** The first thing in a list or an object begins a line; what follows a comma does anyway. */
  #open(level: Level): void {
    if (level.isEmpty) this.#end('');
    level.isEmpty = false;
    this.#line += this.#indent();
  }

  #end(sign: string): void {
    this.lines.push(this.#line + sign);
    this.#line = '';
  }

  #flushAtEnd(): void {
    if (this.#levels.length === 0) this.#end('');
  }

  #indent(): string {
    return '  '.repeat(this.#levels.length);
  }

  #isWanted(): boolean {
    const wanted = this.#wanted;
    return (
      wanted !== null &&
      wanted.length === this.#levels.length &&
      this.#levels.every(({ name }, depth) => name === wanted[depth])
    );
  }
}

function nameOf(token: string): string {
  const name: unknown = JSON.parse(token);
  return String(name);
}
