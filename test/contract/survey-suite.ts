import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Alert } from '../../src/domain/alert/alert.js';
import { createIds } from '../../src/domain/id.js';
import type { Store } from '../../src/domain/store.js';
import { idFrom } from '../../src/domain/ulid-time.js';
import { aBatch, aDecision, aFreshAlert, aNewRun, ids } from '../helper/store-world.js';

/** So lately that it is not forgotten: the store's suite ends with retention, whose now is a little later. */
const DAY = '2026-11-21T';
const LATER = '2026-11-22T10:00:00.000Z';
const HOUR = Date.parse(`${DAY}07:00:00.000Z`);

/** What every store promises about questions on everything at once, and about finding things. */
export function surveySuite(open: () => Store): void {
  const idsThen = createIds(
    () => HOUR + 60_000,
    (bytes) => randomBytes(bytes),
  );

  function then(over: Partial<Alert> = {}): Alert {
    const fingerprint = idsThen.next();
    const at = `${DAY}07:01:00.000Z`;
    return aFreshAlert({
      alert_id: idsThen.next(),
      fingerprint,
      occurrence_id: fingerprint,
      received_at: at,
      timestamp: at,
      ...over,
    });
  }

  async function decide(alert: Alert, decision: Parameters<typeof aDecision>[0]): Promise<void> {
    const alerts = [{ alert, decision: aDecision(decision), content_hash: alert.alert_id }];
    await open().triage.commit(aBatch({ received_at: alert.received_at, alerts }));
  }

  describe('a survey', () => {
    it('counts alerts of an hour by decision, step by step and nothing twice', async () => {
      const [one, other, third] = [then(), then(), then()];
      await decide(one, { action: 'drop', reason: 'no_match' });
      await decide(other, { action: 'drop', reason: 'no_match' });
      await decide(third, { action: 'hold', reason: 'silence' });
      const { survey } = open();
      const [from, below] = [idFrom(`${DAY}07:00:00.000Z`), idFrom(`${DAY}08:00:00.000Z`)];
      const sums = new Map<string, number>();
      let [after, steps] = [from, 0];
      for (;;) {
        const { counts, last_id } = await survey.alertsByHour(after, below, 2);
        if (last_id === null) break;
        for (const { hour, action, reason, count } of counts) {
          const key = `${hour} ${action} ${reason}`;
          sums.set(key, (sums.get(key) ?? 0) + count);
        }
        after = last_id;
        steps += 1;
      }

      const nothing = await survey.alertsByHour(below, idFrom(`${DAY}09:00:00.000Z`), 2);
      expect(nothing).toEqual({ counts: [], last_id: null, previous_id: third.alert_id });
      expect(steps).toBe(2);
      expect(Object.fromEntries(sums)).toEqual({ [`${HOUR} drop no_match`]: 2, [`${HOUR} hold silence`]: 1 });
    });

    it('counts repeats by their reason, those that are held as held', async () => {
      const kept = then({ alert_id: idsThen.next() });
      await decide(kept, { action: 'run', reason: null });
      const hold = { until: LATER, by: 'x', explanation: 'y' };
      const repeat = (over: object) => ({ alert_id: idsThen.next(), of: kept.alert_id, run_id: null, ...over });
      await open().triage.commit(
        aBatch({
          received_at: kept.received_at,
          repeats: [repeat({ reason: 'duplicate' }) as never, repeat({ reason: 'silence', hold }) as never],
        }),
      );
      const { counts } = await open().survey.repeatsByHour(
        idFrom(`${DAY}07:00:00.000Z`),
        idFrom(`${DAY}08:00:00.000Z`),
        10,
      );

      expect(counts).toEqual(
        expect.arrayContaining([
          { hour: HOUR, action: 'drop', reason: 'duplicate', count: 1 },
          { hour: HOUR, action: 'hold', reason: 'silence', count: 1 },
        ]),
      );
    });

    it('knows what waits, which runs are open, and how runs of a playbook went', async () => {
      const { survey, runs, triage, deadLetters } = open();
      const before = await survey.backlog();
      const run = aNewRun({ playbook_id: `PB-${ids.next()}`, playbook_version: 'v1', dry_run: false });
      await runs.open(run);
      await triage.keep([aFreshAlert()]);
      await deadLetters.add({ source: 'x', received_at: LATER, reason: 'r', details: [], body: Buffer.from('b') });
      const after = await survey.backlog();

      expect(after.any_alerts).toBe(true);
      expect([after.open_runs, after.undecided, after.dead_letters]).toEqual([
        before.open_runs + 1,
        before.undecided + 1,
        before.dead_letters + 1,
      ]);
      const { run_id, playbook_id, created_at } = run.run;
      expect(await survey.openRuns(1_000)).toContainEqual({ run_id, seq: run.events.length });
      expect(await survey.openRuns(1)).toHaveLength(1);
      const figures = await survey.runFigures('2020-01-01T00:00:00.000Z', playbook_id, 10_000);
      expect(figures).toEqual({
        complete: true,
        items: [
          {
            playbook_id,
            runs: [{ state: 'pending', outcome: null, count: 1 }],
            median_duration_ms: null,
            last_run: { run_id, state: 'pending', outcome: null, created_at },
          },
        ],
      });
      const few = await survey.runFigures('2020-01-01T00:00:00.000Z', null, 1);
      expect(few.items).toHaveLength(1);
    });

    it('knows who works, and how many runs they hold', async () => {
      const { survey, runs } = open();
      const worker_id = `survey-${ids.next()}#1`;
      await runs.register(worker_id, 60_000);
      const mine = (await survey.workers(200)).find((worker) => worker.worker_id === worker_id);

      expect(mine).toMatchObject({ name: worker_id.split('#')[0], alive: true, runs_held: 0 });
      await runs.heartbeat(worker_id, 0);
      expect((await survey.workers(200)).find((worker) => worker.worker_id === worker_id)?.alive).toBe(false);
    });
  });

  describe('a search', () => {
    it('finds an alert by the beginning of its id, and by name, service and fingerprint, each condition once', async () => {
      const word = `Zq${ids.next()}`;
      const fingerprint = `fp-${ids.next()}`;
      const [older, newer] = [
        aFreshAlert({ alert_name: `a ${word} b`, fingerprint, occurrence_id: fingerprint }),
        aFreshAlert({ alert_name: `a ${word} b`, fingerprint, occurrence_id: fingerprint }),
      ];
      const elsewhere = aFreshAlert({ service_name: `svc-${word}` });
      for (const alert of [older, newer, elsewhere]) await decide(alert, { action: 'drop', reason: 'no_match' });
      const { search } = open();

      expect((await search.alertsById(newer.alert_id.toLowerCase(), 5)).map(({ alert_id }) => alert_id)).toEqual([
        newer.alert_id,
      ]);
      const found = await search.alerts(word.toLowerCase(), 5);
      expect(found.items.map(({ alert_id }) => alert_id)).toEqual([elsewhere.alert_id, newer.alert_id]);
      expect((await search.alerts(fingerprint, 5)).items.map(({ alert_id }) => alert_id)).toEqual([newer.alert_id]);
      expect(await search.alerts(word, 1)).toMatchObject({
        items: [{ alert_id: elsewhere.alert_id }],
        complete: false,
      });
      expect((await search.alerts(`%${word}_`, 5)).items).toEqual([]);
    });

    it('finds a run by its service, its playbook, and playbooks that were found', async () => {
      const { search, runs } = open();
      const word = ids.next();
      const run = aNewRun({ playbook_id: `PB-${word}`, playbook_version: 'v1', service_name: `svc-${word}x` });
      await runs.open(run);
      const idsOf = async (text: string, playbooks: readonly string[] = []) =>
        (await search.runs(text, playbooks, 5)).items.map(({ run_id }) => run_id);

      expect(await idsOf(`svc-${word}`)).toEqual([run.run.run_id]);
      expect(await idsOf(`pb-${word}`)).toEqual([run.run.run_id]);
      expect(await idsOf('of no such name', [`PB-${word}`])).toEqual([run.run.run_id]);
      expect((await search.runsById(run.run.run_id, 5)).map(({ run_id }) => run_id)).toEqual([run.run.run_id]);
    });

    it('finds no incident where there is none', async () => {
      const { search } = open();

      expect((await search.incidents('of no such name', 5)).items).toEqual([]);
      expect(await search.incidentsById('01NOSUCH', 5)).toEqual([]);
    });
  });
}
