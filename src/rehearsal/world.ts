import type { Alert } from '../domain/alert/alert.js';
import { instant } from '../domain/clock.js';
import { FixpointError, messageOf } from '../domain/errors.js';
import { createIds } from '../domain/id.js';
import type { Grouping } from '../domain/rule/grouping.js';
import type { Log } from '../domain/log.js';
import type { StormPolicy } from '../domain/decision/storm.js';
import type { SuppressionContent } from '../domain/suppression/suppression-set.js';
import type { Notice } from '../domain/notifier.js';
import type { CheckedPlaybook, Mode } from '../domain/playbook/playbook.js';
import type { AskCondition } from '../domain/run/proof.js';
import type { Rule } from '../domain/rule/rule.js';
import { compileRules } from '../domain/rule/rule-match.js';
import type { Run, RunEvent } from '../domain/run/run.js';
import type { RunStore } from '../domain/run/run-store.js';
import type { TriageStore } from '../domain/triage-store.js';
import { answerApproval, confirmRun } from '../schedule/by-hand.js';
import { Scheduler } from '../schedule/scheduler.js';
import { SecretVault } from '../schedule/secrets.js';
import type { Policy } from '../triage/deps.js';
import type { FlapPolicy } from '../triage/flapping.js';
import { NO_LIMITS } from '../triage/limits.js';
import type { Limits } from '../triage/limits.js';
import { Triage } from '../triage/triage.js';
import { MemoryBudgets } from './memory-budgets.js';
import { MemoryRuns } from './memory-runs.js';
import { MemoryStorm } from './memory-storm.js';
import { MemorySuppressions } from './memory-suppressions.js';
import { MemoryTriage } from './memory-triage.js';
import { mortal } from './mortal.js';
import type { Parts } from './parts.js';
import { namesFor, questionIn, roleIn } from './people.js';
import type { PeopleAnswer, Question } from './people.js';
import { recordingExecutor } from './recording.js';
import type { Actor, Call } from './recording.js';
import { namedSecrets } from './secret-names.js';
import { VirtualClock } from './virtual-clock.js';
import type { ProcessClock } from './virtual-clock.js';

/** Everybody outside: systems, people, and the system that raised the alert. */
export interface Cast extends Actor {
  answer(question: Question): PeopleAnswer | null;
  /** Asks about an alert's condition; null: nobody can be asked. */
  condition(alert: Alert): AskCondition | null;
}

export interface WorldOptions {
  readonly parts: Parts;
  readonly cast: Cast;
  readonly playbooks: ReadonlyMap<string, CheckedPlaybook>;
  readonly rules: readonly Rule[];
  readonly modeOf: (playbook_id: string) => Mode | null;
  readonly start_ms: number;
  readonly max_runs_per_occurrence: number;
  readonly proof?: { readonly within_ms: number; readonly hold_ms: number };
  /** What holds alerts back and freezes writes. */
  readonly suppressions?: SuppressionContent;
  /** What limits how much is started. */
  readonly limits?: RehearsedLimits;
  /** Hears of every change of every run once it is kept. */
  readonly changed?: (run: Run, events: readonly RunEvent[]) => void;
}

/** How much may be started, as the configuration says. */
export interface RehearsedLimits {
  readonly grouping: Grouping;
  readonly storm: StormPolicy | null;
  readonly flapping: FlapPolicy | null;
}

/** One working process; everything in it can be lost at any moment. */
interface Process {
  readonly clock: ProcessClock;
  readonly scheduler: Scheduler;
  readonly triage: Triage;
  alive: boolean;
}

/** Longer than any rehearsal: a process that lives keeps its lease. */
const LEASE_MS = 100 * 365 * 86_400_000;
/** How long a process that died takes to be back. */
const RESTART_MS = 5_000;
/** A rehearsal in which so much happens within one call of `pass` goes round in circles. */
const MAX_TURNS = 2_000_000;

/**
 * The engine as it is, scheduler and triage, with a virtual clock, a store in memory and recording executors. No real time passes, nothing
 * outside is touched, and the same options lead to the same story.
 */
export class World {
  readonly clock: VirtualClock;
  readonly runs: MemoryRuns;
  readonly triage: MemoryTriage;
  /** Everything that executors were asked to do. */
  readonly calls: Call[] = [];
  /** What `notification` steps sent. */
  readonly sent: (Notice & { readonly at: number })[] = [];
  /** What must never happen, in the engine's own words. */
  readonly troubles: string[] = [];
  readonly #options: WorldOptions;
  readonly #vault: SecretVault;
  readonly #ids;
  readonly #versions = new Map<string, CheckedPlaybook>();
  readonly #policy: Policy;
  readonly #budgets: MemoryBudgets;
  readonly #suppressions: MemorySuppressions;
  readonly #limits: Limits;
  #process: Process | null = null;
  #incarnation = 0;
  #underWay = 0;
  #holdTimer: () => void = () => undefined;
  #holdsEnd = true;

  constructor(options: WorldOptions) {
    const { playbooks, rules, modeOf, start_ms } = options;
    this.#options = options;
    this.clock = new VirtualClock(start_ms);
    let random = 0;
    this.#ids = createIds(
      () => this.clock.now(),
      (size) => Uint8Array.from({ length: size }, (_, index) => (index === size - 1 ? (random += 1) : 0)),
    );
    for (const checked of playbooks.values())
      this.#versions.set(versionKey(checked.playbook.playbook_id, checked.version), checked);
    this.#vault = new SecretVault(namedSecrets([...playbooks.values()].map(({ playbook }) => playbook)), 'rehearsal');
    this.#policy = { rules: compileRules(rules), playbooks, modeOf };
    this.#budgets = new MemoryBudgets((run_id) => this.runs.run(run_id).finished_at);
    this.#suppressions = new MemorySuppressions(
      options.suppressions ?? { silences: [], windows: [], inhibit_rules: [] },
      (holders) => this.triage.release(holders, instant(this.clock.now())),
    );
    this.#limits = this.#limitsOf(options.limits);
    this.triage = new MemoryTriage(() => this.runs, this.#budgets);
    this.runs = new MemoryRuns({
      playbookOf: (playbook_id, version) => this.#playbookOf(playbook_id, version),
      clock: this.clock,
      alertsOf: (run_id) => this.triage.alertsOf(run_id),
      changed: (run, events) => this.#changed(run, events),
    });
  }

  nextId(): string {
    return this.#ids.next();
  }

  /** Starts the process. */
  async start(): Promise<void> {
    this.#process = this.#newProcess();
    await this.#process.scheduler.start();
  }

  /** Alerts arrive now, as one delivery, and are decided. Those that meet a dead process are decided when it is back. */
  async receive(alerts: readonly Alert[]): Promise<void> {
    const process = this.#process;
    if (!process?.alive) return this.later(RESTART_MS, () => this.receive(alerts));
    await process.triage.handle({ batch_id: this.nextId(), alerts: [...alerts] });
    this.#watchHolds();
  }

  /** From now on no hold ends: what is held stays so, however much time passes. */
  keepHolding(): void {
    this.#holdsEnd = false;
    this.#holdTimer();
  }

  /** Does something after a while; time does not pass while it is being done. */
  later(delay_ms: number, work: () => Promise<void> | void): void {
    this.clock.after(delay_ms, () => {
      this.#underWay += 1;
      void this.#doing(work); // never rejects
    });
  }

  /** Lets time pass until something is so, or until an instant. */
  async pass(until_ms: number, isOver: () => boolean = () => false): Promise<void> {
    for (let turn = 0; turn < MAX_TURNS; turn++) {
      await this.#options.parts.settle();
      if (this.#underWay > 0) continue;
      if (isOver()) return;
      if (this.clock.fireDue()) continue;
      const next = this.#nextInstant();
      if (next > until_ms) return this.clock.moveTo(until_ms);
      this.clock.moveTo(next);
    }
    throw new FixpointError('conflict', `more than ${MAX_TURNS} things happened; something goes round in circles`);
  }

  /** The process dies in the middle of whatever it does, and is back a little later. */
  crash(): void {
    const process = this.#process;
    if (!process?.alive) return;
    process.alive = false;
    process.clock.die();
    this.later(RESTART_MS, () => this.start());
  }

  /** Nothing moves any more, and nothing is left behind. */
  end(): void {
    if (!this.#process) return;
    this.#process.alive = false;
    this.#process.clock.die();
    this.#holdTimer();
  }

  async #doing(work: () => Promise<void> | void): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.troubles.push(messageOf(error));
    } finally {
      this.#underWay -= 1;
    }
  }

  /**
   * When something can happen next. A process that holds no run only looks whether there is one: then everything up to the next run that is
   * due, or the next thing that comes from outside, can be left out.
   */
  #nextInstant(): number {
    const process = this.#process;
    if (!process?.alive || process.scheduler.size > 0) return this.clock.next(false);
    const due = this.runs.nextDue();
    // Held by the process by its row and not in its memory: on its way in or out.
    if (due <= this.clock.now()) return this.clock.next(false);
    return Math.min(this.clock.next(true), due);
  }

  #newProcess(): Process {
    const { parts, cast, modeOf, proof } = this.#options;
    const clock = this.clock.process();
    this.#incarnation += 1;
    const isAlive = (): boolean => process.alive;
    const runs = mortal<RunStore>(this.runs, isAlive);
    const executors = this.#executors(clock, runs, () => process.scheduler);
    const scheduler = new Scheduler({
      runs,
      pause: {
        read: () => Promise.resolve({ paused: false, by: null, reason: null, at: null }),
        set: () => Promise.resolve(),
      },
      executor: (kind) => executors.get(kind),
      children: parts.openChildrenOf,
      specs: parts.specs,
      vault: this.#vault,
      condition: (alert) => cast.condition(alert),
      proof: proof ?? { within_ms: 300_000, hold_ms: 30_000 },
      modeOf,
      frozen: (run) =>
        this.#suppressions.frozen(run.alert === null ? [] : [run.alert, ...run.joined], this.clock.now()),
      clock,
      random: () => 1,
      newId: () => this.#ids.next(),
      worker: { name: 'rehearsal', incarnation: String(this.#incarnation) },
      lease_ms: LEASE_MS,
      log: this.#log(isAlive),
      meter: { stepEnded: () => undefined, runEnded: () => undefined },
    });
    const triage = new Triage({
      store: mortal<TriageStore>(this.triage, isAlive),
      policy: () => this.#policy,
      open: (header, checked, joined) => scheduler.open(header, checked.playbook, { joined, resolved: false }),
      wake: (run_id) => scheduler.wake(run_id),
      suppressions: this.#suppressions,
      limits: this.#limits,
      maxRunsPerOccurrence: this.#options.max_runs_per_occurrence,
      ids: this.#ids,
      clock,
      log: this.#log(isAlive),
      meter: { decided: () => undefined },
    });
    const process: Process = { clock, scheduler, triage, alive: true };
    return process;
  }

  #limitsOf(limits: RehearsedLimits | undefined): Limits {
    if (!limits) return { ...NO_LIMITS, budgets: this.#budgets };
    const storm = limits.storm && new MemoryStorm(limits.storm, this.clock);
    return { ...NO_LIMITS, budgets: this.#budgets, grouping: limits.grouping, storm, flapping: limits.flapping };
  }

  #executors(clock: ProcessClock, runs: RunStore, scheduler: () => Scheduler) {
    const { parts, cast, playbooks, modeOf } = this.#options;
    const children = parts.childRuns({
      runs,
      clock,
      playbooks: () => playbooks,
      modeOf,
      open: (header, checked, resolved) => scheduler().open(header, checked.playbook, { joined: [], resolved }),
      wake: (run_id) => scheduler().wake(run_id),
    });
    const inner = parts.inner({
      clock,
      runs: children,
      notify: (notice) => {
        this.sent.push({ ...notice, at: clock.now() });
        return Promise.resolve([{ channel: 'rehearsal', type: 'sent', target: 'rehearsal' }]);
      },
    });
    const options = {
      clock,
      actor: cast,
      calls: this.calls,
      abilities: parts.abilities,
      real: (kind: string) => inner.get(kind) ?? null,
      crash: () => this.crash(),
      conceal: (input: unknown) => this.#vault.conceal(input),
    };
    return new Map([...parts.specs].map(([kind, spec]) => [kind, recordingExecutor(spec, options)] as const));
  }

  /** A run that its worker gives up has met a fault of the engine. */
  #log(isAlive: () => boolean): Log {
    const log: Log = {
      info: () => undefined,
      warn: () => undefined,
      error: (fields, message) => {
        if (isAlive()) this.troubles.push(`${message}: ${JSON.stringify(fields)}`);
      },
      child: () => log,
    };
    return log;
  }

  #playbookOf(playbook_id: string, version: string) {
    const checked = this.#versions.get(versionKey(playbook_id, version));
    if (!checked) throw new FixpointError('not_found', `no version ${version} of playbook ${playbook_id}`);
    return checked.playbook;
  }

  #changed(run: Run, events: readonly RunEvent[]): void {
    this.triage.runChanged(run, events);
    for (const event of events) this.#ask(run, event);
    this.#options.changed?.(run, events);
  }

  #ask(run: Run, event: RunEvent): void {
    const question = questionIn(run, event);
    const answer = question && this.#options.cast.answer(question);
    if (!question || !answer) return;
    this.later(answer.after_ms, () => this.#say(question, answer));
  }

  async #say(question: Question, { yes, by }: PeopleAnswer): Promise<void> {
    const { run, step_id, about } = question;
    try {
      if (about === 'approval') await this.#approve(question, yes, by);
      else
        await confirmRun(
          this.runs,
          run.run_id,
          { by: by ?? 'somebody', step_id, solved: yes, done: yes, comment: null },
          this.clock,
        );
    } catch (error) {
      // The run went on without waiting for it: that an answer comes too late is part of the story.
      if (!(error instanceof FixpointError) || error.code !== 'conflict') throw error;
    }
    this.#process?.scheduler.wake(run.run_id);
  }

  async #approve({ run, step_id, approvers, quorum }: Question, yes: boolean, by: string | null): Promise<void> {
    const approval_id = this.runs.run(run.run_id).steps[step_id]?.approval?.approval_id ?? '';
    const names = by === null ? namesFor(approvers, yes ? quorum : 1) : [by];
    for (const name of names) {
      const answer = yes ? ('approve' as const) : ('deny' as const);
      const command = { approval_id, step_id, answer, by: name, role: roleIn(approvers), comment: null };
      await answerApproval(this.runs, run.run_id, command, this.clock);
    }
  }

  /** A held alert is decided again when its hold ends. */
  #watchHolds(): void {
    this.#holdTimer();
    if (!this.#holdsEnd) return;
    const due = this.triage.nextDue();
    if (due === Number.POSITIVE_INFINITY) return;
    this.#holdTimer = this.clock.after(due - this.clock.now(), () => {
      this.later(0, async () => {
        const alerts = await this.triage.due(instant(this.clock.now()), 1_000);
        if (alerts.length > 0) await this.receive(alerts);
      });
    });
  }
}

function versionKey(playbook_id: string, version: string): string {
  return `${playbook_id} ${version}`;
}
