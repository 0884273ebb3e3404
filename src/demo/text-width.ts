// East Asian wide and fullwidth characters, and emoji, take two columns of a terminal.
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const EMPTY = /\p{Mn}|\p{Me}|\p{Cf}/u;

/** How many columns of a terminal the text takes. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += EMPTY.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

/** The text with spaces behind it up to `width` columns; longer text stays as it is. */
export function padText(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)));
}

/** The text on one line without control characters (a terminal would obey them), cut with an ellipsis to at most `width` columns. */
export function plainLine(text: string, width: number): string {
  const line = text
    .replace(/\s+/g, ' ')
    .replace(/\p{Cc}/gu, '')
    .trim();
  if (textWidth(line) <= width) return line;
  let cut = '';
  for (const character of line) {
    if (textWidth(cut) + textWidth(character) > width - 1) break;
    cut += character;
  }
  return `${cut}…`;
}
