import type { StoredEvent } from '../../../domain/run/run.js';

/** The events of one run that are known here, in their order, each once. */
export interface EventLog {
  readonly add: (events: readonly StoredEvent[]) => void;
  readonly snapshot: () => readonly StoredEvent[];
  readonly subscribe: (onChange: () => void) => () => void;
}

/** More than any run should have; the oldest are let go, so that a page that is left open does not grow for ever. */
const MOST = 50_000;

/** An empty log. What is added is told of once a frame, however often it comes. */
export function createEventLog(nextFrame: (run: () => void) => void, most = MOST): EventLog {
  const listeners = new Set<() => void>();
  let events: readonly StoredEvent[] = [];
  let fresh: StoredEvent[] = [];
  let isWaiting = false;

  function flush(): void {
    isWaiting = false;
    const merged = merge(events, fresh).slice(-most);
    fresh = [];
    if (merged.length === events.length && merged.at(-1) === events.at(-1)) return;
    events = merged;
    for (const listener of listeners) listener();
  }

  return {
    add(more) {
      if (more.length === 0) return;
      fresh.push(...more);
      if (isWaiting) return;
      isWaiting = true;
      nextFrame(flush);
    },
    snapshot: () => events,
    subscribe(onChange) {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
  };
}

/** Both in the order of their numbers; what is in both is there once. */
function merge(known: readonly StoredEvent[], fresh: readonly StoredEvent[]): readonly StoredEvent[] {
  const last = known.at(-1)?.seq ?? 0;
  const sorted = [...fresh].sort((a, b) => a.seq - b.seq);
  // The usual case: what comes is newer than all that is known.
  const [first] = sorted;
  if (first === undefined) return known;
  const all = first.seq > last ? [...known, ...sorted] : [...known, ...sorted].sort((a, b) => a.seq - b.seq);
  return all.filter(({ seq }, index) => index === 0 || seq !== all[index - 1]?.seq);
}
