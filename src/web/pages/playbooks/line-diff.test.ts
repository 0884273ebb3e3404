import { expect, test } from 'vitest';
import { diffLines, foldAlike } from './line-diff.js';
import type { DiffLine } from './line-diff.js';

const told = (lines: readonly DiffLine[]): string[] =>
  lines.map(({ type, text }) => `${{ same: ' ', added: '+', removed: '-' }[type]}${text}`);

test('a changed line is taken away and added, with its place on either side', () => {
  const { lines, added, removed, exact } = diffLines('a\nb\nc\n', 'a\nB\nc\nd\n');
  expect(told(lines)).toEqual([' a', '-b', '+B', ' c', '+d']);
  expect(lines.map(({ was, now }) => [was, now])).toEqual([
    [1, 1],
    [2, null],
    [null, 2],
    [3, 3],
    [null, 4],
  ]);
  expect({ added, removed, exact }).toEqual({ added: 2, removed: 1, exact: true });
});

test('as few lines as possible differ', () => {
  const { added, removed } = diffLines('x\na\nb\nc\ny', 'a\nb\nx\nc\ny');
  expect({ added, removed }).toEqual({ added: 1, removed: 1 });
});

test('the same text has no difference, whatever its line ends', () => {
  const { added, removed, lines } = diffLines('a\r\nb\r\n', 'a\nb');
  expect({ added, removed, count: lines.length }).toEqual({ added: 0, removed: 0, count: 2 });
});

test('an empty text becomes a text by its lines alone', () => {
  expect(told(diffLines('', 'a\nb').lines)).toEqual(['+a', '+b']);
});

test('what differs in too much is told as one block instead of hanging the page', () => {
  const many = (sign: string): string => ['head', ...Array.from({ length: 4_000 }, (_, n) => `${sign}${n}`), 'foot'].join('\n');
  const { exact, added, removed, lines } = diffLines(many('a'), many('b'));
  expect({ exact, added, removed }).toEqual({ exact: false, added: 4_000, removed: 4_000 });
  expect([lines[0]?.type, lines.at(-1)?.type]).toEqual(['same', 'same']);
});

test('lines alike are folded but for three around each difference', () => {
  const text = Array.from({ length: 20 }, (_, n) => `line ${n}`);
  const parts = foldAlike(diffLines(text.join('\n'), text.with(10, 'other').join('\n')).lines);
  expect(parts.map((part) => (part.type === 'gap' ? `gap ${part.count}` : `lines ${part.lines.length}`))).toEqual([
    'gap 7',
    'lines 8',
    'gap 6',
  ]);
});

test('a single line alike is shown rather than folded', () => {
  const text = Array.from({ length: 9 }, (_, n) => `line ${n}`);
  const parts = foldAlike(diffLines(text.join('\n'), text.with(4, 'other').join('\n')).lines);
  expect(parts.every((part) => part.type === 'lines')).toBe(true);
});
