import { labelsFingerprint } from '../domain/alert/label.js';
import { isWellFormed, wellFormed } from '../domain/well-formed.js';

/** A single text of an alert is kept up to this many bytes of UTF-8. */
export const MAX_TEXT_BYTES = 64 * 1024;

/** Fingerprints, group keys and the like are looked up by database indexes, which refuse long values. */
const MAX_IDENTITY_LENGTH = 1_024;

/** The text as every database and JSON parser can keep it: NUL and lone surrogates become U+FFFD, what is too long is cut and marked. */
export function storableText(text: string): string {
  return isStorable(text) ? text : cut(wellFormed(text));
}

/** The same for names and values of a map; answers the very map when nothing had to change. Safe for a name like `__proto__`. */
export function storableTexts(texts: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const name in texts) {
    if (isStorable(name) && isStorable(texts[name] ?? '')) continue;
    // fromEntries defines properties, it does not assign them: `__proto__` becomes a label like any other.
    return Object.fromEntries(Object.entries(texts).map(([key, value]) => [storableText(key), storableText(value)]));
  }
  return texts;
}

/** A storable text that serves as a key: a long one keeps its beginning and what tells it from others. */
export function identity(text: string): string {
  const storable = storableText(text);
  if (storable.length <= MAX_IDENTITY_LENGTH) return storable;
  return storableText(`${storable.slice(0, MAX_IDENTITY_LENGTH - 20)}…${labelsFingerprint({ text })}`);
}

function isStorable(text: string): boolean {
  // A UTF-16 unit is at most three bytes, so most texts need no counting.
  return (text.length <= MAX_TEXT_BYTES / 3 || isShort(text)) && isWellFormed(text);
}

function isShort(text: string): boolean {
  return text.length <= MAX_TEXT_BYTES && Buffer.byteLength(text) <= MAX_TEXT_BYTES;
}

function cut(text: string): string {
  if (isShort(text)) return text;
  const bytes = Buffer.from(text);
  const mark = ` … [cut: ${bytes.length} bytes]`;
  let end = MAX_TEXT_BYTES - Buffer.byteLength(mark);
  // Back to the first byte of a character: continuation bytes are 10xxxxxx.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end) + mark;
}
