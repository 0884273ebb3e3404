const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Random bytes that are asked for at once. */
const POOL = 3_000;

/** Makes ULIDs (26 characters, sorted by time, monotonic within this process; github.com/ulid/spec). */
export interface Ids {
  next(): string;
  /** A 22 character prefix; `idOf(prefix, i)` are consecutive ULIDs that nobody else gets, for `i` below a million: four characters count. */
  batch(): string;
}

/** `random` gives that many random bytes, `now` the milliseconds since the epoch; both are handed in so that tests can repeat a run. */
export function createIds(now: () => number, random: (bytes: number) => Uint8Array): Ids {
  let lastTime = 0;
  let tail: number[] = [];
  function batch(): string {
    const time = Math.max(now(), lastTime);
    if (time === lastTime) increment(tail);
    else tail = Array.from(random(12), (byte) => byte & 31);
    lastTime = time;
    return encodeTime(time) + tail.map((digit) => ALPHABET.charAt(digit)).join('');
  }
  return { batch, next: () => idOf(batch(), 0) };
}

/** The same random bytes, asked for by the thousand: the system's answer to few costs as much. */
export function pooled(random: (bytes: number) => Uint8Array): (bytes: number) => Uint8Array {
  let pool: Uint8Array = new Uint8Array(0);
  return (bytes) => {
    if (pool.length < bytes) pool = random(Math.max(bytes, POOL));
    const taken = pool.subarray(0, bytes);
    pool = pool.subarray(bytes);
    return taken;
  };
}

/** The `index`th id of a batch. */
export function idOf(prefix: string, index: number): string {
  let text = '';
  for (let rest = index, digit = 0; digit < 4; digit++, rest = Math.floor(rest / 32))
    text = ALPHABET.charAt(rest % 32) + text;
  return prefix + text;
}

/** A ULID's batch and its place in it; null when the text is no ULID. */
export function splitId(id: string): { prefix: string; index: number } | null {
  if (!/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(id)) return null;
  return { prefix: id.slice(0, 22), index: placeOf(id) };
}

/** The place of a ULID in its batch, without a look at whether it is one. */
export function placeOf(id: string): number {
  let index = 0;
  for (let place = 22; place < 26; place++) index = index * 32 + ALPHABET.indexOf(id.charAt(place));
  return index;
}

function encodeTime(time: number): string {
  let text = '';
  for (let rest = time, digit = 0; digit < 10; digit++, rest = Math.floor(rest / 32))
    text = ALPHABET.charAt(rest % 32) + text;
  return text;
}

function increment(digits: number[]): void {
  for (let place = digits.length - 1; place >= 0; place--) {
    const digit = (digits[place] ?? 0) + 1;
    digits[place] = digit % 32;
    if (digit < 32) return;
  }
}
