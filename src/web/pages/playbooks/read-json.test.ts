import { expect, test } from 'vitest';
import { readObject } from './read-json.js';

test('an object is read, and an empty text is none', () => {
  expect(readObject('{"alert_name":"X"}')).toEqual({ ok: true, value: { alert_name: 'X' } });
  expect(readObject(' \n')).toEqual({ ok: true, value: null });
});

test('a mistake is told with its line and column', () => {
  expect(readObject('{\n  "a": 1,\n  b\n}')).toMatchObject({ ok: false, problem: 'syntax', line: 3, column: 3 });
});

test('a text that breaks off is told at its end', () => {
  expect(readObject('{\n  "a": 1')).toMatchObject({ ok: false, problem: 'syntax', line: 2, column: 9 });
});

test.each(['[]', '"x"', '7', 'null', 'true'])('%s is no object', (text) => {
  expect(readObject(text)).toMatchObject({ ok: false, problem: 'not_object' });
});
