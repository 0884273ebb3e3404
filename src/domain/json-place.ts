/** Where a text stops being JSON, counted from 1. */
export interface JsonPlace {
  readonly line: number;
  readonly column: number;
}

/** The first place at which no JSON text could go on like this; null when the text is JSON. V8's own message does not always say. */
export function whereJsonBreaks(text: string): JsonPlace | null {
  const offset = breakOffset(text);
  if (offset === null) return null;
  const before = text.slice(0, offset);
  const line_start = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - line_start + 1 };
}

/** What a reader is told of a text that is not JSON: where it breaks. None of the text itself, which may hold a secret. */
export function notJson(text: string): string {
  const place = whereJsonBreaks(text);
  return place === null ? 'not JSON' : `not JSON at line ${place.line}, column ${place.column}`;
}

type Expected = 'value' | 'value_or_end' | 'key' | 'key_or_end' | 'colon' | 'comma_or_end';

/** A loop with a stack of its own: a body may be nested deeper than calls can be. */
function breakOffset(text: string): number | null {
  const open: ('{' | '[')[] = [];
  let expected: Expected = 'value';
  let at = skipSpace(text, 0);
  do {
    const char = text.charAt(at);
    const closes = (char === '}' && open.at(-1) === '{') || (char === ']' && open.at(-1) === '[');
    if (closes && (expected === 'comma_or_end' || expected === (char === '}' ? 'key_or_end' : 'value_or_end'))) {
      open.pop();
      expected = 'comma_or_end';
      at += 1;
    } else if (expected === 'comma_or_end') {
      if (char !== ',') return at;
      expected = open.at(-1) === '{' ? 'key' : 'value';
      at += 1;
    } else if (expected === 'colon') {
      if (char !== ':') return at;
      expected = 'value';
      at += 1;
    } else if (expected === 'key' || expected === 'key_or_end') {
      if (char !== '"') return at;
      const end = stringEnd(text, at);
      if (end < 0) return -end - 1;
      at = end;
      expected = 'colon';
    } else if (char === '{' || char === '[') {
      open.push(char);
      expected = char === '{' ? 'key_or_end' : 'value_or_end';
      at += 1;
    } else {
      const end = scalarEnd(text, at);
      if (end < 0) return -end - 1;
      at = end;
      expected = 'comma_or_end';
    }
    at = skipSpace(text, at);
  } while (open.length > 0);
  return at < text.length ? at : null;
}

function skipSpace(text: string, at: number): number {
  while (at < text.length && ' \t\n\r'.includes(text.charAt(at))) at++;
  return at;
}

const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y;

/** The offset behind a string, number or word; where it breaks, that offset as `-offset - 1`. */
function scalarEnd(text: string, at: number): number {
  if (text.charAt(at) === '"') return stringEnd(text, at);
  SCALAR.lastIndex = at;
  return SCALAR.test(text) ? SCALAR.lastIndex : -at - 1;
}

const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === '"') return at + 1;
    if (char < ' ') return -at - 1;
    if (char === '\\') {
      ESCAPE.lastIndex = at;
      if (!ESCAPE.test(text)) return -at - 1;
      at = ESCAPE.lastIndex;
    } else at += 1;
  }
  return -text.length - 1;
}
