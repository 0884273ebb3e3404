/** The first line of a text as a name: no longer than `most`, and where it is cut it says so. */
export function firstLine(text: string, most = 140): string {
  const line = text.split('\n', 1)[0]?.trim() ?? '';
  return line.length > most ? `${line.slice(0, most - 1).trimEnd()}…` : line;
}
