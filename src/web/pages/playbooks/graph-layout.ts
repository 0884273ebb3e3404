import { Graph as LayoutGraph, layout } from '@dagrejs/dagre';
import type { PlaybookGraph } from '../../../domain/api/playbook.js';

/** Where a task stands, in pixels from the upper left. */
export interface PlacedNode {
  readonly task_id: string;
  readonly x: number;
  readonly y: number;
}

export interface GraphLayout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  /** An SVG path for each line. */
  readonly lines: readonly { readonly from: string; readonly to: string; readonly path: string }[];
}

export const NODE_WIDTH = 208;
export const NODE_HEIGHT = 84;

/** Places tasks so that what waits stands after what it waits for. */
export function layOut(graph: PlaybookGraph, direction: 'LR' | 'TB'): GraphLayout {
  const plan = new LayoutGraph();
  plan.setGraph({ rankdir: direction, nodesep: 20, ranksep: direction === 'LR' ? 44 : 36, marginx: 12, marginy: 12 });
  plan.setDefaultEdgeLabel(() => ({}));
  for (const { task_id } of graph.nodes) plan.setNode(task_id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const { from, to } of graph.edges) plan.setEdge(from, to);
  layout(plan);
  const { width = 0, height = 0 } = plan.graph();
  return {
    width,
    height,
    nodes: graph.nodes.map(({ task_id }) => {
      const { x = 0, y = 0 } = plan.node(task_id);
      return { task_id, x: x - NODE_WIDTH / 2, y: y - NODE_HEIGHT / 2 };
    }),
    lines: plan.edges().map((edge) => ({ from: edge.v, to: edge.w, path: pathOf(plan.edge(edge).points ?? []) })),
  };
}

/** A line through the points whose corners are round. */
function pathOf(points: readonly { readonly x: number; readonly y: number }[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  let path = `M${first.x},${first.y}`;
  for (const [index, point] of rest.entries()) {
    const next = rest[index + 1];
    path +=
      next === undefined
        ? `L${point.x},${point.y}`
        : `Q${point.x},${point.y} ${(point.x + next.x) / 2},${(point.y + next.y) / 2}`;
  }
  return path;
}
