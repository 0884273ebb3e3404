import { z } from 'zod';
import type { AttemptContext, Effect, Executor, ReadyExecutor } from '../../src/domain/executor.js';
import type { AskCondition } from '../../src/domain/run/proof.js';
import type { Alert } from '../../src/domain/alert/alert.js';
import type { IncidentBrief } from '../../src/domain/incident/incident.js';
import { SILENT_LOG } from '../../src/domain/log.js';
import type { Outcome } from '../../src/domain/run/outcome.js';
import { Playbook } from '../../src/domain/playbook/playbook.js';
import type { Run } from '../../src/domain/run/run.js';
import type { PauseState } from '../../src/domain/pause.js';
import type { Frozen } from '../../src/domain/suppression/suppression-set.js';
import { Scheduler } from '../../src/schedule/scheduler.js';
import { SecretVault } from '../../src/schedule/secrets.js';
import { FakeClock } from './fake-clock.js';
import { memoryRuns } from './memory-runs.js';
import { aNewRun, ids } from './store-world.js';

export type Work = (input: Record<string, unknown>, attempt: AttemptContext) => Promise<Outcome> | Outcome;

/** A step that succeeds with this output. */
export const ok = (output: unknown = null): Outcome => ({ type: 'succeeded', output });

/** A scheduler on a clock that is moved by hand, with executors told by the test. */
export class World {
  readonly clock = new FakeClock();
  readonly calls: { step_id: string; attempt: number; input: unknown; dry_run: boolean }[] = [];
  readonly playbooks = new Map<string, Playbook>();
  readonly memory = memoryRuns((id) => this.playbooks.get(id)!, this.clock);
  readonly executors = new Map<string, ReadyExecutor>();
  /** How many times the pause switch cannot be read from now on. */
  pauseFailures = 0;
  pause: PauseState = { paused: false, by: null, reason: null, at: null };
  /** Answers for the system that raised the alert; null: nobody can be asked. */
  condition: AskCondition | null = null;
  /** Tells the incident of an alert. */
  incident: ((alert: Alert) => Promise<IncidentBrief | null>) | null = null;
  /** Runs that steps of a run have begun. */
  children: (run: Run) => readonly string[] = () => [];
  /** What freezes the writes of a run. */
  frozen: (run: Run) => Frozen | null = () => null;
  mode: 'auto' | 'approve' | 'shadow' | 'off' = 'auto';
  readonly schedulers: Scheduler[] = [];
  versions = 0;
  readonly vault = new SecretVault({ token: { value: 'hunter2-secret', playbooks: ['PB'] } }, 'nonce');

  kind(kind: string, effect: Effect, work: Work, more: Partial<Executor> = {}): this {
    const spec = {
      kind,
      title: kind,
      effect,
      input: z.record(z.string(), z.unknown()) as z.ZodType,
      output_keys: null,
    };
    const execute = async (input: unknown, attempt: AttemptContext): Promise<Outcome> => {
      this.calls.push({ step_id: attempt.step_id, attempt: attempt.attempt, input, dry_run: attempt.dry_run });
      return work(input as Record<string, unknown>, attempt);
    };
    this.executors.set(kind, { spec, execute, ...more });
    return this;
  }

  /** `wrong_by_ms`: how far the wall clock of its host is from the world's. */
  async scheduler(name = 'w', incarnation = '1', wrong_by_ms = 0): Promise<Scheduler> {
    const { clock } = this;
    const scheduler = new Scheduler({
      runs: this.memory.store,
      pause: { read: () => this.#readPause(), set: (state) => Promise.resolve(void (this.pause = state)) },
      executor: (kind) => this.executors.get(kind),
      children: (run) => this.children(run),
      specs: new Map([...this.executors].map(([kind, executor]) => [kind, executor.spec])),
      vault: this.vault,
      condition: () => this.condition,
      ...(this.incident === null ? {} : { incident: this.incident }),
      proof: { within_ms: 300_000, hold_ms: 30_000 },
      modeOf: () => this.mode,
      frozen: (run) => this.frozen(run),
      clock: {
        now: () => clock.now() + wrong_by_ms,
        monotonic: () => clock.monotonic(),
        after: (delay_ms, wake) => clock.after(delay_ms, wake),
      },
      random: () => 1,
      newId: () => ids.next(),
      worker: { name, incarnation },
      lease_ms: 15_000,
      log: SILENT_LOG,
      meter: { stepEnded: () => undefined, runEnded: () => undefined },
    });
    this.schedulers.push(scheduler);
    await scheduler.start();
    return scheduler;
  }

  /** Starts a run of these tasks and answers its id. */
  async begin(
    scheduler: Scheduler,
    tasks: unknown[],
    over: Record<string, unknown> = {},
    run: Parameters<typeof aNewRun>[0] = {},
    { go } = { go: true },
  ): Promise<string> {
    const playbook = Playbook.parse({ playbook_id: 'PB', tasks, ...over });
    this.playbooks.set('PB', playbook);
    const playbook_version = String((this.versions += 1));
    const header = aNewRun({ playbook_id: 'PB', playbook_version, mode: this.mode, ...run }).run;
    const opening = scheduler.open(header, playbook, { joined: [], resolved: false });
    await this.memory.store.open(opening.run);
    if (go) opening.go();
    await this.clock.advance(0);
    return opening.run.run.run_id;
  }

  states(run_id: string): Record<string, string> {
    return Object.fromEntries(Object.values(this.memory.run(run_id).steps).map((step) => [step.step_id, step.state]));
  }

  vaultOf(secrets: Readonly<Record<string, string>>): SecretVault {
    const grants = Object.entries(secrets).map(([name, value]) => [name, { value, playbooks: ['PB'] }] as const);
    return new SecretVault(Object.fromEntries(grants), 'nonce');
  }

  #readPause(): Promise<PauseState> {
    if (this.pauseFailures === 0) return Promise.resolve(this.pause);
    this.pauseFailures -= 1;
    return Promise.reject(new Error('the database is away'));
  }

  async stop(): Promise<void> {
    for (const scheduler of this.schedulers) {
      const stopping = scheduler.stop();
      await this.clock.advance(20_000);
      await stopping;
    }
  }
}
