import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { writeYaml } from './write-yaml.js';

test.each<unknown>([
  [{ rule_id: 'R001', alert_name: ['A', 'B'], priority: 100, enabled: false }],
  { a: {}, b: [], c: null, d: { e: { f: [1, [2, 3], { g: 'h' }] } } },
  [
    'yes',
    'no',
    'null',
    '1',
    '1e3',
    '0x1f',
    '.5',
    '~',
    '',
    ' x ',
    'a: b',
    '# x',
    'x # y',
    '- x',
    'a\nb',
    '{{ x }}',
    '*',
    '&a',
    '!t',
    '2026-01-01',
  ],
  { 'key with: colon': 1, true: 2, 'ünï cödé': '订单', '90%': '> 90%', re: '/Quick_.*/', q: 'env="prod"' },
  [[[]]],
  'text',
])('%j is read back as it was', (value) => {
  expect(parse(writeYaml(value))).toEqual(value);
});

test('what is undefined is not there', () => {
  expect(writeYaml({ a: undefined, b: 1 })).toBe('b: 1');
});
