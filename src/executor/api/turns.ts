/** Lets go of a turn; calling it again does nothing. */
export type EndTurn = () => void;

interface Waiting {
  readonly begin: () => void;
}

interface Host {
  under_way: number;
  /** In the order in which they came; a Set, so that one that gives up leaves without a search. */
  readonly queue: Set<Waiting>;
}

/**
 * Bounds how many calls to one host are under way at once: thousands that a storm starts together would overrun its queue of connections,
 * and many would fail that only had to wait. Hosts do not wait for each other, and whoever gives up waiting leaves the queue.
 */
export class Turns {
  readonly #most: number;
  readonly #hosts = new Map<string, Host>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Resolves when it is this call's turn; null when the signal was aborted before. */
  take(host: string, signal: AbortSignal): Promise<EndTurn | null> {
    if (signal.aborted) return Promise.resolve(null);
    const known = this.#hosts.get(host) ?? { under_way: 0, queue: new Set<Waiting>() };
    this.#hosts.set(host, known);
    if (known.under_way < this.#most) return Promise.resolve(this.#begin(host, known));
    return new Promise((resolve) => {
      const giveUp = (): void => {
        known.queue.delete(waiting);
        resolve(null);
      };
      const waiting: Waiting = {
        begin: () => {
          signal.removeEventListener('abort', giveUp);
          resolve(this.#begin(host, known));
        },
      };
      known.queue.add(waiting);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  #begin(name: string, host: Host): EndTurn {
    host.under_way += 1;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      host.under_way -= 1;
      const [next] = host.queue;
      if (next) {
        host.queue.delete(next);
        next.begin();
      } else if (host.under_way === 0) this.#hosts.delete(name);
    };
  }
}
