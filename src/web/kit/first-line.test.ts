import { expect, it } from 'vitest';
import { firstLine } from './first-line.js';

it('is the first line of a text, and says where it was cut: half a ticket number is another ticket', () => {
  expect(firstLine('known; OPS-12345\nsee there')).toBe('known; OPS-12345');
  expect(firstLine('see OPS-12345', 8)).toBe('see OPS…');
  expect(firstLine('see OPS-12345', 13)).toBe('see OPS-12345');
  expect(firstLine('')).toBe('');
});
