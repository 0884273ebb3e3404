import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, it, vi } from 'vitest';
import { compileLinear } from './linear-pattern.js';

/** Whether a whole text is asked without RE2. */
function isQuick(source: string): boolean {
  const compile = vi.spyOn(RE2JS, 'compile');
  compileLinear(source).testExact('text');
  const isLeft = compile.mock.calls.length > 0;
  compile.mockRestore();
  return !isLeft;
}

describe('a pattern', () => {
  it.each([
    'api|web',
    '10\\.4\\..*',
    'special-7-[0-9]+',
    'node_\\d+',
    '',
    'a||b',
    '支付.*',
    'a/b:c "d" <e>',
    '[a-zA-Z0-9_]*x',
    '.*a|.*b',
  ])('is plain: %s', (source) => {
    expect(isQuick(source)).toBe(true);
  });

  it.each(['.*a.*', 'a??', 'a{2}', '(a|b)c', '[a-f]', '\\s', '^a$', '(?i)a', '\\x41', 'a\nb', 'a*x*'])(
    'is left to RE2: %j',
    (source) => {
      expect(isQuick(source)).toBe(false);
    },
  );

  it.each([
    ['10\\.4\\..*', '10.4.', true],
    ['special-7-[0-9]+', 'special-7-', false],
    ['支付.*', '支付', true],
    ['api', 'api', false],
    ['ab+', 'a', false],
    ['a.*b', 'a', false],
    ['api|web', '', false],
    ['api.*|web.*', '', false],
    ['.*', '', true],
    ['(api).*', '', false],
  ])('tells how what it takes begins: %s', (source, prefix, isPrefix) => {
    expect(compileLinear(source)).toMatchObject({ prefix, isPrefix });
  });

  it.each(['(', '[z-a]', 'a**', '*a', '|*', 'a\\', '\\q', 'a{2}{3}', '(?=a)'])(
    'is refused where it is not RE2: %s',
    (source) => {
      expect(() => compileLinear(source)).toThrow();
    },
  );

  it('matches exactly what RE2 matches', () => {
    const atom = fc.oneof(
      fc.constantFrom(
        '\\.',
        '\\-',
        '\\/',
        '\\\\',
        '\\d',
        '\\w',
        '.',
        '[0-9]',
        '[a-zA-Z]',
        '[a-z0-9_]',
        'a',
        'b',
        '-',
        '/',
        '#',
        ' ',
      ),
      fc.constantFrom('é', '支', '😀', '"', '&', ',', '~', '\u2028', '\ud800'),
    );
    const item = fc.tuple(atom, fc.constantFrom('', '', '', '*', '+')).map((parts) => parts.join(''));
    const source = fc
      .array(
        fc.array(item, { maxLength: 5 }).map((items) => items.join('')),
        { minLength: 1, maxLength: 3 },
      )
      .map((alternatives) => alternatives.join('|'));
    const text = fc
      .array(
        fc.constantFrom(
          'a',
          'b',
          '0',
          '.',
          '-',
          '/',
          '\\',
          '_',
          ' ',
          '\n',
          '\r',
          '\u2028',
          'é',
          '支',
          '😀',
          '\ud800',
          '#',
        ),
        {
          maxLength: 8,
        },
      )
      .map((units) => units.join(''));
    let quick = 0;

    fc.assert(
      fc.property(source, fc.array(text, { minLength: 1, maxLength: 6 }), (pattern, texts) => {
        if (isQuick(pattern)) quick += 1;
        const [mine, theirs] = [compileLinear(pattern), RE2JS.compile(pattern)];
        for (const each of texts) {
          expect([pattern, each, mine.testExact(each)]).toEqual([pattern, each, theirs.testExact(each)]);
          expect([pattern, each, mine.test(each)]).toEqual([pattern, each, theirs.test(each)]);
        }
      }),
      { numRuns: 3_000 },
    );
    expect(quick).toBeGreaterThan(1_000);
  });

  it('takes no time that grows faster than the text', () => {
    const text = 'a'.repeat(2_000_000);
    for (const source of ['a*b', '[a-z]+0', '.*x', 'a*b|a*c|.*d'])
      expect(compileLinear(source).testExact(text)).toBe(false);
  });
});
