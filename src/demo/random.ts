/** A number in [0, 1) that depends on the seed and the keys alone: the same question always gets the same answer. */
export function chance(seed: number, ...keys: readonly (number | string)[]): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (const key of keys) hash = mix(hash, typeof key === 'number' ? key : textHash(key));
  return finish(hash) / 0x1_0000_0000;
}

/** A number in [-1, 1) for wobbling a figure. */
export function wobble(seed: number, ...keys: readonly (number | string)[]): number {
  return chance(seed, ...keys) * 2 - 1;
}

/** Lower case hexadecimal digits that depend on the seed and the keys alone. */
export function hexDigits(length: number, seed: number, ...keys: readonly (number | string)[]): string {
  let text = '';
  for (let part = 0; text.length < length; part++) {
    text += Math.floor(chance(seed, part, ...keys) * 0x1_0000_0000)
      .toString(16)
      .padStart(8, '0');
  }
  return text.slice(0, length);
}

/** One member of a list that is not empty. */
export function pick<T>(list: readonly [T, ...T[]], share: number): T {
  return list[Math.floor(share * list.length)] ?? list[0];
}

function textHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  return hash;
}

function mix(hash: number, key: number): number {
  // Milliseconds since the epoch do not fit 32 bits: both halves count.
  const low = key >>> 0;
  const high = Math.floor(key / 0x1_0000_0000) >>> 0;
  let next = Math.imul(hash ^ low, 0x85ebca6b) >>> 0;
  next = (next ^ (next >>> 13)) >>> 0;
  next = Math.imul(next ^ high ^ 0x9e3779b9, 0xc2b2ae35) >>> 0;
  return (next ^ (next >>> 16)) >>> 0;
}

function finish(hash: number): number {
  let next = Math.imul(hash ^ (hash >>> 16), 0x7feb352d) >>> 0;
  next = Math.imul(next ^ (next >>> 15), 0x846ca68b) >>> 0;
  return (next ^ (next >>> 16)) >>> 0;
}
