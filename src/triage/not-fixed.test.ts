import { expect, it } from 'vitest';
import { anAlert } from '../../test/helper/an-alert.js';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { createIds } from '../domain/id.js';
import { SILENT_LOG } from '../domain/log.js';
import { compileRules } from '../domain/rule/rule-match.js';
import type { DecidedBatch, Occurrence, TriageStore } from '../domain/triage-store.js';
import { occurrenceKey } from './content.js';
import { Triage } from './triage.js';

const first = anAlert({ alert_id: 'first' });

/** The occurrence of `first`, whose one run has ended while it still fires. */
const ended: Occurrence = {
  key: occurrenceKey(first),
  open: true,
  alert_id: 'first',
  started_at: first.timestamp,
  resolved_at: null,
  runs_used: 1,
  run_id: 'run-1',
  run_open: false,
  run_ids: ['run-1'],
  content_hash: 'other words',
  content_alert_id: 'first',
  version: 2,
};

/** Answers commits as told, then with success. A conflict makes it decide on what the store says. */
function aTriage(committed: DecidedBatch[], answers: ('committed' | 'conflict' | Error)[]): Triage {
  const clock = new FakeClock();
  const store: TriageStore = {
    occurrences: () => Promise.resolve([ended]),
    openRuns: () => Promise.resolve([]),
    lastWrites: () => Promise.resolve([]),
    commit: (batch) => {
      const answer = answers.shift() ?? 'committed';
      if (answer instanceof Error) return Promise.reject(answer);
      if (answer === 'committed') committed.push(batch);
      return Promise.resolve(answer);
    },
    decided: () => Promise.resolve([]),
    keep: () => Promise.resolve(),
    due: () => Promise.resolve([]),
    countUndecided: () => Promise.resolve(0),
    giveUp: () => Promise.resolve(),
  };
  return new Triage({
    store,
    policy: () => ({ rules: compileRules([]), playbooks: new Map(), modeOf: () => null }),
    open: () => {
      throw new Error('no run is to be started here');
    },
    wake: () => undefined,
    maxRunsPerOccurrence: 1,
    ids: createIds(
      () => clock.now(),
      (size) => new Uint8Array(size),
    ),
    clock,
    log: SILENT_LOG,
    meter: { decided: () => undefined },
  });
}

function repeat(number: number): { batch_id: string; alerts: ReturnType<typeof anAlert>[] } {
  return { batch_id: `b${number}`, alerts: [{ ...first, alert_id: `repeat-${number}` }] };
}

it('tells a finished run once that its alert still fires, however often the alert repeats', async () => {
  const committed: DecidedBatch[] = [];
  const triage = aTriage(committed, ['conflict']);

  for (const number of [1, 2, 3]) await triage.handle(repeat(number));

  expect(committed.map((batch) => batch.not_fixed.map((told) => told.run_id))).toEqual([['run-1'], [], []]);
});

it('tells it again when the commit that told it has failed', async () => {
  const committed: DecidedBatch[] = [];
  const triage = aTriage(committed, ['conflict', new Error('the database is away')]);

  await expect(triage.handle(repeat(1))).rejects.toThrow('the database is away');
  await triage.handle(repeat(2));

  expect(committed.map((batch) => batch.not_fixed.map((told) => told.run_id))).toEqual([['run-1']]);
});

it('leaves the telling to one of several batches that are decided at the same time', async () => {
  const committed: DecidedBatch[] = [];
  const triage = aTriage(committed, ['conflict', 'conflict', 'conflict']);

  await Promise.all([1, 2, 3].map((number) => triage.handle(repeat(number))));

  expect(committed.flatMap((batch) => batch.not_fixed.map((told) => told.run_id))).toEqual(['run-1']);
});

it('leaves it to a later repeat when one was received before the run was seen to have ended', async () => {
  const committed: DecidedBatch[] = [];
  const triage = aTriage(committed, ['conflict']);
  const [early] = repeat(1).alerts;
  const waited = { ...early!, received_at: '2026-11-21T09:59:00.000Z' };

  await triage.handle({ batch_id: 'b1', alerts: [waited] });
  for (const number of [2, 3]) await triage.handle(repeat(number));

  // The store knows when the run ended, and decides whether the first one tells anything.
  expect(committed.map((batch) => batch.not_fixed.map((told) => told.alert_id))).toEqual([
    ['repeat-1'],
    ['repeat-2'],
    [],
  ]);
});
