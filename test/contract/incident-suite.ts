import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Alert } from '../../src/domain/alert/alert.js';
import type { IncidentCommand } from '../../src/domain/incident/incident.js';
import type { IncidentNews, IncidentRules } from '../../src/domain/incident/incident-rules.js';
import type { Store } from '../../src/domain/store.js';
import { Fates, incidentRules } from '../helper/incident-world.js';
import { aBatch, aNewRun, AT, finish, ids, PLAYBOOK } from '../helper/store-world.js';

const PAGE = { limit: 50, cursor: null };
const MINUTE = 60_000;

/** What every store promises about incidents, on one store for the whole suite: each test has services of its own. */
export function incidentSuite(name: string, open: () => Promise<Store>): void {
  describe(`incidents on ${name}`, () => {
    let store: Store;
    let fates: Fates;
    let now = Date.parse('2026-11-21T10:00:05.000Z');
    let service = '';

    beforeAll(async () => {
      store = await open();
      fates = new Fates(store);
      await store.playbooks.record([PLAYBOOK], AT);
    }, 60_000);
    afterAll(() => store.stop());
    beforeEach(() => {
      service = `service-${ids.next()}`;
      // Nothing of one test may be opened again by another.
      now += 24 * 60 * MINUTE;
    });

    const at = (): string => new Date(now).toISOString();
    const received = (over: Partial<Alert> = {}): Partial<Alert> => ({
      service_name: service,
      received_at: at(),
      ...over,
    });

    async function follow(rules: IncidentRules = incidentRules()): Promise<void> {
      for (let round = 0; round < 100; round++) if (!(await store.incidents.follow(rules, at())).more) return;
      throw new Error('there is always more');
    }

    /** The incidents of a service, the newest first. */
    async function of(service_name: string) {
      return (await store.incidents.list({ service_name }, PAGE, at())).items;
    }

    async function only(service_name = service) {
      const found = await of(service_name);
      expect(found).toHaveLength(1);
      return (await store.incidents.get(found[0]!.incident_id, at()))!;
    }

    function act(incident_id: string, command: IncidentCommand, rules = incidentRules()) {
      return store.incidents.act(incident_id, command, rules, at());
    }

    it('opens with the first alert of a service, takes the others in, and ends with the last of them', async () => {
      expect(await store.incidents.pending(at())).toBe(false);
      const first = await fates.fires(received({ alert_name: 'Slow', severity: 'warning' }));
      expect(await store.incidents.pending(at())).toBe(true);
      await follow();
      expect(await store.incidents.pending(at())).toBe(false);
      const second = await fates.fires(received({ alert_name: 'Down', severity: 'critical' }));
      await follow();
      expect(await only()).toMatchObject({
        title: `Slow on ${service}`,
        state: 'open',
        service_names: [service],
        severity: 'critical',
        current_severity: 'critical',
        priority: 'P1',
        alert_count: 2,
        firing_count: 2,
        alerts: [{ alert_id: first.alert_id, severity: 'warning' }, { alert_id: second.alert_id }],
      });
      await fates.resolves(second);
      await follow();
      expect(await only()).toMatchObject({
        state: 'open',
        severity: 'critical',
        current_severity: 'warning',
        firing_count: 1,
      });
      await fates.resolves(first);
      now += MINUTE;
      await follow();
      const ended = await only();
      expect(ended).toMatchObject({ state: 'resolved', resolved_at: at(), resolved_by: null, current_severity: null });
      expect(ended.timeline.map((entry) => entry.type)).toEqual([
        'opened',
        'alert_joined',
        'alert_joined',
        'priority_changed',
        'alert_resolved',
        'alert_resolved',
        'resolved',
      ]);
    });

    it('says nothing new when the same is looked at again', async () => {
      const alert = await fates.fires(received());
      await follow();
      const before = await only();
      await fates.says(alert, { received_at: at() });
      await follow();
      expect(await only()).toEqual(before);
    });

    it.each([
      ['a silence', { action: 'hold', reason: 'silence', until: '2999-01-01T00:00:00.000Z' }, 0],
      ['a maintenance window', { action: 'hold', reason: 'maintenance_window', until: '2999-01-01T00:00:00.000Z' }, 0],
      ['an inhibition', { action: 'hold', reason: 'inhibition', until: '2999-01-01T00:00:00.000Z' }, 0],
      ['the configuration', { reason: 'filtered' }, 0],
      ['a cooldown', { action: 'hold', reason: 'cooldown', until: '2999-01-01T00:00:00.000Z' }, 1],
      ['a storm', { action: 'hold', reason: 'storm', until: '2999-01-01T00:00:00.000Z' }, 1],
      ['flapping', { action: 'hold', reason: 'flapping', until: '2999-01-01T00:00:00.000Z' }, 1],
      ['a playbook that is off', { reason: 'playbook_off' }, 1],
      ['no rule at all', { reason: 'no_match' }, 1],
    ] as const)('what is held back or dropped by %s has its place', async (_what, decision, count) => {
      await fates.fires(received(), decision);
      await follow();
      expect(await of(service)).toHaveLength(count);
    });

    it('takes a silenced alert in when the silence is over, and a symptom into the incident of its cause', async () => {
      const until = '2999-01-01T00:00:00.000Z';
      const silenced = await fates.fires(received(), { action: 'hold', reason: 'silence', until });
      const symptom = await fates.fires(received(), { action: 'hold', reason: 'inhibition', until });
      await follow();
      expect(await of(service)).toEqual([]);
      await fates.isDecided(silenced, { reason: 'no_match' });
      await fates.says(symptom, {}, { action: 'hold', reason: 'inhibition', until });
      await follow();
      expect((await only()).alerts.map((alert) => alert.alert_id)).toEqual([silenced.alert_id, symptom.alert_id]);
    });

    it('has no place for what does not last, nor for the end of what was never heard of', async () => {
      await fates.fires(received({ momentary: true }));
      await fates.fires(received({ status: 'resolved' }), { reason: 'resolved' });
      await follow();
      expect(await of(service)).toEqual([]);
    });

    it('knows a condition that has begun and ended between two looks', async () => {
      const alert = await fates.fires(received());
      await fates.resolves(alert);
      await follow();
      expect(await only()).toMatchObject({ state: 'resolved', alert_count: 1, firing_count: 0 });
    });

    it('keeps alerts without a service together by their group', async () => {
      const group_key = ids.next();
      const alerts = [
        await fates.fires(received({ service_name: null, group_key })),
        await fates.fires(received({ service_name: null, group_key })),
        await fates.fires(received({ service_name: null, group_key: `${group_key}-other` })),
      ];
      await follow();
      const found = await Promise.all(alerts.map((alert) => store.incidents.ofAlert(alert)));
      expect(found[1]).toEqual(found[0]);
      expect(found[2]!.incident_id).not.toBe(found[0]!.incident_id);
      expect(found[0]).toMatchObject({ service_names: [], priority: 'P2' });
    });

    it('makes one of two incidents when a service between them fails: the younger goes into the older', async () => {
      const [web, api, db] = ['web', 'api', 'db'].map((part) => `${part}-${service}`) as [string, string, string];
      const rules = incidentRules({ depth: 1 }, { [web]: [api], [api]: [db] });
      const older = await fates.fires(received({ service_name: web }));
      await follow(rules);
      now += MINUTE;
      const { run_id } = (await anOpenRun(store)).run;
      await fates.fires(received({ service_name: db }), { action: 'run', reason: null, run_id, run_ids: [run_id] });
      await follow(rules);
      const [young] = await of(db);
      const [old] = await of(web);
      expect(young!.incident_id).not.toBe(old!.incident_id);
      await act(young!.incident_id, { type: 'acknowledge', by: 'ann', comment: null }, rules);
      now += MINUTE;
      await fates.fires(received({ service_name: api }));
      await follow(rules);
      const whole = (await store.incidents.get(old!.incident_id, at()))!;
      expect(whole).toMatchObject({
        state: 'acknowledged',
        acknowledged_by: 'ann',
        service_names: [web, db, api],
        priority: 'P0',
        alert_count: 3,
        firing_count: 3,
        runs: [{ run_id }],
      });
      const part = (await store.incidents.get(young!.incident_id, at()))!;
      expect(part).toMatchObject({
        state: 'resolved',
        merged_into: old!.incident_id,
        alerts: [],
        runs: [],
        firing_count: 0,
      });
      for (const one of [whole, part]) expect(one.timeline.some((entry) => entry.type === 'merged')).toBe(true);
      expect((await store.incidents.ofAlert(older))?.incident_id).toBe(old!.incident_id);
      await expect(act(young!.incident_id, { type: 'note', by: 'ann', text: 'x' }, rules)).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringContaining(old!.incident_id) as string,
      });
    });

    it('joins incidents that are found to be connected when the configuration says so', async () => {
      const [a, b] = [`a-${service}`, `b-${service}`];
      await fates.fires(received({ service_name: a }));
      await fates.fires(received({ service_name: b }));
      await follow();
      await store.incidents.connect(incidentRules({}, { [a]: [b] }), at());
      const open = [...(await of(a)), ...(await of(b))].filter((incident) => incident.state === 'open');
      expect(new Set(open.map((incident) => incident.incident_id)).size).toBe(1);
      expect(open[0]).toMatchObject({ service_names: [a, b], firing_count: 2 });
    });

    it('opens an incident again when it fires soon after, and a new one later', async () => {
      const rules = incidentRules({ reopen_within: '10m' });
      await fates.resolves(await fates.fires(received()));
      await follow(rules);
      now += 9 * MINUTE;
      const again = await fates.fires(received());
      await follow(rules);
      expect(await only()).toMatchObject({ state: 'open', reopen_count: 1, reopened_at: at(), resolved_at: null });
      await fates.resolves(again);
      await follow(rules);
      now += 11 * MINUTE;
      await fates.fires(received());
      await follow(rules);
      expect((await of(service)).map((incident) => incident.state)).toEqual(['open', 'resolved']);
    });

    it('refuses to open one again while another is open for its services, and names that', async () => {
      const rules = incidentRules({ reopen_within: 0 });
      await fates.resolves(await fates.fires(received()));
      await follow(rules);
      const { incident_id } = await only();
      await fates.fires(received());
      await follow(rules);
      const [open] = await of(service);
      expect(open!.incident_id).not.toBe(incident_id);
      await expect(act(incident_id, { type: 'reopen', by: 'ann', comment: null }, rules)).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringContaining(open!.incident_id) as string,
      });
    });

    it('counts what repeats an alert word for word, without touching the incident', async () => {
      const alert = await fates.fires(received());
      await follow();
      for (let n = 0; n < 3; n++)
        await store.triage.commit(
          aBatch({ repeats: [{ alert_id: ids.next(), of: alert.alert_id, reason: 'no_match', run_id: null }] }),
        );
      expect(await store.incidents.pending(at())).toBe(false);
      expect((await only()).alerts).toMatchObject([{ repeat_count: 3 }]);
    });

    it('tells of runs, with how they ended', async () => {
      const opened = await anOpenRun(store);
      const { run_id } = opened.run;
      await fates.fires(received(), { action: 'run', reason: null, run_id, run_ids: [run_id] });
      await follow();
      await store.runs.apply({ before: opened.run, ...finish(opened.run) });
      const { runs, timeline } = await only();
      expect(runs).toMatchObject([{ run_id, playbook_id: 'PB-Test', state: 'succeeded', outcome: 'nothing_done' }]);
      expect(timeline.filter((entry) => entry.run_id === run_id).map((entry) => entry.type)).toEqual([
        'run_started',
        'run_ended',
      ]);
    });

    it('does what people tell it, and refuses what does not fit', async () => {
      const alert = await fates.fires(received());
      await follow();
      const { incident_id } = await only();
      const by = 'ann';
      const steps: readonly [IncidentCommand, string | Record<string, unknown>][] = [
        [{ type: 'reopen', by, comment: null }, 'is open'],
        [
          { type: 'acknowledge', by, comment: 'mine' },
          { state: 'acknowledged', acknowledged_by: by },
        ],
        [{ type: 'acknowledge', by: 'bob', comment: null }, 'acknowledged by ann'],
        [{ type: 'assign', by, assignee: 'carl' }, { assignee: 'carl' }],
        [
          { type: 'priority', by, impact: 'low', urgency: 'low' },
          { priority: 'P4', priority_by: by, response_level: 5 },
        ],
        [{ type: 'note', by, text: 'looking' }, {}],
        [
          { type: 'resolve', by, comment: 'fixed' },
          { state: 'resolved', resolved_by: by },
        ],
        [{ type: 'resolve', by, comment: null }, 'was resolved'],
        [{ type: 'acknowledge', by, comment: null }, 'was resolved'],
        [{ type: 'note', by, text: 'afterwards' }, {}],
        [
          { type: 'reopen', by, comment: null },
          { state: 'open', reopen_count: 1, assignee: 'carl' },
        ],
      ];
      for (const [command, expected] of steps) {
        now += 1_000;
        const done = act(incident_id, command);
        if (typeof expected === 'string')
          await expect(done).rejects.toMatchObject({
            code: 'conflict',
            message: expect.stringContaining(expected) as string,
          });
        else expect((await done).incident).toMatchObject(expected);
      }
      await expect(act(ids.next(), { type: 'note', by, text: 'x' })).rejects.toMatchObject({ code: 'not_found' });
      await fates.resolves(alert);
      await follow();
      const ended = await only();
      expect(ended.state).toBe('resolved');
      expect(ended.timeline.filter((entry) => entry.who === by).map((entry) => [entry.type, entry.message])).toEqual([
        ['acknowledged', 'acknowledged: mine'],
        ['assigned', 'to carl'],
        ['priority_changed', 'P1 → P4: impact low, urgency low'],
        ['note', 'looking'],
        ['resolved', 'resolved while 1 alert fires: fixed'],
        ['note', 'afterwards'],
        ['reopened', 'reopened'],
      ]);
    });

    it('warns once before a clock runs out and tells once that it has, to those who are to hear of it', async () => {
      const told: IncidentNews[] = [];
      const rules = incidentRules({ notify: ['webhook'] }, {}, told);
      await fates.fires(received());
      await follow(rules);
      expect(told).toEqual([]);
      const begun = now;
      for (const minutes of [1, 11, 12, 13, 16, 17]) {
        now = begun + minutes * MINUTE;
        await follow(rules);
      }
      expect(told.map((news) => news.what)).toEqual(['opened', 'acknowledge_warning', 'acknowledge_breached']);
      const late = await only();
      expect(late).toMatchObject({ acknowledge_breached: true, resolve_breached: false });
      expect(late.timeline.map((entry) => entry.type)).toContain('clock_breached');
      await act(late.incident_id, { type: 'acknowledge', by: 'ann', comment: null }, rules);
      now = begun + 5 * 60 * MINUTE;
      await follow(rules);
      await follow(rules);
      // The warning was due while nobody looked: then only that the time is over.
      expect(told.slice(3).map((news) => news.what)).toEqual(['resolve_breached']);
      const queued = await store.outbox.claim(1_000, 100);
      expect(queued.filter((entry) => entry.notice?.subject === '1 news')).toHaveLength(4);
    });

    it('does not wait for ever to tell what nobody is to hear of any more', async () => {
      await fates.fires(received());
      await follow(incidentRules({ notify: ['webhook'] }, {}, []));
      now += MINUTE;
      expect(await store.incidents.pending(at())).toBe(true);
      await follow();
      expect(await store.incidents.pending(at())).toBe(false);
    });

    it('puts news of many incidents into one message, and says nothing of those that were over before', async () => {
      const told: IncidentNews[] = [];
      const rules = incidentRules({ notify: ['webhook'] }, {}, told);
      for (let n = 0; n < 5; n++) await fates.fires(received({ service_name: `${service}-${n}` }));
      await fates.resolves(await fates.fires(received({ service_name: `${service}-blip` })));
      await follow(rules);
      now += 20_000;
      const round = await store.incidents.follow(rules, at());
      expect(round.notices).toBe(1);
      const own = told.filter(({ incident }) => incident.title.includes(service));
      expect(own.map((news) => news.what)).toEqual(Array.from({ length: 5 }, () => 'opened'));
    });

    it('lists by each filter, newest first, page by page', async () => {
      for (const severity of ['critical', 'warning', 'info'] as const)
        await fates.fires(received({ service_name: `${service}-${severity}`, severity }));
      await follow();
      const since = at();
      const all = (await store.incidents.list({ since }, PAGE, at())).items;
      expect(all.map((incident) => incident.severity)).toEqual(['info', 'warning', 'critical']);
      await act(all[0]!.incident_id, { type: 'assign', by: 'ann', assignee: 'ann' });
      const asked = async (filter: object) =>
        (await store.incidents.list({ since, ...filter }, PAGE, at())).items.map((incident) => incident.severity);
      expect(await asked({ severity: 'warning' })).toEqual(['warning']);
      expect(await asked({ priority: 'P3' })).toEqual(['info']);
      expect(await asked({ assignee: 'ann' })).toEqual(['info']);
      expect(await asked({ state: 'resolved' })).toEqual([]);
      expect(await asked({ service_name: `${service}-critical` })).toEqual(['critical']);
      const page = await store.incidents.list({ since }, { limit: 2, cursor: null }, at());
      const next = await store.incidents.list({ since }, { limit: 2, cursor: page.next_cursor }, at());
      expect([...page.items, ...next.items].map((incident) => incident.incident_id)).toEqual(
        all.map((incident) => incident.incident_id),
      );
      expect(next.next_cursor).toBeNull();
      await act(all[1]!.incident_id, { type: 'resolve', by: 'ann', comment: null });
      expect(await asked({ open: true })).toEqual(['info', 'critical']);
      expect(await asked({ open: false })).toEqual(['warning']);
    });

    it('knows the incident of an alert, of its repeats and its end, and not that of an earlier one', async () => {
      const alert = await fates.fires(received());
      await follow();
      const { incident_id } = await only();
      const end = await fates.resolves(alert);
      now += MINUTE;
      await follow();
      for (const one of [alert, end]) expect(await store.incidents.ofAlert(one)).toMatchObject({ incident_id });
      now += MINUTE;
      const later = { ...alert, alert_id: ids.next(), received_at: at() };
      expect(await store.incidents.ofAlert(later)).toBeNull();
      expect(await store.incidents.ofAlert({ ...alert, alert_id: '01000000000000000000000000' })).toBeNull();
    });

    it('counts what is not resolved by priority', async () => {
      const before = await store.incidents.countOpen();
      await fates.fires(received({ severity: 'info' }));
      await follow();
      const after = await store.incidents.countOpen();
      expect((after.P3 ?? 0) - (before.P3 ?? 0)).toBe(1);
    });

    it('takes in what was decided by several at once, once', async () => {
      const services = Array.from({ length: 30 }, (_, n) => `${service}-${n % 10}`);
      for (const service_name of services) await fates.fires(received({ service_name }));
      const rules = incidentRules();
      await Promise.all(Array.from({ length: 4 }, () => store.incidents.follow(rules, at())));
      await follow();
      for (const service_name of new Set(services))
        expect(await only(service_name)).toMatchObject({ alert_count: 3, firing_count: 3 });
    });

    it('forgets what was resolved as long ago as alerts are kept, and nothing that is open', async () => {
      const over = await fates.fires(received());
      const lasting = await fates.fires(received({ service_name: `${service}-lasting` }));
      await fates.resolves(over);
      await follow();
      const [gone] = await of(service);
      const day = { max_age_ms: 24 * 60 * MINUTE, max_count: null };
      const all = { max_age_ms: null, max_count: null };
      const policy = { alerts: day, runs: all, dead_letters: all, audit: all };
      const prune = () => store.retention.prune(policy, at(), new AbortController().signal);
      now += 23 * 60 * MINUTE;
      await prune();
      expect(await of(service)).toHaveLength(1);
      now += 2 * 60 * MINUTE;
      expect((await prune()).incidents).toBeGreaterThan(0);
      expect(await of(service)).toEqual([]);
      expect(await store.incidents.get(gone!.incident_id, at())).toBeNull();
      expect(await store.incidents.ofAlert(over)).toBeNull();
      expect(await store.incidents.ofAlert(lasting)).toMatchObject({ state: 'open' });
      expect((await prune()).incidents).toBe(0);
    });

    it('has room for names of any length', async () => {
      const long = `${service}${'x'.repeat(60_000)}`;
      await fates.fires(received({ service_name: long, group_key: 'g'.repeat(5_000), alert_name: 'n'.repeat(20_000) }));
      const other = await fates.fires(received({ service_name: null, group_key: `${service}${'g'.repeat(5_000)}` }));
      await follow();
      expect(await of(long)).toHaveLength(1);
      expect((await of(long))[0]!.title.length).toBeLessThanOrEqual(300);
      expect(await store.incidents.ofAlert(other)).not.toBeNull();
    });
  });
}

async function anOpenRun(store: Store) {
  const opened = aNewRun();
  await store.runs.open(opened);
  return opened;
}
