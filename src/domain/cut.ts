/**
 * The text with at most `most` UTF-16 units; what is cut off is marked by `…`. Never half a character: Postgres refuses a row of JSON in which
 * one is left, and with it all that is written in the same statement.
 */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const begun = text.slice(0, most - 1);
  return `${/[\ud800-\udbff]$/.test(begun) ? begun.slice(0, -1) : begun}…`;
}
