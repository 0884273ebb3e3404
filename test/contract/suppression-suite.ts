import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/domain/store.js';
import type { KeptSuppression, Silence } from '../../src/domain/suppression/suppression.js';
import { aBatch, aDecision, aFreshAlert, anOccurrence, ids } from '../helper/store-world.js';

const PAGE = { limit: 50, cursor: null };
const NOW = '2026-11-21T10:00:00.000Z';
const SOON = '2026-11-21T10:30:00.000Z';
const LATER = '2026-11-21T12:00:00.000Z';
const MUCH_LATER = '2027-02-21T12:00:00.000Z';

function aSilence(over: Partial<Silence> = {}): KeptSuppression & { kind: 'silence' } {
  const doc: Silence = {
    silence_id: ids.next(),
    matchers: ['env="prod \\" \\\\ 支付"'],
    starts_at: NOW,
    ends_at: LATER,
    created_by: 'ann',
    comment: 'we are on it',
    created_at: NOW,
    updated_at: NOW,
    ended_by: null,
    replaces: null,
    origin: 'api',
    ...over,
  };
  return { kind: 'silence', doc };
}

/** What every store promises of what holds alerts back. */
export function suppressionSuite(open: () => Store): void {
  describe('suppressions', () => {
    it('are kept as they were given, until they end', async () => {
      const { suppressions } = open();
      const kept = aSilence();
      expect(await suppressions.add(kept, null, NOW)).toBe('added');
      expect(await suppressions.get('silence', kept.doc.silence_id)).toEqual(kept);
      expect(await suppressions.get('maintenance_window', kept.doc.silence_id)).toBeNull();
      expect(await suppressions.inForce(NOW)).toContainEqual(kept);
      expect(await suppressions.inForce(LATER)).not.toContainEqual(kept);
    });

    it('end once, at the instant and by whom it was', async () => {
      const { suppressions } = open();
      const { doc } = aSilence();
      await suppressions.add({ kind: 'silence', doc }, null, NOW);
      const ended = await suppressions.end('silence', doc.silence_id, SOON, 'bob');
      expect(ended).toEqual({ kind: 'silence', doc: { ...doc, ends_at: SOON, updated_at: SOON, ended_by: 'bob' } });
      expect(await suppressions.get('silence', doc.silence_id)).toEqual(ended);
      expect(await suppressions.end('silence', doc.silence_id, SOON, 'bob')).toBe('ended');
      expect(await suppressions.end('silence', 'nothing', SOON, 'bob')).toBe('unknown');
    });

    it('that have not begun end before they begin', async () => {
      const { suppressions } = open();
      const { doc } = aSilence({ starts_at: '2026-11-21T11:00:00.000Z' });
      await suppressions.add({ kind: 'silence', doc }, null, NOW);
      expect(await suppressions.end('silence', doc.silence_id, SOON, 'bob')).toMatchObject({
        doc: { starts_at: SOON, ends_at: SOON },
      });
    });

    it('take the place of another at once, or not at all', async () => {
      const { suppressions } = open();
      const [first, second, third] = [aSilence(), aSilence(), aSilence()];
      await suppressions.add(first, null, NOW);
      expect(await suppressions.add(second, first.doc.silence_id, SOON)).toBe('added');
      expect(await suppressions.get('silence', first.doc.silence_id)).toMatchObject({
        doc: { ends_at: SOON, ended_by: 'ann' },
      });
      expect(await suppressions.add(third, first.doc.silence_id, SOON)).toBe('gone');
      expect(await suppressions.get('silence', third.doc.silence_id)).toBeNull();
    });

    it('are listed by kind and state, the newest first, page by page', async () => {
      const { suppressions } = open();
      const pending = aSilence({ starts_at: '2026-11-21T11:00:00.000Z' });
      const expired = aSilence({ ends_at: SOON });
      const active = aSilence();
      for (const kept of [pending, expired, active]) await suppressions.add(kept, null, NOW);
      const at = '2026-11-21T10:45:00.000Z';
      const idsOf = async (state?: 'pending' | 'active' | 'expired', limit = 50, cursor: string | null = null) => {
        const page = await suppressions.list('silence', state ? { state } : {}, { limit, cursor }, at);
        return page.items.map(({ doc }) => ('silence_id' in doc ? doc.silence_id : ''));
      };
      expect(await idsOf('pending')).toContain(pending.doc.silence_id);
      expect(await idsOf('expired')).toContain(expired.doc.silence_id);
      expect(await idsOf('active')).toContain(active.doc.silence_id);
      expect(await idsOf('active')).not.toContain(pending.doc.silence_id);
      expect((await idsOf()).slice(0, 3)).toEqual([active, expired, pending].map(({ doc }) => doc.silence_id));
      const page = await suppressions.list('silence', {}, { limit: 1, cursor: null }, at);
      expect(page.next_cursor).toBe(active.doc.silence_id);
      expect(await idsOf(undefined, 1, page.next_cursor)).toEqual([expired.doc.silence_id]);
      expect((await suppressions.list('inhibit_rule', {}, PAGE, at)).items).toEqual([]);
    });

    it('are forgotten long after they have ended', async () => {
      const { suppressions } = open();
      const old = aSilence();
      await suppressions.add(old, null, NOW);
      const young = aSilence({ starts_at: MUCH_LATER, ends_at: '2027-02-21T13:00:00.000Z' });
      await suppressions.add(young, null, MUCH_LATER);
      expect(await suppressions.get('silence', old.doc.silence_id)).toBeNull();
      expect(await suppressions.get('silence', young.doc.silence_id)).toEqual(young);
    });

    it('show by a stamp that something has changed, and only then', async () => {
      const { suppressions, holds, triage } = open();
      const [bare, whole] = [await suppressions.stamp(false), await suppressions.stamp(true)];
      expect(await suppressions.stamp(false)).toEqual(bare);
      const kept = aSilence();
      await suppressions.add(kept, null, NOW);
      const added = await suppressions.stamp(false);
      expect(added).not.toEqual(bare);
      await suppressions.end('silence', 'nothing', SOON, 'bob');
      expect(await suppressions.stamp(false)).toEqual(added);
      await suppressions.end('silence', kept.doc.silence_id, SOON, 'bob');
      const ended = await suppressions.stamp(false);
      expect(ended).not.toEqual(added);

      const alert = aFreshAlert();
      const { key } = anOccurrence(alert);
      await triage.commit(aBatch({ sources: { firing: [{ key, alert }], over: [] } }));
      expect(await suppressions.stamp(false)).toEqual(ended);
      const firing = await suppressions.stamp(true);
      expect(firing).not.toEqual(whole);
      // An occurrence that no store knows is not open.
      expect(await holds.mendSources([])).toBe(true);
      expect(await suppressions.stamp(true)).not.toEqual(firing);
    });
  });

  describe('held alerts', () => {
    /** A held alert, kept as triage commits it. */
    async function held(held_by: string, until: string | null): Promise<string> {
      const alert = aFreshAlert();
      const decision = aDecision({ action: 'hold', reason: 'silence', until });
      await open().triage.commit(aBatch({ alerts: [{ alert, decision, held_by }] }));
      return alert.alert_id;
    }
    const due = async (): Promise<string[]> => (await open().triage.due(SOON, 10_000)).map((alert) => alert.alert_id);

    it('are due when their time is over, and not before', async () => {
      const [timed, forever] = [await held('silence:A', SOON), await held('inhibit:A', null)];
      expect(await open().triage.due(NOW, 10_000)).not.toContainEqual(expect.objectContaining({ alert_id: timed }));
      expect(await due()).toContain(timed);
      expect(await due()).not.toContain(forever);
      expect(await open().triage.decided([forever])).toEqual([]);
    });

    it('are due as soon as what they depend on is gone', async () => {
      const [gone, there, other] = [
        await held('silence:gone', LATER),
        await held('silence:there', LATER),
        await held('alertmanager:x', null),
      ];
      const { holds } = open();
      expect(await holds.releaseOthers(['silence', 'inhibit'], ['silence:there'], SOON)).toBeGreaterThanOrEqual(1);
      expect(await due()).toContain(gone);
      expect(await due()).not.toContain(there);
      expect(await due()).not.toContain(other);
      expect(await holds.release(['alertmanager:x', 'alertmanager:y'], SOON)).toBe(1);
      expect(await due()).toContain(other);
      expect(await holds.release([], SOON)).toBe(0);
    });

    it('are not brought back once they are decided otherwise', async () => {
      const { triage, holds } = open();
      const alert_id = await held('silence:once', LATER);
      await holds.release(['silence:once'], SOON);
      const [alert] = (await triage.due(SOON, 10_000)).filter((each) => each.alert_id === alert_id);
      await triage.commit(aBatch({ alerts: [{ alert: alert!, decision: aDecision() }] }));
      expect(await holds.release(['silence:once'], SOON)).toBe(0);
      expect(await due()).not.toContain(alert_id);
      expect((await open().alerts.get(alert_id))?.decisions.map(({ action }) => action)).toEqual(['hold', 'drop']);
    });

    it('have repeats that are held with them, as lines', async () => {
      const { triage, alerts } = open();
      const of = await held('silence:B', LATER);
      const repeat = { alert_id: ids.next(), of, run_id: null, reason: 'silence' as const };
      const hold = { until: LATER, by: 'silence:B', explanation: 'we are on it' };
      await triage.commit(aBatch({ repeats: [{ ...repeat, hold }] }));
      const { decision } = (await alerts.get(repeat.alert_id))!;
      expect(decision).toMatchObject({ action: 'hold', reason: 'silence', until: LATER, by: 'silence:B' });
      expect(decision?.explanation).toContain('we are on it');
      const listed = async (action: string) => (await alerts.list({ action }, PAGE)).items.map((each) => each.alert_id);
      expect(await listed('hold')).toContain(repeat.alert_id);
      expect(await listed('drop')).not.toContain(repeat.alert_id);
    });
  });

  describe('alerts that hold others back', () => {
    it('are known from the commit that says so until the one that says they are over', async () => {
      const { triage, holds } = open();
      const alert = aFreshAlert({ labels: { cluster: '支付' } });
      const occurrence = anOccurrence(alert);
      const { key } = occurrence;
      await triage.commit(
        aBatch({ occurrences: [{ occurrence, expected: 0 }], sources: { firing: [{ key, alert }], over: [] } }),
      );
      expect(await holds.sources([key, 'other'])).toEqual([{ key, alert }]);
      expect((await holds.sourceKeys(10_000)).map((source) => source.key)).toContain(key);
      expect(await holds.mendSources([])).toBe(false);
      await triage.commit(aBatch({ sources: { firing: [], over: [key] } }));
      expect(await holds.sources([key])).toEqual([]);
    });

    it('are found among open occurrences, and only those are taken', async () => {
      const { triage, holds } = open();
      const [open1, closed] = [aFreshAlert(), aFreshAlert()];
      const [first, second] = [anOccurrence(open1), anOccurrence(closed, { open: false, resolved_at: NOW })];
      await triage.commit(
        aBatch({
          alerts: [open1, closed].map((alert) => ({
            alert,
            decision: aDecision(),
          })),
          occurrences: [first, second].map((occurrence) => ({ occurrence, expected: 0 })),
        }),
      );
      const found = [];
      for (let after: string | null = null; ;) {
        const page: Awaited<ReturnType<typeof holds.openAlerts>> = await holds.openAlerts(after, 2);
        found.push(...page);
        const last = page.at(-1);
        if (!last) break;
        after = last.key;
      }
      expect(found).toContainEqual({ key: first.key, alert: open1 });
      expect(found.map(({ key }) => key)).not.toContain(second.key);
      const all = [
        { key: first.key, alert: open1 },
        { key: second.key, alert: closed },
      ];
      expect(await holds.mendSources(all)).toBe(true);
      expect((await holds.sourceKeys(10_000)).map(({ key }) => key)).toContain(first.key);
      expect((await holds.sourceKeys(10_000)).map(({ key }) => key)).not.toContain(second.key);
      expect(await holds.mendSources(all)).toBe(false);
    });

    it('tell for which rules they were looked for', async () => {
      const { holds } = open();
      await holds.setSourcesFor('these');
      expect(await holds.sourcesFor()).toBe('these');
      await holds.setSourcesFor('those');
      expect(await holds.sourcesFor()).toBe('those');
    });
  });
}
