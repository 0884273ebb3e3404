import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createIds } from '../../src/domain/id.js';
import type { Storm } from '../../src/domain/decision/storm.js';
import type { AlertFilter } from '../../src/domain/decision/alert-view.js';
import type { Store } from '../../src/domain/store.js';
import type { Rule } from '../../src/domain/rule/rule.js';
import { aBatch, aDecision, aFreshAlert, aNewRun, AT, finish, ids } from '../helper/store-world.js';

const LATER = '2026-11-21T10:00:20.000Z';
const NOTHING = { notice: null, audit: null };

/** What every store promises about what limits triage, and about finding out what was decided. */
export function limitsSuite(store: () => Store): void {
  describe('limits', () => {
    it('lets one of two use what is left of a budget', async () => {
      const key = `rate:${ids.next()}`;
      const used = { key, starts: [AT], run_id: null, ends_at: LATER, expected: 0 };
      const { triage, budgets } = store();
      expect(
        await Promise.all([triage.commit(aBatch({ budgets: [used] })), triage.commit(aBatch({ budgets: [used] }))]),
      ).toEqual(expect.arrayContaining(['committed', 'conflict']));
      expect(await budgets.find([key, 'never used'])).toEqual([
        { key, starts: [AT], run_id: null, run_ended_at: null, ends_at: LATER, version: 1 },
      ]);
      const next = { ...used, starts: [AT, LATER], expected: 1 };
      expect(await triage.commit(aBatch({ budgets: [next] }))).toBe('committed');
      expect(await triage.commit(aBatch({ budgets: [next] }))).toBe('conflict');
    });

    it('writes nothing of a decision whose budget was used meanwhile', async () => {
      const key = `rate:${ids.next()}`;
      const used = { key, starts: [AT], run_id: null, ends_at: LATER, expected: 0 };
      const alert = aFreshAlert();
      const { triage, alerts } = store();
      await triage.commit(aBatch({ budgets: [used] }));
      const batch = aBatch({
        alerts: [{ alert, decision: aDecision() }],
        budgets: [used],
      });
      expect(await triage.commit(batch)).toBe('conflict');
      expect(await alerts.get(alert.alert_id)).toBeNull();
    });

    it('knows when the last run of a group ended', async () => {
      const key = `group:${ids.next()}`;
      const opened = aNewRun();
      const { run_id } = opened.run;
      const { triage, runs, budgets } = store();
      await triage.commit(
        aBatch({ runs: [opened], budgets: [{ key, starts: [], run_id, ends_at: LATER, expected: 0 }] }),
      );
      expect(await budgets.find([key])).toMatchObject([{ run_id, run_ended_at: null }]);
      const finished = finish(opened.run);
      await runs.apply({ before: opened.run, ...finished });
      expect(await budgets.find([key])).toMatchObject([{ run_id, run_ended_at: finished.after.finished_at }]);
    });

    it('sums what all processes count, and fences the changes of a storm', async () => {
      const scope = ids.next();
      const { storm } = store();
      const count = (second: string, starts: number) => ({ scope, second, alerts: 1, starts });
      await storm.tally([count(AT, 2), count(LATER, 3)], AT);
      const { sums } = await storm.tally([count(LATER, 4)], AT);
      expect(sums.find((sum) => sum.scope === scope)).toEqual({ scope, alerts: 2, starts: 7 });
      const raised: Storm = {
        scope,
        level: 2,
        since: AT,
        changed_at: AT,
        calm_since: null,
        calm_level: 0,
        rates: { alerts: 2, starts: 7 },
        peak: 2,
      };
      const notice = {
        notice_id: `notice:${ids.next()}`,
        subject: 'Storm',
        text: 'much',
        severity: 'critical' as const,
        channels: null,
        created_at: AT,
      };
      const audit = { audit_id: ids.next(), at: AT, who: 'storm', what: 'storm_rose', target: scope, details: {} };
      expect(await storm.move(raised, 0, { notice, audit })).toBe('moved');
      expect(await storm.move(raised, 0, NOTHING)).toBe('conflict');
      expect((await storm.current(AT)).filter((known) => known.scope === scope)).toEqual([raised]);
      expect((await storm.tally([], LATER)).storms).toContainEqual({ storm: raised, version: 1 });
      const claimed = await store().outbox.claim(60_000, 100);
      const { notice_id, created_at, ...told } = notice;
      expect(claimed.find(({ outbox_id }) => outbox_id === notice_id)).toMatchObject({
        run_id: '',
        created_at,
        notice: told,
        tried: {},
        sent: [],
      });
      await store().outbox.record(notice_id, [], LATER, null);
      expect((await store().audit.list({ limit: 200, cursor: null })).items).toContainEqual(audit);
      expect(await storm.move({ ...raised, level: 0 }, 1, NOTHING)).toBe('moved');
      expect((await storm.current(AT)).filter((known) => known.scope === scope)).toEqual([]);
      const ended: Storm = { ...raised, level: 0, ended: { by: 'ann', reason: 'known', until: LATER } };
      expect(await storm.move(ended, 2, NOTHING)).toBe('moved');
      expect((await storm.current(AT)).filter((known) => known.scope === scope)).toEqual([ended]);
      expect((await storm.current(LATER)).filter((known) => known.scope === scope)).toEqual([]);
    });

    it('sums up what a storm brought, by service and name', async () => {
      const service_name = ids.next();
      const from = new Date().toISOString();
      const { triage, storm } = store();
      const one = (alert_name: string, held: boolean) => ({
        alert: aFreshAlert({ service_name, alert_name }),
        decision: held ? aDecision({ action: 'hold', reason: 'storm', by: 'storm', until: LATER }) : aDecision(),
      });
      await triage.commit(aBatch({ alerts: [one('A', true), one('A', true), one('B', false)] }));
      const to = new Date(Date.now() + 60_000).toISOString();
      expect(await storm.summary(service_name, from, to)).toEqual({
        alerts: 3,
        held: 2,
        runs: 0,
        shares: [
          { service_name, alert_name: 'A', alerts: 2, held: 2 },
          { service_name, alert_name: 'B', alerts: 1, held: 0 },
        ],
      });
    });

    it('tells once, and in one message, of alerts that no rule took', async () => {
      const alerts = [
        aFreshAlert({ alert_name: 'Alone' }),
        ...['1', '2'].map(() => aFreshAlert({ alert_name: 'Twice' })),
      ];
      const { triage, unmatched, outbox } = store();
      await triage.commit(aBatch({ unmatched: alerts }));
      const received = Date.parse(alerts[0]?.received_at ?? '');
      const now = new Date(received + 10_000).toISOString();
      const times = { gather_ms: 3_000, pause_ms: 60_000 };
      const said: string[] = [];
      const tell = (at: string) =>
        unmatched.tell(at, times, (batch) => {
          said.push(
            `${batch.count} of ${batch.kinds}: ${batch.first.map((kind) => `${kind.count} ${kind.alert_name}`).join()}`,
          );
          return {
            notice_id: `notice:${ids.next()}`,
            created_at: at,
            subject: 's',
            text: 't',
            severity: 'critical',
            channels: ['slack'],
          };
        });
      expect(await tell(new Date(received + 1_000).toISOString())).toBe(0);
      expect(await Promise.all([tell(now)])).toEqual([3]);
      expect(await tell(now)).toBe(0);
      expect(said).toEqual(['3 of 2: 2 Twice,1 Alone']);
      await triage.commit(aBatch({ unmatched: [aFreshAlert({ alert_name: 'Later' })] }));
      expect(await tell(new Date(received + 30_000).toISOString())).toBe(0);
      expect(await tell(new Date(received + 80_000).toISOString())).toBe(1);
      const queued = await outbox.claim(60_000, 200);
      expect(queued.filter(({ notice }) => notice?.channels?.[0] === 'slack')).toHaveLength(2);
      for (const { outbox_id } of queued) await outbox.record(outbox_id, [], LATER, null);
    });

    it('keeps every set of rules that was in force, and how often each rule matched', async () => {
      const { ruleHistory, ruleCounts } = store();
      const name = ids.next();
      const one: Rule[] = [{ rule_id: `A${name}`, alert_name: name, playbook_id: 'P' }];
      const two: Rule[] = [...one, { rule_id: `B${name}`, alert_name: 'any', playbook_id: 'P' }];
      await ruleHistory.record(one, AT);
      await ruleHistory.record([...one], LATER);
      await ruleHistory.record(two, '2026-11-21T10:01:00.000Z');
      await ruleHistory.record(one, '2026-11-21T10:02:00.000Z');
      const { items } = await ruleHistory.versions({ limit: 3, cursor: null });
      expect(items.map(({ in_force_at, rule_count }) => [in_force_at.slice(14, 19), rule_count])).toEqual([
        ['02:00', 1],
        ['01:00', 2],
        ['00:00', 1],
      ]);
      expect(items[0]?.version).toBe(items[2]?.version);
      expect(await ruleHistory.rulesOf(items[1]?.version ?? '')).toEqual(
        [...two].sort((a, b) => (a.rule_id < b.rule_id ? -1 : 1)),
      );
      expect(await ruleHistory.at('2026-11-21T10:01:30.000Z')).toEqual(items[1]);
      expect(await ruleHistory.at('2020-01-01T00:00:00.000Z')).toBeNull();
      expect(await ruleHistory.rulesOf('unknown')).toBeNull();
      await ruleCounts.add([{ rule_id: `A${name}`, matched: 2, last_at: LATER }]);
      await ruleCounts.add([{ rule_id: `A${name}`, matched: 3, last_at: AT }]);
      expect(await ruleCounts.find([`A${name}`, 'never'])).toEqual([
        { rule_id: `A${name}`, matched: 5, last_at: LATER },
      ]);
    });

    it('keeps one line of an alert that is held for the same reason again and again', async () => {
      const alert = aFreshAlert();
      const { triage, alerts } = store();
      const held = (reason: 'storm' | 'cooldown', until: string) =>
        triage.commit(
          aBatch({
            alerts: [
              {
                alert,
                decision: aDecision({ action: 'hold', reason, by: reason, until }),
              },
            ],
          }),
        );
      for (const until of ['10:01', '10:02', '10:03'])
        expect(await held('storm', `2026-11-21T${until}:00.000Z`)).toBe('committed');
      await held('cooldown', '2026-11-21T10:04:00.000Z');
      await held('storm', '2026-11-21T10:05:00.000Z');
      expect(
        (await alerts.get(alert.alert_id))?.decisions.map(({ reason, until }) => [reason, until?.slice(14, 16)]),
      ).toEqual([
        ['storm', '03'],
        ['cooldown', '04'],
        ['storm', '05'],
      ]);
    });
  });

  describe('what is over', () => {
    it('is forgotten: limits, storms, and what people were told of them', async () => {
      const [key, kept] = [`rate:${ids.next()}`, `rate:${ids.next()}`];
      const notice_id = `notice:${ids.next()}`;
      const scope = ids.next();
      const { triage, budgets, notices, outbox, storm, retention } = store();
      const budget = { starts: [AT], run_id: null, expected: 0 };
      await triage.commit(
        aBatch({
          budgets: [
            { ...budget, key, ends_at: LATER },
            { ...budget, key: kept, ends_at: '2026-12-24T10:00:00.000Z' },
          ],
        }),
      );
      const text = { subject: 's', text: 't', severity: 'info' as const, channels: null };
      await notices.add({ ...text, notice_id, created_at: AT });
      await notices.add({ ...text, notice_id, created_at: AT });
      const over: Storm = {
        scope,
        level: 0,
        since: AT,
        changed_at: AT,
        calm_since: null,
        calm_level: 0,
        rates: { alerts: 0, starts: 0 },
        peak: 1,
      };
      await storm.move(over, 0, NOTHING);
      await outbox.record(notice_id, [{ channel: 'slack', type: 'sent', target: 'x' }], AT, null);
      const none = { max_age_ms: null, max_count: null };
      const policy = { alerts: none, runs: none, dead_letters: none, audit: none };
      await retention.prune(policy, '2026-12-24T10:00:00.000Z', new AbortController().signal);
      expect((await budgets.find([key, kept])).map((found) => found.key)).toEqual([kept]);
      expect(await storm.move(over, 0, NOTHING)).toBe('moved');
      await notices.add({ ...text, notice_id, created_at: AT });
      const queued = await outbox.claim(60_000, 200);
      expect(queued.find(({ outbox_id }) => outbox_id === notice_id)).toMatchObject({ attempts: 1, sent: [] });
      await outbox.record(notice_id, [], LATER, null);
    });
  });

  describe('the ledger', () => {
    it('finds alerts by any field, label, decision and time, also where few of many match', async () => {
      const service_name = ids.next();
      const { triage, alerts } = store();
      // Ids tell the time, as those of the intake do.
      const then = createIds(() => Date.parse(AT), randomBytes);
      const made = Array.from({ length: 40 }, (_, n) =>
        aFreshAlert({
          alert_id: then.next(),
          service_name,
          alert_name: n % 2 === 0 ? 'High_CPU' : 'High_Latency',
          host_ip: `10.0.0.${n}`,
          metric_value: n,
          group_key: n < 5 ? 'few' : 'many',
          description: n === 7 ? 'The Disk is full' : 'something else',
          timestamp: new Date(Date.parse(AT) - n * 1_000).toISOString(),
          ends_at: n === 6 ? LATER : null,
          annotations: { team: `ops-${n % 20}` },
          ...(n === 8 ? { momentary: true as const } : {}),
          labels: { env: n === 3 ? 'prod' : 'test', team: `pay-${n}` },
          received_at: new Date(Date.parse(AT) + n * 1_000).toISOString(),
        }),
      );
      const decisionOf = (n: number) =>
        n === 9
          ? aDecision({ action: 'hold', reason: 'storm', by: 'storm', rule_id: 'R9', until: LATER })
          : aDecision();
      await triage.commit(
        aBatch({
          alerts: made.map((alert, n) => ({ alert, decision: decisionOf(n) })),
        }),
      );
      async function found(filter: AlertFilter): Promise<number[]> {
        const items: number[] = [];
        let cursor: string | null = null;
        do {
          const page = await alerts.list({ service_name, ...filter }, { limit: 7, cursor });
          items.push(...page.items.map((alert) => alert.metric_value ?? -1));
          cursor = page.next_cursor;
        } while (cursor !== null);
        return items;
      }
      expect(await found({})).toEqual(made.map((_, n) => n).reverse());
      expect(await found({ host_ip: '10.0.0.12' })).toEqual([12]);
      expect(await found({ matchers: ['env="prod"'] })).toEqual([3]);
      expect(await found({ matchers: ['env="test"', 'team=~"pay-1.?"'] })).toHaveLength(11);
      expect(await found({ group_key: 'few' })).toEqual([4, 3, 2, 1, 0]);
      expect(await found({ alert_name: '/.*_CPU/', min_value: 35 })).toEqual([38, 36]);
      expect(await found({ alert_name: 'High_CPU', max_value: 2 })).toEqual([2, 0]);
      expect(await found({ text: 'disk IS' })).toEqual([7]);
      expect(await found({ rule_id: 'R9' })).toEqual([9]);
      expect(await found({ by: 'storm', reason: 'storm', action: 'hold' })).toEqual([9]);
      expect(await found({ since: made[38]?.received_at ?? '' })).toEqual([39, 38]);
      expect(await found({ until: made[2]?.received_at ?? '' })).toEqual([1, 0]);
      expect(await found({ fingerprint: made[5]?.fingerprint ?? '' })).toEqual([5]);
      expect(await found({ alert_id: made[11]?.alert_id ?? '' })).toEqual([11]);
      expect(await found({ alert_id: 'nothing' })).toEqual([]);
      expect(await found({ metric_value: 13 })).toEqual([13]);
      expect(await found({ momentary: true })).toEqual([8]);
      expect(await found({ momentary: false })).toHaveLength(39);
      expect(await found({ description: 'The Disk is full' })).toEqual([7]);
      expect(await found({ description: '/The .* full/' })).toEqual([7]);
      expect(await found({ description: 'The Disk' })).toEqual([]);
      expect(await found({ timestamp: made[4]?.timestamp ?? '' })).toEqual([4]);
      expect(await found({ ends_at: LATER })).toEqual([6]);
      expect(await found({ annotation_matchers: ['team=~"ops-1[78]"'] })).toEqual([38, 37, 18, 17]);
      await expect(alerts.list({ matchers: ['env="'] }, { limit: 1, cursor: null })).rejects.toMatchObject({
        code: 'invalid',
      });
      await expect(alerts.list({ alert_name: '/(/' }, { limit: 1, cursor: null })).rejects.toMatchObject({
        code: 'invalid',
      });
    });
  });
}
