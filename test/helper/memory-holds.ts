import type { FiringSource } from '../../src/domain/suppression/inhibition.js';
import type { HoldStore } from '../../src/domain/suppression/hold-store.js';

/** Held alerts and what holds them, in memory; several processes may share one. */
export class MemoryHolds implements HoldStore {
  /** By alert: what its hold depends on. */
  readonly held = new Map<string, string>();
  readonly released: string[] = [];
  /** Occurrences that are open, whatever their alerts. */
  readonly open: FiringSource[] = [];
  readonly #sources = new Map<string, { readonly source: FiringSource; readonly changed: number }>();
  #changes = 0;
  #rules: string | null = null;
  asked = 0;

  /** What `stamp` of the store says of the sources. */
  get stamp(): string {
    return JSON.stringify([...this.#sources].map(([key, { changed }]) => [key, changed]));
  }

  /** What a commit of some process makes of the sources. */
  commit({ firing, over }: { readonly firing: readonly FiringSource[]; readonly over: readonly string[] }): void {
    for (const key of over) this.#sources.delete(key);
    for (const source of firing) this.#sources.set(source.key, { source, changed: (this.#changes += 1) });
  }

  async release(holders: readonly string[]): Promise<number> {
    return this.#letGo((holder) => holders.includes(holder));
  }

  async releaseOthers(kinds: readonly string[], holders: readonly string[]): Promise<number> {
    this.asked += 1;
    return this.#letGo((holder) => kinds.includes(holder.split(':')[0] ?? '') && !holders.includes(holder));
  }

  async openAlerts(after: string | null, limit: number): Promise<FiringSource[]> {
    return this.open.filter(({ key }) => after === null || key > after).slice(0, limit);
  }

  async sourceKeys(limit: number): Promise<{ key: string; changed: number }[]> {
    return [...this.#sources].map(([key, { changed }]) => ({ key, changed })).slice(0, limit);
  }

  async sources(keys: readonly string[]): Promise<FiringSource[]> {
    return keys.flatMap((key) => this.#sources.get(key)?.source ?? []);
  }

  async mendSources(found: readonly FiringSource[]): Promise<boolean> {
    this.commit({ firing: found, over: [] });
    return found.length > 0;
  }

  async sourcesFor(): Promise<string | null> {
    return this.#rules;
  }

  async setSourcesFor(rules: string): Promise<void> {
    this.#rules = rules;
  }

  #letGo(goes: (holder: string) => boolean): number {
    const gone = [...this.held].filter(([, holder]) => goes(holder));
    for (const [alert_id] of gone) {
      this.held.delete(alert_id);
      this.released.push(alert_id);
    }
    return gone.length;
  }
}
