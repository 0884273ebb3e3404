/** A number as people and monitoring systems write it, and the unit it was written with. */
export interface Quantity {
  readonly value: number;
  /** As it was written (`%`, `ms`, `GiB`); null for a bare number. */
  readonly unit: string | null;
}

/** Longer texts are prose, not numbers. */
const MAX_LENGTH = 100;

const NUMBER = /^([+-]?(?:\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+(?![\p{L}\d]))?)\s*(.*)$/su;
const UNIT = /^[\p{L}%°‰/*^$€¥·_-]{1,30}$/u;
const COMPOUND = /^([+-]?)\s*((?:\d+(?:\.\d+)?\s*(?:y|w|d|h|m|s|ms)\s*){2,})$/;

/** What a prefix without a unit multiplies with. `m` is absent: alone it means minutes. */
const PREFIXES: ReadonlyMap<string, number> = new Map([
  ['k', 1e3],
  ['K', 1e3],
  ['M', 1e6],
  ['G', 1e9],
  ['T', 1e12],
  ['P', 1e15],
  ['Ki', 1024],
  ['ki', 1024],
  ['Mi', 1024 ** 2],
  ['Gi', 1024 ** 3],
  ['Ti', 1024 ** 4],
  ['Pi', 1024 ** 5],
]);

/**
 * Reads `12.35 %` as 12.35 with the unit %, `1.2 K` as 1200, `500ms`, `1.5GiB`, `12,345`, `1e-3`, `1h 5m` (as seconds). Null for
 * everything that is no finite number with at most one unit.
 */
export function parseQuantity(text: string): Quantity | null {
  // As Chinese keyboards and typesetters write them.
  const trimmed = text.trim().replace('％', '%').replace(/^−/, '-');
  if (trimmed === '' || trimmed.length > MAX_LENGTH) return null;
  const match = NUMBER.exec(trimmed);
  if (!match) return null;
  const value = Number((match[1] ?? '').replaceAll(',', ''));
  const unit = match[2] ?? '';
  if (!Number.isFinite(value)) return null;
  if (unit === '') return { value, unit: null };
  const factor = PREFIXES.get(unit);
  if (factor !== undefined) return finite(scaled(value, factor), null);
  if (UNIT.test(unit)) return { value, unit };
  return parseCompound(trimmed);
}

function parseCompound(text: string): Quantity | null {
  const match = COMPOUND.exec(text);
  if (!match) return null;
  let seconds = 0;
  for (const part of (match[2] ?? '').matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/g))
    seconds += Number(part[1]) * (SCALES.get(part[2] ?? '')?.factor ?? Number.NaN);
  return finite(match[1] === '-' ? -seconds : seconds, 's');
}

function finite(value: number, unit: string | null): Quantity | null {
  return Number.isFinite(value) ? { value, unit } : null;
}

/** A unit of a family, by how many of the family's base unit it is. */
interface Scale {
  readonly family: 'time' | 'bytes' | 'bits' | 'byte_rate' | 'bit_rate' | 'ratio';
  readonly factor: number;
}

const SCALES: ReadonlyMap<string, Scale> = new Map([
  ...family('time', [
    ['ns nanosecond nanoseconds', 1e-9],
    ['us µs μs microsecond microseconds', 1e-6],
    ['ms 毫秒 msec msecs millisecond milliseconds', 1e-3],
    ['s 秒 sec secs second seconds', 1],
    ['m 分钟 min mins minute minutes', 60],
    ['h 小时 hr hrs hour hours', 3_600],
    ['d 天 day days', 86_400],
    ['w week weeks', 604_800],
    ['y year years', 31_536_000],
  ]),
  ...family('bytes', sized('B', 'byte bytes')),
  ...family('bits', sized('b', 'bit bits')),
  ...family('byte_rate', [...sized('Bps', 'bytes/s'), ...sized('B/s', '')]),
  ...family('bit_rate', [...sized('bps', 'bits/s'), ...sized('b/s', ''), ...sized('bit/s', '')]),
  ...family('ratio', [
    ['ratio 1', 1],
    ['% percent percentage pct', 0.01],
    ['‰ permille', 0.001],
    ['ppm', 1e-6],
  ]),
]);

/** `KB` is 1,000 bytes and `KiB` 1,024, and so on upwards. */
function sized(unit: string, words: string): [string, number][] {
  const steps = ['K', 'M', 'G', 'T', 'P', 'E'].flatMap((prefix, power): [string, number][] => [
    [prefix === 'K' ? `K${unit} k${unit}` : prefix + unit, 1000 ** (power + 1)],
    [prefix === 'K' ? `Ki${unit} ki${unit}` : `${prefix}i${unit}`, 1024 ** (power + 1)],
  ]);
  return [[`${unit} ${words}`.trim(), 1], ...steps];
}

function family(name: Scale['family'], units: readonly (readonly [string, number])[]): [string, Scale][] {
  return units.flatMap(([names, factor]) =>
    names.split(' ').map((unit): [string, Scale] => [unit, { family: name, factor }]),
  );
}

/**
 * The value in another unit of the same family (time, bytes, bits, their rates, percent and ratio); null when the two have nothing to
 * do with each other. A unit that nobody knows converts to itself only.
 */
export function convertUnit(value: number, from: string, to: string): number | null {
  if (from === to) return value;
  const source = scaleOf(from);
  const target = scaleOf(to);
  if (!source || !target) return null;
  const factor = familyFactor(source.family, target.family);
  if (factor === null) return null;
  return scaled(value, (source.factor * factor) / target.factor);
}

/** The exact word first: `Mb` and `MB`, `m` and `M` differ. Words of four letters and more may be written in any case. */
function scaleOf(unit: string): Scale | undefined {
  return SCALES.get(unit) ?? (unit.length > 3 ? SCALES.get(unit.toLowerCase()) : undefined);
}

function familyFactor(from: Scale['family'], to: Scale['family']): number | null {
  if (from === to) return 1;
  if ((from === 'bytes' && to === 'bits') || (from === 'byte_rate' && to === 'bit_rate')) return 8;
  if ((from === 'bits' && to === 'bytes') || (from === 'bit_rate' && to === 'byte_rate')) return 1 / 8;
  return null;
}

/** Without the dust of binary fractions: 0.3 s is 300 ms, not 299.99999999999994, so that `>= 300ms` holds. */
function scaled(value: number, factor: number): number {
  return Number((value * factor).toPrecision(15));
}
