import { expect, it } from 'vitest';
import { anAlert } from '../helper/an-alert.js';
import { FakeClock } from '../helper/fake-clock.js';
import { createIds } from '../../src/domain/id.js';
import { SILENT_LOG } from '../../src/domain/log.js';
import { compileRules } from '../../src/domain/rule/rule-match.js';
import type { TriageStore } from '../../src/domain/triage-store.js';
import { deliver } from '../../src/bus/deliver.js';
import { Triage } from '../../src/triage/triage.js';

/** A triage on a store that refuses every decision on alerts of this name, however often it is made anew. */
function aTriageThatRefuses(alert_name: string, decided: string[]): Triage {
  const clock = new FakeClock();
  const store: TriageStore = {
    occurrences: () => Promise.resolve([]),
    openRuns: () => Promise.resolve([]),
    lastWrites: () => Promise.resolve([]),
    commit: ({ alerts }) => {
      if (alerts.some(({ alert }) => alert.alert_name === alert_name)) return Promise.resolve('conflict');
      decided.push(...alerts.map(({ alert }) => alert.alert_id));
      return Promise.resolve('committed');
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

it('ends: what no store accepts is given up alone, with the reason, and what came with it is decided', async () => {
  const decided: string[] = [];
  const triage = aTriageThatRefuses('Never', decided);
  const clock = new FakeClock();
  const alerts = ['Fine', 'Never', 'Fine'].map((alert_name, place) =>
    anAlert({ alert_id: `alert-${place}`, alert_name, fingerprint: `f${place}`, occurrence_id: `o${place}` }),
  );
  let fate: unknown;

  const delivered = deliver(
    { batch_id: 'b', alerts },
    {
      handler: (batch) => triage.handle(batch),
      clock,
      meter: { handled: () => undefined },
      log: SILENT_LOG,
      max_tries: 5,
      signal: new AbortController().signal,
    },
  ).then((dead) => (fate = dead));
  for (let second = 0; second < 60 && fate === undefined; second += 1) await clock.advance(1_000);

  expect(fate).toMatchObject([
    {
      batch: { alerts: [{ alert_id: 'alert-1' }] },
      reason: expect.stringContaining('changed 10 times in a row') as unknown,
    },
  ]);
  expect(decided).toEqual(['alert-0', 'alert-2']);
  await delivered;
});
