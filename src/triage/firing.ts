import { createHash } from 'node:crypto';
import type { Alert } from '../domain/alert/alert.js';
import type { FiringSource, FiringSources, InhibitionRules, SourceInSlot } from '../domain/suppression/inhibition.js';
import { holderOfSlot } from '../domain/suppression/inhibition.js';

/** More alerts that hold others back are not remembered: then something else is wrong. */
export const MAX_SOURCES = 20_000;
/** What a hold depends on is the key of an index in the store. */
const LONGEST_HOLDER = 200;

/** The sources of one slot, by their keys. */
interface Slot {
  readonly one_sided: Map<string, SourceInSlot>;
  readonly two_sided: Map<string, SourceInSlot>;
}

/** Remembers which alerts fire that hold others back, by the slots of one set of inhibition rules. */
export class FiringMemory implements FiringSources {
  readonly #rules: InhibitionRules;
  readonly #slots = new Map<string, Slot>();
  readonly #keys = new Map<string, readonly string[]>();

  constructor(rules: InhibitionRules) {
    this.#rules = rules;
  }

  keys(): string[] {
    return [...this.#keys.keys()];
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  /** Takes an alert that fires; one that is a source of no rule is forgotten. */
  put({ key, alert }: FiringSource): void {
    this.drop(key);
    if (this.#keys.size >= MAX_SOURCES) return;
    const slots = this.#rules.slots(alert);
    if (slots.length === 0) return;
    this.#keys.set(
      key,
      slots.map(({ slot }) => slot),
    );
    for (const { slot, two_sided } of slots) {
      const sources = this.#slots.get(slot) ?? { one_sided: new Map(), two_sided: new Map() };
      this.#slots.set(slot, sources);
      sources[two_sided ? 'two_sided' : 'one_sided'].set(key, sourceOf(key, alert));
    }
  }

  drop(key: string): void {
    for (const slot of this.#keys.get(key) ?? []) {
      const sources = this.#slots.get(slot);
      sources?.one_sided.delete(key);
      sources?.two_sided.delete(key);
      if (sources && sources.one_sided.size + sources.two_sided.size === 0) this.#slots.delete(slot);
    }
    this.#keys.delete(key);
  }

  *sources(slot: string, one_sided: boolean): Iterable<SourceInSlot> {
    const sources = this.#slots.get(slot);
    if (!sources) return;
    yield* sources.one_sided.values();
    if (!one_sided) yield* sources.two_sided.values();
  }

  /** What the holds of targets may depend on now. */
  holders(): string[] {
    return [...this.#slots].flatMap(([slot, { one_sided }]) => {
      const holders = one_sided.size > 0 ? [false, true] : [false];
      return holders.map((twoSided) => boundedHolder(holderOfSlot(slot, twoSided)));
    });
  }
}

/** What one batch makes of the sources that are remembered: it counts for every alert of the batch, whatever their order. */
export class BatchFiring implements FiringSources {
  readonly #memory: FiringMemory;
  readonly #over = new Set<string>();
  readonly #firing = new Map<string, Alert>();
  readonly #added: FiringMemory;

  /** `alerts` with the keys of their occurrences, in their order; the last word of each counts. */
  constructor(memory: FiringMemory, rules: InhibitionRules, alerts: readonly FiringSource[]) {
    this.#memory = memory;
    this.#added = new FiringMemory(rules);
    for (const { key, alert } of alerts) {
      if (rules.slots(alert).length === 0 && !memory.has(key)) continue;
      if (alert.status === 'resolved') {
        this.#firing.delete(key);
        this.#over.add(key);
      } else {
        this.#over.delete(key);
        if (!memory.has(key)) this.#firing.set(key, alert);
      }
    }
    for (const [key, alert] of this.#firing) this.#added.put({ key, alert });
  }

  *sources(slot: string, one_sided: boolean): Iterable<SourceInSlot> {
    for (const source of this.#memory.sources(slot, one_sided)) if (!this.#over.has(source.key)) yield source;
    yield* this.#added.sources(slot, one_sided);
  }

  /** What is to be committed: sources that are new, of the occurrences that are open then, and those that are over. */
  changes(isOpen: (key: string) => boolean): { readonly firing: FiringSource[]; readonly over: string[] } | null {
    const firing = [...this.#firing].filter(([key]) => isOpen(key)).map(([key, alert]) => ({ key, alert }));
    const over = [...this.#over];
    return firing.length + over.length === 0 ? null : { firing, over };
  }
}

function sourceOf(key: string, { alert_id, alert_name }: Alert): SourceInSlot {
  return { key, alert_id, alert_name };
}

/** What a hold depends on, as the store keeps it. */
export function boundedHolder(holder: string): string {
  if (holder.length <= LONGEST_HOLDER) return holder;
  const kind = holder.slice(0, holder.indexOf(':'));
  return `${kind}:sha256:${createHash('sha256').update(holder).digest('hex')}`;
}

/** What is filtered out is not there, and what tells of a moment does not fire. */
export function isSource(alert: Alert): boolean {
  return alert.filtered === undefined && alert.momentary !== true;
}
