import { expect, test } from 'vitest';
import { NODE_HEIGHT, NODE_WIDTH, layOut } from './graph-layout.js';

const node = (task_id: string) => ({ task_id, name: task_id, kind: 'wait', effect: 'read' as const });
const GRAPH = {
  nodes: ['end', 'b', 'a', 'alone'].map(node),
  edges: [
    { from: 'a', to: 'end' },
    { from: 'b', to: 'end' },
  ],
};

test.each([
  ['LR', 'x', NODE_WIDTH],
  ['TB', 'y', NODE_HEIGHT],
] as const)('in direction %s what waits stands after what it waits for', (direction, axis, size) => {
  const { nodes } = layOut(GRAPH, direction);
  const at = new Map(nodes.map((one) => [one.task_id, one[axis]]));
  expect(at.get('end')).toBeGreaterThanOrEqual((at.get('a') ?? 0) + size);
  expect(at.get('end')).toBeGreaterThanOrEqual((at.get('b') ?? 0) + size);
});

test('every task lies within the paper and none on another', () => {
  const { nodes, width, height } = layOut(GRAPH, 'LR');
  for (const one of nodes) {
    expect(one.x).toBeGreaterThanOrEqual(0);
    expect(one.y).toBeGreaterThanOrEqual(0);
    expect(one.x + NODE_WIDTH).toBeLessThanOrEqual(width);
    expect(one.y + NODE_HEIGHT).toBeLessThanOrEqual(height);
    for (const other of nodes)
      if (other !== one)
        expect(Math.abs(one.x - other.x) >= NODE_WIDTH || Math.abs(one.y - other.y) >= NODE_HEIGHT).toBe(true);
  }
});

test('each dependency is one line, also past a task in between', () => {
  const edges = [...GRAPH.edges, { from: 'end', to: 'alone' }, { from: 'a', to: 'alone' }];
  const { lines } = layOut({ ...GRAPH, edges }, 'LR');
  expect(lines.map(({ from, to }) => `${from} ${to}`).sort()).toEqual(['a alone', 'a end', 'b end', 'end alone']);
  for (const { path } of lines) expect(path).toMatch(/^M[\d.-]+,[\d.-]+C[\d., C-]+$/);
});
