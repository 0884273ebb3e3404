import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { labelOf, labelsFingerprint, matcherHolds, parseMatcher } from './label.js';

const PAYLOADS = join(import.meta.dirname, '../../../test/fixture/payloads');

/** An independent reading of the same algorithm, byte by byte with BigInt. */
function slowFingerprint(labels: Record<string, string>): string {
  let hash = 0xcbf29ce484222325n;
  const names = Object.keys(labels).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  for (const name of names) {
    for (const byte of [...Buffer.from(name), 255, ...Buffer.from(labels[name] ?? ''), 255])
      hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}

describe('parseMatcher', () => {
  it.each([
    ['env="prod"', 'env', '=', 'prod'],
    ['  env = prod  ', 'env', '=', 'prod'],
    ['env!=""', 'env', '!=', ''],
    ['team=~"pay.*"', 'team', '=~', 'pay.*'],
    ['team!~pay.*', 'team', '!~', 'pay.*'],
    ['query="a=b, c"', 'query', '=', 'a=b, c'],
    ['query=a=b', 'query', '=', 'a=b'],
    ['text="say \\"hi\\"\\n\\\\"', 'text', '=', 'say "hi"\n\\'],
    ['code=~"5\\d\\d"', 'code', '=~', '5\\d\\d'],
    ['env=', 'env', '=', ''],
    ['app.kubernetes.io/name="shop"', 'app.kubernetes.io/name', '=', 'shop'],
    ['"odd name"="x"', 'odd name', '=', 'x'],
    ['服务="支付"', '服务', '=', '支付'],
  ])('reads %s', (text, name, operator, value) => {
    expect(parseMatcher(text)).toMatchObject({ name, operator, value });
  });

  it.each([
    ['', /expected a label name, came nothing/],
    ['="x"', /expected a label name, came =/],
    ['{env="prod"}', /expected a label name, came \{/],
    ['env', /expected =, !=, =~ or !~ after the label name, came nothing/],
    ['env ~ "x"', /expected =, !=, =~ or !~ after the label name, came ~/],
    ['env="prod', /the quoted value does not end/],
    ['env=pr"od', /has a quote inside/],
    ['env="prod", team="x"', /one matcher an entry/],
    ['env=~"("', /not RE2 syntax/],
    ['env=~"a(?=b)"', /not RE2 syntax/],
    ['"env', /name does not end/],
    [`env="${'x'.repeat(5_000)}"`, /at most 4096 characters/],
  ])('refuses %s', (text, message) => {
    expect(() => parseMatcher(text)).toThrow(
      expect.objectContaining({ code: 'invalid', message: expect.stringMatching(message) }),
    );
  });
});

describe('matcherHolds', () => {
  const labels = { env: 'prod', team: 'payments' };

  it.each([
    ['env="prod"', true],
    ['env="pro"', false],
    ['env!="test"', true],
    ['team=~"pay.*"', true],
    ['team=~"pay"', false],
    ['team=~"check|payments"', true],
    ['team!~"pay"', true],
    ['team!~"pay.*"', false],
    ['missing=""', true],
    ['missing!=""', false],
    ['missing=~".*"', true],
    ['missing=~".+"', false],
    ['missing!~".+"', true],
    ['constructor=""', true],
    ['__proto__=""', true],
  ])('%s is %s', (text, holds) => {
    expect(matcherHolds(parseMatcher(text), labels)).toBe(holds);
  });

  it('takes a pattern that would take a backtracking engine years', () => {
    const matcher = parseMatcher('x=~"(a+)+$"');

    expect(matcherHolds(matcher, { x: `${'a'.repeat(200)}!` })).toBe(false);
  });
});

describe('labelsFingerprint', () => {
  it("is Alertmanager's own for every recorded alert", () => {
    const recorded = readdirSync(PAYLOADS)
      .filter((name) => name.startsWith('alertmanager-'))
      .flatMap((name) => JSON.parse(readFileSync(join(PAYLOADS, name), 'utf8')).alerts);

    expect(recorded.length).toBeGreaterThan(10);
    for (const alert of recorded) expect(labelsFingerprint(alert.labels)).toBe(alert.fingerprint);
  });

  it.each([
    [{}],
    [{ 服务: '支付 ✓', a: 'é', b: '\u{1F600}x' }],
    [{ '\u{1F600}': 'astral', '\uFFFD': 'above the surrogates', ab: '1', a: '2' }],
    [{ a: 'x'.repeat(5_000) }],
  ])('sorts and hashes bytes as Go does', (labels: Record<string, string>) => {
    expect(labelsFingerprint(labels)).toBe(slowFingerprint(labels));
  });

  it('tells apart what only the border between name and value tells apart', () => {
    expect(labelsFingerprint({ ab: 'c' })).not.toBe(labelsFingerprint({ a: 'bc' }));
  });
});

it('reads a label of its own that is named like a part of every object', () => {
  const labels = JSON.parse('{"__proto__":"x","constructor":"y"}');

  expect([labelOf(labels, '__proto__'), labelOf(labels, 'constructor'), labelOf(labels, 'toString')]).toEqual([
    'x',
    'y',
    '',
  ]);
});
