import { expect, it } from 'vitest';
import { anAlert } from '../../test/helper/an-alert.js';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { createIds } from '../domain/id.js';
import { SILENT_LOG } from '../domain/log.js';
import { compileRules } from '../domain/rule/rule-match.js';
import type { DecidedBatch, TriageStore } from '../domain/triage-store.js';
import { Triage } from './triage.js';

/** A store that keeps an alert once, as the real one does: a commit with the same alert twice can never take place. */
function aTriage(committed: DecidedBatch[]): Triage {
  const clock = new FakeClock();
  const decided = new Set<string>();
  const store: TriageStore = {
    occurrences: () => Promise.resolve([]),
    openRuns: () => Promise.resolve([]),
    lastWrites: () => Promise.resolve([]),
    commit: (batch) => {
      const ids = batch.alerts.map(({ alert }) => alert.alert_id);
      if (new Set(ids).size < ids.length || ids.some((id) => decided.has(id))) return Promise.resolve('conflict');
      for (const id of ids) decided.add(id);
      committed.push(batch);
      return Promise.resolve('committed');
    },
    decided: (alert_ids) => Promise.resolve(alert_ids.filter((id) => decided.has(id))),
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

it('decides an alert once that stands twice in a batch: whoever sent it had not heard that it had arrived', async () => {
  const committed: DecidedBatch[] = [];
  const [one, other] = [
    anAlert({ alert_id: 'one', fingerprint: 'f1' }),
    anAlert({ alert_id: 'other', fingerprint: 'f2' }),
  ];

  await aTriage(committed).handle({ batch_id: 'b', alerts: [one, other, one, { ...other }] });

  expect(committed.flatMap((batch) => batch.alerts.map(({ alert }) => alert.alert_id))).toEqual(['one', 'other']);
});

it('decides an alert once that comes again with the next batch', async () => {
  const committed: DecidedBatch[] = [];
  const triage = aTriage(committed);
  const alert = anAlert({ alert_id: 'one', fingerprint: 'f1' });
  const later = anAlert({ alert_id: 'later', fingerprint: 'f2' });

  await triage.handle({ batch_id: 'b1', alerts: [alert] });
  await triage.handle({ batch_id: 'b1', alerts: [alert, later] });

  expect(committed.flatMap((batch) => batch.alerts.map((each) => each.alert.alert_id))).toEqual(['one', 'later']);
});
