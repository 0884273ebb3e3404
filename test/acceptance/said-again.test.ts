import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Alert } from '../../src/domain/alert/alert.js';
import { instant } from '../../src/domain/clock.js';
import { createIds, idOf } from '../../src/domain/id.js';
import { SILENT_LOG } from '../../src/domain/log.js';
import { compileRules } from '../../src/domain/rule/rule-match.js';
import type { RunEvent } from '../../src/domain/run/run.js';
import { isRunFinished } from '../../src/domain/run/run.js';
import { fold, transition } from '../../src/domain/run/transition.js';
import type { DecidedBatch } from '../../src/domain/triage-store.js';
import { MemoryBudgets } from '../../src/rehearsal/memory-budgets.js';
import { MemoryRuns } from '../../src/rehearsal/memory-runs.js';
import { MemoryTriage } from '../../src/rehearsal/memory-triage.js';
import { Triage } from '../../src/triage/triage.js';
import { anAlert } from '../helper/an-alert.js';
import { FakeClock } from '../helper/fake-clock.js';
import { PLAYBOOK } from '../helper/store-world.js';

const { playbook } = PLAYBOOK;

/** Something that happens: a body comes, or the world changes behind triage's back. */
type Happening =
  | { readonly type: 'body'; readonly which: number; readonly times: number; readonly other_process: boolean }
  | { readonly type: 'run_ends' }
  | { readonly type: 'rule'; readonly on: boolean };

/** Bodies of alerts that share conditions: two repeat each other, one resolves what others report, one tells of moments, one is of no rule. */
const BODIES: readonly (readonly Partial<Alert>[])[] = [
  [{ occurrence_id: 'a' }, { occurrence_id: 'b' }],
  [{ occurrence_id: 'b' }, { occurrence_id: 'b', description: 'worse' }],
  [{ occurrence_id: 'a', status: 'resolved', ends_at: '2026-11-21T10:00:30.000Z' }, { occurrence_id: 'b' }],
  [{ occurrence_id: 'a', timestamp: '2026-11-21T10:01:00.000Z' }, { occurrence_id: 'c' }],
  [{ occurrence_id: 'm', momentary: true }],
  [{ occurrence_id: 'n', alert_name: 'Unknown' }, { occurrence_id: 'a' }],
];

/** Two processes over one store; `remembers`: what they are handed says which bodies are the same. */
class World {
  readonly committed: DecidedBatch[] = [];
  readonly #clock = new FakeClock();
  readonly #ids = createIds(
    () => this.#clock.now(),
    (size) => new Uint8Array(size),
  );
  readonly #runs: MemoryRuns;
  readonly #store: MemoryTriage;
  readonly #processes: readonly Triage[];
  #rules = compileRules([]);

  readonly #remembers: boolean;

  constructor(remembers: boolean) {
    this.#remembers = remembers;
    this.#store = new MemoryTriage(() => this.#runs, new MemoryBudgets(() => null));
    this.#runs = new MemoryRuns({
      playbookOf: () => PLAYBOOK.playbook,
      clock: this.#clock,
      alertsOf: (run_id) => this.#store.alertsOf(run_id),
      changed: (run, events) => this.#store.runChanged(run, events),
    });
    this.rule(true);
    this.#processes = [this.#aProcess(), this.#aProcess()];
  }

  async take(body: readonly Alert[], other_process: boolean): Promise<void> {
    await this.#clock.advance(1_000);
    const batch_id = this.#ids.batch();
    const received_at = instant(this.#clock.now());
    const alerts = body.map((alert, index) => ({ ...alert, alert_id: idOf(batch_id, index), received_at }));
    const batch = { batch_id, alerts, ...(this.#remembers ? { same_body: body } : {}) };
    await this.#processes[other_process ? 1 : 0]?.handle(batch);
  }

  /** The open runs succeed in another process. */
  async endRuns(): Promise<void> {
    await this.#clock.advance(1_000);
    for (const run of this.#runs.all().filter(({ state }) => !isRunFinished(state))) {
      const at = instant(this.#clock.now());
      const events: RunEvent[] = [
        { type: 'run_finished', at, state: 'succeeded', outcome: 'unverified', reason: null },
      ];
      const after = events.reduce(transition, run);
      await this.#runs.apply({ before: run, after, events });
    }
  }

  rule(on: boolean): void {
    const rule = { rule_id: 'R1', alert_name: 'Service_Latency_Exceeded', playbook_id: playbook.playbook_id };
    this.#rules = compileRules(on ? [rule] : []);
  }

  #aProcess(): Triage {
    const store = this.#store;
    return new Triage({
      store: {
        occurrences: (keys) => store.occurrences(keys),
        openRuns: (keys) => store.openRuns(keys),
        lastWrites: (services) => store.lastWrites(services),
        decided: (ids) => store.decided(ids),
        keep: (alerts) => store.keep(alerts),
        due: (now, limit) => store.due(now, limit),
        countUndecided: () => store.countUndecided(),
        giveUp: (alert, decision) => store.giveUp(alert, decision),
        commit: async (batch) => {
          const answer = await store.commit(batch);
          if (answer === 'committed') this.committed.push(batch);
          return answer;
        },
      },
      policy: () => ({
        rules: this.#rules,
        playbooks: new Map([[playbook.playbook_id, PLAYBOOK]]),
        modeOf: () => 'auto',
      }),
      open: (header) => {
        const events: RunEvent[] = [{ type: 'run_opened', at: instant(this.#clock.now()), run: header }];
        return { run: { run: fold(null, events), events, holder: null }, go: () => undefined };
      },
      wake: () => undefined,
      maxRunsPerOccurrence: 2,
      ids: this.#ids,
      clock: this.#clock,
      log: SILENT_LOG,
      meter: { decided: () => undefined },
    });
  }
}

async function committedBy(remembers: boolean, happenings: readonly Happening[]): Promise<readonly DecidedBatch[]> {
  const bodies = BODIES.map((body) => body.map((over) => anAlert({ ...over, fingerprint: over.occurrence_id ?? '' })));
  const world = new World(remembers);
  for (const happening of happenings) {
    if (happening.type === 'body')
      for (let time = 0; time < happening.times; time++)
        await world.take(bodies[happening.which] ?? [], happening.other_process);
    else if (happening.type === 'run_ends') await world.endRuns();
    else world.rule(happening.on);
  }
  return world.committed;
}

const aHappening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('body' as const),
      which: fc.nat({ max: BODIES.length - 1 }),
      times: fc.integer({ min: 1, max: 4 }),
      other_process: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('run_ends' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('rule' as const), on: fc.boolean() }) },
);

it('decides bodies that are remembered as those that nobody remembers', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(aHappening, { minLength: 2, maxLength: 40, size: 'max' }), async (happenings) => {
      const [remembered, forgotten] = await Promise.all([
        committedBy(true, happenings),
        committedBy(false, happenings),
      ]);
      expect(remembered).toEqual(forgotten);
    }),
    { numRuns: 300 },
  );
});
