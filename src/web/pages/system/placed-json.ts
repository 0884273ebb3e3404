/** A JSON value as text of one entry a line, and the line of each value by its path as the API writes it (`alerts[0].labels`). */
export interface PlacedJson {
  readonly text: string;
  readonly lines: ReadonlyMap<string, number>;
}

const MOST_LEVELS = 64;

/** Writes a JSON value in lines and remembers where each value stands. */
export function placeJson(value: unknown): PlacedJson {
  const out: string[] = [];
  const lines = new Map<string, number>();
  write(value, { path: '', before: '', after: '', level: 0 }, out, lines);
  return { text: out.join('\n'), lines };
}

/** The line of what a path names; where that is missing, of what it should have been in. Line 1 is the whole. */
export function lineOf({ lines }: PlacedJson, path: string): number {
  for (let part = path; part !== ''; part = parentOf(part)) {
    const line = lines.get(part);
    if (line !== undefined) return line;
  }
  return 1;
}

interface Place {
  readonly path: string;
  readonly before: string;
  readonly after: string;
  readonly level: number;
}

function write(value: unknown, place: Place, out: string[], lines: Map<string, number>): void {
  const { path, before, after, level } = place;
  const indent = '  '.repeat(level);
  lines.set(path, out.length + 1);
  const entries = entriesOf(value, path);
  if (entries === null || entries.length === 0 || level >= MOST_LEVELS) {
    out.push(`${indent}${before}${JSON.stringify(value)}${after}`);
    return;
  }
  const isList = Array.isArray(value);
  out.push(`${indent}${before}${isList ? '[' : '{'}`);
  entries.forEach(([name, inside, insidePath], index) => {
    const comma = index < entries.length - 1 ? ',' : '';
    const label = isList ? '' : `${JSON.stringify(name)}: `;
    write(inside, { path: insidePath, before: label, after: comma, level: level + 1 }, out, lines);
  });
  out.push(`${indent}${isList ? ']' : '}'}${after}`);
}

type Entry = readonly [name: string, value: unknown, path: string];

function entriesOf(value: unknown, path: string): readonly Entry[] | null {
  if (typeof value !== 'object' || value === null) return null;
  if (Array.isArray(value)) return value.map((item: unknown, index) => [String(index), item, `${path}[${index}]`]);
  return Object.entries(value).map(([name, item]) => [name, item, path === '' ? name : `${path}.${name}`]);
}

function parentOf(path: string): string {
  const end = Math.max(path.lastIndexOf('.'), path.lastIndexOf('['));
  return end <= 0 ? '' : path.slice(0, end);
}
