import type { Alert } from '../domain/alert.js';
import type { Clock } from '../domain/clock.js';
import { instant, sleep } from '../domain/clock.js';
import { messageOf } from '../domain/errors.js';
import type { ExecutorSpec, ReadyExecutor } from '../domain/executor.js';
import type { Log } from '../domain/log.js';
import type { Intent } from '../domain/outcome.js';
import type { Mode, Playbook } from '../domain/playbook.js';
import type { NewRunHeader, Run, RunEvent } from '../domain/run.js';
import { isRunFinished } from '../domain/run.js';
import type { ClaimedRun, NewRun, PauseSwitch, RunStore } from '../domain/store.js';
import { fold, transition } from '../domain/transition.js';
import { advance, nextTimer } from './advance.js';
import type { Advanced, Facts } from './advance.js';
import { lookUp, makeAttempt } from './attempt.js';
import type { AttemptDeps } from './attempt.js';
import { conclude } from './conclude.js';
import type { AttemptEnd } from './conclude.js';
import { planOf } from './plan.js';
import type { Plan } from './plan.js';
import { prepare, scopeOf } from './prepare.js';
import type { Prepared } from './prepare.js';
import type { SecretVault } from './secrets.js';

/** What the scheduler tells the metrics. */
export interface ScheduleMeter {
  stepEnded(kind: string, outcome: string, seconds: number): void;
  runEnded(playbook_id: string, state: string, seconds: number): void;
}

export interface SchedulerDeps {
  readonly runs: RunStore;
  readonly pause: PauseSwitch;
  readonly executor: (kind: string) => ReadyExecutor | undefined;
  readonly specs: ReadonlyMap<string, ExecutorSpec>;
  readonly vault: SecretVault;
  /** The mode that a playbook has in the catalog now; null when it is gone. */
  readonly modeOf: (playbook_id: string) => Mode | null;
  readonly clock: Clock;
  readonly random: () => number;
  /** The name is stable over restarts, so that a new incarnation takes its predecessor's work over at once; it holds no `#`. */
  readonly worker: { readonly name: string; readonly incarnation: string };
  readonly lease_ms: number;
  readonly log: Log;
  readonly meter: ScheduleMeter;
}

/** What begins a run, and what to do once that is durable. */
export interface Opening {
  readonly run: NewRun;
  readonly go: () => void;
}

/** A run under way in this process. */
interface Active {
  run: Run;
  readonly plan: Plan;
  readonly attempts: Map<string, AbortController>;
  readonly inbox: Input[];
  busy: boolean;
  cancelTimer: () => void;
  cancelLimit: () => void;
}

type Input =
  | { readonly type: 'look' }
  | { readonly type: 'poke' }
  | { readonly type: 'overdue' }
  | { readonly type: 'recover'; readonly from: string | null }
  | { readonly type: 'ended'; readonly prepared: Prepared; readonly end: AttemptEnd }
  | {
      readonly type: 'intend';
      readonly step_id: string;
      readonly intent: Intent;
      readonly answer: (recorded: boolean) => void;
    };

/** How often the scheduler looks for work that nobody told it of: new, due or abandoned runs, and what others changed. */
const POLL_MS = 1_000;
const CLAIM_AT_ONCE = 64;
/** A run that only waits, and for longer than this, is put away and costs nothing until then. */
const PUT_AWAY_AFTER_MS = 60_000;
const RECORD_RETRY_MS = [50, 200, 500, 1_000, 2_000, 5_000];

/**
 * Works runs: decides what is next (`advance`), makes it durable, then makes the attempts, and records how they ended. Only the durable
 * state counts: whatever is in memory here can be lost at any moment and is taken up from the store by the next incarnation.
 */
export class Scheduler {
  readonly #deps: SchedulerDeps;
  readonly #active = new Map<string, Active>();
  readonly #plans = new Map<string, Plan>();
  readonly #stopping = new AbortController();
  readonly #attemptDeps: Omit<AttemptDeps, 'recordIntent'>;
  #paused = false;
  #workerId = '';
  #incarnations = 0;
  #leaseUntil = 0;
  #loop: Promise<void> | null = null;
  readonly #attempts = new Set<Promise<void>>();

  constructor(deps: SchedulerDeps) {
    this.#deps = deps;
    this.#attemptDeps = {
      executor: deps.executor,
      clock: deps.clock,
      vault: deps.vault,
      guard: (run) => this.#guard(run),
    };
  }

  /** Takes up this worker's lease and its predecessor's work, then looks for work until it is stopped. */
  async start(): Promise<void> {
    await this.#register();
    this.#paused = (await this.#deps.pause.read()).paused;
    await this.#claim();
    this.#loop = this.#poll();
  }

  /** Ends attempts under way, gives the runs back so that others need not wait for the lease to end. May be called twice, or before start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
    for (const active of this.#active.values()) this.#drop(active);
    await Promise.race([Promise.all(this.#attempts), sleep(this.#deps.clock, 10_000)]);
  }

  /** How many runs this process holds. */
  get size(): number {
    return this.#active.size;
  }

  /** Decides how a run begins, with the alerts that belong to it besides its first. Nothing happens until `go`, which is called when `run` is durable. */
  open(header: NewRunHeader, playbook: Playbook, joined: readonly Alert[]): Opening {
    const plan = this.#planOf(playbook, header.playbook_version);
    const opened = openingEvents(header, joined, this.#deps.clock);
    const next = advance(fold(null, opened), plan, this.#facts(header.playbook_id));
    const run: NewRun = { run: next.run, events: [...opened, ...next.events], holder: this.#workerId };
    return { run, go: () => this.#adopt(next, plan) };
  }

  /** Something outside has changed this run: look at it now rather than at the next poll. */
  wake(run_id: string): void {
    const active = this.#active.get(run_id);
    if (active) this.#enqueue(active, { type: 'poke' });
  }

  /** The big red button was pressed or released. */
  setPaused(paused: boolean): void {
    this.#paused = paused;
    if (!paused) for (const active of this.#active.values()) this.#enqueue(active, { type: 'look' });
  }

  #adopt(next: Advanced, plan: Plan): void {
    const active = this.#hold(next.run, plan);
    this.#follow(active, next);
  }

  #hold(run: Run, plan: Plan): Active {
    const active: Active = {
      run,
      plan,
      attempts: new Map(),
      inbox: [],
      busy: false,
      cancelTimer: () => undefined,
      cancelLimit: () => undefined,
    };
    this.#active.set(run.run_id, active);
    const limit = Date.parse(run.created_at) + plan.timeout_ms - this.#deps.clock.now();
    active.cancelLimit = this.#deps.clock.after(limit, () => this.#enqueue(active, { type: 'overdue' }));
    return active;
  }

  // ---------------------------------------------------------------- one run

  #enqueue(active: Active, input: Input): void {
    active.inbox.push(input);
    if (!active.busy) void this.#work(active); // never rejects
  }

  /** Works the inbox off, one durable change at a time: what arrives while a change is being recorded shares the next one. */
  async #work(active: Active): Promise<void> {
    active.busy = true;
    try {
      while (active.inbox.length > 0 && this.#active.get(active.run.run_id) === active) {
        const inputs = active.inbox.splice(0);
        if (inputs.some((input) => input.type === 'poke')) await this.#refresh(active);
        const next = await this.#turn(active, inputs);
        const answer = next.events.length === 0 ? 'applied' : await this.#record(active.run, next);
        if (answer === 'lost') return this.#drop(active);
        if (answer === 'conflict') {
          active.inbox.unshift(...inputs);
          if (!(await this.#reload(active))) return;
          continue;
        }
        active.run = next.run;
        for (const input of inputs)
          if (input.type === 'intend') input.answer(next.run.steps[input.step_id]?.intent === input.intent);
        this.#follow(active, next);
      }
    } catch (error) {
      // A bug, or a store that stayed away: the lease ends and whoever claims the run goes on from what is durable.
      this.#deps.log.error({ run_id: active.run.run_id, error: messageOf(error) }, 'a run was given up by this worker');
      this.#drop(active);
    } finally {
      active.busy = false;
      for (const input of active.inbox.splice(0)) if (input.type === 'intend') input.answer(false);
    }
  }

  /** What the inputs make of the run, and what is next. Pure but for the look at the run's alerts. */
  async #turn(active: Active, inputs: readonly Input[]): Promise<Advanced> {
    let { run } = active;
    const events: RunEvent[] = [];
    const emit = (event: RunEvent): void => {
      run = transition(run, event);
      events.push(event);
    };
    for (const input of inputs) {
      if (isRunFinished(run.state)) break;
      if (input.type === 'poke') for (const event of await this.#alertEvents(run)) emit(event);
      for (const event of this.#eventsOf(run, active, input)) emit(event);
    }
    const next = advance(run, active.plan, this.#facts(run.playbook_id));
    return { run: next.run, events: [...events, ...next.events], starts: next.starts };
  }

  #eventsOf(run: Run, active: Active, input: Input): RunEvent[] {
    const at = instant(this.#deps.clock.now());
    switch (input.type) {
      case 'look':
      case 'poke':
        return [];
      case 'overdue':
        if (run.aborted || isRunFinished(run.state)) return [];
        for (const attempt of active.attempts.values()) attempt.abort();
        return [
          { type: 'run_aborted', at, reason: `the run took longer than its timeout of ${active.plan.timeout_ms} ms` },
        ];
      case 'recover':
        return this.#recover(run, active, input.from, at);
      case 'intend': {
        const step = run.steps[input.step_id];
        const inTime = step?.state === 'running' && !run.cancel_requested && !run.aborted && run.state !== 'paused';
        return inTime ? [{ type: 'step_intended', at, step_id: input.step_id, intent: input.intent }] : [];
      }
      case 'ended':
        return this.#eventsOfEnd(run, input.prepared, input.end);
    }
  }

  #eventsOfEnd(run: Run, prepared: Prepared, end: AttemptEnd): RunEvent[] {
    const step = run.steps[prepared.step_id];
    const attempt = step?.attempts.at(-1);
    // A result that is not of the attempt under way comes too late to count.
    if (step?.state !== 'running' || attempt?.attempt !== prepared.attempt) return [];
    const now = this.#deps.clock.now();
    this.#deps.meter.stepEnded(step.kind, end.type, (now - Date.parse(attempt.started_at)) / 1_000);
    return conclude(run, prepared.planned, step, end, now, this.#deps.random);
  }

  /** A run that was left behind: attempts that were under way are made again, unless they may have changed something. */
  #recover(run: Run, active: Active, from: string | null, at: string): RunEvent[] {
    const events: RunEvent[] = from === null ? [] : [{ type: 'run_rescued', at, worker_id: this.#workerId, from }];
    for (const step of Object.values(run.steps)) {
      if (step.state !== 'running' || step.kind === 'foreach' || active.attempts.has(step.step_id)) continue;
      if (step.effect !== 'write' || step.recorded_only || step.intent === null) {
        events.push({
          type: 'step_lost',
          at,
          step_id: step.step_id,
          reason: 'the service stopped while this was being done',
        });
      } else this.#lookUpLater(active, step.step_id, step.intent);
    }
    return events;
  }

  #lookUpLater(active: Active, step_id: string, intent: Intent): void {
    const step = active.run.steps[step_id];
    const planned = step && active.plan.byId.get(step.task_id);
    if (!step || !planned) return;
    const scope = () =>
      scopeOf(
        active.run,
        active.plan,
        this.#deps.vault.scopeFor(active.run.playbook_id),
        step.item_index === null ? undefined : step.item,
      );
    const ready = prepare(active.run, planned, this.#deps.specs.get(planned.kind), scope, step_id, (value) =>
      this.#deps.vault.conceal(value),
    );
    const attempt = step.attempts.length;
    if (ready.type === 'failed') {
      const spec = this.#deps.specs.get(planned.kind);
      if (spec)
        this.#enqueue(active, {
          type: 'ended',
          prepared: { step_id, planned, spec, attempt, effect: 'write', recorded_only: false, input: {} },
          end: { type: 'in_doubt', reason: `it cannot be looked up: ${ready.error}` },
        });
      return;
    }
    const prepared = { ...ready.prepared, attempt };
    this.#launch(active, prepared, (cancel, deps) => lookUp(active.run, prepared, intent, cancel, deps));
  }

  /** After a change is durable: make the attempts that it started, end those that it cancelled, set the timer, or let go. */
  #follow(active: Active, next: Advanced): void {
    for (const event of next.events)
      this.#deps.log.info({ run_id: active.run.run_id, ...logFields(event) }, event.type);
    if (isRunFinished(active.run.state)) return this.#end(active);
    if (active.run.cancel_requested) for (const attempt of active.attempts.values()) attempt.abort();
    for (const prepared of next.starts)
      this.#launch(active, prepared, (cancel, deps) => makeAttempt(active.run, prepared, cancel, deps));
    this.#setTimer(active);
  }

  #launch(
    active: Active,
    prepared: Prepared,
    work: (cancel: AbortSignal, deps: AttemptDeps) => Promise<AttemptEnd>,
  ): void {
    const controller = new AbortController();
    active.attempts.set(prepared.step_id, controller);
    const recordIntent = (step_id: string, intent: Intent): Promise<boolean> =>
      new Promise((answer) => {
        if (this.#active.get(active.run.run_id) !== active) return answer(false);
        this.#enqueue(active, { type: 'intend', step_id, intent, answer });
      });
    const attempt = work(controller.signal, { ...this.#attemptDeps, recordIntent }).then((end) => {
      if (active.attempts.get(prepared.step_id) === controller) active.attempts.delete(prepared.step_id);
      this.#attempts.delete(attempt);
      if (this.#active.get(active.run.run_id) === active) this.#enqueue(active, { type: 'ended', prepared, end });
    });
    this.#attempts.add(attempt);
  }

  #setTimer(active: Active): void {
    active.cancelTimer();
    const now = this.#deps.clock.now();
    const next = nextTimer(active.run);
    const waitsForRelease = Object.values(active.run.steps).some((step) => step.reason === 'pause');
    if (
      active.attempts.size === 0 &&
      active.inbox.length === 0 &&
      !waitsForRelease &&
      (next === null || next - now > PUT_AWAY_AFTER_MS)
    ) {
      const limit = Date.parse(active.run.created_at) + active.plan.timeout_ms;
      void this.#putAway(active, instant(next === null ? limit : Math.min(next, limit))); // never rejects
      return;
    }
    if (next !== null)
      active.cancelTimer = this.#deps.clock.after(next - now, () => this.#enqueue(active, { type: 'look' }));
  }

  async #putAway(active: Active, wake_at: string): Promise<void> {
    this.#drop(active);
    try {
      await this.#deps.runs.release(active.run.run_id, this.#workerId, wake_at);
    } catch (error) {
      // Still ours by its lease; the poll finds it again as work of this worker that is not in memory only after a restart, so hold on to it.
      this.#deps.log.warn(
        { run_id: active.run.run_id, error: messageOf(error) },
        'a waiting run could not be put away',
      );
      this.#enqueue(this.#hold(active.run, active.plan), { type: 'look' });
    }
  }

  #end(active: Active): void {
    const { run } = active;
    this.#drop(active);
    const seconds = (Date.parse(run.finished_at ?? run.created_at) - Date.parse(run.created_at)) / 1_000;
    this.#deps.meter.runEnded(run.playbook_id, run.state, seconds);
  }

  /** Lets go of a run: attempts under way are aborted, and nothing that they still say counts. */
  #drop(active: Active): void {
    active.cancelTimer();
    active.cancelLimit();
    if (this.#active.get(active.run.run_id) === active) this.#active.delete(active.run.run_id);
    for (const attempt of active.attempts.values()) attempt.abort();
    for (const input of active.inbox.splice(0)) if (input.type === 'intend') input.answer(false);
  }

  // ---------------------------------------------------------------- the store

  /** The only part of an attempt that is retried by itself: as long as the lease lasts, a result is not given up. */
  async #record(before: Run, next: Advanced): Promise<'applied' | 'conflict' | 'lost'> {
    for (let turn = 0; ; turn++) {
      try {
        return await this.#deps.runs.apply({ before, after: next.run, events: next.events });
      } catch (error) {
        if (this.#deps.clock.monotonic() > this.#leaseUntil || this.#stopping.signal.aborted) return 'lost';
        this.#deps.log.warn(
          { run_id: before.run_id, error: messageOf(error) },
          'a change of a run could not be recorded, trying again',
        );
        await sleep(
          this.#deps.clock,
          RECORD_RETRY_MS[Math.min(turn, RECORD_RETRY_MS.length - 1)] ?? 5_000,
          this.#stopping.signal,
        );
      }
    }
  }

  /** Takes the durable state; false when the run is not ours any more. */
  async #reload(active: Active): Promise<boolean> {
    const loaded = await this.#deps.runs.load(active.run.run_id);
    if (loaded?.holder !== this.#workerId || isRunFinished(loaded.run.state)) {
      this.#drop(active);
      return false;
    }
    active.run = loaded.run;
    return true;
  }

  /** Brings in what others have written into the run: commands of people. */
  async #refresh(active: Active): Promise<void> {
    const loaded = await this.#deps.runs.load(active.run.run_id);
    if (loaded?.holder === this.#workerId && loaded.run.seq > active.run.seq) active.run = loaded.run;
  }

  async #alertEvents(run: Run): Promise<RunEvent[]> {
    const { alerts, firing } = await this.#deps.runs.alertsOf(run.run_id);
    const at = instant(this.#deps.clock.now());
    const known = new Set(run.alert_ids);
    const events: RunEvent[] = alerts
      .filter((alert) => !known.has(alert.alert_id))
      .map((alert) => ({ type: 'alert_joined', at, alert }));
    if (alerts.length > 0 && !firing && run.alerts_resolved_at === null) events.push({ type: 'alerts_resolved', at });
    return events;
  }

  // ---------------------------------------------------------------- the worker

  async #guard(run: Run): Promise<AttemptEnd | null> {
    if (this.#deps.clock.monotonic() > this.#leaseUntil)
      return { type: 'cancelled', reason: 'this worker lost its lease' };
    const pause = await this.#deps.pause.read();
    if (pause.paused) {
      this.#paused = true;
      return {
        type: 'held',
        by: 'pause',
        message: `writes are paused${pause.by === null ? '' : ` by ${pause.by}`}${pause.reason === null ? '' : `: ${pause.reason}`}`,
      };
    }
    if (this.#deps.modeOf(run.playbook_id) === 'off')
      return { type: 'held', by: 'playbook_off', message: `playbook ${run.playbook_id} is off` };
    return null;
  }

  /** Begins a new incarnation: what an earlier one of the same name still holds can be claimed at once, and its late results are refused. */
  async #register(): Promise<void> {
    const { clock, lease_ms, worker } = this.#deps;
    const begun = clock.monotonic();
    this.#incarnations += 1;
    this.#workerId = `${worker.name}#${worker.incarnation}.${this.#incarnations}`;
    await this.#deps.runs.register(this.#workerId, instant(clock.now() + lease_ms));
    this.#leaseUntil = begun + lease_ms;
  }

  async #heartbeat(): Promise<void> {
    const { clock, lease_ms } = this.#deps;
    const begun = clock.monotonic();
    const answer = await this.#deps.runs.heartbeat(
      this.#workerId,
      instant(clock.now()),
      instant(clock.now() + lease_ms),
    );
    if (answer === 'held') {
      this.#leaseUntil = begun + lease_ms;
      return;
    }
    // Paused for longer than the lease, or cut off from the store: others may have our runs. Start over with what is still ours.
    this.#deps.log.warn({ worker_id: this.#workerId }, 'the lease of this worker had ended');
    for (const active of [...this.#active.values()]) this.#drop(active);
    await this.#register();
  }

  async #poll(): Promise<void> {
    const { clock } = this.#deps;
    let nextBeat = clock.monotonic() + this.#deps.lease_ms / 3;
    while (!this.#stopping.signal.aborted) {
      await sleep(clock, POLL_MS, this.#stopping.signal);
      if (this.#stopping.signal.aborted) return;
      try {
        if (clock.monotonic() >= nextBeat) {
          await this.#heartbeat();
          nextBeat = clock.monotonic() + this.#deps.lease_ms / 3;
          const { paused } = await this.#deps.pause.read();
          if (paused !== this.#paused) this.setPaused(paused);
        }
        for (const run_id of await this.#deps.runs.poked(this.#workerId)) this.wake(run_id);
        await this.#claim();
      } catch (error) {
        this.#deps.log.warn({ error: messageOf(error) }, 'the scheduler could not ask the store, trying again');
      }
    }
  }

  async #claim(): Promise<void> {
    const claimed = await this.#deps.runs.claim(this.#workerId, instant(this.#deps.clock.now()), CLAIM_AT_ONCE);
    for (const run of claimed) this.#takeUp(run);
  }

  #takeUp({ run, playbook, from }: ClaimedRun): void {
    const active = this.#hold(run, this.#planOf(playbook, run.playbook_version));
    active.inbox.push({ type: 'recover', from }, { type: 'poke' });
    void this.#work(active); // never rejects
  }

  #planOf(playbook: Playbook, version: string): Plan {
    const key = `${playbook.playbook_id} ${version}`;
    let plan = this.#plans.get(key);
    if (!plan) {
      plan = planOf(playbook);
      // Old versions are needed only by runs that hold their plan themselves.
      if (this.#plans.size >= 1_000) this.#plans.clear();
      this.#plans.set(key, plan);
    }
    return plan;
  }

  #facts(playbook_id: string): Facts {
    return {
      now: this.#deps.clock.now(),
      specs: this.#deps.specs,
      secrets: this.#deps.vault.scopeFor(playbook_id),
      conceal: (value) => this.#deps.vault.conceal(value),
      paused: this.#paused,
    };
  }
}

/** The first events of a run. */
export function openingEvents(header: NewRunHeader, joined: readonly Alert[], clock: Clock): RunEvent[] {
  const at = instant(clock.now());
  return [
    { type: 'run_opened', at, run: header },
    ...joined.map((alert): RunEvent => ({ type: 'alert_joined', at, alert })),
  ];
}

/** What a log line tells of an event: names and reasons, never payloads. */
function logFields(event: RunEvent): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const key of [
    'step_id',
    'kind',
    'attempt',
    'reason',
    'error',
    'message',
    'until',
    'state',
    'outcome',
    'summary',
  ] as const) {
    const value = (event as Record<string, unknown>)[key]; // a union's members are read by the names that some of them have
    if (value !== undefined && value !== null) fields[key] = value;
  }
  return fields;
}
