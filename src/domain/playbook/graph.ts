/** What a graph needs to know of a node; a task is one. */
export interface GraphNode {
  readonly id: string;
  readonly depends_on?: readonly string[] | undefined;
  readonly run_if?: 'success' | 'failure' | 'always' | undefined;
}

/**
 * The nodes in an order in which nothing comes before what it depends on; authors' order where that leaves a choice. Dependencies that do
 * not exist are overlooked, and nodes on a cycle (and what depends on them) come last, so that it always answers every node once.
 */
export function topologicalOrder<Node extends GraphNode>(nodes: readonly Node[]): Node[] {
  const ids = new Set(nodes.map((node) => node.id));
  const dependents = new Map<string, number[]>();
  const missing = nodes.map((node, index) => {
    const needs = new Set((node.depends_on ?? []).filter((id) => ids.has(id)));
    for (const id of needs) dependents.set(id, [...(dependents.get(id) ?? []), index]);
    return needs.size;
  });
  // Lowest place first keeps the author's order; playbooks are short, so that a sorted list serves as the heap.
  const ready = missing.flatMap((count, index) => (count === 0 ? [index] : []));
  const order: Node[] = [];
  for (let index = ready.shift(); index !== undefined; index = ready.shift()) {
    const node = nodes[index];
    if (!node) continue;
    order.push(node);
    for (const dependent of dependents.get(node.id) ?? []) {
      const left = (missing[dependent] ?? 0) - 1;
      missing[dependent] = left;
      if (left === 0) insertSorted(ready, dependent);
    }
    dependents.delete(node.id); // an id that stands twice must not count twice
  }
  return [...order, ...nodes.filter((_, index) => (missing[index] ?? 0) > 0)];
}

function insertSorted(places: number[], place: number): void {
  let at = places.length;
  while (at > 0 && (places[at - 1] ?? 0) > place) at--;
  places.splice(at, 0, place);
}

/** Every cycle's nodes in the order of their arrows, each cycle once and beginning with its first node in the author's order. */
export function findCycles(nodes: readonly GraphNode[]): string[][] {
  const needs = new Map(nodes.map((node) => [node.id, node.depends_on ?? []]));
  const state = new Map<string, 'open' | 'done'>();
  const cycles: string[][] = [];
  for (const node of nodes) visit(node.id);
  return cycles;

  // Without recursion: a chain of 500 tasks is legal, and a hostile file must not overflow the stack.
  function visit(start: string): void {
    if (state.has(start)) return;
    const path: { id: string; next: number }[] = [{ id: start, next: 0 }];
    state.set(start, 'open');
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const id = needs.get(top.id)?.[top.next++];
      if (id === undefined) {
        state.set(top.id, 'done');
        path.pop();
      } else if (state.get(id) === 'open') {
        cycles.push(path.slice(path.findIndex((entry) => entry.id === id)).map((entry) => entry.id));
      } else if (needs.has(id) && !state.has(id)) {
        state.set(id, 'open');
        path.push({ id, next: 0 });
      }
    }
  }
}

/**
 * What each node waits for directly. A node with `run_if` failure or always that names nothing is a clean-up: it waits for all that run
 * in the usual case.
 */
export function needsOf(nodes: readonly GraphNode[]): Map<string, readonly string[]> {
  const usual = nodes.filter((node) => (node.run_if ?? 'success') === 'success').map((node) => node.id);
  return new Map(
    nodes.map((node) => {
      const written = node.depends_on ?? [];
      const isCleanUp = written.length === 0 && node.run_if !== undefined && node.run_if !== 'success';
      return [node.id, isCleanUp ? usual : written];
    }),
  );
}

/** Everything that has to end before each node can begin, directly or through others. A node on a cycle is upstream of itself. */
export function upstreamOf(nodes: readonly GraphNode[]): Map<string, ReadonlySet<string>> {
  const needs = needsOf(nodes);
  const upstream = new Map<string, ReadonlySet<string>>();
  for (const { id } of nodes) {
    const found = new Set<string>();
    const open = [...(needs.get(id) ?? [])];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (found.has(next) || !needs.has(next)) continue;
      found.add(next);
      open.push(...(needs.get(next) ?? []));
    }
    upstream.set(id, found);
  }
  return upstream;
}
