/** Whether every database and every JSON parser keeps the text as it is: no NUL, which Postgres refuses, and no half of a character (RFC 8259 §8.2). */
export function isWellFormed(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** The text as all of them keep it: each NUL and each half of a character becomes U+FFFD. */
export function wellFormed(text: string): string {
  return isWellFormed(text) ? text : text.toWellFormed().replaceAll('\0', '\uFFFD');
}
