import { expect, it } from 'vitest';
import { sources } from '../../src/source/registry.js';
import { fuzz, seeds, spoilNeighbours } from './intake-fuzz.js';

/** The whole number is for the integration run; FIXPOINT_FUZZ sets another, FIXPOINT_FUZZ_SEED another walk. */
const BODIES = Number(process.env['FIXPOINT_FUZZ'] ?? 4_000);
const SEED = Number(process.env['FIXPOINT_FUZZ_SEED'] ?? 20_261_121);

it('takes mutilated bodies of every source for what they are: alerts, dead letters with their place, never a fault', async () => {
  const tally = await fuzz(BODIES, SEED);

  expect(tally.bodies).toBe(BODIES);
  // A walk that refuses everything, or accepts everything, would show nothing.
  expect(tally.accepted).toBeGreaterThan(BODIES / 10);
  expect(tally.refused).toBeGreaterThan(BODIES / 10);
  expect(tally.letters).toBeGreaterThan(BODIES / 100);
}, 600_000);

it('walks the same way whenever the seed is the same', async () => {
  const [one, same, other] = [await fuzz(300, 5), await fuzz(300, 5), await fuzz(300, 6)];

  expect(same).toEqual(one);
  expect(other).not.toEqual(one);
});

it('accepts the valid neighbours of every spoiled alert', async () => {
  expect(await spoilNeighbours(SEED)).toBeGreaterThan(10);
});

it('has a body of every source to begin with', () => {
  const known = new Set(seeds().map((seed) => seed.source));

  expect(sources.map((source) => source.name).filter((name) => !known.has(name))).toEqual([]);
});
