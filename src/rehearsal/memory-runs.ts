import type { Clock } from '../domain/clock.js';
import type { Playbook } from '../domain/playbook/playbook.js';
import type { Run, RunEvent } from '../domain/run/run.js';
import { concernsParent } from '../domain/run/parent.js';
import { isRunFinished } from '../domain/run/run.js';
import type { ClaimedRun, FoundAlerts, NewRun, RunChange, RunStore } from '../domain/run/run-store.js';
import type { RunKey } from '../domain/triage-store.js';
import { fold } from '../domain/run/transition.js';

interface Kept {
  run: Run;
  readonly events: RunEvent[];
  holder: string | null;
  wake_at: string | null;
  poked: boolean;
}

interface MemoryRunsOptions {
  /** The playbook that a run began with. */
  readonly playbookOf: (playbook_id: string, version: string) => Playbook;
  /** Leases go by it, as those of a database by its own. */
  readonly clock: Pick<Clock, 'now'>;
  readonly alertsOf: (run_id: string) => FoundAlerts;
  /** Hears of every change once it is kept. */
  readonly changed?: (run: Run, events: readonly RunEvent[]) => void;
}

/**
 * The write path of runs in memory, with the same fence, the same leases and the same state machine as in a database: what a run is comes
 * from its events alone. Runs that have ended are kept.
 */
export class MemoryRuns implements RunStore {
  readonly #options: MemoryRunsOptions;
  readonly #kept = new Map<string, Kept>();
  readonly #open = new Set<string>();
  readonly #keys = new Map<string, string>();
  readonly #workers = new Map<string, number>();

  constructor(options: MemoryRunsOptions) {
    this.#options = options;
  }

  async open(run: NewRun): Promise<'opened' | 'conflict'> {
    await Promise.resolve();
    if (this.blocks(run)) return 'conflict';
    this.put(run);
    return 'opened';
  }

  async apply({ before, events, outside, poke }: RunChange): Promise<'applied' | 'conflict'> {
    await Promise.resolve();
    const kept = this.#kept.get(before.run_id);
    if (kept?.run.seq !== before.seq) return 'conflict';
    const run = fold(kept.run, events);
    const reopens = isRunFinished(kept.run.state) && !isRunFinished(run.state);
    if (reopens && this.#keys.has(keyText(run)) && !run.dry_run) return 'conflict';
    if (run.parent_run_id !== null && concernsParent(kept.run, run)) this.poke(run.parent_run_id);
    kept.run = run;
    kept.events.push(...events);
    if (outside) kept.poked = true;
    for (const run_id of poke ?? []) this.poke(run_id);
    this.#note(kept);
    this.#options.changed?.(run, events);
    return 'applied';
  }

  async load(run_id: string): Promise<{ run: Run; holder: string | null } | null> {
    await Promise.resolve();
    const kept = this.#kept.get(run_id);
    return kept ? { run: kept.run, holder: kept.holder } : null;
  }

  async claim(worker_id: string, now: string, limit: number, holding?: readonly string[]): Promise<ClaimedRun[]> {
    await Promise.resolve();
    const claimed: ClaimedRun[] = [];
    for (const run_id of this.#open) {
      const kept = this.#kept.get(run_id);
      if (claimed.length >= limit) break;
      if (!kept || !this.#isFree(kept, worker_id, now, holding)) continue;
      const from = kept.holder;
      Object.assign(kept, { holder: worker_id, poked: false, wake_at: null });
      const { run } = kept;
      const playbook = this.#options.playbookOf(run.playbook_id, run.playbook_version);
      claimed.push({ run, playbook, from, found: this.#options.alertsOf(run_id) });
    }
    return claimed;
  }

  async register(worker_id: string, lease_ms: number): Promise<void> {
    await Promise.resolve();
    const name = worker_id.split('#', 1)[0];
    for (const other of this.#workers.keys()) if (other.split('#', 1)[0] === name) this.#workers.delete(other);
    this.#workers.set(worker_id, this.#options.clock.now() + lease_ms);
  }

  async heartbeat(worker_id: string, lease_ms: number): Promise<'held' | 'lost'> {
    await Promise.resolve();
    if (!this.#isLeased(worker_id)) return 'lost';
    this.#workers.set(worker_id, this.#options.clock.now() + lease_ms);
    return 'held';
  }

  async release(run_id: string, worker_id: string, wake_at: string | null): Promise<void> {
    await Promise.resolve();
    const kept = this.#kept.get(run_id);
    if (kept?.holder === worker_id) Object.assign(kept, { holder: null, wake_at });
    else if (kept?.holder === null && wake_at !== null && wake_at < (kept.wake_at ?? '~')) kept.wake_at = wake_at;
  }

  async poked(worker_id: string): Promise<string[]> {
    await Promise.resolve();
    const found: string[] = [];
    for (const run_id of this.#open) {
      const kept = this.#kept.get(run_id);
      if (!kept?.poked || kept.holder !== worker_id) continue;
      kept.poked = false;
      found.push(run_id);
    }
    return found;
  }

  async alertsOf(run_id: string): Promise<FoundAlerts> {
    await Promise.resolve();
    return this.#options.alertsOf(run_id);
  }

  /** True when an open run stands in the way of this one: alerts of its key belong to that. */
  blocks({ run }: NewRun): boolean {
    return this.#kept.has(run.run_id) || (!run.dry_run && this.#keys.has(keyText(run)));
  }

  /** Keeps a run that begins. */
  put({ run, events, holder }: NewRun): void {
    const kept: Kept = { run: fold(null, events), events: [...events], holder, wake_at: run.created_at, poked: false };
    this.#kept.set(run.run_id, kept);
    this.#open.add(run.run_id);
    if (!run.dry_run) this.#keys.set(keyText(run), run.run_id);
    this.#note(kept);
    this.#options.changed?.(kept.run, events);
  }

  /** Whoever holds the run is to look at it. */
  poke(run_id: string): void {
    const kept = this.#kept.get(run_id);
    if (kept) kept.poked = true;
  }

  /** The open run that alerts of this key join. */
  openRun(key: RunKey): string | null {
    return this.#keys.get(keyText(key)) ?? null;
  }

  isOpen(run_id: string): boolean {
    return this.#open.has(run_id);
  }

  /** A run as it is; throws for one that there is not. */
  run(run_id: string): Run {
    return this.#get(run_id).run;
  }

  /** All runs in the order in which they began. */
  all(): Run[] {
    return [...this.#kept.values()].map((kept) => kept.run);
  }

  events(run_id: string): readonly RunEvent[] {
    return this.#kept.get(run_id)?.events ?? [];
  }

  holder(run_id: string): string | null {
    return this.#kept.get(run_id)?.holder ?? null;
  }

  /** Makes a worker the holder of a run by its row. */
  give(run_id: string, worker_id: string): void {
    this.#get(run_id).holder = worker_id;
  }

  /** When a run that nobody holds is due, in milliseconds; 0 for one that is to be looked at now, Infinity when there is none. */
  nextDue(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const run_id of this.#open) {
      const kept = this.#kept.get(run_id);
      if (!kept) continue;
      if (kept.poked || (kept.holder !== null && !this.#isLeased(kept.holder))) return 0;
      if (kept.holder === null && kept.wake_at !== null) next = Math.min(next, Date.parse(kept.wake_at));
    }
    return next;
  }

  #get(run_id: string): Kept {
    const kept = this.#kept.get(run_id);
    if (!kept) throw new Error(`no run ${run_id}`);
    return kept;
  }

  /** A run that has ended gives up its lease and its key. */
  #note(kept: Kept): void {
    const { run } = kept;
    if (!isRunFinished(run.state)) {
      this.#open.add(run.run_id);
      if (!run.dry_run) this.#keys.set(keyText(run), run.run_id);
      return;
    }
    kept.holder = null;
    if (!this.#open.delete(run.run_id)) return;
    if (this.#keys.get(keyText(run)) === run.run_id) this.#keys.delete(keyText(run));
  }

  #isFree(kept: Kept, worker_id: string, now: string, holding: readonly string[] | undefined): boolean {
    if (kept.holder === null) return kept.poked || (kept.wake_at !== null && kept.wake_at <= now);
    const isStray = holding !== undefined && kept.holder === worker_id && !holding.includes(kept.run.run_id);
    return isStray || !this.#isLeased(kept.holder);
  }

  #isLeased(worker_id: string): boolean {
    return (this.#workers.get(worker_id) ?? Number.NEGATIVE_INFINITY) > this.#options.clock.now();
  }
}

function keyText({ playbook_id, group_key, service_name }: RunKey): string {
  return JSON.stringify([playbook_id, group_key, service_name ?? '']);
}
