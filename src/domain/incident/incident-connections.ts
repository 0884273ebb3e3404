/** What each service is known to call. */
export type Dependencies = Readonly<Record<string, readonly string[]>>;

/** More services than this are not one trouble but a broken map. */
const MAX_CONNECTED = 500;
/** Services come from alerts: strangers must not fill the memory. */
const MAX_REMEMBERED = 10_000;

/**
 * Tells for a service which others' trouble is the same: those that it depends on and those that depend on it, over at most `depth` steps, and
 * itself. Two services that merely depend on the same third one are not connected: each can fail alone. Symmetric.
 */
export function createConnections(calls: Dependencies, depth: number): (service_name: string) => readonly string[] {
  const down = new Map<string, Set<string>>();
  const up = new Map<string, Set<string>>();
  for (const [from, others] of Object.entries(calls)) {
    for (const to of others) {
      if (from === to) continue;
      neighbours(down, from).add(to);
      neighbours(up, to).add(from);
    }
  }
  const known = new Map<string, readonly string[]>();
  return (service_name) => {
    if (depth === 0 || (!down.has(service_name) && !up.has(service_name))) return [service_name];
    let found = known.get(service_name);
    if (!found) {
      found = [...new Set([service_name, ...reached(down, service_name, depth), ...reached(up, service_name, depth)])];
      if (known.size < MAX_REMEMBERED) known.set(service_name, found);
    }
    return found;
  };
}

function neighbours(map: Map<string, Set<string>>, name: string): Set<string> {
  let found = map.get(name);
  if (!found) map.set(name, (found = new Set()));
  return found;
}

function reached(map: ReadonlyMap<string, ReadonlySet<string>>, start: string, depth: number): Set<string> {
  const all = new Set<string>();
  let frontier: readonly string[] = [start];
  for (let step = 0; step < depth && frontier.length > 0; step++) {
    const next: string[] = [];
    for (const name of frontier)
      for (const other of map.get(name) ?? []) {
        if (other === start || all.has(other) || all.size >= MAX_CONNECTED) continue;
        all.add(other);
        next.push(other);
      }
    frontier = next;
  }
  return all;
}
