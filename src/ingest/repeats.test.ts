import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Repeats } from './repeats.js';
import type { UnderstoodBody } from './repeats.js';

const UNDERSTOOD: UnderstoodBody = { source: 'fake', payload: { alerts: [], rejected: [], remarks: [] } };

/** Another body of the same length and CRC-32: they differ by the polynomial itself, the first bit being the lowest of a byte. */
function twinOf(body: Uint8Array): Uint8Array {
  const twin = Uint8Array.from(body);
  for (const [place, bit] of Array.from((0x104c11db7).toString(2)).entries())
    if (bit === '1') twin[place >> 3] = (twin[place >> 3] ?? 0) ^ (1 << (place & 7));
  return twin;
}

describe('Repeats', () => {
  it('finds a body that came twice, and not another one that shares its key', () => {
    const repeats = new Repeats();
    const body = new TextEncoder().encode('{"alerts": [1, 2, 3]}');
    const twin = twinOf(body);
    expect(crc32(twin)).toBe(crc32(body));
    const key = repeats.keyOf('fake', body);
    expect(repeats.keyOf('fake', twin)).toBe(key);
    for (let time = 0; time < 2; time++) repeats.remember(key, UNDERSTOOD, body);
    expect(repeats.find(key, body)).toBe(UNDERSTOOD);
    expect(repeats.find(key, twin)).toBeNull();
    expect(repeats.find(repeats.keyOf('other', body), body)).toBeNull();
  });
});
