/** Tells listeners in this process that a run has new events. A hint only: what other processes commit is found by asking. */
export class EventFeed {
  readonly #listeners = new Map<string, Set<() => void>>();

  changed(run_id: string): void {
    for (const listener of this.#listeners.get(run_id) ?? []) listener();
  }

  listen(run_id: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(run_id) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(run_id, listeners);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(run_id);
    };
  }
}
