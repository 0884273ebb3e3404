import { expect, it } from 'vitest';
import { stepBefore } from './lead.js';

it.each([
  ['the first, where nothing is chosen', 3, -1, -1, 1, 0],
  ['the next', 3, 0, -1, 1, 1],
  ['the list after the last', 3, 2, -1, 1, null],
  ['the one before', 3, 2, -1, -1, 1],
  ['nowhere before the first', 3, 0, -1, -1, 0],
  ['back to the last from the first row', 3, -1, 0, -1, 2],
  ['on in the list', 3, -1, 0, 1, null],
  ['up in the list', 3, -1, 4, -1, null],
  ['the list where nothing stands before it', 0, -1, -1, 1, null],
])('goes to %s', (_, count, at, chosen, by, goal) => {
  expect(stepBefore({ count, at, chosen }, by)).toBe(goal);
});
