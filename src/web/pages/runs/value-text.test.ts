import { expect, it } from 'vitest';
import { changeText, isNothing } from './value-text.js';

it('tells a change with its target and both values', () => {
  const change = { target: 'Deployment shop/orders', what: 'replicas', from: 3, to: 5 };

  expect(changeText(change)).toBe('Deployment shop/orders: replicas 3 → 5');
  expect(changeText({ ...change, from: null })).toBe('Deployment shop/orders: replicas → 5');
});

it('names neither a target twice nor the body of a request', () => {
  const change = { target: 'http://shop/drain', what: 'POST http://shop/drain', from: null, to: { body: null } };

  expect(changeText(change)).toBe('POST http://shop/drain');
  expect(changeText({ ...change, to: { body: { sha256: 'abc', bytes: 3 } } })).toBe('POST http://shop/drain');
});

it('knows what tells nothing', () => {
  expect([null, undefined, {}, { body: null }].map(isNothing)).toEqual([true, true, true, true]);
  expect([0, '', false, { body: {} }, { a: null, b: 1 }].map(isNothing)).toEqual([false, false, false, false, false]);
});
