import { describe, expect, it } from 'vitest';
import { NODE, neighbour, placesOf, viewOn } from './graph-layout.js';
import type { GraphEdge } from './run-graph.js';

function anEdge(from: string, to: string): GraphEdge {
  return { from, to, isCritical: false, isMuted: false };
}

const fan = Array.from({ length: 50 }, (_, index) => `s${index}`);
const ids = ['begin', ...fan, 'end'];
const edges = fan.flatMap((id) => [anEdge('begin', id), anEdge(id, 'end')]);

describe('the places of the graph', () => {
  it('lets no two of a fan-out of fifty overlap, and goes from left to right', () => {
    const places = placesOf(ids, edges);

    const all = ids.map((id) => places.get(id)!);
    for (const [index, a] of all.entries())
      for (const b of all.slice(index + 1))
        expect(Math.abs(a.x - b.x) >= NODE.width || Math.abs(a.y - b.y) >= NODE.height).toBe(true);
    expect(places.get('begin')!.x).toBeLessThan(places.get('s7')!.x);
    expect(places.get('s7')!.x).toBeLessThan(places.get('end')!.x);
  });

  it('stays where it was when it is laid out anew with the same shape', () => {
    expect([...placesOf(ids, edges)]).toEqual([...placesOf(ids, edges)]);
  });

  it('leads by the arrow keys to what waits, to what was waited for, and up and down its column', () => {
    const places = placesOf(ids, edges);
    const go = (from: string, key: string) => neighbour(from, key, { edges }, places);

    expect(fan).toContain(go('begin', 'ArrowRight'));
    expect(go('s3', 'ArrowLeft')).toBe('begin');
    expect(go('s3', 'ArrowRight')).toBe('end');
    const below = go('s3', 'ArrowDown')!;
    expect(go(below, 'ArrowUp')).toBe('s3');
    expect(go('end', 'ArrowRight')).toBeNull();
    expect(go('nobody', 'ArrowRight')).toBeNull();
  });
});

describe('the view on one place of the graph', () => {
  const chain = Array.from({ length: 6 }, (_, index) => ({ x: index * 248 + 8, y: 8 }));
  const frame = { width: 690, height: 260 };
  const left = (index: number): number => {
    const { x, zoom } = viewOn(chain[index]!, chain, frame, 0.75);
    return chain[index]!.x * zoom + x;
  };

  it('leaves no void beside a drawing that is larger than its frame', () => {
    expect(left(0)).toBe(16);
    expect(left(5) + NODE.width * 0.75).toBe(frame.width - 16);
  });

  it('puts the place into the middle where the drawing goes on at both sides', () => {
    expect(left(2) + (NODE.width * 0.75) / 2).toBe(frame.width / 2);
  });

  it('puts a drawing that is smaller than its frame into the middle as a whole', () => {
    const { y, zoom } = viewOn(chain[0]!, chain, frame, 0.75);
    expect((8 + NODE.height / 2) * zoom + y).toBe(frame.height / 2);
  });
});
