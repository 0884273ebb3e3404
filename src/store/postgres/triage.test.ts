import { expect, it } from 'vitest';
import { aBatch, aDecision, aFreshAlert, aNewRun, finish } from '../../../test/helper/store-world.js';
import type { RunStore } from '../../domain/run/run-store.js';
import type { DecidedBatch } from '../../domain/triage-store.js';
import { Committer } from '../committer.js';
import type { Db } from '../db.js';
import type { Rows } from './commit.js';
import { EventFeed } from './event-feed.js';
import { Glance } from './glance.js';
import { createTriageStore } from './triage.js';

const opened = aNewRun();
const ended = finish(opened.run).after;

function aRepeat(): DecidedBatch {
  const alert = aFreshAlert();
  const { alert_id, received_at } = alert;
  return aBatch({
    not_fixed: [{ run_id: ended.run_id, alert_id, received_at, at: received_at }],
    alerts: [{ alert, decision: aDecision() }],
  });
}

/** A store over a database that only notes what is written, whose runs can be asked as told, and never changed by themselves. */
function aStore(load: RunStore['load']) {
  const written: (readonly Rows[])[] = [];
  const write = (rows: readonly Rows[]): Promise<void> => Promise.resolve(void written.push(rows));
  const refuse = (): Promise<never> => Promise.reject(new Error('the database is away'));
  const runs = { load, apply: refuse } as unknown as RunStore; // nothing else of it is asked here
  const committer = new Committer<Rows>({ write, lanes: 1, max: 10, now: () => 0 });
  const db = {} as Db; // none of its statements is asked here
  const glance = new Glance(db, { now: () => 0 });
  return { written, store: createTriageStore(db, committer, new EventFeed(), runs, { glance, hears: true }) };
}

it('tells a finished run that its alert still fires in the commit of the decision, and in no other', async () => {
  const { store, written } = aStore(() => Promise.resolve({ run: ended, holder: null }));

  expect(await store.commit(aRepeat())).toBe('committed');

  expect(written).toHaveLength(1);
  expect(written[0]?.[0]?.alerts).toHaveLength(1);
  expect(written[0]?.[0]?.runs).toMatchObject([{ r: ended.run_id, oc: 'not_fixed', op: false }]);
  expect(written[0]?.[0]?.outbox).toMatchObject([{ r: ended.run_id, k: 'escalate' }]);
  expect(JSON.stringify(written)).toContain('outcome_changed');
});

it('writes no decision while the run that it contradicts cannot be read', async () => {
  const { store, written } = aStore(() => Promise.reject(new Error('the database is away')));

  await expect(store.commit(aRepeat())).rejects.toThrow('the database is away');

  expect(written).toEqual([]);
});

it('tells a run nothing that it knows already', async () => {
  const { store, written } = aStore(() => Promise.resolve({ run: { ...ended, outcome: 'not_fixed' }, holder: null }));

  expect(await store.commit(aRepeat())).toBe('committed');

  expect(written[0]?.[0]?.runs).toBeUndefined();
});
