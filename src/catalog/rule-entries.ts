import { parseDocument } from 'yaml';

/** One entry of a rules file, by itself. */
export interface RuleEntry {
  /** As it stands in the file, from the beginning of its line in YAML, from its brace in JSON. */
  readonly text: string;
  /** Where `text` begins in the file. */
  readonly offset: number;
  readonly style: 'json' | 'yaml';
  /** Of JSON: how many keys with values were written. */
  readonly pairs: number;
}

/**
 * The entries of a rules file one after the other, without reading any of them, so that each can be read by itself and only when it has
 * changed. `null` ends the list early: the file is laid out in a way that only the whole YAML library can judge.
 */
export function* ruleEntries(text: string): Generator<RuleEntry | null, void, undefined> {
  yield* /^[ \t\n]*\{/.test(text) ? jsonEntries(text) : yamlEntries(text);
}

/** The data of one entry; undefined when it is not for certain what the whole file would give. */
export function readEntry({ text, style, pairs }: RuleEntry): unknown {
  return style === 'json' ? readJson(text, pairs) : (readPlain(text) ?? readYamlEntry(text));
}

function* jsonEntries(text: string): Generator<RuleEntry | null, void, undefined> {
  const space = /[ \t\r\n]*/y;
  const skipSpace = (from: number): number => {
    space.lastIndex = from;
    space.test(text);
    return space.lastIndex;
  };
  const head = /^[ \t\r\n]*\{[ \t\r\n]*"rules"[ \t\r\n]*:[ \t\r\n]*\[/.exec(text);
  if (!head) return yield null;
  let at = head[0].length;
  for (;;) {
    const begin = skipSpace(at);
    const { end, pairs } = text.charAt(begin) === '{' ? scanJson(text, begin) : NOTHING;
    if (end === 0) return yield null;
    yield { text: text.slice(begin, end), offset: begin, style: 'json', pairs };
    at = skipSpace(end);
    if (text.charAt(at) === ',') at += 1;
    else break;
  }
  if (text.charAt(at) !== ']') return yield null;
  at = skipSpace(at + 1);
  if (text.charAt(at) !== '}' || skipSpace(at + 1) < text.length) yield null;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

const NOTHING = { end: 0, pairs: 0 };

/** Where the brace at `begin` is closed (0: nowhere), and how many colons stand between. */
function scanJson(text: string, begin: number): { end: number; pairs: number } {
  let depth = 0;
  let pairs = 0;
  for (let at = begin; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
      if (at < 0) return NOTHING;
    } else if (code === COLON) pairs += 1;
    else if (code === 0x7b || code === 0x5b) depth += 1;
    else if (code === 0x7d || code === 0x5d) {
      depth -= 1;
      if (depth === 0) return { end: at + 1, pairs };
    }
  }
  return NOTHING;
}

/** The quote that closes the one at `begin`, or -1. */
function endOfString(text: string, begin: number): number {
  for (let at = begin + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at += 1;
    else if (code === QUOTE) return at;
  }
  return -1;
}

/** A key that stands twice is an error that JSON.parse does not know of; then there are more colons than keys. */
function readJson(text: string, pairs: number): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return countKeys(value) === pairs ? value : undefined;
  } catch {
    return undefined;
  }
}

function countKeys(value: unknown): number {
  if (value === null || typeof value !== 'object') return 0;
  const items: unknown[] = Object.values(value);
  let count = Array.isArray(value) ? 0 : items.length;
  for (const item of items) count += countKeys(item);
  return count;
}

/** `rules:`, and a list below it whose entries all begin in the same column. Whatever is wrong inside of one shows when it is read. */
function* yamlEntries(text: string): Generator<RuleEntry | null, void, undefined> {
  const head = /^(?: *(?:#.*)?\n)*(?:--- *(?:#.*)?\n)?(?: *(?:#.*)?\n)*rules: *(?:#.*)?\n(?: *(?:#.*)?\n)*( *)- /.exec(
    text,
  );
  if (!head || text.includes('\r')) return yield null;
  const indent = head[1] ?? '';
  const mark = `${indent}- `;
  let begin = head[0].length - mark.length;
  let at = begin;
  while (at < text.length) {
    const next = text.indexOf('\n', at) + 1 || text.length;
    if (at > begin && text.startsWith(mark, at)) {
      yield { text: text.slice(begin, at), offset: begin, style: 'yaml', pairs: 0 };
      begin = at;
    } else if (at > begin && !belongsBelow(text, at, next, indent.length)) return yield null;
    at = next;
  }
  yield { text: text.slice(begin), offset: begin, style: 'yaml', pairs: 0 };
}

/** True for a line that is empty, a comment, or indented deeper than the list. */
function belongsBelow(text: string, begin: number, end: number, indent: number): boolean {
  let at = begin;
  while (at < end && text.charAt(at) === ' ') at += 1;
  return at - begin > indent || at >= end || text.charAt(at) === '\n' || text.charAt(at) === '#';
}

/** By the library, which takes thirty times as long. */
function readYamlEntry(text: string): unknown {
  const document = parseDocument(text, { prettyErrors: false, version: '1.2', merge: true, logLevel: 'silent' });
  if (document.errors.length > 0 || document.warnings.length > 0) return undefined;
  try {
    const data: unknown = document.toJS();
    return Array.isArray(data) && data.length === 1 ? data[0] : undefined;
  } catch {
    return undefined; // a bomb of aliases: told by whoever reads the whole file
  }
}

const LINE = /^( *)(- )?([a-z][a-z_]*):(?: +(.*))?$/;
const ITEM = /^( *)- +(.*)$/;

/**
 * The way in which nearly all rules are written: a key and a value a line, and lists of texts. Undefined for everything else; whatever
 * is read here the library would read in the same way.
 */
function readPlain(text: string): unknown {
  const entry: Record<string, unknown> = {};
  let column: number | null = null;
  let list: unknown[] | null = null;
  let listColumn: number | null = null;
  for (const line of text.split('\n')) {
    if (/^ *(#.*)?$/.test(line)) continue;
    const item = column === null ? null : ITEM.exec(line);
    if (item && list !== null) {
      listColumn ??= item[1]?.length ?? 0;
      const value = readScalar(item[2] ?? '');
      if (value === undefined || listColumn !== item[1]?.length || listColumn < (column ?? 0)) return undefined;
      list.push(value);
      continue;
    }
    const [, spaces = '', dash, key, written] = LINE.exec(line) ?? [];
    if (key === undefined || (dash === undefined) === (column === null) || list?.length === 0) return undefined;
    column ??= spaces.length + 2;
    if (dash === undefined && spaces.length !== column) return undefined;
    if (Object.hasOwn(entry, key)) return undefined;
    [list, listColumn] = [written === undefined || written === '' ? [] : null, null];
    const value = list ?? readValue(written ?? '');
    if (value === undefined) return undefined;
    entry[key] = value;
  }
  return list?.length === 0 ? undefined : entry;
}

function readValue(written: string): unknown {
  const inner = /^\[(.*)\] *(?: #.*)?$/.exec(written)?.[1];
  if (inner === undefined) return readScalar(written);
  // Only texts in quotes, so that no comma, colon or bracket needs judging.
  const texts = /^ *(?:"[^"\\]*"|'[^']*')(?: *, *(?:"[^"\\]*"|'[^']*'))* *$/.test(inner);
  return texts ? inner.match(/"[^"\\]*"|'[^']*'/g)?.map((quoted) => quoted.slice(1, -1)) : undefined;
}

/** Begins with a letter, so that it is no number, and no sign that means something; true, null and their like are told apart below. */
const PLAIN = /^[A-Za-z/](?:[^:#\t]|:(?=\S)|(?<=\S)#)*$/;
const WORDS: ReadonlySet<string> = new Set(['true', 'false', 'null']);

function readScalar(written: string): unknown {
  const quoted = /^(?:"([^"\\\t]*)"|'([^'\t]*)') *(?: #.*)?$/.exec(written);
  if (quoted) return quoted[1] ?? quoted[2];
  const plain = written.replace(/ +#.*$/, '').replace(/ +$/, '');
  if (/^(?:0|-?[1-9]\d{0,14})$/.test(plain)) return Number(plain);
  if (plain === 'true' || plain === 'false') return plain === 'true';
  return PLAIN.test(plain) && !WORDS.has(plain.toLowerCase()) ? plain : undefined;
}
