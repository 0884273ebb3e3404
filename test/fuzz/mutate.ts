import type { Random } from '../chaos/random.js';

/** A place in JSON: what holds it, and its key there. */
interface Spot {
  readonly holder: Record<string, unknown> | unknown[];
  readonly key: string | number;
}

/** What cannot be written by JSON.stringify stands in the text as a mark until the end. */
const MARKS: readonly (readonly [string, (random: Random) => string])[] = [
  ['@@infinite@@', () => '1e999'],
  ['@@deep@@', (random) => nested(random.pick([50, 500, 5_000]))],
  ['@@proto@@', () => '{"__proto__": {"alert_name": "x"}, "constructor": 5, "toString": null}'],
  ['@@precise@@', () => '0.1000000000000000055511151231257827021181583404541015625'],
  ['@@control@@', () => String.raw`"a\u0000b\ud800\uffff\u202e"`],
];

const LEAVES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e308,
  2 ** 53 + 2,
  '',
  ' ',
  'x',
  '0',
  '\u0000',
  'nul\u0000inside',
  '\ud800',
  'half \udc00 pair',
  '\u202e\u200b',
  '😀'.repeat(3),
  'NaN',
  'firing',
  'resolved',
  'critical',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999-23:59',
  '2026-02-30T25:61:61Z',
  '12.35 %',
  '{ITEM.VALUE}',
  'javascript:alert(1)',
  '[not json',
  '__proto__',
  [],
  {},
  [[]],
  [null],
  { a: { b: { c: 1 } } },
  ...MARKS.map(([mark]) => mark),
];

const KEYS = ['__proto__', 'constructor', 'alerts', 'status', 'labels', '', 'a\u0000b', '\ud800', 'x'.repeat(300)];

function nested(depth: number): string {
  return `${'['.repeat(depth)}${']'.repeat(depth)}`;
}

/** The same body with something done to it that a sender, a proxy or an attacker might do. */
export function mutated(body: Buffer, others: readonly Buffer[], random: Random): Buffer {
  if (random.chance(0.25)) return mutatedBytes(body, random);
  const json = JSON.parse(body.toString()) as unknown;
  const root = { json };
  for (let count = random.pick([1, 1, 1, 2, 3, 8]); count > 0; count--) mutateOnce(root, others, random);
  const text = written(root.json, random);
  return random.chance(0.05) ? mutatedBytes(Buffer.from(text), random) : Buffer.from(text);
}

function mutatedBytes(body: Buffer, random: Random): Buffer {
  const at = random.between(0, body.length);
  const end = Math.min(body.length, at + random.between(0, 40));
  const [head, middle, tail] = [body.subarray(0, at), body.subarray(at, end), body.subarray(end)];
  switch (random.between(0, 5)) {
    case 0:
      return head;
    case 1:
      return Buffer.concat([head, tail]);
    case 2:
      return Buffer.concat([head, middle, middle, tail]);
    case 3: {
      const junk = random.pick(['\ufeff', '\u0000', ',', '"', '{', ']', 'null', '  ']);
      return Buffer.concat([head, Buffer.from(junk), middle, tail]);
    }
    case 4:
      return Buffer.concat([head, Buffer.from(random.pick([[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xf8]])), tail]);
    default: {
      const flipped = Buffer.from(body);
      const place = random.between(0, Math.max(0, body.length - 1));
      if (body.length > 0) flipped[place] = (flipped[place] ?? 0) ^ (1 << random.between(0, 7));
      return flipped;
    }
  }
}

function mutateOnce(root: { json: unknown }, others: readonly Buffer[], random: Random): void {
  // Where everything was taken away.
  if (!('json' in root)) Object.assign(root, { json: {} });
  const spots = spotsOf(root);
  const { holder, key } = random.pick(spots);
  const set = (value: unknown): void => put(holder, key, value);
  const old = get(holder, key);
  switch (random.between(0, 9)) {
    case 0:
    case 1:
    case 2:
      return set(random.pick(LEAVES));
    case 3:
      return set(get(...pairOf(random.pick(spots))));
    case 4: {
      const other = { json: JSON.parse(random.pick(others).toString()) as unknown };
      return set(get(...pairOf(random.pick(spotsOf(other)))));
    }
    case 5:
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete holder[key];
      return;
    case 6:
      if (Array.isArray(holder)) holder.push(old, random.pick(LEAVES));
      else put(holder, random.pick(KEYS), old);
      return;
    case 7:
      if (typeof old === 'number') return set(String(old));
      if (typeof old === 'string')
        return set(random.pick([Number(old) || 7, [old], { value: old }, old.toUpperCase()]));
      return set(circular(old)?.slice(0, 1_000));
    case 8:
      // Rarely: such bodies take the most time.
      return set(random.chance(0.1) ? 'é'.repeat(random.pick([33_000, 70_000])) : 'y'.repeat(random.between(1, 2_000)));
    default:
      return set([old, old]);
  }
}

function pairOf({ holder, key }: Spot): [Spot['holder'], Spot['key']] {
  return [holder, key];
}

function get(holder: Spot['holder'], key: Spot['key']): unknown {
  return (holder as Record<string | number, unknown>)[key]; // a list is indexed by its numbers
}

function put(holder: Spot['holder'], key: Spot['key'], value: unknown): void {
  Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true });
}

const MAX_SPOTS = 3_000;

function spotsOf(root: Record<string, unknown>): Spot[] {
  const spots: Spot[] = [];
  const open: Spot['holder'][] = [root];
  for (let holder = open.pop(); holder !== undefined && spots.length < MAX_SPOTS; holder = open.pop()) {
    for (const key of Object.keys(holder)) {
      spots.push({ holder, key });
      const value = get(holder, key);
      if (typeof value === 'object' && value !== null) open.push(value as Spot['holder']); // lists and objects alone
    }
  }
  return spots;
}

function written(json: unknown, random: Random): string {
  let text = circular(json) ?? 'null';
  for (const [mark, make] of MARKS) {
    if (text.includes(mark)) text = text.replaceAll(`"${mark}"`, () => make(random));
  }
  return text;
}

/** A subtree may have been put into itself. */
function circular(json: unknown): string | undefined {
  try {
    return JSON.stringify(json);
  } catch {
    return '{"around": {"and": "around"}}';
  }
}
