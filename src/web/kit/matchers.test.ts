import { describe, expect, it } from 'vitest';
import { parseMatcher } from '../../domain/alert/label.js';
import { readMatchers, writeMatcher } from './matchers.js';

describe('matchers that somebody types', () => {
  it.each([
    'env=prod',
    'env="prod"',
    'team=~"pay.*"',
    'team!~"a|b"',
    ' env != "" ',
    '"a label"="x"',
    'a="quote \\" and \\\\ and \\n"',
    'a=~"\\d+"',
    'a=',
    'namespace=~team-.*',
    '标签="值"',
  ])('reads %s as the service does', (text) => {
    const { matchers, error } = readMatchers(text);
    const { name, operator, value } = parseMatcher(text);

    expect(error).toBeNull();
    expect(matchers).toEqual([{ text: text.trim(), name, operator, value }]);
  });

  it('reads several, with or without braces, and commas inside quotes', () => {
    const texts = ['a="1,2"', 'b=~"x{2,3}"', 'c!=d'];

    expect(readMatchers(texts.join(', ')).matchers.map(({ text }) => text)).toEqual(texts);
    expect(readMatchers(` { ${texts.join(' ,')} , } `).matchers.map(({ text }) => text)).toEqual(texts);
    expect(readMatchers('  ')).toEqual({ matchers: [], error: null });
  });

  it.each([
    ['="prod"', 0, 'name', '='],
    ['env', 3, 'operator', ''],
    ['env > 3', 4, 'operator', '>'],
    ['env="prod', 4, 'value', '"'],
    ['"env=x', 0, 'name_end', '"'],
    ['""=x', 0, 'name', '""'],
    ['env=pr"od', 6, 'quote', '"'],
    ['env="a" b="c"', 8, 'rest', 'b'],
    ['ok="1", ,', 8, 'name', ','],
  ])('shows where %s goes wrong', (text, at, problem, came) => {
    expect(readMatchers(text).error).toEqual({ at, problem, came });
  });

  it('keeps what stands before a mistake', () => {
    expect(readMatchers('a="1", b').matchers.map(({ text }) => text)).toEqual(['a="1"']);
  });

  it.each([
    ['env', 'prod'],
    ['a label', 'x'],
    ['env', 'quote " back \\ line \n end'],
    ['a"b', ''],
  ])('writes %j so that the service reads it back', (name, value) => {
    expect(parseMatcher(writeMatcher(name, '=', value))).toMatchObject({ name, operator: '=', value });
  });
});
