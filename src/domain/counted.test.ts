import { expect, it } from 'vitest';
import { counted } from './counted.js';

it('one is told as one, and none as many', () => {
  expect([0, 1, 2].map((n) => counted(n, 'new alert'))).toEqual(['0 new alerts', '1 new alert', '2 new alerts']);
});
