import type { Trace } from '../jaeger.js';
import { buildTrees, compareText, selfTime } from './tree.js';
import type { Node } from './tree.js';

/** Who did what: `mysql`, `SQL SELECT`. */
export interface Place {
  readonly service: string;
  readonly operation: string;
}

/** What one trace says about the service in question: its longest request in that trace, and all that this request set off. */
export interface Visit {
  readonly trace_id: string;
  /** `frontend: GET /dispatch`: what the whole trace began with. */
  readonly root: string;
  readonly operation: string;
  readonly start_us: number;
  readonly duration_us: number;
  /** True when the request itself failed; an error that somebody below made good does not count. */
  readonly failed: boolean;
  /** Where its time went: the critical path, whose parts add up to the duration. By place. */
  readonly blame: ReadonlyMap<string, number>;
  /** Where its failure began. */
  readonly origins: readonly Place[];
  readonly nodes: readonly Node[];
}

/** Keys of `blame`. A service's name holds no NUL. */
export function keyOf(place: Place): string {
  return `${place.service}\u0000${place.operation}`;
}

export function placeOf(key: string): Place {
  const [service = '', operation = ''] = key.split('\u0000');
  return { service, operation };
}

/** Reads a trace from the point of view of one service (and operation); null when there is no span of it. */
export function visitOf(trace: Trace, service: string, operation: string | null): Visit | null {
  const nodes = buildTrees(trace);
  const entries = nodes.filter(
    (node) => isEntry(node, service) && (operation === null || node.span.operation === operation),
  );
  const entry = longest(entries);
  if (entry === null) return null;
  const root = rootOf(entry);
  return {
    trace_id: trace.trace_id,
    root: `${root.span.service}: ${root.span.operation}`,
    operation: entry.span.operation,
    start_us: entry.start_us,
    duration_us: entry.end_us - entry.start_us,
    failed: entries.some((each) => each.failed),
    blame: criticalPath(entry),
    origins: originsOf(entries),
    nodes: below(entries),
  };
}

function isEntry(node: Node, service: string): boolean {
  if (node.span.service === service) return node.parent === null || node.parent.span.service !== service;
  return node.owner === service && node.parent?.owner !== service;
}

function longest(nodes: readonly Node[]): Node | null {
  let best: Node | null = null;
  for (const node of nodes) if (best === null || node.end_us - node.start_us > best.end_us - best.start_us) best = node;
  return best;
}

function rootOf(node: Node): Node {
  let root = node;
  while (root.parent !== null) root = root.parent;
  return root;
}

/** The nodes and all that hangs below them, each once. */
function below(nodes: readonly Node[]): Node[] {
  const found = new Set<Node>();
  const waiting = [...nodes];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (found.has(node)) continue;
    found.add(node);
    waiting.push(...node.children, ...node.followers);
  }
  return [...found];
}

/**
 * Who made the request last as long as it did: walking back from its end, the time belongs to the child that ended last before that moment,
 * and to the span itself where no child was under way. Of parallel calls only the one that was waited for counts.
 */
function criticalPath(entry: Node): Map<string, number> {
  const blame = new Map<string, number>();
  const waiting: { readonly node: Node; readonly from: number; readonly to: number }[] = [
    { node: entry, from: entry.start_us, to: entry.end_us },
  ];
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    const { node, from, to } = part;
    let cursor = to;
    let own = 0;
    for (const child of node.children.toSorted(
      (a, b) => b.end_us - a.end_us || compareText(a.span.span_id, b.span.span_id),
    )) {
      const end = Math.min(child.end_us, cursor);
      const start = Math.max(child.start_us, from);
      if (end <= start) continue;
      own += cursor - end;
      waiting.push({ node: child, from: start, to: end });
      cursor = start;
    }
    own += cursor - from;
    if (own > 0) {
      const key = keyOf({ service: node.owner, operation: node.span.operation });
      blame.set(key, (blame.get(key) ?? 0) + own);
    }
  }
  return blame;
}

/** Failed spans below a failed entry whose own children did not fail: each place once. */
function originsOf(entries: readonly Node[]): Place[] {
  const places = new Map<string, Place>();
  const waiting = entries.filter((entry) => entry.failed);
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    const failed = node.children.filter((child) => child.failed);
    waiting.push(...failed);
    if (failed.length > 0) continue;
    const place = { service: node.owner, operation: node.span.operation };
    places.set(keyOf(place), place);
  }
  return [...places.values()].sort((a, b) => compareText(keyOf(a), keyOf(b)));
}

/** Time and errors of one place, over many visits. */
export interface PlaceFigures extends Place {
  readonly self_ms_p50: number;
  readonly self_ms_total: number;
  readonly errors: number;
  readonly spans: number;
}

/** Self time and errors by place, the greatest total first. */
export function figuresByPlace(visits: readonly Visit[]): PlaceFigures[] {
  const all = new Map<string, { selves: number[]; errors: number }>();
  for (const visit of visits)
    for (const node of visit.nodes) {
      const key = keyOf({ service: node.owner, operation: node.span.operation });
      const entry = all.get(key) ?? { selves: [], errors: 0 };
      entry.selves.push(selfTime(node));
      if (node.failed) entry.errors += 1;
      all.set(key, entry);
    }
  const figures = [...all].map(([key, { selves, errors }]) => ({
    ...placeOf(key),
    self_ms_p50: toMs(median(selves)),
    self_ms_total: toMs(selves.reduce((sum, self) => sum + self, 0)),
    errors,
    spans: selves.length,
  }));
  return figures.sort((a, b) => b.self_ms_total - a.self_ms_total || compareText(keyOf(a), keyOf(b)));
}

/** The middle value; of an even number of values the mean of the two in the middle; 0 of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** Microseconds as milliseconds, to the microsecond. */
export function toMs(us: number): number {
  return Math.round(us) / 1_000;
}
