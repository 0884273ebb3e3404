const MOST = 700;
const MOST_LINES = 10;

/** The first lines of a text, never half of a character. */
export function beginning(text: string): string {
  const lines = text.split('\n', MOST_LINES + 1);
  const few = lines.length > MOST_LINES ? lines.slice(0, MOST_LINES).join('\n') : text;
  if (few.length <= MOST) return few;
  const last = few.charCodeAt(MOST - 1);
  return few.slice(0, last >= 0xd800 && last <= 0xdbff ? MOST - 1 : MOST);
}
