import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Alert } from '../../src/domain/alert/alert.js';
import type { Decision } from '../../src/domain/decision/decision.js';
import { createIds } from '../../src/domain/id.js';
import type { NewRunHeader, RunEvent } from '../../src/domain/run/run.js';
import type { PruneCounts, RetentionPolicy } from '../../src/domain/retention.js';
import type { NewRun } from '../../src/domain/run/run-store.js';
import type { Occurrence } from '../../src/domain/triage-store.js';
import type { Store } from '../../src/domain/store.js';
import { fold } from '../../src/domain/run/transition.js';
import { aBatch, aDecision, aFreshAlert, aNewRun, anOccurrence, AT } from '../helper/store-world.js';

const NOW = AT;
const OLD = '2026-01-10T10:00:00.000Z';
const YOUNG = '2026-11-20T10:00:00.000Z';
const DAY_MS = 86_400_000;
const NONE = { max_age_ms: null, max_count: null };
const KEEP_ALL: RetentionPolicy = { alerts: NONE, runs: NONE, dead_letters: NONE, audit: NONE };
const MONTH = { max_age_ms: 30 * DAY_MS, max_count: null };
const KEEP_A_MONTH: RetentionPolicy = { alerts: MONTH, runs: MONTH, dead_letters: MONTH, audit: MONTH };
const ALL_KEPT: PruneCounts = {
  alerts: 0,
  repeats: 0,
  occurrences: 0,
  incidents: 0,
  runs: 0,
  dead_letters: 0,
  audit: 0,
  payloads: 0,
};

const random = (bytes: number) => randomBytes(bytes);
/** Ids sort by the time they were made at, which is what the oldest rows are found by. */
const oldIds = createIds(() => Date.parse(OLD), random);
const youngIds = createIds(() => Date.parse(YOUNG), random);

/** What every store promises about forgetting; it comes last on a store, because it forgets. */
export function retentionSuite(open: () => Store): void {
  describe('retention', () => {
    function anOldAlert(over: Partial<Alert> = {}): Alert {
      const fingerprint = oldIds.next();
      const made = { alert_id: oldIds.next(), fingerprint, occurrence_id: fingerprint };
      return aFreshAlert({ ...made, received_at: OLD, timestamp: OLD, ...over });
    }

    /** The same condition, told again lately. */
    function told(earlier: Alert, over: Partial<Alert> = {}): Alert {
      return { ...earlier, alert_id: youngIds.next(), received_at: YOUNG, ...over };
    }

    async function decide(alert: Alert, over: Partial<Decision> = {}, occurrences: Occurrence[] = []): Promise<void> {
      const alerts = [{ alert, decision: aDecision(over) }];
      const known = await open().triage.occurrences(occurrences.map((occurrence) => occurrence.key));
      const expected = (key: string): number => known.find((each) => each.key === key)?.version ?? 0;
      const changed = occurrences.map((occurrence) => ({ occurrence, expected: expected(occurrence.key) }));
      expect(await open().triage.commit(aBatch({ alerts, occurrences: changed }))).toBe('committed');
    }

    function anOldRun(over: Partial<NewRunHeader> = {}): NewRun {
      const { events } = aNewRun({ run_id: oldIds.next(), ...over });
      const old = events.map((event): RunEvent => ({ ...event, at: OLD }));
      return { run: fold(null, old), events: old, holder: null };
    }

    async function openRun(opened: NewRun): Promise<string> {
      expect(await open().runs.open(opened)).toBe('opened');
      return opened.run.run_id;
    }

    async function finishedRun(at: string, over: Partial<NewRunHeader> = {}): Promise<string> {
      const opened = anOldRun(over);
      await openRun(opened);
      const events: RunEvent[] = [
        { type: 'run_finished', at, state: 'succeeded', outcome: 'nothing_done', reason: null },
      ];
      await open().runs.apply({ before: opened.run, after: fold(opened.run, events), events });
      return opened.run.run_id;
    }

    /** As the reporter does: whatever is to be sent has been. */
    async function sendEverything(): Promise<void> {
      for (;;) {
        const due = await open().outbox.claim(60_000, 100);
        if (due.length === 0) return;
        for (const { outbox_id } of due)
          await open().outbox.record(outbox_id, [{ type: 'sent', channel: 'email', target: 'sre' }], OLD, null);
      }
    }

    function prune(policy: Partial<RetentionPolicy> = KEEP_A_MONTH): Promise<PruneCounts> {
      return open().retention.prune({ ...KEEP_ALL, ...policy }, NOW, new AbortController().signal);
    }

    const isKept = async (alert: Pick<Alert, 'alert_id'>): Promise<boolean> =>
      (await open().alerts.get(alert.alert_id)) !== null;

    it('forgets what is older than it is kept, with all that belongs to it, and nothing else', async () => {
      const [old, young] = [anOldAlert(), told(anOldAlert())];
      const ended = anOccurrence(old, { open: false, resolved_at: OLD });
      await decide(old, {}, [ended]);
      await decide(young, {}, [anOccurrence(young, { open: false, resolved_at: YOUNG })]);
      const repeat = { alert_id: oldIds.next(), of: old.alert_id, reason: 'no_match' as const, run_id: null };
      await open().triage.commit(aBatch({ received_at: OLD, repeats: [repeat] }));
      const [oldRun, youngRun] = [await finishedRun(OLD), await finishedRun(YOUNG)];
      await sendEverything();
      const letter = { source: 'zabbix', reason: 'not JSON', details: [], body: new Uint8Array([1]) };
      const letters = [
        await open().deadLetters.add({ ...letter, received_at: OLD }),
        await open().deadLetters.add({ ...letter, received_at: YOUNG }),
      ];
      const audit = { who: 'ann', what: 'run.cancel', target: null, details: {} };
      await open().audit.add({ ...audit, audit_id: oldIds.next(), at: OLD });

      const removed = await prune();

      expect(removed).toEqual({
        ...ALL_KEPT,
        alerts: 1,
        repeats: 1,
        occurrences: 1,
        runs: 1,
        dead_letters: 1,
        audit: 1,
      });
      expect([await isKept(old), await isKept(repeat), await isKept(young)]).toEqual([false, false, true]);
      expect(await open().triage.occurrences([ended.key])).toEqual([]);
      expect(await open().runView.get(oldRun)).toBeNull();
      expect(await open().runView.events(oldRun, 0)).toEqual([]);
      expect((await open().runView.get(youngRun))?.deliveries).toHaveLength(1);
      const found = await Promise.all(letters.map((id) => open().deadLetters.get(id)));
      expect(found.map((each) => each === null)).toEqual([true, false]);
      expect(await prune()).toEqual(ALL_KEPT);
    });

    it('keeps what is undecided or held, however old', async () => {
      const [undecided, held] = [anOldAlert(), anOldAlert()];
      await open().triage.keep([undecided]);
      await decide(held, { action: 'hold', reason: 'cooldown', until: '2026-12-01T00:00:00.000Z' });

      expect(await prune()).toEqual(ALL_KEPT);

      expect([await isKept(undecided), await isKept(held)]).toEqual([true, true]);
      await open().triage.giveUp(undecided, aDecision());
      await open().triage.giveUp(held, aDecision());
      expect(await prune()).toMatchObject({ alerts: 2 });
    });

    it('keeps an open run and every alert that it handles', async () => {
      const opened = anOldRun();
      const run_id = await openRun(opened);
      const [first, joined, several] = [anOldAlert(), anOldAlert(), anOldAlert()];
      await decide(first, { action: 'run', reason: null, run_id, run_ids: [run_id] });
      await decide(joined, { action: 'join', reason: null, run_id, run_ids: [run_id] });
      // It started several runs, and names the first one, which has ended.
      const other = oldIds.next();
      await decide(several, { action: 'run', reason: null, run_id: other, run_ids: [other, run_id] });

      expect(await prune()).toEqual(ALL_KEPT);

      expect((await open().runs.load(run_id))?.run.state).toBe('pending');
      const end: RunEvent[] = [
        { type: 'run_finished', at: OLD, state: 'succeeded', outcome: 'nothing_done', reason: null },
      ];
      await open().runs.apply({ before: opened.run, after: fold(opened.run, end), events: end });
      await sendEverything();
      expect(await prune()).toMatchObject({ alerts: 3, runs: 1 });
    });

    it('keeps an open occurrence with all that was said in it and the run that did not fix it', async () => {
      const first = anOldAlert();
      const run_id = await finishedRun(OLD);
      const later_run = await finishedRun(OLD);
      await sendEverything();
      const opened = anOccurrence(first, { run_id: later_run, run_ids: [run_id, later_run] });
      await decide(first, {}, [opened]);
      const second = { ...first, alert_id: oldIds.next() };
      await decide(second, {}, [{ ...opened, content_alert_id: second.alert_id }]);

      expect(await prune()).toEqual(ALL_KEPT);

      expect([await isKept(first), await isKept(second)]).toEqual([true, true]);
      await decide(told(first, { status: 'resolved' }), {}, [{ ...opened, open: false, resolved_at: OLD }]);
      expect(await prune()).toMatchObject({ occurrences: 1, runs: 2 });
    });

    it('forgets what was said in an occurrence before the one that is open', async () => {
      const before = anOldAlert();
      const ended = { ...before, alert_id: oldIds.next(), status: 'resolved' as const };
      const again = told(before);
      await decide(before);
      await decide(ended);
      await decide(again, {}, [anOccurrence(again)]);

      expect(await prune()).toMatchObject({ alerts: 2, occurrences: 0 });

      expect([await isKept(before), await isKept(ended), await isKept(again)]).toEqual([false, false, true]);
    });

    it('keeps an alert as long as young repeats of it can be asked for', async () => {
      const first = anOldAlert();
      const repeat = { alert_id: youngIds.next(), of: first.alert_id, reason: 'no_match' as const, run_id: null };
      const end = told(first, { status: 'resolved' });
      await decide(first, {}, [anOccurrence(first)]);
      await open().triage.commit(aBatch({ received_at: YOUNG, repeats: [repeat] }));
      await decide(end, {}, [anOccurrence(first, { open: false, resolved_at: YOUNG })]);

      expect(await prune()).toEqual(ALL_KEPT);

      expect(await open().alerts.get(repeat.alert_id)).toMatchObject({ fingerprint: first.fingerprint });
      const aDay = { max_age_ms: DAY_MS / 2, max_count: null };
      const removed = await prune({ alerts: aDay });
      expect(removed.repeats).toBe(1);
      expect([await isKept(first), await isKept(end), await isKept(repeat)]).toEqual([false, false, false]);
    });

    it('keeps a run of which something is still to be sent', async () => {
      const run_id = await finishedRun(OLD);

      expect(await prune()).toEqual(ALL_KEPT);

      await sendEverything();
      expect(await prune()).toMatchObject({ runs: 1 });
      expect(await open().runView.get(run_id)).toBeNull();
    });

    it('keeps the newest where the number is the limit', async () => {
      const letter = { source: 'zabbix', received_at: YOUNG, reason: 'no', details: [], body: new Uint8Array() };
      for (let n = 0; n < 5; n++) await open().deadLetters.add(letter);
      const before = (await open().deadLetters.list({ limit: 200, cursor: null })).items;

      const removed = await prune({ dead_letters: { max_age_ms: null, max_count: 3 } });

      expect(removed).toEqual({ ...ALL_KEPT, dead_letters: before.length - 3 });
      expect((await open().deadLetters.list({ limit: 200, cursor: null })).items).toEqual(before.slice(0, 3));
    });

    it('keeps the alerts of the last hour, however many there may be', async () => {
      const old = anOldAlert();
      const fresh = told(anOldAlert(), { received_at: NOW });
      await decide(old);
      await decide(fresh);

      const removed = await prune({ alerts: { max_age_ms: null, max_count: 1 } });

      expect(removed.alerts).toBeGreaterThan(0);
      expect([await isKept(old), await isKept(fresh)]).toEqual([false, true]);
    });

    it('lets several processes share the work, and one of them take a turn', async () => {
      for (let n = 0; n < 20; n++) await decide(anOldAlert());

      const removed = await Promise.all([prune(), prune(), prune()]);

      expect(removed.reduce((sum, each) => sum + each.alerts, 0)).toBe(20);
      const turns = [NOW, NOW].map((now) => open().retention.takeTurn(now, '2026-11-21T09:59:00.000Z'));
      expect((await Promise.all(turns)).sort()).toEqual([false, true]);
      expect(await open().retention.takeTurn('2026-11-21T10:01:00.000Z', NOW)).toBe(true);
    });

    it('stops between batches when it is told to', async () => {
      await decide(anOldAlert());
      expect(await open().retention.prune(KEEP_A_MONTH, NOW, AbortSignal.abort())).toEqual(ALL_KEPT);
      expect((await prune()).alerts).toBe(1);
    });
  });
}
