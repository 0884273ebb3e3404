import { createHash } from 'node:crypto';
import type { FiringSource, InhibitionRules } from '../domain/suppression/inhibition.js';
import type { HoldStore } from '../domain/suppression/hold-store.js';
import type { DecidedBatch } from '../domain/triage-store.js';
import type { InhibitRule } from '../domain/suppression/suppression.js';
import { FiringMemory, isSource, MAX_SOURCES } from './firing.js';

type Sources = NonNullable<DecidedBatch['sources']>;

const SCANNED_AT_ONCE = 500;

/** The alerts of the store that hold others back under one set of rules, as this process knows them. */
export class FiringView {
  readonly memory: FiringMemory;
  readonly #holds: HoldStore;
  readonly #rules: InhibitionRules;
  /** What was read of each, so that only what has changed is read again. */
  #read: ReadonlyMap<string, number> = new Map();
  /** What was committed here while the store was being read. */
  #meanwhile: Sources[] | null = null;

  constructor(holds: HoldStore, rules: InhibitionRules) {
    this.memory = new FiringMemory(rules);
    this.#holds = holds;
    this.#rules = rules;
  }

  /** Looks for what began to fire before there were such rules, unless somebody has done so already, and reads what there is. */
  async open(written: readonly InhibitRule[], signal: AbortSignal): Promise<void> {
    const sides = JSON.stringify(written.map((rule) => rule.source_matchers));
    const name = createHash('sha256').update(sides).digest('hex');
    if ((await this.#holds.sourcesFor()) !== name) {
      await this.#holds.mendSources(await this.#scan(signal));
      if (!signal.aborted) await this.#holds.setSourcesFor(name);
    }
    await this.refresh();
  }

  /** Takes what has changed in the store. */
  async refresh(): Promise<void> {
    this.#meanwhile = [];
    try {
      const there = new Map((await this.#holds.sourceKeys(MAX_SOURCES)).map(({ key, changed }) => [key, changed]));
      const news = [...there].filter(([key, changed]) => this.#read.get(key) !== changed).map(([key]) => key);
      for (let from = 0; from < news.length; from += SCANNED_AT_ONCE) {
        for (const source of await this.#holds.sources(news.slice(from, from + SCANNED_AT_ONCE)))
          this.memory.put(source);
      }
      for (const key of this.memory.keys()) if (!there.has(key)) this.memory.drop(key);
      this.#read = there;
      for (const sources of this.#meanwhile) this.#apply(sources);
    } finally {
      this.#meanwhile = null;
    }
  }

  /** Takes what a commit of this process has made of them. */
  committed(sources: Sources): void {
    this.#meanwhile?.push(sources);
    this.#apply(sources);
  }

  #apply({ firing, over }: Sources): void {
    for (const key of over) this.memory.drop(key);
    for (const source of firing) this.memory.put(source);
  }

  async #scan(signal: AbortSignal): Promise<FiringSource[]> {
    const found: FiringSource[] = [];
    for (let after: string | null = null; found.length < MAX_SOURCES && !signal.aborted;) {
      const page: FiringSource[] = await this.#holds.openAlerts(after, SCANNED_AT_ONCE);
      found.push(...page.filter(({ alert }) => isSource(alert) && this.#rules.slots(alert).length > 0));
      const last = page.at(-1);
      if (!last) break;
      after = last.key;
    }
    return found.slice(0, MAX_SOURCES);
  }
}
