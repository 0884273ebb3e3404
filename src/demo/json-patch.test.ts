import { describe, expect, it } from 'vitest';
import { applyJsonPatch, applyPatch, PatchRefused } from './json-patch.js';

const JSON_PATCH = 'application/json-patch+json';

describe('applyJsonPatch', () => {
  it('applies operations in their order and leaves the object as it was', () => {
    const before = { spec: { replicas: 2, list: ['a', 'b'] }, 'a/b': { '~': 1 } };
    const after = applyJsonPatch(before, [
      { op: 'test', path: '/spec/replicas', value: 2 },
      { op: 'replace', path: '/spec/replicas', value: 3 },
      { op: 'add', path: '/spec/list/1', value: 'x' },
      { op: 'add', path: '/spec/list/-', value: 'z' },
      { op: 'remove', path: '/a~1b/~0' },
      { op: 'copy', from: '/spec/replicas', path: '/copied' },
      { op: 'move', from: '/copied', path: '/moved' },
    ]);

    expect(after).toEqual({ spec: { replicas: 3, list: ['a', 'x', 'b', 'z'] }, 'a/b': {}, moved: 3 });
    expect(before.spec).toEqual({ replicas: 2, list: ['a', 'b'] });
  });

  it.each([
    [[{ op: 'test', path: '/spec/replicas', value: 9 }], 422],
    [[{ op: 'replace', path: '/spec/none', value: 9 }], 422],
    [[{ op: 'remove', path: '/none' }], 422],
    [[{ op: 'add', path: '/no/where', value: 1 }], 422],
    [[{ op: 'add', path: '/spec/__proto__', value: {} }], 422],
    [[{ op: 'leap', path: '/spec' }], 400],
    [[{ op: 'add', path: 'spec', value: 1 }], 400],
    [{ spec: { replicas: 3 } }, 400],
  ])('refuses %j with %i', (patch, status) => {
    expect(() => applyJsonPatch({ spec: { replicas: 2 } }, patch)).toThrow(expect.objectContaining({ status }));
  });
});

describe('applyPatch', () => {
  it('merges objects, takes null as removal, and replaces lists', () => {
    const after = applyPatch(
      { a: { b: 1, c: 2 }, list: [1, 2] },
      { a: { c: null, d: 3 }, list: [9] },
      'application/merge-patch+json',
    );

    expect(after).toEqual({ a: { b: 1, d: 3 }, list: [9] });
  });

  it('merges named members of lists by their names when the patch is strategic', () => {
    const before = {
      containers: [
        { name: 'app', image: '1', cpu: 1 },
        { name: 'side', image: '1' },
      ],
    };
    const after = applyPatch(
      before,
      { containers: [{ name: 'app', image: '2' }] },
      'application/strategic-merge-patch+json',
    );

    expect(after).toEqual({
      containers: [
        { name: 'app', image: '2', cpu: 1 },
        { name: 'side', image: '1' },
      ],
    });
  });

  it('refuses media types that it does not know, and bodies that are no object', () => {
    expect(() => applyPatch({}, {}, 'application/json')).toThrow(PatchRefused);
    expect(() => applyPatch({}, [], 'application/merge-patch+json')).toThrow('expected a JSON object, got a list');
    expect(() => applyPatch({}, {}, JSON_PATCH)).toThrow('json: cannot unmarshal object');
  });
});
