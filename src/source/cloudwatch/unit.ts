/** CloudWatch's words for units that Fixpoint can convert; the others stay as they are written there. */
const UNITS: ReadonlyMap<string, string> = new Map([
  ['Percent', '%'],
  ['Seconds', 's'],
  ['Milliseconds', 'ms'],
  ['Microseconds', 'us'],
  ...sized('Bytes', 'B'),
  ...sized('Bits', 'b'),
]);

/** The unit as rules write it: `%`, `ms`, `MB`, `B/s`; null for none. */
export function unitOf(word: string | null): string | null {
  if (word === null || word === '' || word === 'None') return null;
  return UNITS.get(word) ?? word;
}

function sized(word: string, unit: string): [string, string][] {
  const lower = word.toLowerCase();
  const names: readonly (readonly [string, string])[] = [
    [word, unit],
    [`Kilo${lower}`, `K${unit}`],
    [`Mega${lower}`, `M${unit}`],
    [`Giga${lower}`, `G${unit}`],
    [`Tera${lower}`, `T${unit}`],
  ];
  return names.flatMap(([name, short]): [string, string][] => [
    [name, short],
    [`${name}/Second`, `${short}/s`],
  ]);
}
