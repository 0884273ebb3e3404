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

export const NODE_WIDTH = 232;
export const NODE_HEIGHT = 84;

/** What dagre answers, as far as it is used; its own types leave it open. */
interface Plan {
  graph(): { readonly width?: number; readonly height?: number };
  node(id: string): { readonly x?: number; readonly y?: number };
  edges(): readonly { readonly v: string; readonly w: string }[];
  edge(edge: { readonly v: string; readonly w: string }): { readonly points?: readonly Point[] };
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Places tasks so that what waits stands after what it waits for. */
export function layOut(graph: PlaybookGraph, direction: 'LR' | 'TB'): GraphLayout {
  const plan = new LayoutGraph();
  plan.setGraph({ rankdir: direction, nodesep: 20, ranksep: direction === 'LR' ? 44 : 36, marginx: 12, marginy: 12 });
  plan.setDefaultEdgeLabel(() => ({}));
  for (const { task_id } of graph.nodes) plan.setNode(task_id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const { from, to } of graph.edges) plan.setEdge(from, to);
  layout(plan);
  const made: Plan = plan;
  const { width = 0, height = 0 } = made.graph();
  function centre(id: string): Point {
    const { x = 0, y = 0 } = made.node(id);
    return { x, y };
  }
  return {
    width,
    height,
    nodes: graph.nodes.map(({ task_id }) => {
      const { x, y } = centre(task_id);
      return { task_id, x: x - NODE_WIDTH / 2, y: y - NODE_HEIGHT / 2 };
    }),
    lines: made.edges().map((edge) => {
      // The first and last points lie on the tasks' rims, wherever a straight line meets them; neighbours need none between.
      const points = made.edge(edge).points ?? [];
      const between = points.length > 3 ? points.slice(1, -1).filter((_, index) => index % 2 === 1) : [];
      return { from: edge.v, to: edge.w, path: pathOf(centre(edge.v), centre(edge.w), between, direction) };
    }),
  };
}

/** A line from the side of one task to the side of the other, past what lies between. */
function pathOf(from: Point, to: Point, between: readonly Point[], direction: 'LR' | 'TB'): string {
  const isFlat = direction === 'LR';
  const start = isFlat ? { x: from.x + NODE_WIDTH / 2, y: from.y } : { x: from.x, y: from.y + NODE_HEIGHT / 2 };
  const end = isFlat ? { x: to.x - NODE_WIDTH / 2, y: to.y } : { x: to.x, y: to.y - NODE_HEIGHT / 2 };
  const points = [...between, end];
  let path = `M${start.x},${start.y}`;
  let last = start;
  for (const point of points) {
    const half = isFlat ? (last.x + point.x) / 2 : (last.y + point.y) / 2;
    path += isFlat
      ? `C${half},${last.y} ${half},${point.y} ${point.x},${point.y}`
      : `C${last.x},${half} ${point.x},${half} ${point.x},${point.y}`;
    last = point;
  }
  return path;
}
