import { expect, it } from 'vitest';
import { fuzz } from '../fuzz/intake-fuzz.js';

const BODIES = 100_000;

it('takes a hundred thousand mutilated bodies for what they are', async () => {
  const tally = await fuzz(BODIES, 42);

  expect(tally.bodies).toBe(BODIES);
  expect(tally.accepted).toBeGreaterThan(BODIES / 10);
  expect(tally.refused).toBeGreaterThan(BODIES / 10);
}, 900_000);
