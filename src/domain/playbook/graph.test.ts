import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findCycles, needsOf, topologicalOrder, upstreamOf } from './graph.js';
import type { GraphNode } from './graph.js';

function graph(arrows: Record<string, string[]>): GraphNode[] {
  return Object.entries(arrows).map(([id, depends_on]) => ({ id, depends_on }));
}

function ids(nodes: readonly GraphNode[]): string[] {
  return nodes.map((node) => node.id);
}

describe('topological order', () => {
  it("keeps the author's order wherever the arrows leave a choice", () => {
    expect(ids(topologicalOrder(graph({ d: ['b', 'c'], c: ['a'], b: ['a'], a: [], e: [] })))).toEqual([
      'a',
      'c',
      'b',
      'd',
      'e',
    ]);
  });

  it('answers every node once, in an order that respects every arrow', () => {
    const arrows = fc.array(fc.tuple(fc.nat(19), fc.nat(19)), { maxLength: 60 });
    fc.assert(
      fc.property(arrows, fc.shuffledSubarray([...Array(20).keys()], { minLength: 20 }), (pairs, places) => {
        const nodes = places.map((id) => ({
          id: `t${id}`,
          depends_on: pairs.filter(([from, to]) => from === id && to < from).map(([, to]) => `t${to}`),
        }));
        const order = ids(topologicalOrder(nodes));
        expect([...order].sort()).toEqual(ids(nodes).sort());
        for (const node of nodes)
          for (const need of node.depends_on) expect(order.indexOf(need)).toBeLessThan(order.indexOf(node.id));
      }),
    );
  });

  it('still answers every node where there are cycles, doubles and arrows to nothing', () => {
    const nodes = [...graph({ a: ['b'], b: ['a'], c: ['nowhere'], d: ['c', 'c'] }), { id: 'c', depends_on: [] }];
    expect(ids(topologicalOrder(nodes)).sort()).toEqual(['a', 'b', 'c', 'c', 'd']);
  });
});

describe('cycles', () => {
  it('are named in the order of their arrows', () => {
    expect(findCycles(graph({ a: ['b'], b: ['c'], c: ['a'], d: ['d'], e: ['a', 'f'], f: [] }))).toEqual([
      ['a', 'b', 'c'],
      ['d'],
    ]);
    expect(findCycles(graph({ a: [], b: ['a'], c: ['a', 'b'], d: ['nowhere'] }))).toEqual([]);
  });

  it('are found at the end of a chain that would overflow a stack', () => {
    const nodes = Array.from({ length: 50_000 }, (_, i) => ({ id: `t${i}`, depends_on: [`t${(i + 1) % 50_000}`] }));
    expect(findCycles(nodes)[0]?.length).toBe(50_000);
  });
});

describe('upstream', () => {
  it('is everything that has to end before, directly or through others', () => {
    const upstream = upstreamOf(graph({ a: [], b: ['a'], c: ['b', 'nowhere'], d: [] }));
    expect([...(upstream.get('c') ?? [])].sort()).toEqual(['a', 'b']);
    expect([...(upstream.get('d') ?? [])]).toEqual([]);
  });

  it('of a clean-up that names nothing is everything that runs in the usual case', () => {
    const nodes: GraphNode[] = [
      { id: 'a' },
      { id: 'tidy', run_if: 'always' },
      { id: 'b', depends_on: ['a'] },
      { id: 'undo', run_if: 'failure', depends_on: ['a'] },
    ];
    expect(needsOf(nodes).get('tidy')).toEqual(['a', 'b']);
    expect([...(upstreamOf(nodes).get('tidy') ?? [])].sort()).toEqual(['a', 'b']);
    expect([...(upstreamOf(nodes).get('undo') ?? [])]).toEqual(['a']);
  });
});
