/** Stands where a text was cut, in the two languages of our readers. */
export const CUT_MARK = '… [cut · 已截断]';

/** The longest beginning of `text` that has at most `limit` UTF-8 bytes, never half a character. */
export function firstBytes(text: string, limit: number): string {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= limit) return text;
  let end = Math.max(0, limit);
  // A continuation byte is 10xxxxxx: step back to the byte that begins the character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}

/** `text` within `limit` UTF-8 bytes: whole, or cut (at a line's end where one is near) and marked. `tail` always stays. */
export function cutBytes(text: string, limit: number, tail = ''): string {
  if (Buffer.byteLength(text + tail, 'utf8') <= limit) return text + tail;
  const ending = `\n${CUT_MARK}${tail}`;
  return atLineEnd(firstBytes(text, limit - Buffer.byteLength(ending, 'utf8'))) + ending;
}

/** `text` within `limit` UTF-16 units, cut and marked with `…`; never half a character. */
export function cutChars(text: string, limit: number): string {
  return text.length <= limit ? text : `${wholeCharacters(text.slice(0, limit - 1))}…`;
}

/** A surrogate pair that was cut in two loses its first half, too. */
export function wholeCharacters(text: string): string {
  return /[\ud800-\udbff]$/.test(text) ? text.slice(0, -1) : text;
}

/** Half a line says little: give it up when that costs less than a fifth of the text. */
function atLineEnd(text: string): string {
  const end = text.lastIndexOf('\n');
  return end > text.length * 0.8 ? text.slice(0, end) : text;
}
