import { expect, it } from 'vitest';
import { untilBeat } from './clock.js';

it.each([
  [0, 1_000],
  [1, 999],
  [750, 250],
  [751, 1_249],
  [999, 1_001],
])('at %d ms it is %d ms to the next beat of a second, never so few that one beat is met twice', (now, left) => {
  expect(untilBeat({ now: () => now }, 1_000)).toBe(left);
});
