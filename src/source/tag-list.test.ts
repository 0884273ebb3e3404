import { expect, it } from 'vitest';
import type { ErrorDetail } from '../domain/errors.js';
import { readTagList, tagLabels } from './tag-list.js';

it.each([
  [['env:prod', 'service=checkout'], { env: 'prod', service: 'checkout' }],
  [[' env : prod ', 'url:http://x/y:8'], { env: 'prod', url: 'http://x/y:8' }],
  [['a:1', 'a:2', 'a:1'], { a: '1,2' }],
  [['monitor', 'empty:', ':x', '', ' '], { tags: 'monitor,empty:,:x' }],
  [['__proto__:x'], JSON.parse('{"__proto__":"x"}')],
])('the tags %j are the labels %j', (tags, labels) => {
  expect(Object.fromEntries(tagLabels(tags))).toEqual(labels);
});

it('takes a list or a text, and names the place of what is neither', () => {
  const details: ErrorDetail[] = [];

  expect(readTagList('a:1,b', 'tags', details)).toEqual(['a:1', 'b']);
  expect(readTagList(['a:1'], 'tags', details)).toEqual(['a:1']);
  expect(readTagList(null, 'tags', details)).toEqual([]);
  expect(details).toEqual([]);
  expect(readTagList(['a:1', 7], 'tags', details)).toEqual(['a:1']);
  expect(readTagList(7, 'rule.tags', details)).toEqual([]);
  expect(details.map(({ path }) => path)).toEqual(['tags[1]', 'rule.tags']);
});
