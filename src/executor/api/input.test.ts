import { describe, expect, it } from 'vitest';
import { apiCallSpec } from './api.js';
import { ApiCallInput } from './input.js';

function problemsOf(input: unknown): string[] {
  const parsed = ApiCallInput.safeParse(input);
  return parsed.success ? [] : parsed.error.issues.map((issue) => issue.path.join('.'));
}

describe('the input of a call', () => {
  it.each([
    [{ action: 'FETCH /x' }, 'action'],
    [{ action: 'GET x' }, 'action'],
    [{ action: 'GET //' }, null],
    [{ action: 'GET ftp://h/x' }, 'action'],
    [{ action: 'GET /a/../b' }, 'action'],
    [{ action: 'GET /a/%2E%2e' }, 'action'],
    [{ action: 'GET /a/..;x' }, null],
    [{}, 'action'],
    [{ action: 'GET /', body: {} }, 'body'],
    [{ action: 'GET /', filter: { a: 1 } }, 'filter'],
    [{ action: 'POST /', filter: { a: 1 } }, null],
    [{ action: 'POST /', body: {}, expect_statuss: 1 }, 'expect_statuss'],
    [{ action: 'POST /', headers: { 'Idempotency-Key': 'x' } }, 'headers.Idempotency-Key'],
    [{ action: 'POST /', headers: { Host: 'x' } }, 'headers.Host'],
    [{ action: 'POST /', headers: { a: 'b\r\nc: d' } }, 'headers.a'],
    [{ action: 'POST /', headers: { 'a b': 'c' } }, 'headers.a b'],
    [{ action: 'GET /', expect_status: 1000 }, 'expect_status'],
    [{ action: 'GET /', effect: 'notify' }, 'effect'],
  ])('%j has its problem at %s', (input, place) => {
    expect(problemsOf(input)).toEqual(place === null ? [] : [place]);
  });

  it.each([
    [{ action: 'GET /' }, 'read'],
    [{ action: 'head /' }, 'read'],
    [{ action: 'OPTIONS /' }, 'write'],
    [{ action: 'POST /' }, 'write'],
    [{ action: 'POST /', effect: 'read' }, 'read'],
    [{ action: 'GET /trigger', effect: 'write' }, 'write'],
  ])('%j has the effect %s', (input, effect) => {
    expect(apiCallSpec.effect(ApiCallInput.parse(input))).toBe(effect);
  });
});
