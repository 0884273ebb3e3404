import type { Occurrence, RunKey } from '../domain/triage-store.js';
import { Recent } from '../domain/recent.js';

const MAX_OCCURRENCES = 100_000;
const MAX_RUNS = 20_000;

/** What the last alert of an occurrence is held by, at one version of the occurrence. */
interface Held {
  readonly version: number;
  readonly held_by: string;
  readonly until: string | null;
}

/**
 * What triage remembers between batches. It may be out of date: every commit is fenced by the versions that it was decided on, so a stale
 * memory costs a second look, never a wrong decision.
 */
export class TriageCache {
  readonly #occurrences = new Recent<Occurrence>(MAX_OCCURRENCES);
  readonly #openRuns = new Recent<string>(MAX_RUNS);
  readonly #held = new Recent<Held>(MAX_OCCURRENCES);
  /** Finished runs that are known not to have fixed it. */
  readonly #notFixed = new Recent<true>(MAX_RUNS);
  /** When runs were first seen to have ended here: they had ended by then. */
  readonly #seenEnded = new Recent<string>(MAX_RUNS);

  occurrence(key: string): Occurrence | null {
    return this.#occurrences.get(key) ?? null;
  }

  remember(occurrence: Occurrence): void {
    this.#occurrences.set(occurrence.key, occurrence);
  }

  /** How the last alert of an occurrence is held, when it is at this version still. */
  heldAt(key: string, version: number): Held | null {
    const held = this.#held.get(key);
    return held?.version === version ? held : null;
  }

  rememberHeld(key: string, version: number, { held_by, until }: Omit<Held, 'version'>): void {
    this.#held.set(key, { version, held_by, until });
  }

  forget(key: string): void {
    this.#occurrences.delete(key);
  }

  openRun(key: string): string | null {
    return this.#openRuns.get(key) ?? null;
  }

  rememberRun(key: string, run_id: string): void {
    this.#openRuns.set(key, run_id);
  }

  forgetRun(key: string): void {
    this.#openRuns.delete(key);
  }

  /** The first instant at which somebody who asks this knew that the run has ended. */
  seenEnded(run_id: string, now: string): string {
    const seen = this.#seenEnded.get(run_id) ?? now;
    this.#seenEnded.set(run_id, seen);
    return seen;
  }

  isNotFixed(run_id: string): boolean {
    return this.#notFixed.get(run_id) === true;
  }

  /** A run is told once that it did not fix it: a storm of repeats must not load it every time to find that it knows. */
  rememberNotFixed(run_id: string): void {
    this.#notFixed.set(run_id, true);
  }

  forgetNotFixed(run_id: string): void {
    this.#notFixed.delete(run_id);
  }
}

/** One text for what an open run blocks, in this process only; with its lengths it can be read in one way. */
export function runKeyText({ playbook_id, service_name, group_key }: RunKey): string {
  const service = service_name === null ? '-' : `${service_name.length} ${service_name}`;
  return `${playbook_id.length} ${playbook_id} ${service} ${group_key}`;
}
