import type { Alert } from '../domain/alert/alert.js';
import type { Clock } from '../domain/clock.js';
import { instant, sleep, untilBeat } from '../domain/clock.js';
import { messageOf } from '../domain/errors.js';
import type { ExecutorSpec, ReadyExecutor } from '../domain/executor.js';
import type { Log } from '../domain/log.js';
import type { AskCondition } from '../domain/run/proof.js';
import type { Mode, Playbook } from '../domain/playbook/playbook.js';
import type { NewRunHeader, Run, RunEvent } from '../domain/run/run.js';
import type { PauseState, PauseSwitch } from '../domain/pause.js';
import type { ClaimedRun, NewRun, RunStore } from '../domain/run/run-store.js';
import type { Frozen } from '../domain/suppression/suppression-set.js';
import { fold } from '../domain/run/transition.js';
import { ActiveRun } from './active-run.js';
import { advance } from './advance.js';
import type { AskIncident } from './context.js';
import type { Facts } from './advance.js';
import type { AttemptEnd } from './conclude.js';
import { Lease } from './lease.js';
import { planOf } from './plan.js';
import type { Plan, ProofTimes } from './plan.js';
import type { RunInMemory, RunWorker, ScheduleMeter } from './run-worker.js';
import type { SecretVault } from './secrets.js';

export interface SchedulerDeps {
  readonly runs: RunStore;
  readonly pause: PauseSwitch;
  readonly executor: (kind: string) => ReadyExecutor | undefined;
  /** The runs that steps of a run have begun and still wait for. */
  readonly children: (run: Run) => readonly string[];
  readonly specs: ReadonlyMap<string, ExecutorSpec>;
  readonly vault: SecretVault;
  /** Asks the system that raised an alert about its condition; null when nobody can be asked. */
  readonly condition: (alert: Alert) => AskCondition | null;
  /** The incident of an alert, asked only for playbooks that name it; absent: there is none. */
  readonly incident?: AskIncident;
  /** How the alert's own condition is looked at after the last write. */
  readonly proof: ProofTimes;
  /** The mode that a playbook has in the catalog now; null when it is gone. */
  readonly modeOf: (playbook_id: string) => Mode | null;
  /** What freezes the writes of a run now; null when nothing does. Absent where nothing ever can. */
  readonly frozen?: (run: Run) => Frozen | null;
  readonly clock: Clock;
  readonly random: () => number;
  readonly newId: () => string;
  /** The name is stable over restarts, so that a new incarnation takes its dead predecessor's work over at once; it holds no `#`. The incarnation is no other start's. */
  readonly worker: { readonly name: string; readonly incarnation: string };
  readonly lease_ms: number;
  readonly log: Log;
  readonly meter: ScheduleMeter;
}

/** What is known of a run's alerts when it begins, besides its first. */
export interface OpeningAlerts {
  readonly joined: readonly Alert[];
  /** All of them have resolved already. */
  readonly resolved: boolean;
}

/** What begins a run, and what to do once that is durable. */
export interface Opening {
  readonly run: NewRun;
  readonly go: () => void;
}

/** How often the scheduler looks for work that nobody told it of: new, due or abandoned runs, and what others changed. */
const POLL_MS = 1_000;
const CLAIM_AT_ONCE = 64;
/** How long a stop waits for attempts under way; a write that is cut off would be in doubt. */
const DRAIN_MS = 10_000;
const MAX_PLANS = 1_000;
/** At most this many runs times `CLAIM_AT_ONCE` are taken up between two looks at anything else. */
const CLAIM_ROUNDS = 16;
/** How long a run that was opened may take to get here; after that its opener is taken for gone. */
const HAND_OVER_MS = 30_000;
/** How long a run that was given up is left alone before it is taken up again. */
const GIVEN_UP_MS = 30_000;
const PAUSE_RETRY_MS = 500;
/** How often a write tries again that a window freezes whose end cannot be foreseen. */
const FROZEN_WITHOUT_END_MS = 3_600_000;

/**
 * A worker: holds a lease, takes runs that nobody works on, and lets each go on by itself. Only the durable state counts; what is in memory
 * here is taken up from the store by the next incarnation.
 */
export class Scheduler {
  readonly #deps: SchedulerDeps;
  readonly #active = new Map<string, ActiveRun>();
  readonly #plans = new Map<string, Plan>();
  /** Runs that are ours by their row and are rightly not in memory, and until when (monotonic). */
  readonly #elsewhere = new Map<string, number>();
  /** Those of them that were poked meanwhile. */
  readonly #early = new Set<string>();
  /** Runs that are being put away. */
  readonly #leaving = new Map<string, Promise<void>>();
  readonly #draining = new AbortController();
  readonly #stopping = new AbortController();
  readonly #worker: RunWorker;
  readonly #lease: Lease;
  #paused = false;
  #loop: Promise<void> | null = null;

  constructor(deps: SchedulerDeps) {
    const { runs, specs, vault, clock, random, newId, log, meter, executor, condition, incident, children } = deps;
    this.#deps = deps;
    this.#lease = new Lease({
      ...deps,
      lost: () => {
        for (const active of [...this.#active.values()]) active.drop();
      },
    });
    this.#worker = {
      runs,
      specs,
      vault,
      clock,
      random,
      newId,
      log,
      meter,
      attempts: { executor, clock, vault, condition, incident, guard: (run) => this.#guard(run) },
      children,
      id: () => this.#lease.worker_id,
      facts: (run) => this.#facts(run),
      holdsLease: () => this.#lease.isHeld,
      stopping: this.#stopping.signal,
      draining: () => this.#draining.signal.aborted,
      wake: (run_id) => this.wake(run_id),
      gone: (active, error) => this.#gone(active, error),
      putAway: (active, wake_at) => {
        const left = this.#putAway(active, wake_at); // never rejects
        this.#leaving.set(active.run_id, left);
      },
    };
  }

  /** Takes up this worker's lease and its predecessor's work, then looks for work until it is stopped. */
  async start(): Promise<void> {
    await this.#lease.register();
    this.#paused = (await this.#deps.pause.read()).paused;
    await this.#claim();
    // On its own: whatever looking for work waits for, the lease goes on.
    this.#loop = Promise.all([this.#lease.keep(this.#draining.signal), this.#poll()]).then(() => undefined);
  }

  /**
   * Begins no further step, waits for attempts under way, and gives the lease back so that others need not wait for its end. May be called
   * twice, or before start.
   */
  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#draining.abort();
    await this.#loop;
    const settled = Promise.all([...this.#active.values()].map((active) => active.settled()));
    const settledFirst = new AbortController();
    await Promise.race([settled, sleep(this.#deps.clock, DRAIN_MS, settledFirst.signal)]);
    // A timer that is left behind would keep the process alive for as long as the longest wait.
    settledFirst.abort();
    this.#stopping.abort();
    for (const active of [...this.#active.values()]) active.drop();
    await Promise.all(this.#leaving.values());
    if (this.#loop) await this.#lease.giveBack();
  }

  /** How many runs this process holds. */
  get size(): number {
    return this.#active.size;
  }

  /**
   * Decides how a run begins, with the alerts that belong to it besides its first. Nothing happens until `go`, which is called when `run` is
   * durable. All of its events bear one time: what comes later happened when the run was there for others, too.
   */
  open(header: NewRunHeader, playbook: Playbook, alerts: OpeningAlerts): Opening {
    const plan = this.#planOf(playbook, header.playbook_version);
    const now = this.#deps.clock.now();
    const opened = openingEvents(header, alerts, now);
    const begun = fold(null, opened);
    const next = advance(begun, plan, { ...this.#facts(begun), now });
    const run: NewRun = { run: next.run, events: [...opened, ...next.events], holder: this.#lease.worker_id };
    // When the opener never hears whether it was committed, the run is found by its row.
    this.#elsewhere.set(header.run_id, this.#deps.clock.monotonic() + HAND_OVER_MS);
    return {
      run,
      go: () => {
        // Its hand-over took so long that it was taken up by its row, or the lease under which it was opened has ended.
        if (this.#active.has(header.run_id) || run.holder !== this.#lease.worker_id) return;
        const active = this.#hold(next.run, plan);
        if (plan.names_incident) active.enqueue({ type: 'look' });
        else active.begin(next);
        if (this.#early.delete(header.run_id)) this.wake(header.run_id);
      },
    };
  }

  /** Something outside has changed this run: look at it now rather than at the next poll. */
  wake(run_id: string): void {
    this.#active.get(run_id)?.enqueue({ type: 'poke' });
  }

  /** The big red button was pressed or released. */
  setPaused(paused: boolean): void {
    this.#paused = paused;
    if (!paused) this.lookAgain();
  }

  /** What freezes writes may have changed: runs that wait for its end look again. */
  lookAgain(): void {
    for (const active of this.#active.values()) active.enqueue({ type: 'look' });
  }

  #hold(run: Run, plan: Plan): ActiveRun {
    const active = new ActiveRun(run, plan, this.#worker);
    this.#active.set(run.run_id, active);
    this.#elsewhere.delete(run.run_id);
    return active;
  }

  #gone(active: RunInMemory, error?: unknown): void {
    if (this.#active.get(active.run_id) === active) this.#active.delete(active.run_id);
    if (error !== undefined) this.#elsewhere.set(active.run_id, this.#deps.clock.monotonic() + GIVEN_UP_MS);
  }

  async #putAway(active: RunInMemory, wake_at: string): Promise<void> {
    const { runs, log } = this.#deps;
    const { run_id } = active;
    this.#gone(active);
    try {
      await runs.release(run_id, this.#lease.worker_id, wake_at);
    } catch (error) {
      // It stays ours by its row, and is taken up again by that.
      log.warn({ run_id, error: messageOf(error) }, 'a waiting run could not be put away');
    }
    this.#leaving.delete(run_id);
  }

  async #guard(run: Run): Promise<AttemptEnd | null> {
    const pause = await this.#readPause();
    if (pause === null || !this.#lease.isHeld) return { type: 'lost', reason: 'this worker lost its lease' };
    if (pause.paused) {
      this.#paused = true;
      const by = pause.by === null ? '' : ` by ${pause.by}`;
      return { type: 'held', by: 'pause', message: `writes are paused${by}${pause.reason ? `: ${pause.reason}` : ''}` };
    }
    if (this.#deps.modeOf(run.playbook_id) === 'off') {
      return { type: 'held', by: 'playbook_off', message: `playbook ${run.playbook_id} is off` };
    }
    const frozen = this.#deps.frozen?.(run);
    if (frozen) {
      const until = frozen.until ?? instant(this.#deps.clock.now() + FROZEN_WITHOUT_END_MS);
      return { type: 'held', by: 'freeze', message: frozen.message, until };
    }
    return null;
  }

  /** Nothing is written while nobody can tell whether it may be: asks until there is an answer. Null when the lease is over or all stops. */
  async #readPause(): Promise<PauseState | null> {
    const { clock, pause, log } = this.#deps;
    while (this.#lease.isHeld && !this.#stopping.signal.aborted) {
      try {
        return await pause.read();
      } catch (error) {
        log.warn({ error: messageOf(error) }, 'whether writes are paused cannot be read, trying again');
        await sleep(clock, PAUSE_RETRY_MS, this.#stopping.signal);
      }
    }
    return null;
  }

  async #poll(): Promise<void> {
    const { clock, lease_ms, pause, log } = this.#deps;
    const { signal } = this.#draining;
    let nextSweep = clock.monotonic() + lease_ms / 3;
    while (!signal.aborted) {
      await sleep(clock, untilBeat(clock, POLL_MS), signal);
      if (signal.aborted) return;
      try {
        const sweeps = clock.monotonic() >= nextSweep;
        if (sweeps) {
          const { paused } = await pause.read();
          if (paused !== this.#paused) this.setPaused(paused);
          nextSweep = clock.monotonic() + lease_ms / 3;
        }
        await this.#lookForWork(sweeps);
      } catch (error) {
        log.warn({ error: messageOf(error) }, 'the scheduler could not ask the store, trying again');
      }
    }
  }

  /** Both at once, so that the store can look for both in one go; over when both are, also when one fails. */
  async #lookForWork(own: boolean): Promise<void> {
    const claimed = this.#claim(own);
    const both = [claimed, this.#wakePoked(claimed)];
    await Promise.allSettled(both);
    await Promise.all(both);
  }

  async #wakePoked(claimed: Promise<void>): Promise<void> {
    const poked = await this.#deps.runs.poked(this.#lease.worker_id);
    for (const run_id of poked) this.wake(run_id);
    const others = poked.filter((run_id) => !this.#active.has(run_id));
    // One that was claimed a moment ago is here only when the claim is over: given back before, another worker would have it as well.
    if (others.length > 0) await claimed.catch(() => undefined);
    for (const run_id of others) await this.#wakeAnywhere(run_id);
  }

  /** A poke that meets a run on its way out of memory must not get lost: its mark in the store is gone already. */
  async #wakeAnywhere(run_id: string): Promise<void> {
    if (this.#active.has(run_id)) return this.wake(run_id);
    if (this.#elsewhere.has(run_id)) return void this.#early.add(run_id);
    await this.#leaving.get(run_id);
    if (this.#active.has(run_id)) return this.wake(run_id);
    await this.#deps.runs.release(run_id, this.#lease.worker_id, instant(this.#deps.clock.now()));
  }

  /** Takes up what nobody works on; with `own` also what is ours by its row only: its opening, claim or putting away was cut off. */
  async #claim(own = false): Promise<void> {
    const { runs, clock } = this.#deps;
    for (let round = 0; round < CLAIM_ROUNDS && !this.#draining.signal.aborted; round++) {
      const holding = own ? this.#holding() : undefined;
      const worker_id = this.#lease.worker_id;
      const claimed = await runs.claim(worker_id, instant(clock.now()), CLAIM_AT_ONCE, holding);
      // Claimed under a lease that has ended since: they are anybody's again.
      if (worker_id !== this.#lease.worker_id) return;
      const here = new Set(claimed.filter(({ run, from }) => from === worker_id && this.#isHere(run.run_id)));
      for (const each of claimed) if (!here.has(each)) this.#takeUp(each);
      // It was opened while the store looked. The look has taken its mark, if it had one.
      for (const { run } of here) await this.#wakeAnywhere(run.run_id);
      if (claimed.length < CLAIM_AT_ONCE) return;
    }
  }

  #takeUp({ run, playbook, from, found }: ClaimedRun): void {
    // What is here of it is from before somebody else had it.
    this.#active.get(run.run_id)?.drop();
    const active = this.#hold(run, this.#planOf(playbook, run.playbook_version));
    active.enqueue({ type: 'recover', from }, { type: 'poke', found });
  }

  /** Two of one run would hinder each other: each takes the other's events for those of a stranger, and one puts away what the other does. */
  #isHere(run_id: string): boolean {
    return this.#active.has(run_id) || this.#elsewhere.has(run_id) || this.#leaving.has(run_id);
  }

  #holding(): string[] {
    const now = this.#deps.clock.monotonic();
    for (const [run_id, until] of this.#elsewhere) {
      if (until >= now) continue;
      this.#elsewhere.delete(run_id);
      this.#early.delete(run_id);
    }
    return [...this.#active.keys(), ...this.#elsewhere.keys(), ...this.#leaving.keys()];
  }

  #planOf(playbook: Playbook, version: string): Plan {
    const key = `${playbook.playbook_id} ${version}`;
    let plan = this.#plans.get(key);
    if (!plan) {
      plan = planOf(playbook, this.#deps.proof);
      // Old versions are needed only by runs that hold their plan themselves.
      if (this.#plans.size >= MAX_PLANS) this.#plans.clear();
      this.#plans.set(key, plan);
    }
    return plan;
  }

  #facts(run: Run): Facts {
    const { clock, specs, vault, condition, executor } = this.#deps;
    return {
      provable: (alert) => condition(alert) !== null,
      takesBack: (kind) => executor(kind)?.compensate !== undefined,
      now: clock.now(),
      specs,
      secrets: vault.scopeFor(run.playbook_id),
      conceal: (value) => vault.conceal(value),
      paused: this.#paused,
      frozen: (this.#deps.frozen?.(run) ?? null) !== null,
      draining: this.#draining.signal.aborted,
    };
  }
}

/** The first events of a run. */
export function openingEvents(header: NewRunHeader, { joined, resolved }: OpeningAlerts, now: number): RunEvent[] {
  const at = instant(now);
  const joins = joined.map((alert): RunEvent => ({ type: 'alert_joined', at, alert }));
  const resolves: RunEvent[] = resolved ? [{ type: 'alerts_resolved', at }] : [];
  return [{ type: 'run_opened', at, run: header }, ...joins, ...resolves];
}
