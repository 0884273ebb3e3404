import { instant, sleep } from '../domain/clock.js';
import { messageOf } from '../domain/errors.js';
import type { IncidentBrief } from '../domain/incident/incident.js';
import type { Intent } from '../domain/run/outcome.js';
import type { Run, RunEvent } from '../domain/run/run.js';
import { isRunFinished, timeCountsFrom } from '../domain/run/run.js';
import type { FoundAlerts, RunStore } from '../domain/run/run-store.js';
import { transition } from '../domain/run/transition.js';
import { alertEvents } from './alert-events.js';
import { advance } from './advance.js';
import type { Advanced } from './advance.js';
import { lookUp, makeAttempt } from './attempt.js';
import type { AttemptDeps, IntentAnswer } from './context.js';
import { Cancel } from './cancel.js';
import { conclude, goesOn } from './conclude.js';
import type { AttemptEnd } from './conclude.js';
import { logEvents } from './event-log.js';
import { Inbox } from './inbox.js';
import { insist, LOST } from './insist.js';
import { leftBehind } from './left-behind.js';
import type { Plan } from './plan.js';
import { prepare, scopeOf } from './prepare.js';
import type { Prepared } from './prepare.js';
import { childEvents, parentEvents } from './run-family.js';
import type { RunInput, RunWorker } from './run-worker.js';
import { nextTimer, tookTooLong } from './timers.js';
import { isStopped } from './verdict.js';

/** A run that only waits, and for longer than this, is put away and costs nothing until then. */
const PUT_AWAY_AFTER_MS = 60_000;

/** A change that has become this long is recorded before more is read ahead. */
const MAX_EVENTS_AHEAD = 64;
/** What waits for nothing outside has answered after this many turns of the queue of promises; an attempt takes about twenty. */
const AT_ONCE_TURNS = 100;

interface ReadAhead extends Advanced {
  /** The steps that have begun already. */
  readonly ahead: readonly string[];
}

/** It changes nothing, not even by a run that it begins. */
function onlyReads({ effect, planned }: Prepared): boolean {
  return effect === 'read' && planned.kind !== 'playbook';
}

/**
 * One run under way in this process. What happens to it arrives in its inbox and is worked off one durable change at a time: decide, record,
 * and only then act; what only reads may begin a moment sooner. Whatever is in memory here can be lost at any moment.
 */
export class ActiveRun {
  readonly plan: Plan;
  readonly #worker: RunWorker;
  readonly #deps: AttemptDeps;
  readonly #attempts = new Map<string, Cancel>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #inbox = new Inbox();
  readonly #cancelLimit: () => void;
  #run: Run;
  /** As it was at the last turn, where the playbook names it. */
  #incident: IncidentBrief | null = null;
  #busy = false;
  #dropped = false;
  #cancelTimer: () => void = () => undefined;

  constructor(run: Run, plan: Plan, worker: RunWorker) {
    this.plan = plan;
    this.#run = run;
    this.#worker = worker;
    const { executor, clock, vault, condition, incident, guard } = worker.attempts;
    const recordIntent: AttemptDeps['recordIntent'] = (step_id, intent) => this.#recordIntent(step_id, intent);
    this.#deps = { executor, clock, vault, condition, incident, guard, plan, recordIntent };
    const limit = timeCountsFrom(run) + plan.timeout_ms - worker.clock.now();
    this.#cancelLimit = worker.clock.after(limit, () => this.enqueue({ type: 'overdue' }));
  }

  get run_id(): string {
    return this.#run.run_id;
  }

  /** Goes on with a change that is durable already: the one that opened the run. */
  begin(opened: Advanced): void {
    this.#follow(opened);
  }

  enqueue(...inputs: RunInput[]): void {
    this.#inbox.add(inputs);
    if (!this.#busy) void this.#work(); // never rejects
  }

  /** Resolves when the attempts that are under way now have ended and are recorded. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
    while (this.#busy && !this.#dropped) await sleep(this.#worker.clock, 10);
  }

  /** Lets go of the run: attempts under way are aborted, and nothing that they still say counts. */
  drop(error?: unknown): void {
    this.#letGo();
    this.#worker.gone(this, error);
  }

  #letGo(): void {
    this.#dropped = true;
    this.#cancelTimer();
    this.#cancelLimit();
    for (const attempt of this.#attempts.values()) attempt.abort();
    this.#refuseIntents();
  }

  /** Works the inbox off: what arrives while a change is being recorded shares the next one. */
  async #work(): Promise<void> {
    this.#busy = true;
    let inputs: RunInput[] = [];
    try {
      while (this.#inbox.length > 0 && !this.#dropped) {
        inputs = this.#inbox.takeAll();
        if (inputs.some((input) => input.type === 'poke' && !input.found)) await this.#refresh();
        const next = await this.#readAhead(await this.#turn(this.#run, inputs), inputs);
        const answer = next.events.length === 0 ? 'applied' : await this.#record(next);
        if (answer === 'conflict') {
          // Somebody was faster, or an answer was lost: then steps may have begun that nobody here has heard of.
          // What was found before that is not believed a second time, and what was read ahead is read again.
          for (const step_id of next.ahead) this.#forget(step_id);
          const again = inputs.map((input) => (input.type === 'poke' ? ({ type: 'poke' } as const) : input));
          this.#inbox.putBack([...again, { type: 'recover', from: null }]);
          if (!(await this.#reload())) return this.drop();
          continue;
        }
        // Let go of while that was recorded: what is next is for whoever has it now.
        if (this.#dropped) return;
        this.#run = next.run;
        for (const input of inputs) if (input.type === 'intend') input.answer(this.#intentAnswer(input));
        this.#follow(next);
      }
    } catch (error) {
      if (error === LOST) return this.drop();
      // A bug: whoever takes the run up later goes on from what is durable.
      this.#worker.log.error({ run_id: this.run_id, error: messageOf(error) }, 'a run was given up by this worker');
      this.drop(error);
    } finally {
      this.#busy = false;
      if (this.#dropped) this.#refuseIntents(inputs);
    }
  }

  /**
   * Steps that only read begin before their beginning is durable, because after a crash they would be read again anyway. What they say at once
   * (they wait, they need a person, there is nothing to look at) shares the change that begins them, and so does what comes after it.
   */
  async #readAhead(first: Advanced, inputs: RunInput[]): Promise<ReadAhead> {
    let { run, events, starts } = first;
    const ahead: string[] = [];
    while (starts.length > 0 && starts.every(onlyReads) && events.length < MAX_EVENTS_AHEAD) {
      for (const prepared of starts) this.#attempt(run, prepared);
      ahead.push(...starts.map(({ step_id }) => step_id));
      starts = [];
      const ended = await this.#endedAtOnce();
      if (ended.length === 0 || this.#dropped) break;
      inputs.push(...ended);
      const next = await this.#turn(run, ended);
      ({ run, starts } = next);
      events = [...events, ...next.events];
    }
    return { run, events, starts, ahead };
  }

  /** The ends of those attempts that need nothing from outside: they are there in a moment. */
  async #endedAtOnce(): Promise<RunInput[]> {
    for (let turn = 0; turn < AT_ONCE_TURNS && this.#attempts.size > 0; turn++) await Promise.resolve();
    return this.#inbox.takeEnds();
  }

  /** Whatever the step's attempt still says does not count. */
  #forget(step_id: string): void {
    this.#attempts.get(step_id)?.abort();
    this.#attempts.delete(step_id);
    this.#inbox.takeEnds(step_id);
  }

  /** What the inputs make of the run as it is here, and what is next. */
  async #turn(before: Run, inputs: readonly RunInput[]): Promise<Advanced> {
    let run = before;
    const events: RunEvent[] = [];
    const emit = (event: RunEvent): void => {
      run = transition(run, event);
      events.push(event);
    };
    if (this.plan.names_incident) this.#incident = await this.#askIncident(run);
    for (const input of inputs) {
      if (isRunFinished(run.state)) break;
      if (input.type === 'poke') for (const event of await this.#heard(run, input.found)) emit(event);
      for (const event of this.#eventsOf(run, input)) emit(event);
    }
    const facts = this.#worker.facts(run);
    const next = advance(run, this.plan, this.plan.names_incident ? { ...facts, incident: this.#incident } : facts);
    return { run: next.run, events: [...events, ...next.events], starts: next.starts };
  }

  #eventsOf(run: Run, input: RunInput): RunEvent[] {
    const at = instant(this.#worker.clock.now());
    switch (input.type) {
      case 'look':
        return [];
      case 'poke':
        return childEvents(run, at);
      case 'overdue':
        if (run.aborted || isRunFinished(run.state)) return [];
        for (const [step_id, attempt] of this.#attempts) if (!this.#goesOnAfterAbort(run, step_id)) attempt.abort();
        return [{ type: 'run_aborted', at, reason: tookTooLong(this.plan.timeout_ms) }];
      case 'recover':
        return this.#recover(run, input.from, at);
      case 'intend': {
        const allowed = this.#mayIntend(run, input.step_id) === 'recorded';
        return allowed ? [{ type: 'step_intended', at, step_id: input.step_id, intent: input.intent }] : [];
      }
      case 'ended':
        return this.#eventsOfEnd(run, input.prepared, input.end);
    }
  }

  #goesOnAfterAbort(run: Run, step_id: string): boolean {
    const planned = this.plan.byId.get(run.steps[step_id]?.task_id ?? '');
    return planned !== undefined && goesOn({ ...run, aborted: true }, planned);
  }

  /** Whether a write may still begin, as the run is now: it was planned for a while. */
  #mayIntend(run: Run, step_id: string): IntentAnswer {
    const step = run.steps[step_id];
    const planned = step && this.plan.byId.get(step.task_id);
    if (step?.state !== 'running' || !planned || !goesOn(run, planned)) return 'gone';
    if (run.state === 'paused') return 'paused';
    return isStopped(run, this.plan) && !planned.undo ? 'resolved' : 'recorded';
  }

  #intentAnswer({ step_id, intent }: RunInput & { type: 'intend' }): IntentAnswer {
    if (this.#run.steps[step_id]?.intent === intent) return this.#worker.holdsLease() ? 'recorded' : 'gone';
    const answer = this.#mayIntend(this.#run, step_id);
    return answer === 'recorded' ? 'gone' : answer;
  }

  #eventsOfEnd(run: Run, prepared: Prepared, end: AttemptEnd): RunEvent[] {
    const step = run.steps[prepared.step_id];
    const attempt = step?.attempts.at(-1);
    // A result that is not of the attempt under way comes too late to count.
    if (step?.state !== 'running' || attempt?.attempt !== prepared.attempt) return [];
    const { clock, meter, random, newId } = this.#worker;
    const now = clock.now();
    meter.stepEnded(step.kind, end.type, (now - Date.parse(attempt.started_at)) / 1_000);
    return conclude(run, prepared.planned, step, end, { now, random, newId });
  }

  /** A run that was left behind: attempts that were under way are made again, unless they may have changed something. */
  #recover(run: Run, from: string | null, at: string): RunEvent[] {
    const { lost, doubtful } = leftBehind(run, this.plan, (step_id) => this.#isUnderWay(step_id));
    for (const { step_id, intent } of doubtful) this.#lookUpLater(step_id, intent);
    const rescued: RunEvent[] = from === null ? [] : [{ type: 'run_rescued', at, worker_id: this.#worker.id(), from }];
    const reason = 'the service stopped while this was being done';
    return [...rescued, ...lost.map((step_id): RunEvent => ({ type: 'step_lost', at, step_id, reason }))];
  }

  #isUnderWay(step_id: string): boolean {
    return this.#attempts.has(step_id) || this.#inbox.hasEndOf(step_id);
  }

  #lookUpLater(step_id: string, intent: Intent): void {
    const run = this.#run;
    const step = run.steps[step_id];
    const planned = step && this.plan.byId.get(step.task_id);
    const spec = planned && this.#worker.specs.get(planned.kind);
    if (!step || !planned || !spec) return;
    const { vault } = this.#worker;
    const item = step.item_index === null ? undefined : step.item;
    const scope = () => scopeOf(run, this.plan, vault.scopeFor(run.playbook_id), this.#incident, item);
    const ready = prepare(run, planned, spec, scope, step_id, (value) => vault.conceal(value));
    const attempt = step.attempts.length;
    if (ready.type === 'failed') {
      const unknown = { waited: false, effect: 'write', recorded_only: false, input: {} } as const;
      const prepared: Prepared = { step_id, planned, spec, attempt, ...unknown };
      const reason = `it cannot be looked up: ${ready.error}`;
      return this.enqueue({ type: 'ended', prepared, end: { type: 'in_doubt', reason } });
    }
    const prepared = { ...ready.prepared, attempt };
    this.#launch(prepared, (control, deps) => lookUp(run, prepared, intent, control, deps));
  }

  /** After a change is durable: make the attempts that it started, end those that it cancelled, set the timer, or let go. */
  #follow(next: Advanced): void {
    this.#run = next.run;
    logEvents(this.#worker.log, this.run_id, next.events);
    if (isRunFinished(next.run.state)) return this.#end();
    if (next.run.cancel_requested)
      for (const [step_id, attempt] of this.#attempts) if (!this.#goesOnAfterAbort(next.run, step_id)) attempt.abort();
    for (const prepared of next.starts) this.#attempt(next.run, prepared);
    this.#setTimer();
  }

  #attempt(run: Run, prepared: Prepared): void {
    this.#launch(prepared, (control, deps) => makeAttempt(run, prepared, control, deps));
  }

  #launch(prepared: Prepared, work: (control: Cancel, deps: AttemptDeps) => Promise<AttemptEnd>): void {
    const control = new Cancel();
    this.#attempts.set(prepared.step_id, control);
    const attempt = work(control, this.#deps).then((end) => {
      this.#underWay.delete(attempt);
      // Perhaps it was forgotten, and the step has begun anew.
      if (this.#attempts.get(prepared.step_id) !== control) return;
      this.#attempts.delete(prepared.step_id);
      if (!this.#dropped) this.enqueue({ type: 'ended', prepared, end });
    });
    this.#underWay.add(attempt);
  }

  #recordIntent(step_id: string, intent: Intent): Promise<IntentAnswer> {
    return new Promise((answer) => {
      if (this.#dropped) return answer('gone');
      this.enqueue({ type: 'intend', step_id, intent, answer });
    });
  }

  #setTimer(): void {
    this.#cancelTimer();
    // A run that is put away sleeps; what waits for the next worker must be there for it at once.
    if (this.#worker.draining()) return;
    const now = this.#worker.clock.now();
    const next = nextTimer(this.#run, now);
    const waitsForRelease =
      this.#run.state !== 'paused' && Object.values(this.#run.steps).some((step) => step.reason === 'pause');
    const idle = this.#attempts.size === 0 && this.#inbox.length === 0 && !waitsForRelease;
    if (idle && (next === null || next - now > PUT_AWAY_AFTER_MS)) {
      const limit = timeCountsFrom(this.#run) + this.plan.timeout_ms;
      // The end of an aborted run's time is behind it.
      const wake = next === null ? limit : this.#run.aborted ? next : Math.min(next, limit);
      this.#letGo();
      this.#worker.putAway(this, instant(wake));
      return;
    }
    if (next !== null) this.#cancelTimer = this.#worker.clock.after(next - now, () => this.enqueue({ type: 'look' }));
  }

  #end(): void {
    const run = this.#run;
    this.drop();
    const seconds = (Date.parse(run.finished_at ?? run.created_at) - Date.parse(run.created_at)) / 1_000;
    if (run.parent_run_id !== null) this.#worker.wake(run.parent_run_id);
    this.#worker.meter.runEnded(run.playbook_id, run.state, seconds);
  }

  async #record(next: Advanced): Promise<'applied' | 'conflict'> {
    const { children, wake } = this.#worker;
    const before = this.#run;
    // What its alerts do concerns the runs that its steps began as much as itself, and so does that a step no longer waits for one.
    const isTold = before.alerts_resolved_at !== next.run.alerts_resolved_at;
    const waitedFor = new Set(isTold ? [] : children(next.run));
    const poke = children(before).filter((run_id) => !waitedFor.has(run_id));
    const answer = await this.#insist((runs) => runs.apply({ before, after: next.run, events: next.events, poke }));
    if (answer === 'applied') poke.forEach(wake);
    return answer;
  }

  #insist<T>(ask: (runs: RunStore) => Promise<T>): Promise<T> {
    return insist(this.#worker, this.run_id, ask);
  }

  /** Takes the durable state; false when the run is not ours any more. */
  async #reload(): Promise<boolean> {
    const loaded = await this.#insist((runs) => runs.load(this.run_id));
    if (loaded?.holder !== this.#worker.id() || isRunFinished(loaded.run.state)) return false;
    this.#run = loaded.run;
    return true;
  }

  /** Brings in what others have written into the run: commands of people. */
  async #refresh(): Promise<void> {
    const loaded = await this.#insist((runs) => runs.load(this.run_id));
    if (loaded?.holder === this.#worker.id() && loaded.run.seq > this.#run.seq) this.#run = loaded.run;
  }

  async #askIncident({ alert }: Run): Promise<IncidentBrief | null> {
    const ask = this.#worker.attempts.incident;
    return alert && ask ? this.#insist(() => ask(alert)) : null;
  }

  /** Alerts belong to the run that began this one: what has become of them stands there. */
  async #heard(run: Run, found?: FoundAlerts): Promise<RunEvent[]> {
    const at = instant(this.#worker.clock.now());
    const { parent_run_id } = run;
    if (parent_run_id === null)
      return alertEvents(run, found ?? (await this.#insist((runs) => runs.alertsOf(run.run_id))), at);
    const parent = await this.#insist((runs) => runs.load(parent_run_id));
    return parent ? parentEvents(run, parent.run, at) : [];
  }

  /** Whoever is about to write hears that it must not, even when what asked was just being recorded (`unanswered`): it may hold a turn. */
  #refuseIntents(unanswered: readonly RunInput[] = []): void {
    for (const input of [...unanswered, ...this.#inbox.takeAll()]) if (input.type === 'intend') input.answer('gone');
  }
}
