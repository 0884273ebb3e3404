import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { instant } from '../../src/domain/clock.js';
import type { StoredEvent } from '../../src/domain/run/run.js';
import type { AuditFilter } from '../../src/domain/access/audit.js';
import type { RunFilter } from '../../src/domain/run/run-view.js';
import { allOpen } from '../../src/domain/alert/open-occurrence.js';
import type { Store } from '../../src/domain/store.js';
import { fold } from '../../src/domain/run/transition.js';
import { limitsSuite } from './limits-suite.js';
import { payloadSuite } from './payload-suite.js';
import { retentionSuite } from './retention-suite.js';
import { sessionSuite } from './session-suite.js';
import { surveySuite } from './survey-suite.js';
import { suppressionSuite } from './suppression-suite.js';
import {
  aBatch,
  aDecision,
  aFreshAlert,
  aNewRun,
  anOccurrence,
  aStart,
  AT,
  finish,
  ids,
  PLAYBOOK,
} from '../helper/store-world.js';

const PAGE = { limit: 50, cursor: null };
const LATER = '2026-11-21T10:00:20.000Z';
const MUCH_LATER = '2026-11-21T11:00:00.000Z';
const YEARS_LATER = '2999-01-01T00:00:00.000Z';
const LEASE_MS = 3_600_000;

/** What every store promises (domain/store.ts and what it names), on one store for the whole suite: each test makes its own alerts and runs. */
export function storeSuite(name: string, open: () => Promise<Store>): void {
  describe(`the store contract on ${name}`, () => {
    let store: Store;
    beforeAll(async () => {
      store = await open();
      await store.playbooks.record([PLAYBOOK], AT);
    });
    afterAll(async () => {
      await store.stop();
    });

    describe('decisions', () => {
      it('commits alert, occurrence and run together, and answers them as they were given', async () => {
        const alert = aFreshAlert({ labels: { name: '支付 "x" \\ \u0001\n{NULL},"}🙂', __proto__x: 'y' } });
        const opened = aNewRun({ alert });
        const { run_id } = opened.run;
        const decision = aDecision({ action: 'run', reason: null, run_id, run_ids: [run_id] });
        const occurrence = anOccurrence(alert, { run_id, run_open: true, runs_used: 1, run_ids: [run_id] });
        const answer = await store.triage.commit(
          aBatch({
            alerts: [{ alert, decision }],
            occurrences: [{ occurrence, expected: 0 }],
            runs: [opened],
          }),
        );
        expect(answer).toBe('committed');
        expect(await store.alerts.get(alert.alert_id)).toEqual({ ...alert, decision, decisions: [decision] });
        expect(await store.triage.occurrences([occurrence.key])).toEqual([{ ...occurrence, version: 1 }]);
        expect(await store.runView.get(run_id)).toMatchObject({ run_id, state: 'pending', alert, seq: 1, steps: [] });
      });

      it.each([
        ['NUL', 'a\0b'],
        ['half of a character', 'a\ud83d'],
        ['its other half after a backslash', '\\\ude42'],
      ])(
        'refuses an alert with %s, which could be kept and never asked about, and takes the one beside it',
        async (_, name) => {
          const [bad, good] = [
            aFreshAlert({ labels: { name } }),
            aFreshAlert({ labels: { name: '\\u0000 \\\\ud83d 🙂' } }),
          ];
          const commits = [bad, good].map((alert) =>
            store.triage.commit(aBatch({ alerts: [{ alert, decision: aDecision() }] })),
          );
          const answers = await Promise.allSettled(commits);
          expect(answers.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
          expect(await store.alerts.get(bad.alert_id)).toBeNull();
          expect(await store.alerts.get(good.alert_id)).toMatchObject({ labels: good.labels });
        },
      );

      it('refuses a decision on an occurrence that has changed, and writes nothing of it', async () => {
        const first = aFreshAlert();
        const occurrence = anOccurrence(first);
        await store.triage.commit(aBatch({ occurrences: [{ occurrence, expected: 0 }] }));
        const late = aFreshAlert({ fingerprint: first.fingerprint });
        const opened = aNewRun();
        const batch = aBatch({
          alerts: [{ alert: late, decision: aDecision() }],
          occurrences: [{ occurrence, expected: 0 }],
          runs: [opened],
        });
        expect(await store.triage.commit(batch)).toBe('conflict');
        expect(await store.alerts.get(late.alert_id)).toBeNull();
        expect(await store.runView.get(opened.run.run_id)).toBeNull();
      });

      it('refuses a repeat whose occurrence has changed since it was looked at', async () => {
        const alert = aFreshAlert();
        const occurrence = anOccurrence(alert);
        await store.triage.commit(
          aBatch({
            alerts: [{ alert, decision: aDecision() }],
            occurrences: [{ occurrence, expected: 0 }],
          }),
        );
        const repeat = { alert_id: ids.next(), of: alert.alert_id, reason: 'no_match' as const, run_id: null };
        expect(
          await store.triage.commit(aBatch({ repeats: [repeat], seen: [{ key: occurrence.key, version: 7 }] })),
        ).toBe('conflict');
        expect(
          await store.triage.commit(aBatch({ repeats: [repeat], seen: [{ key: occurrence.key, version: 1 }] })),
        ).toBe('committed');
        expect(await store.alerts.get(repeat.alert_id)).toMatchObject({
          alert_id: repeat.alert_id,
          fingerprint: alert.fingerprint,
          decision: { action: 'drop', reason: 'no_match' },
        });
        expect(await store.triage.decided([repeat.alert_id, ids.next()])).toEqual([repeat.alert_id]);
      });

      it('decides an alert once, however often it is delivered', async () => {
        const alert = aFreshAlert();
        const batch = aBatch({ alerts: [{ alert, decision: aDecision() }] });
        expect(await store.triage.commit(batch)).toBe('committed');
        expect(await store.triage.commit(batch)).toBe('conflict');
        expect((await store.alerts.get(alert.alert_id))?.decisions).toHaveLength(1);
      });

      it('refuses a decision that takes a run to be open which has ended', async () => {
        const opened = aNewRun();
        const { run_id } = opened.run;
        const alerts = () => [{ alert: aFreshAlert(), decision: aDecision() }];
        await store.runs.open(opened);
        expect(await store.triage.commit(aBatch({ alerts: alerts(), open_runs: [run_id, run_id] }))).toBe('committed');
        await store.runs.apply({ before: opened.run, ...finish(opened.run) });
        expect(await store.triage.commit(aBatch({ alerts: alerts(), open_runs: [run_id] }))).toBe('conflict');
      });

      it('knows the end of a run that ended in the moment in which its occurrence was written', async () => {
        const alert = aFreshAlert();
        const opened = aNewRun({ alert });
        const { run_id } = opened.run;
        const occurrence = anOccurrence(alert, { run_id, run_open: true, run_ids: [run_id] });
        const alerts = [{ alert, decision: aDecision() }];
        await store.triage.commit(aBatch({ alerts, occurrences: [{ occurrence, expected: 0 }], runs: [opened] }));
        const repeat = aFreshAlert({ fingerprint: alert.fingerprint });
        await Promise.all([
          store.runs.apply({ before: opened.run, ...finish(opened.run) }),
          store.triage.commit(
            aBatch({
              alerts: [{ alert: repeat, decision: aDecision() }],
              occurrences: [{ occurrence: { ...occurrence, content_hash: 'i' }, expected: 1 }],
              open_runs: [run_id],
            }),
          ),
        ]);
        const [found] = await store.triage.occurrences([occurrence.key]);
        expect(found).toMatchObject({ run_id, run_open: false });
        expect(await store.triage.occurrences([occurrence.key])).toEqual([found]);
      });

      it('lets others commit when one operation of the same moment is refused', async () => {
        const taken = aFreshAlert();
        const batchOf = (alert = taken) => aBatch({ alerts: [{ alert, decision: aDecision() }] });
        await store.triage.commit(batchOf());
        const fresh = [aFreshAlert(), aFreshAlert(), aFreshAlert()];
        const answers = await Promise.all(
          [batchOf(fresh[0]), batchOf(), batchOf(fresh[1]), batchOf(fresh[2])].map((batch) =>
            store.triage.commit(batch),
          ),
        );
        expect(answers).toEqual(['committed', 'conflict', 'committed', 'committed']);
      });

      it('refuses to open a second run for the same playbook, group and service, and tells which one is open', async () => {
        const first = aNewRun();
        const { playbook_id, group_key, service_name } = first.run;
        await store.triage.commit(aBatch({ runs: [first] }));
        expect(await store.triage.commit(aBatch({ runs: [aNewRun({ group_key })] }))).toBe('conflict');
        expect(await store.triage.commit(aBatch({ runs: [aNewRun({ group_key, service_name: null })] }))).toBe(
          'committed',
        );
        const key = { playbook_id, group_key, service_name };
        expect(await store.triage.openRuns([key, { ...key, service_name: 'nobody' }])).toEqual([
          { key, run_id: first.run.run_id },
        ]);
      });

      it('refuses to join a run that has ended', async () => {
        const opened = aNewRun();
        await store.runs.open(opened);
        const join = { run_id: opened.run.run_id, alert: aFreshAlert() };
        expect(
          await store.triage.commit(
            aBatch({
              joins: [join],
              alerts: [{ alert: join.alert, decision: aDecision() }],
            }),
          ),
        ).toBe('committed');
        await store.runs.apply({ before: opened.run, ...finish(opened.run) });
        const late = { run_id: opened.run.run_id, alert: aFreshAlert() };
        expect(
          await store.triage.commit(
            aBatch({
              joins: [late],
              alerts: [{ alert: late.alert, decision: aDecision() }],
            }),
          ),
        ).toBe('conflict');
      });

      it('marks a finished run that did not fix its alert, once', async () => {
        const opened = aNewRun();
        await store.runs.open(opened);
        await store.runs.apply({ before: opened.run, ...finish(opened.run) });
        const not_fixed = [{ run_id: opened.run.run_id, alert_id: ids.next(), received_at: LATER, at: LATER }];
        for (const alert of [aFreshAlert(), aFreshAlert()]) {
          await store.triage.commit(aBatch({ not_fixed, alerts: [{ alert, decision: aDecision() }] }));
        }
        const events = await store.runView.events(opened.run.run_id, 0);
        expect(events.filter((event) => event.type === 'outcome_changed')).toHaveLength(1);
        expect((await store.runView.get(opened.run.run_id))?.outcome).toBe('not_fixed');
      });

      it('does not call a run unsuccessful for a repeat that was received before it ended, and decided after', async () => {
        const opened = aNewRun();
        await store.runs.open(opened);
        await store.runs.apply({ before: opened.run, ...finish(opened.run) });
        const { run_id } = opened.run;
        const alert = aFreshAlert({ received_at: AT });
        await store.triage.commit(
          aBatch({
            not_fixed: [{ run_id, alert_id: alert.alert_id, received_at: AT, at: LATER }],
            alerts: [{ alert, decision: aDecision() }],
          }),
        );
        expect((await store.runView.get(run_id))?.outcome).toBe('nothing_done');
        expect(await store.runView.events(run_id, 0)).toHaveLength(2);
      });

      it('settles an alert that was given up, kept before or not, and no decision a second time', async () => {
        const [kept, unknown, decided] = [aFreshAlert(), aFreshAlert(), aFreshAlert()];
        const gaveUp = aDecision({ action: 'drop', reason: 'filtered', by: 'dead_letter' });
        const earlier = aDecision();
        await store.triage.keep([kept]);
        await store.triage.commit(aBatch({ alerts: [{ alert: decided, decision: earlier }] }));

        for (const alert of [kept, unknown, decided]) await store.triage.giveUp(alert, gaveUp);

        for (const { alert_id } of [kept, unknown])
          expect(await store.alerts.get(alert_id)).toMatchObject({ alert_id, decision: gaveUp });
        expect(await store.alerts.get(decided.alert_id)).toMatchObject({ decision: earlier });
        expect(await store.triage.decided([kept.alert_id, unknown.alert_id])).toHaveLength(2);
      });

      it('keeps undecided alerts until they are decided, and held ones until their hold ends', async () => {
        const alert = aFreshAlert({ received_at: AT });
        await store.triage.keep([alert]);
        await store.triage.keep([alert]);
        expect((await store.alerts.get(alert.alert_id))?.decision).toBeNull();
        const dueIds = async (now: string): Promise<string[]> =>
          (await store.triage.due(now, 1_000)).map((due) => due.alert_id);
        expect(await dueIds(AT)).toContain(alert.alert_id);
        const hold = aDecision({ action: 'hold', reason: 'cooldown', until: LATER });
        await store.triage.commit(aBatch({ alerts: [{ alert, decision: hold }] }));
        expect(await dueIds(AT)).not.toContain(alert.alert_id);
        expect(await dueIds(MUCH_LATER)).toContain(alert.alert_id);
        const drop = aDecision();
        await store.triage.commit(aBatch({ alerts: [{ alert, decision: drop }] }));
        expect(await dueIds(MUCH_LATER)).not.toContain(alert.alert_id);
        expect((await store.alerts.get(alert.alert_id))?.decisions).toEqual([hold, drop]);
      });

      it('lists alerts and repeats newest first, page by page, by any filter', async () => {
        const service_name = ids.next();
        const kept = aFreshAlert({ service_name });
        await store.triage.commit(
          aBatch({
            alerts: [{ alert: kept, decision: aDecision() }],
            occurrences: [{ occurrence: anOccurrence(kept), expected: 0 }],
          }),
        );
        const repeats = [ids.next(), ids.next(), ids.next()].map((alert_id) => ({
          alert_id,
          of: kept.alert_id,
          reason: 'duplicate' as const,
          run_id: null,
        }));
        for (const repeat of repeats) await store.triage.commit(aBatch({ repeats: [repeat] }));
        const first = await store.alerts.list({ service_name }, { limit: 3, cursor: null });
        const second = await store.alerts.list({ service_name }, { limit: 3, cursor: first.next_cursor });
        const found = [...first.items, ...second.items].map((alert) => alert.alert_id);
        expect(found).toEqual([...repeats.map((repeat) => repeat.alert_id).reverse(), kept.alert_id]);
        expect(second.next_cursor).toBeNull();
        expect((await store.alerts.list({ service_name, reason: 'no_match' }, PAGE)).items).toHaveLength(1);
      });
    });

    describe('runs', () => {
      it('lets the second of two changes with the same number lose', async () => {
        const opened = aNewRun();
        await store.runs.open(opened);
        const started = [aStart('look')];
        const change = { before: opened.run, after: fold(opened.run, started), events: started };
        expect(await store.runs.apply(change)).toBe('applied');
        expect(await store.runs.apply(change)).toBe('conflict');
        expect((await store.runView.events(opened.run.run_id, 0)).map((event) => event.seq)).toEqual([1, 2]);
      });

      it('shows a run as exactly what its events make', async () => {
        const opened = aNewRun({ alert: aFreshAlert() }, null, [aStart('look'), aStart('other')]);
        await store.runs.open(opened);
        const events = [
          {
            type: 'step_succeeded' as const,
            at: AT,
            step_id: 'look',
            output: { n: 1, text: '\u0001"' },
            summary: 'ok',
            evidence: { a: [1] },
            change: null,
          },
          { type: 'step_retrying' as const, at: AT, step_id: 'other', error: 'refused', until: LATER },
          { type: 'alert_joined' as const, at: AT, alert: aFreshAlert() },
        ];
        await store.runs.apply({ before: opened.run, after: fold(opened.run, events), events });
        const stored = await store.runView.events(opened.run.run_id, 0);
        const rebuilt = fold(null, stored.map(plainEvent));
        expect((await store.runs.load(opened.run.run_id))?.run).toEqual(rebuilt);
        const { steps, joined: _joined, ending: _ending, ...header } = rebuilt;
        const shown = await store.runView.get(opened.run.run_id);
        expect(shown).toEqual({ ...header, steps: Object.values(steps), deliveries: [] });
        const [listed] = (await store.runView.list({ playbook_id: 'PB-Test' }, { limit: 1, cursor: null })).items;
        expect(listed).toEqual(header);
        const known = await store.runView.steps([opened.run.run_id, 'nobody']);
        expect([...known]).toEqual([[opened.run.run_id, Object.values(steps)]]);
      });

      it('lists the runs that a run has begun, and no other of its time', async () => {
        const parent = aNewRun();
        const { run_id } = parent.run;
        const like = (end: string): string => run_id.slice(0, 10) + end.padStart(16, '0');
        const child = aNewRun({ run_id: like('C1'), parent_run_id: run_id, depth: 1 });
        const other = aNewRun({ run_id: like('C2'), parent_run_id: like('P2'), depth: 1 });
        for (const one of [parent, child, other]) await store.runs.open(one);
        const found = async (filter: RunFilter) =>
          (await store.runView.list(filter, PAGE)).items.map((item) => item.run_id);

        expect(await found({ parent_run_id: run_id })).toEqual([child.run.run_id]);
        expect(await found({ parent_run_id: run_id, playbook_id: 'PB-Other' })).toEqual([]);
        expect(await found({ parent_run_id: 'x' })).toEqual([]);
      });

      it('answers the events after any of them, also from the middle of a change', async () => {
        const opened = aNewRun({}, null, [aStart('a'), aStart('b'), aStart('c')]);
        await store.runs.open(opened);
        const started = [aStart('d'), aStart('e')];
        await store.runs.apply({ before: opened.run, after: fold(opened.run, started), events: started });
        const numbers = async (after: number): Promise<number[]> =>
          (await store.runView.events(opened.run.run_id, after)).map((event) => event.seq);
        for (let after = 0; after <= 7; after++)
          expect(await numbers(after)).toEqual([1, 2, 3, 4, 5, 6].filter((seq) => seq > after));
      });

      it('gives a run that nobody holds to one claimer, and a dead worker’s runs to the next', async () => {
        const first = `${ids.next()}#1`;
        const second = `${ids.next()}#1`;
        await store.runs.register(first, LEASE_MS);
        const opened = aNewRun({}, first, [aStart('look')]);
        await store.runs.open(opened);
        await store.runs.register(second, LEASE_MS);
        const claimedBy = async (worker: string): Promise<string[]> =>
          (await store.runs.claim(worker, AT, 1_000)).map((claimed) => claimed.run.run_id);
        expect(await claimedBy(second)).not.toContain(opened.run.run_id);
        expect(await store.runs.heartbeat(first, 0)).toBe('held');
        const rescued = (await store.runs.claim(second, AT, 1_000)).find(
          (claimed) => claimed.run.run_id === opened.run.run_id,
        );
        expect(rescued).toMatchObject({ from: first, playbook: PLAYBOOK.playbook });
        expect(rescued?.run.steps['look']?.state).toBe('running');
        expect(await store.runs.heartbeat(first, LEASE_MS)).toBe('lost');
        expect((await store.runs.load(opened.run.run_id))?.holder).toBe(second);
        expect(await claimedBy(first)).not.toContain(opened.run.run_id);
      });

      it.each([
        ['ahead', YEARS_LATER],
        ['behind', '1999-12-31T23:59:59.999Z'],
      ])('goes by its own clock, not by that of a worker who is years %s', async (_, now) => {
        const [worker, other] = [`${ids.next()}#1`, `${ids.next()}#1`];
        await store.runs.register(worker, LEASE_MS);
        await store.runs.register(other, LEASE_MS);
        const opened = aNewRun({}, worker);
        const { run_id } = opened.run;
        await store.runs.open(opened);
        const isClaimed = async (): Promise<boolean> =>
          (await store.runs.claim(other, now, 1_000)).some((each) => each.run.run_id === run_id);

        expect(await isClaimed()).toBe(false);
        expect(await store.runs.heartbeat(worker, LEASE_MS)).toBe('held');
        expect(await isClaimed()).toBe(false);
        await store.runs.heartbeat(worker, 0);
        expect(await isClaimed()).toBe(true);
      });

      it('takes a predecessor of the same name over at once', async () => {
        const name = ids.next();
        await store.runs.register(`${name}#1`, LEASE_MS);
        const opened = aNewRun({}, `${name}#1`);
        await store.runs.open(opened);
        await store.runs.register(`${name}#2`, LEASE_MS);
        const claimed = await store.runs.claim(`${name}#2`, AT, 1_000);
        expect(claimed.map((each) => each.run.run_id)).toContain(opened.run.run_id);
        expect(await store.runs.heartbeat(`${name}#1`, LEASE_MS)).toBe('lost');
      });

      it('lets a released run sleep until its time, or until it is poked', async () => {
        const worker = `${ids.next()}#1`;
        await store.runs.register(worker, LEASE_MS);
        const opened = aNewRun({}, worker);
        await store.runs.open(opened);
        await store.runs.release(opened.run.run_id, worker, LATER);
        const isClaimed = async (now: string): Promise<boolean> =>
          (await store.runs.claim(worker, now, 1_000)).some((claimed) => claimed.run.run_id === opened.run.run_id);
        expect(await isClaimed(AT)).toBe(false);
        expect(await isClaimed(MUCH_LATER)).toBe(true);
        await store.runs.register(worker, LEASE_MS);
        await store.runs.release(opened.run.run_id, worker, null);
        expect(await isClaimed(MUCH_LATER)).toBe(false);
        await store.triage.commit(
          aBatch({
            poke: [opened.run.run_id],
            alerts: [{ alert: aFreshAlert(), decision: aDecision() }],
          }),
        );
        expect(await isClaimed(MUCH_LATER)).toBe(true);
      });

      it('gives a worker back what is its own by its row only', async () => {
        const worker = `${ids.next()}#1`;
        await store.runs.register(worker, LEASE_MS);
        const known = aNewRun({}, worker);
        const stray = aNewRun({}, worker);
        await store.runs.open(known);
        await store.runs.open(stray);
        const mine = [known.run.run_id, stray.run.run_id];
        const claimed = async (holding?: string[]): Promise<string[]> =>
          (await store.runs.claim(worker, AT, 1_000, holding))
            .map((each) => each.run.run_id)
            .filter((run_id) => mine.includes(run_id));
        expect(await claimed()).toEqual([]);
        expect(await claimed([known.run.run_id])).toEqual([stray.run.run_id]);
        expect((await claimed([])).sort()).toEqual([...mine].sort());
      });

      it('wakes a sleeping run earlier for whoever asks, and takes it from nobody', async () => {
        const [worker, other] = [`${ids.next()}#1`, `${ids.next()}#1`];
        await store.runs.register(worker, LEASE_MS);
        await store.runs.register(other, LEASE_MS);
        const opened = aNewRun({}, worker);
        const { run_id } = opened.run;
        await store.runs.open(opened);
        const isFree = async (): Promise<boolean> =>
          (await store.runs.claim(other, AT, 1_000)).some((each) => each.run.run_id === run_id);
        await store.runs.release(run_id, other, AT);
        expect(await isFree()).toBe(false);
        await store.runs.release(run_id, worker, MUCH_LATER);
        expect(await isFree()).toBe(false);
        await store.runs.release(run_id, worker, AT);
        expect(await isFree()).toBe(true);
      });

      it('tells the holder what others wrote into its runs', async () => {
        const worker = `${ids.next()}#1`;
        await store.runs.register(worker, LEASE_MS);
        const opened = aNewRun({}, worker);
        await store.runs.open(opened);
        const events = [{ type: 'run_cancel_requested' as const, at: AT, by: 'ann', reason: null }];
        await store.runs.apply({ before: opened.run, after: fold(opened.run, events), events, outside: true });
        expect(await store.runs.poked(worker)).toEqual([opened.run.run_id]);
        expect(await store.runs.poked(worker)).toEqual([]);
      });

      it('tells the holder of another run that a change concerns it, in the same stroke', async () => {
        const worker = `${ids.next()}#1`;
        await store.runs.register(worker, LEASE_MS);
        const [opened, concerned] = [aNewRun(), aNewRun({}, worker)];
        for (const each of [opened, concerned]) await store.runs.open(each);
        const events = [{ type: 'alerts_resolved' as const, at: AT }];
        const change = { before: opened.run, after: fold(opened.run, events), events, poke: [concerned.run.run_id] };
        expect(await store.runs.apply(change)).toBe('applied');
        expect(await store.runs.poked(worker)).toEqual([concerned.run.run_id]);
        expect(await store.runs.apply(change)).toBe('conflict');
        expect(await store.runs.poked(worker)).toEqual([]);
      });

      it('tells it also when that other run is changed in the same moment', async () => {
        const worker = `${ids.next()}#1`;
        await store.runs.register(worker, LEASE_MS);
        const [opened, concerned] = [aNewRun(), aNewRun({}, worker)];
        for (const each of [opened, concerned]) await store.runs.open(each);
        const events = [{ type: 'alerts_resolved' as const, at: AT }];
        const changeOf = ({ run }: typeof opened, poke: string[]) =>
          store.runs.apply({ before: run, after: fold(run, events), events, poke });
        // They share a commit.
        const answers = await Promise.all([changeOf(concerned, []), changeOf(opened, [concerned.run.run_id])]);
        expect(answers).toEqual(['applied', 'applied']);
        expect(await store.runs.poked(worker)).toEqual([concerned.run.run_id]);
      });

      it('tells a run that the one which it began waits for somebody, and that it goes on', async () => {
        const worker = `${ids.next()}#1`;
        await store.runs.register(worker, LEASE_MS);
        const parent = aNewRun({}, worker);
        await store.runs.open(parent);
        const child = aNewRun({ parent_run_id: parent.run.run_id, depth: 1 });
        await store.runs.open(child);
        const paused = [{ type: 'run_paused' as const, at: AT, by: 'ann', reason: null }];
        const resumed = [{ type: 'run_resumed' as const, at: AT, by: 'ann' }];
        const waiting = fold(child.run, paused);
        await store.runs.apply({ before: child.run, after: waiting, events: paused, outside: true });
        expect(await store.runs.poked(worker)).toEqual([parent.run.run_id]);
        await store.runs.apply({ before: waiting, after: fold(waiting, resumed), events: resumed, outside: true });
        expect(await store.runs.poked(worker)).toEqual([parent.run.run_id]);
      });

      it('knows whether any alert of a run still fires', async () => {
        const alert = aFreshAlert();
        const opened = aNewRun({ alert });
        const { run_id } = opened.run;
        const occurrence = anOccurrence(alert, { run_id, run_open: true, run_ids: [run_id] });
        const decision = aDecision({ action: 'run', reason: null, run_id, run_ids: [run_id] });
        await store.triage.commit(
          aBatch({
            alerts: [{ alert, decision }],
            occurrences: [{ occurrence, expected: 0 }],
            runs: [opened],
          }),
        );
        expect(await store.runs.alertsOf(run_id)).toEqual({ alerts: [alert], firing: true });
        await store.triage.commit(
          aBatch({
            occurrences: [{ occurrence: { ...occurrence, open: false, resolved_at: AT }, expected: 1 }],
            alerts: [{ alert: aFreshAlert(), decision: aDecision() }],
          }),
        );
        expect((await store.runs.alertsOf(run_id)).firing).toBe(false);
      });

      it('takes no run for resolved whose alert tells of a moment', async () => {
        const alert = aFreshAlert({ momentary: true });
        const opened = aNewRun({ alert });
        const { run_id } = opened.run;
        const told = { run_id, run_open: true, run_ids: [run_id], open: false, resolved_at: AT };
        const decision = aDecision({ action: 'run', reason: null, run_id, run_ids: [run_id] });
        await store.triage.commit(
          aBatch({
            alerts: [{ alert, decision }],
            occurrences: [{ occurrence: anOccurrence(alert, told), expected: 0 }],
            runs: [opened],
          }),
        );

        expect(await store.runs.alertsOf(run_id)).toEqual({ alerts: [alert], firing: true });
      });

      it('knows which conditions of a source last, in pages, with the last alert that said something new', async () => {
        const source_system = `source-${ids.next()}`;
        const alerts = ['b', 'a', 'ended', 'c'].map((occurrence_id) => aFreshAlert({ source_system, occurrence_id }));
        const foreign = aFreshAlert({ source_system: `${source_system}!`, occurrence_id: 'a' });
        const all = [...alerts, foreign];
        await store.triage.commit(
          aBatch({
            alerts: all.map((alert) => ({ alert, decision: aDecision() })),
            occurrences: all.map((alert) => ({
              occurrence: anOccurrence(alert, {
                key: `${alert.source_system} ${alert.occurrence_id}`,
                run_ids: ['r1'],
                ...(alert.occurrence_id === 'ended' ? { open: false, resolved_at: AT } : {}),
              }),
              expected: 0,
            })),
          }),
        );
        const [b, a, , c] = alerts;

        const first = await store.occurrences.open(source_system, null, 2);
        const rest = await store.occurrences.open(source_system, first.at(-1)?.occurrence_id ?? '', 2);

        expect(first).toEqual([a, b].map((alert) => ({ occurrence_id: alert?.occurrence_id, alert, run_ids: ['r1'] })));
        expect(rest).toEqual([{ occurrence_id: 'c', alert: c, run_ids: ['r1'] }]);
        expect(await allOpen(store.occurrences, source_system, 10)).toHaveLength(3);
      });

      it('hands over with the runs that are taken what happened to the alerts of each', async () => {
        const [alert, ended] = [aFreshAlert(), aFreshAlert()];
        const [first, second, resolved, byHand] = [aNewRun({ alert }), aNewRun({ alert }), aNewRun(), aNewRun()];
        const run_ids = [first.run.run_id, second.run.run_id];
        const several = { action: 'run' as const, reason: null, run_id: first.run.run_id, run_ids };
        const one = { ...several, run_id: resolved.run.run_id, run_ids: [resolved.run.run_id] };
        await store.triage.commit(
          aBatch({
            alerts: [
              { alert, decision: aDecision(several) },
              { alert: ended, decision: aDecision(one) },
            ],
            occurrences: [
              { occurrence: anOccurrence(alert, { run_id: first.run.run_id, run_open: true, run_ids }), expected: 0 },
              {
                occurrence: anOccurrence(ended, {
                  run_id: one.run_id,
                  run_ids: one.run_ids,
                  open: false,
                  resolved_at: AT,
                }),
                expected: 0,
              },
            ],
            runs: [first, second, resolved],
          }),
        );
        await store.runs.open(byHand);
        const worker = `${ids.next()}#1`;
        await store.runs.register(worker, LEASE_MS);

        const claimed = new Map(
          (await store.runs.claim(worker, AT, 1_000)).map(({ run, found }) => [run.run_id, found]),
        );

        expect(claimed.get(first.run.run_id)).toEqual({ alerts: [alert], firing: true });
        expect(claimed.get(second.run.run_id)).toEqual({ alerts: [alert], firing: true });
        expect(claimed.get(resolved.run.run_id)).toEqual({ alerts: [ended], firing: false });
        expect(claimed.get(byHand.run.run_id)).toEqual({ alerts: [], firing: false });
      });

      it('tells occurrences when their run has ended, and services when they were written to', async () => {
        const alert = aFreshAlert();
        const service_name = ids.next();
        const opened = aNewRun({ alert, service_name }, null, [aStart('look', { effect: 'write' })]);
        const { run_id } = opened.run;
        const occurrence = anOccurrence(alert, { run_id, run_open: true });
        await store.triage.commit(
          aBatch({
            occurrences: [{ occurrence, expected: 0 }],
            runs: [opened],
            alerts: [{ alert, decision: aDecision() }],
          }),
        );
        const events = [
          {
            type: 'step_succeeded' as const,
            at: LATER,
            step_id: 'look',
            output: null,
            summary: null,
            evidence: null,
            change: { target: 'x', what: 'replicas', from: 1, to: 2 },
          },
        ];
        const written = fold(opened.run, events);
        await store.runs.apply({ before: opened.run, after: written, events });
        await store.runs.apply({ before: written, ...finish(written) });
        expect(await store.triage.occurrences([occurrence.key])).toMatchObject([{ run_open: false, version: 2 }]);
        expect(await store.triage.lastWrites([service_name, 'never'])).toEqual([{ service_name, at: LATER }]);
      });

      it('hints at new events to listeners of this process', async () => {
        const opened = aNewRun();
        let hints = 0;
        const end = store.runView.onEvents(opened.run.run_id, () => (hints += 1));
        await store.runs.open(opened);
        end();
        await store.runs.apply({ before: opened.run, ...finish(opened.run) });
        expect(hints).toBe(1);
      });
    });

    describe('people and upkeep', () => {
      it('queues a report for every finished run and shows how each channel fared', async () => {
        const opened = aNewRun();
        await store.runs.open(opened);
        await store.runs.apply({ before: opened.run, ...finish(opened.run) });
        const due = await store.outbox.claim(3_600_000, 1_000);
        const entry = due.find((each) => each.run_id === opened.run.run_id);
        expect(entry).toMatchObject({ kind: 'report', attempts: 1, sent: [] });
        expect((await store.outbox.claim(3_600_000, 1_000)).map((each) => each.run_id)).not.toContain(
          opened.run.run_id,
        );
        const outbox_id = entry?.outbox_id ?? '';
        await store.outbox.record(
          outbox_id,
          [
            { channel: 'email', type: 'sent', target: 'a@b' },
            { channel: 'slack', type: 'failed', target: 'hooks', reason: 'no', retryable: true },
          ],
          AT,
          0,
        );
        const again = (await store.outbox.claim(3_600_000, 1_000)).find((each) => each.outbox_id === outbox_id);
        expect(again).toMatchObject({ attempts: 2, sent: ['email'] });
        await store.outbox.record(
          outbox_id,
          [{ channel: 'slack', type: 'failed', target: 'hooks', reason: 'no', retryable: true }],
          AT,
          null,
        );
        const run = await store.runView.get(opened.run.run_id);
        expect(run?.deliveries).toMatchObject([
          { channel: 'email', state: 'sent', attempts: 1 },
          { channel: 'slack', state: 'failed', attempts: 2, error: 'no' },
        ]);
      });

      it('lends out what is to be told by its own clock, however wrong that of the host is that wrote it', async () => {
        const year_ms = 365 * 86_400_000;
        for (const at of [Date.now() - year_ms, Date.now() + year_ms]) {
          const opened = aNewRun();
          const events = finish(opened.run).events.map((event) => ({ ...event, at: instant(at) }));
          await store.runs.open(opened);
          await store.runs.apply({ before: opened.run, after: fold(opened.run, events), events });
          const mine = async (lease_ms: number): Promise<string[]> =>
            (await store.outbox.claim(lease_ms, 1_000))
              .filter((each) => each.run_id === opened.run.run_id)
              .map((each) => each.outbox_id);
          const first = await mine(3_600_000);
          expect(first).toHaveLength(1);
          expect(await mine(0)).toEqual([]);
          await store.outbox.record(first[0] ?? '', [], instant(at), 0);
          expect(await mine(0)).toEqual(first);
          expect(await mine(0)).toEqual(first);
          await store.outbox.record(first[0] ?? '', [], instant(at), 3_600_000);
          expect(await mine(0)).toEqual([]);
        }
      });

      it('keeps dead letters byte for byte', async () => {
        const body = Uint8Array.from([0, 255, 0xed, 0xa0, 0x80, 65]);
        const id = await store.deadLetters.add({
          source: 'zabbix',
          received_at: AT,
          reason: 'not JSON',
          details: [{ path: 'a', message: 'b' }],
          body,
        });
        const letter = await store.deadLetters.get(id);
        expect(letter?.raw).toEqual(body);
        expect(letter).toMatchObject({
          source: 'zabbix',
          reason: 'not JSON',
          details: [{ path: 'a', message: 'b' }],
          replayed_at: null,
        });
        await store.deadLetters.endReplay(id, null);
        expect((await store.deadLetters.get(id))?.replayed_at).toBeNull();
        await store.deadLetters.endReplay(id, LATER);
        expect((await store.deadLetters.list(PAGE)).items.find((each) => each.dead_letter_id === id)?.replayed_at).toBe(
          LATER,
        );
      });

      it('keeps a dead letter whose reason quotes what no database keeps', async () => {
        const reason = 'the message is no JSON: "\0\uD800", the first of its bytes';
        const details = [{ path: 'a\0b', message: 'not "\uD800"' }];
        const letter = { source: 'kafka', received_at: AT, reason, details, body: Buffer.from([0]) };

        const id = await store.deadLetters.add(letter);

        expect(await store.deadLetters.get(id)).toMatchObject({
          reason: 'the message is no JSON: "\uFFFD\uFFFD", the first of its bytes',
          details,
          raw: new Uint8Array([0]),
        });
      });

      it('gives the turn to replay a dead letter to one at a time, and to the next when it ends or takes too long', async () => {
        const { deadLetters } = store;
        const letter = { source: 'zabbix', received_at: AT, reason: 'not JSON', details: [], body: new Uint8Array() };
        const [id, other] = [await deadLetters.add(letter), await deadLetters.add(letter)];
        const turns = await Promise.all([
          deadLetters.beginReplay(id, AT, LATER),
          deadLetters.beginReplay(id, AT, LATER),
        ]);
        expect(turns.toSorted()).toEqual([false, true]);
        expect(await deadLetters.beginReplay(other, AT, LATER)).toBe(true);

        expect(await deadLetters.beginReplay(id, LATER, '2026-11-23T10:00:00.000Z')).toBe(true);
        await deadLetters.endReplay(id, null);
        expect(await deadLetters.beginReplay(id, AT, LATER)).toBe(true);
        await deadLetters.endReplay(id, LATER);
      });

      it('finds a token by its hash only', async () => {
        const token = { token_id: ids.next(), name: 'ci', role: 'viewer' as const, created_at: AT };
        const before = await store.tokens.count();
        await store.tokens.add({ ...token, hash: token.token_id });
        expect(await store.tokens.find(token.token_id)).toEqual(token);
        expect(await store.tokens.find('x')).toBeNull();
        expect(await store.tokens.count()).toBe(before + 1);
      });

      it('lists tokens without what they are known by, the newest first, and takes them away', async () => {
        const older = { token_id: ids.next(), name: 'older', role: 'viewer' as const, created_at: AT };
        const newer = { token_id: ids.next(), name: 'newer', role: 'ingest' as const, created_at: AT };
        for (const token of [older, newer]) await store.tokens.add({ ...token, hash: token.token_id });
        const first = await store.tokens.list({ limit: 1, cursor: null });
        const second = await store.tokens.list({ limit: 1, cursor: first.next_cursor });

        expect([first.items, second.items]).toEqual([[newer], [older]]);
        expect(await store.tokens.remove(older.token_id, true)).toEqual(older);
        expect(await store.tokens.remove(older.token_id, true)).toBe('unknown');
        expect(await store.tokens.find(older.token_id)).toBeNull();
        expect(await store.tokens.find(newer.token_id)).toEqual(newer);
      });

      it('keeps the last admin where that is asked for', async () => {
        const admin = (name: string) => ({ token_id: ids.next(), name, role: 'admin' as const, created_at: AT });
        const [one, other] = [admin('one'), admin('other')];
        for (const token of [one, other]) await store.tokens.add({ ...token, hash: token.token_id });

        const both = await Promise.all([one, other].map((token) => store.tokens.remove(token.token_id, true)));
        expect(both).toContain('last_admin');
        const left = both[0] === 'last_admin' ? one : other;
        expect(await store.tokens.remove(left.token_id, false)).toEqual(left);
      });

      it('keeps every version of a playbook, the audit and the pause', async () => {
        const playbook_id = ids.next();
        const version = (name: string) => ({
          ...PLAYBOOK,
          playbook: { ...PLAYBOOK.playbook, playbook_id },
          version: name,
          source: name,
        });
        await store.playbooks.record([version('a')], AT);
        await store.playbooks.record([version('a'), version('b')], LATER);
        expect(
          (await store.playbooks.versions(playbook_id, PAGE)).items.map((each) => [each.version, each.first_seen_at]),
        ).toEqual([
          ['b', LATER],
          ['a', AT],
        ]);
        const entry = { audit_id: ids.next(), at: AT, who: 'ann', what: 'run.cancel', target: 'r', details: { a: 1 } };
        await store.audit.add(entry);
        expect((await store.audit.list({ limit: 1, cursor: null })).items).toEqual([entry]);
        const more = [
          { ...entry, audit_id: ids.next(), who: 'Bob B.', what: 'incident.note', target: 'i1' },
          { ...entry, audit_id: ids.next(), who: 'bob', what: 'incident.assign', target: 'i2', at: LATER },
        ];
        for (const one of more) await store.audit.add(one);
        const whats = async (filter: AuditFilter) =>
          (await store.audit.list(PAGE, filter)).items.map(({ what }) => what).slice(0, 2);
        expect(await whats({ who: 'BOB' })).toEqual(['incident.assign', 'incident.note']);
        expect(await whats({ who: '%' })).toEqual([]);
        expect(await whats({ what: 'incident.', target: 'i1' })).toEqual(['incident.note']);
        expect(await whats({ what: 'ncident' })).toEqual([]);
        expect(await whats({ who: 'bob', since: LATER })).toEqual(['incident.assign']);
        const first = await store.audit.list({ limit: 1, cursor: null }, { who: 'bob' });
        const next = await store.audit.list({ limit: 1, cursor: first.next_cursor }, { who: 'bob' });
        expect([first.items, next.items, next.next_cursor]).toEqual([[more[1]], [more[0]], null]);
        expect(await store.pause.read()).toEqual({ paused: false, by: null, reason: null, at: null });
        await store.pause.set({ paused: true, by: 'ann', reason: 'maintenance', at: AT });
        expect(await store.pause.read()).toEqual({ paused: true, by: 'ann', reason: 'maintenance', at: AT });
        await store.pause.set({ paused: false, by: null, reason: null, at: null });
      });

      it('counts decisions and runs', async () => {
        const stats = await store.runView.stats('2000-01-01T00:00:00.000Z');
        expect(stats.alerts.reduce((sum, row) => sum + row.count, 0)).toBeGreaterThan(5);
        expect(stats.runs.find((row) => row.state === 'succeeded')?.count).toBeGreaterThan(1);
      });

      it('says that it can promise durability', async () => {
        await expect(store.ready()).resolves.toBeUndefined();
        expect(await store.check(AbortSignal.timeout(5_000))).toMatchObject({ ok: true, required: true });
      });
    });

    suppressionSuite(() => store);
    // Last: it forgets what others have written.
    sessionSuite(() => store);
    surveySuite(() => store);
    retentionSuite(() => store);
    payloadSuite(() => store);
    limitsSuite(() => store);
  });
}

function plainEvent({ seq: _seq, run_id: _run, ...event }: StoredEvent) {
  return event;
}
