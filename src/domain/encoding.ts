import type { Encoding } from './executor.js';
import { FixpointError } from './errors.js';

/** Turns the parts of a template into one text: literal parts as they are, values encoded for the place they stand in. */
export interface Encoder {
  literal(text: string): void;
  value(value: unknown, written: string): void;
  end(): string;
}

/** A fresh encoder for one rendering. Without an encoding values are put in as they are. */
export function createEncoder(encoding: Encoding | undefined): Encoder {
  if (encoding === undefined) return createPlainEncoder();
  return encoding === 'url' ? createUrlEncoder() : createPromqlEncoder();
}

/** A value as it reads in text: objects and lists as JSON. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return JSON.stringify(value) ?? ''; // undefined never gets here: evaluation refuses it
}

function refuse(written: string, why: string): never {
  throw new FixpointError('invalid', `{{ ${written} }} ${why}`);
}

function createPlainEncoder(): Encoder {
  let text = '';
  return {
    literal: (part) => void (text += part),
    value: (value) => void (text += textOf(value)),
    end: () => text,
  };
}

/** True when a URL template leaves its scheme or host to a rendered value: `prefix` is all that stands before the first one. */
export function templatesTheHost(prefix: string): boolean {
  const target = prefix.replace(/^\s*[A-Za-z]+\s+/, '').trimStart();
  return /^([a-z][a-z0-9+.-]*:)?[/\\]{2}[^/?#\\]*$/i.test(target) || /^[a-z][a-z0-9+.-]*:$/i.test(target);
}

/** Percent-encodes. A value cannot change the host, add a path segment, climb with `..`, or leave a segment of the path empty. */
function createUrlEncoder(): Encoder {
  let text = '';
  let hasValue = false;
  return {
    literal: (part) => void (text += part),
    value: (value, written) => {
      if (!hasValue && templatesTheHost(text))
        refuse(written, 'stands in the host of the address; the host is literal text');
      hasValue = true;
      const raw = textOf(value);
      if (raw === '' && !text.includes('?')) refuse(written, 'is empty, and it stands in the path of the address');
      // A lone half of a character has no encoding at all.
      text += encodeURIComponent(raw.replace(/\p{Surrogate}/gu, '\ufffd'));
    },
    end: () => {
      const path = text.split(/[?#]/, 1)[0] ?? '';
      if (hasValue && path.split(/[/\\]/).some((segment) => /^(\.|%2e){1,2}$/i.test(segment)))
        throw new FixpointError('invalid', 'the rendered path has a segment . or .., which would lead elsewhere');
      return text;
    },
  };
}

type Quote = '"' | "'" | '`';

const PROMQL_WORDS: ReadonlySet<string> = new Set(
  'and or unless by without on ignoring group_left group_right bool offset atan2 start end'.split(' '),
);

/**
 * Escapes inside a string literal, as a regular expression where =~ or !~ stands before the literal. Outside of one only numbers,
 * durations and names are taken, so that a value never changes what the query asks.
 */
function createPromqlEncoder(): Encoder {
  let text = '';
  let quote: Quote | null = null;
  let isPattern = false;
  let inComment = false;
  function literal(part: string): void {
    for (let at = 0; at < part.length; at++) {
      const char = part.charAt(at);
      text += char;
      if (inComment) inComment = char !== '\n';
      else if (quote === null) {
        if (char === '#') inComment = true;
        if (char === '"' || char === "'" || char === '`') {
          quote = char;
          isPattern = /[=!]~\s*.$/s.test(text);
        }
      } else if (char === '\\' && quote !== '`') text += part.charAt(++at);
      else if (char === quote) quote = null;
    }
  }
  return {
    literal,
    value: (value, written) => {
      if (inComment) refuse(written, 'stands in a comment of the query');
      text += quote === null ? bare(value, written) : inString(textOf(value), quote, isPattern, written);
    },
    end: () => text,
  };
}

function bare(value: unknown, written: string): string {
  const raw = textOf(value).trim();
  const isNumber = /^-?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(raw);
  const isDuration = /^(\d+(ms|[smhdwy]))+$/.test(raw);
  const isName = /^[A-Za-z_:][\w:]*$/.test(raw) && !PROMQL_WORDS.has(raw.toLowerCase());
  if (isNumber || isDuration || isName) return raw;
  return refuse(
    written,
    'stands outside a string of the query, where only a number, a duration or a name can be put in',
  );
}

function inString(raw: string, quote: Quote, isPattern: boolean, written: string): string {
  const value = isPattern ? raw.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&') : raw;
  if (quote !== '`')
    return value.replace(/[\\"'\n\r]/g, (char) => (char === '\n' ? '\\n' : char === '\r' ? '\\r' : `\\${char}`));
  if (value.includes('`')) refuse(written, 'holds a backquote, which a `raw` string of the query cannot hold');
  return value;
}
