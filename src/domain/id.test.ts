import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { createIds, idOf, placeOf, pooled, splitId } from './id.js';

it('gives every random byte once, however many are asked for', () => {
  let asked = 0;
  const source = (bytes: number): Uint8Array => Uint8Array.from({ length: bytes }, () => (asked += 1) & 255);
  const random = pooled(source);

  const given = [12, 12, 4_000, 1, 2_990, 12].flatMap((bytes) => {
    const taken = [...random(bytes)];
    expect(taken).toHaveLength(bytes);
    return taken;
  });

  // What follows the one before it, but where a rest was too short and was left.
  const leaps = given.filter((byte, index) => index > 0 && byte !== (((given[index - 1] ?? 0) + 1) & 255));
  expect(leaps.length).toBeLessThanOrEqual(3);
  expect(asked).toBeGreaterThanOrEqual(given.length);
});

it('makes ids that go up and never come twice, within a millisecond and over it', () => {
  let now = 1_800_000_000_000;
  const ids = createIds(() => now, pooled(randomBytes));

  const made = Array.from({ length: 2_000 }, (_, index) => {
    if (index % 3 === 0) now += 1;
    return ids.next();
  });

  expect(new Set(made).size).toBe(made.length);
  expect([...made].sort()).toEqual(made);
});

it('tells the place of an id in its batch', () => {
  const prefix = createIds(() => 1_800_000_000_000, randomBytes).batch();
  for (const place of [0, 1, 31, 32, 1_023, 32 ** 4 - 1]) {
    expect(placeOf(idOf(prefix, place))).toBe(place);
    expect(splitId(idOf(prefix, place))).toEqual({ prefix, index: place });
  }
  expect(splitId('no ulid')).toBeNull();
});
