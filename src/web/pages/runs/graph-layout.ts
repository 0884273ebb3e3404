import { Graph, layout } from '@dagrejs/dagre';
import type { RunGraph } from './run-graph.js';

/** How large every node is drawn. */
export const NODE = { width: 204, height: 66 } as const;

/** Where a node stands: its upper left corner. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** Places for all nodes, from left to right in the order of waiting. Only the shape counts: a state that changes moves nothing. */
export function placesOf(ids: readonly string[], edges: RunGraph['edges']): ReadonlyMap<string, Place> {
  const graph = new Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: 16, ranksep: 44, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of ids) graph.setNode(id, { ...NODE });
  for (const { from, to } of edges) graph.setEdge(from, to);
  layout(graph);
  return new Map(
    ids.map((id) => {
      // The library types a node's label loosely; `layout` has just given each its middle.
      const node = graph.node(id) as { readonly x?: number; readonly y?: number };
      return [id, { x: (node.x ?? 0) - NODE.width / 2, y: (node.y ?? 0) - NODE.height / 2 }];
    }),
  );
}

/** How the drawing is moved and how large it is. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

/** Room between the drawing and its frame. */
const MARGIN = 16;

/** The view at that zoom with the place in it, as near the middle as can be without a void beside a drawing that is larger than its frame. */
export function viewOn(
  place: Place,
  all: readonly Place[],
  frame: { readonly width: number; readonly height: number },
  zoom: number,
): View {
  const along = (side: 'x' | 'y', length: number, room: number): number => {
    const from = Math.min(...all.map((one) => one[side])) * zoom;
    const to = Math.max(...all.map((one) => one[side] + length)) * zoom;
    if (to - from + 2 * MARGIN <= room) return (room - from - to) / 2;
    const middle = room / 2 - (place[side] + length / 2) * zoom;
    return Math.min(MARGIN - from, Math.max(room - MARGIN - to, middle));
  };
  return { x: along('x', NODE.width, frame.width), y: along('y', NODE.height, frame.height), zoom };
}

/** The node that an arrow key leads to from another; null where there is none in that direction. */
export function neighbour(
  from: string,
  key: string,
  { edges }: Pick<RunGraph, 'edges'>,
  places: ReadonlyMap<string, Place>,
): string | null {
  const at = places.get(from);
  if (at === undefined) return null;
  const linked =
    key === 'ArrowRight'
      ? edges.filter((edge) => edge.from === from).map(({ to }) => to)
      : key === 'ArrowLeft'
        ? edges.filter((edge) => edge.to === from).map((edge) => edge.from)
        : [];
  if (key === 'ArrowRight' || key === 'ArrowLeft') return nearest(linked, at, places);
  if (key !== 'ArrowUp' && key !== 'ArrowDown') return null;
  const side = key === 'ArrowDown' ? 1 : -1;
  const column = [...places].filter(
    ([id, place]) => id !== from && Math.abs(place.x - at.x) < NODE.width && (place.y - at.y) * side > 0,
  );
  return nearest(
    column.map(([id]) => id),
    at,
    places,
  );
}

function nearest(ids: readonly string[], at: Place, places: ReadonlyMap<string, Place>): string | null {
  let found: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const id of ids) {
    const place = places.get(id);
    if (place === undefined) continue;
    const away = Math.abs(place.y - at.y) + Math.abs(place.x - at.x) / 10;
    if (away < least) [found, least] = [id, away];
  }
  return found;
}
