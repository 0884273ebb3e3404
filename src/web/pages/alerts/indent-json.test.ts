import { describe, expect, it } from 'vitest';
import { indentJson } from './indent-json.js';

const shown = (text: string) => indentJson(text, undefined)?.lines.join('\n');
const part = (text: string, path: string) => {
  const indented = indentJson(text, path)!;
  return indented.part === null ? null : indented.lines.slice(...indented.part).join('\n');
};

const VALUES = [
  { a: 1, b: [], c: {}, d: [[], [{}], 'x'], e: { f: null, 'g": [': true } },
  [[1, 2], { a: '\\"\n' }],
  'text',
  7,
  [],
  {},
  { '': [false, ''] },
];

describe('JSON on lines', () => {
  it.each(VALUES)('reads like what JSON itself would write, however it came: %j', (value) => {
    const pretty = JSON.stringify(value, null, 2);

    expect(shown(JSON.stringify(value))).toBe(pretty);
    expect(shown(` ${pretty.replaceAll('\n', '\r\n\t')} `)).toBe(pretty);
  });

  it('keeps what reading would lose: large numbers, escapes, keys that come twice', () => {
    const text = '{"n":12345678901234567890.10,"n":1e5,"s":"\\u652f\\/"}';

    expect(shown(text)).toBe('{\n  "n": 12345678901234567890.10,\n  "n": 1e5,\n  "s": "\\u652f\\/"\n}');
  });

  it('knows the lines of a part', () => {
    const text = '{"version":"4","alerts":[{"a":[1]},{"b":2},7],"x/y":{"~":[0,"here"]}}';

    expect(part(text, '/alerts/1')).toBe('    {\n      "b": 2\n    },');
    expect(part(text, '/alerts/0')).toBe('    {\n      "a": [\n        1\n      ]\n    },');
    expect(part(text, '/alerts/2')).toBe('    7');
    expect(part(text, '/x~1y/~0/1')).toBe('      "here"');
    expect(part('[{}, {"a": 1}]', '/1')).toBe('  {\n    "a": 1\n  }');
    expect(part('[{}, {"a": 1}]', '/0')).toBe('  {},');
    expect(part(text, '/alerts/9')).toBeNull();
  });

  it('leaves alone what is no JSON, cut off, or nested for ever', () => {
    expect(indentJson('{"a": 1', undefined)).toBeNull();
    expect(indentJson('<html>', undefined)).toBeNull();
    expect(indentJson(`${'['.repeat(100)}${']'.repeat(100)}`, undefined)).toBeNull();
  });

  it('takes a body of half a megabyte in a moment', () => {
    const text = JSON.stringify({
      alerts: Array.from({ length: 2_000 }, (_, index) => ({ labels: { index, a: 'x'.repeat(200) } })),
    });
    const indented = indentJson(text, '/alerts/1999')!;

    expect(indented.lines).toHaveLength(2_000 * 6 + 4);
    expect(indented.lines.slice(...indented.part!).join('')).toContain('"index": 1999');
  });
});
