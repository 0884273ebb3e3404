/** What a typed JSON text says, or where it is wrong. Lines and columns count from 1; 0 where the browser does not tell. */
export type ReadJson =
  | { readonly ok: true; readonly value: Readonly<Record<string, unknown>> | null }
  | { readonly ok: false; readonly problem: 'syntax' | 'not_object'; readonly line: number; readonly column: number; readonly message: string };

/** Reads an object, or null for an empty text. */
export function readObject(text: string): ReadJson {
  if (text.trim() === '') return { ok: true, value: null };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const place = placeOf(message, text);
    return { ok: false, problem: 'syntax', ...place, message: plain(message) };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { ok: false, problem: 'not_object', line: 1, column: 1, message: '' };
  return { ok: true, value: value as Record<string, unknown> }; // an object that is no list and not null
}

/** Browsers tell the place as `position 12`, or as `line 2 column 3`. */
function placeOf(message: string, text: string): { line: number; column: number } {
  const told = /line (\d+) column (\d+)/.exec(message);
  if (told) return { line: Number(told[1]), column: Number(told[2]) };
  const position = /position (\d+)/.exec(message)?.[1];
  const at = position !== undefined ? Number(position) : message.includes('end of JSON') ? text.length : null;
  if (at === null) return { line: 0, column: 0 };
  const before = text.slice(0, at).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function plain(message: string): string {
  return message
    .replace(/^JSON\.parse: /, '')
    .replace(/ ?(?:in JSON )?at position \d+.*$/s, '')
    .replace(/ at line \d+ column \d+.*$/s, '')
    .replace(/, "[\s\S]*" is not valid JSON$/, '')
    .trim();
}
