import { FixpointError, messageOf } from '../errors.js';
import type { LinearPattern } from '../linear-pattern.js';
import { compileLinear } from '../linear-pattern.js';

/** What an alert carries besides its fields. A label that is missing and one that is empty mean the same. */
export type Labels = Readonly<Record<string, string>>;

export type MatcherOperator = '=' | '!=' | '=~' | '!~';

/** One condition on one label, as in Alertmanager's routes and silences. */
export interface Matcher {
  readonly name: string;
  readonly operator: MatcherOperator;
  readonly value: string;
  /** The compiled value of `=~` and `!~`; it has to match the whole label. Null for the other two. */
  readonly pattern: LinearPattern | null;
  /** The matcher as its author wrote it, for explanations. */
  readonly text: string;
}

/** Longer ones are refused: a matcher is typed by people. */
export const MAX_MATCHER_LENGTH = 4_096;

/** The label's value; '' when it is missing. Safe for names that every JavaScript object knows (`constructor`, `__proto__`). */
export function labelOf(labels: Labels, name: string): string {
  // An inherited property is never a string, so no `hasOwn` is needed here, where every alert passes many times.
  const value: unknown = labels[name];
  return typeof value === 'string' ? value : '';
}

/**
 * Reads one matcher in Alertmanager's syntax: `env="prod"`, `team=~"pay.*"`, `!=`, `!~`, unquoted values, quoted names. Refuses with
 * `invalid` and a message that shows what was expected.
 */
export function parseMatcher(text: string): Matcher {
  if (text.length > MAX_MATCHER_LENGTH)
    throw refusal(text, `expected at most ${MAX_MATCHER_LENGTH} characters, came ${text.length}`);
  const trimmed = text.trim();
  const { name, rest } = takeName(text, trimmed);
  const operator = takeOperator(text, rest);
  const value = readValue(text, rest.slice(operator.length).trim());
  const isPattern = operator === '=~' || operator === '!~';
  return { name, operator, value, pattern: isPattern ? compile(text, value) : null, text: trimmed };
}

/** True when the labels satisfy the matcher; a missing label counts as ''. */
export function matcherHolds(matcher: Matcher, labels: Labels): boolean {
  const value = labelOf(labels, matcher.name);
  switch (matcher.operator) {
    case '=':
      return value === matcher.value;
    case '!=':
      return value !== matcher.value;
    case '=~':
      return matcher.pattern?.testExact(value) === true;
    case '!~':
      return matcher.pattern?.testExact(value) === false;
  }
}

/**
 * Prometheus' and Alertmanager's fingerprint of a label set: FNV-1a (64 bit) over the sorted names and values, each followed by the
 * byte 255, as 16 hexadecimal digits. The same labels have the same fingerprint as there.
 */
export function labelsFingerprint(labels: Labels): string {
  const hash = { high: 0xcbf29ce4 | 0, low: 0x84222325 | 0 };
  for (const name of Object.keys(labels).sort(byCodePoint)) {
    addText(hash, name);
    addText(hash, labelOf(labels, name));
  }
  return (hash.high >>> 0).toString(16).padStart(8, '0') + (hash.low >>> 0).toString(16).padStart(8, '0');
}

function takeName(text: string, trimmed: string): { name: string; rest: string } {
  if (trimmed.startsWith('"')) {
    const quoted = /^"((?:[^"\\]|\\.)*)"\s*/s.exec(trimmed);
    if (!quoted) throw refusal(text, 'the quoted label name does not end');
    const name = unescaped(quoted[1] ?? '');
    if (name === '') throw refusal(text, 'expected a label name, came ""');
    return { name, rest: trimmed.slice(quoted[0].length) };
  }
  const plain = /^[^\s{}!=~,\\"'`]+/.exec(trimmed);
  if (!plain)
    throw refusal(text, `expected a label name, ${trimmed === '' ? 'came nothing' : `came ${trimmed.charAt(0)}`}`);
  return { name: plain[0], rest: trimmed.slice(plain[0].length).trimStart() };
}

function takeOperator(text: string, rest: string): MatcherOperator {
  for (const operator of ['=~', '!~', '!=', '='] as const) if (rest.startsWith(operator)) return operator;
  throw refusal(
    text,
    `expected =, !=, =~ or !~ after the label name, came ${rest === '' ? 'nothing' : rest.charAt(0)}`,
  );
}

function readValue(text: string, raw: string): string {
  if (!raw.startsWith('"')) {
    if (/(?<!\\)(?:\\\\)*"/.test(raw))
      throw refusal(text, 'the value has a quote inside; write the whole value in quotes');
    return unescaped(raw);
  }
  const quoted = /^"((?:[^"\\]|\\.)*)"/s.exec(raw);
  if (!quoted) throw refusal(text, 'the quoted value does not end');
  if (quoted[0].length < raw.length)
    throw refusal(
      text,
      `expected nothing after the value, came ${raw.slice(quoted[0].length).trim()}; write one matcher an entry`,
    );
  return unescaped(quoted[1] ?? '');
}

/** As Alertmanager does: any other backslash stands for itself, so that `\d` in a pattern needs no second one. */
function unescaped(raw: string): string {
  return raw.replace(/\\(["\\n])/g, (_, escape: string) => (escape === 'n' ? '\n' : escape));
}

function compile(text: string, value: string): LinearPattern {
  try {
    return compileLinear(value);
  } catch (error) {
    throw refusal(text, `the regular expression is not RE2 syntax: ${messageOf(error)}`);
  }
}

function refusal(text: string, problem: string): FixpointError {
  const shown = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  return new FixpointError('invalid', `matcher ${shown}: ${problem} (as in env="prod" or team=~"pay.*")`);
}

/** Go sorts by bytes; JavaScript by UTF-16 units, which puts the astral planes before U+E000. */
function byCodePoint(one: string, other: string): number {
  const length = Math.min(one.length, other.length);
  for (let i = 0; i < length; i++) {
    const difference = sortUnit(one.charCodeAt(i)) - sortUnit(other.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

function sortUnit(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}

/** The 64 bits in two halves, because BigInt is an order of magnitude slower. */
interface Hash {
  high: number;
  low: number;
}

const UTF8 = new TextEncoder();

function addText(hash: Hash, text: string): void {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 127) {
      for (const byte of UTF8.encode(text.slice(i))) addByte(hash, byte);
      break;
    }
    addByte(hash, unit);
  }
  addByte(hash, 255);
}

/** hash = (hash xor byte) * (2^40 + 435), modulo 2^64, in 16-bit pieces so that V8 stays with small integers. */
function addByte(hash: Hash, byte: number): void {
  const low = hash.low ^ byte;
  const first = (low & 0xffff) * 435;
  const second = (low >>> 16) * 435 + (first >>> 16);
  hash.high = (Math.imul(hash.high, 435) + (second >>> 16) + (low << 8)) | 0;
  hash.low = (second << 16) | (first & 0xffff);
}

/** The word by which labels name a severity, in `severity` or else in `priority`; '' where neither is there. */
export function severityWordIn(labels: Labels): string {
  return labelOf(labels, 'severity') || labelOf(labels, 'priority');
}
