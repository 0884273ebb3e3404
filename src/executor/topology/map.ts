import type { Call } from '../jaeger.js';

/** Where an edge is known from. */
export type EdgeSource = 'traces' | 'configuration';

/** One service calls another. `calls` is null where only the configuration knows of it. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly calls: number | null;
  readonly source: readonly EdgeSource[];
}

/** A service that is reached, and over how many steps. */
export interface Neighbour {
  readonly service: string;
  /** Calls that reached it over the last step, as far as traces know; null where none do. */
  readonly calls: number | null;
  readonly source: readonly EdgeSource[];
  readonly depth: number;
}

/** What the configuration says about one service. */
export interface KnownService {
  readonly downstream: readonly string[];
  readonly databases: readonly string[];
}

/** More services than this are not told. */
const MAX_NEIGHBOURS = 500;

/** Joins what traces and configuration know: each pair once, in the order of their names. A service that calls itself is left out. */
export function joinEdges(calls: readonly Call[], services: Readonly<Record<string, KnownService>>): Edge[] {
  const edges = new Map<string, { from: string; to: string; calls: number | null; source: EdgeSource[] }>();
  const add = (from: string, to: string, count: number | null, source: EdgeSource): void => {
    if (from === to) return;
    const key = JSON.stringify([from, to]);
    const edge = edges.get(key) ?? { from, to, calls: null, source: [] };
    if (count !== null) edge.calls = (edge.calls ?? 0) + count;
    if (!edge.source.includes(source)) edge.source.push(source);
    edges.set(key, edge);
  };
  for (const call of calls) add(call.from, call.to, call.calls, 'traces');
  for (const [from, { downstream, databases }] of Object.entries(services))
    for (const to of [...downstream, ...databases]) add(from, to, null, 'configuration');
  return [...edges.values()].sort((a, b) => compare(a.from, b.from) || compare(a.to, b.to));
}

/** What is reached from a service within `depth` steps in one direction: each service once, at its smallest distance. */
export function walk(
  edges: readonly Edge[],
  service: string,
  direction: 'downstream' | 'upstream',
  depth: number,
): { readonly neighbours: Neighbour[]; readonly edges: Edge[] } {
  const [near, far] = direction === 'downstream' ? (['from', 'to'] as const) : (['to', 'from'] as const);
  const reached = new Map<string, Neighbour>();
  const used = new Set<Edge>();
  let frontier = new Set([service]);
  for (let step = 1; step <= depth && frontier.size > 0; step++) {
    const next = new Set<string>();
    for (const edge of edges) {
      if (!frontier.has(edge[near])) continue;
      const other = edge[far];
      const known = reached.get(other);
      if (other !== service && known === undefined && reached.size >= MAX_NEIGHBOURS) continue;
      used.add(edge);
      if (other === service || (known !== undefined && known.depth < step)) continue;
      reached.set(other, {
        service: other,
        calls: known?.calls == null ? edge.calls : known.calls + (edge.calls ?? 0),
        source: [...new Set([...(known?.source ?? []), ...edge.source])],
        depth: step,
      });
      next.add(other);
    }
    frontier = next;
  }
  const neighbours = [...reached.values()].sort(
    (a, b) => a.depth - b.depth || (b.calls ?? -1) - (a.calls ?? -1) || compare(a.service, b.service),
  );
  return { neighbours, edges: [...used] };
}

/** True when the service is known at all: silence about a stranger says nothing about its dependencies. */
export function knows(
  edges: readonly Edge[],
  services: Readonly<Record<string, KnownService>>,
  service: string,
): boolean {
  return Object.hasOwn(services, service) || edges.some((edge) => edge.from === service || edge.to === service);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
