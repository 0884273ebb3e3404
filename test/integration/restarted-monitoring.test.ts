import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { StoredAlert } from '../../src/domain/decision/alert-view.js';
import type { RunHeader, StoredEvent } from '../../src/domain/run/run.js';
import { TOKEN } from '../helper/fixpoint-process.js';
import { HoldingShop } from '../helper/holding-shop.js';
import { freePort } from '../helper/loopback.js';
import { OwnAlertmanager, OwnPrometheus } from '../helper/own-monitoring.js';
import { ScrapeTarget } from '../helper/real-monitoring.js';
import { RunningApp } from '../helper/running-app.js';
import { describeWith } from '../helper/servers.js';
import { until } from '../helper/until.js';

/** The machine may be busy with other suites: how long is not what is tested here. */
const PATIENCE_MS = 120_000;
vi.setConfig({ testTimeout: 3 * PATIENCE_MS });

// A run stays open for as long as the test holds the answer of its step.
const PLAYBOOK = `
playbook_id: PB-Look
trigger_conditions: [{ alert_name: /Slow|Full/ }]
tasks:
  - { id: look, type: api_call, action: GET /look, timeout: 20m }
`;

const REPEAT_S = 2;

interface RuleText {
  readonly severity?: string;
  readonly summary?: string;
}

/**
 * `Slow` waits for its time and is restored after a restart, `Full` is not: its beginning moves. A scrape that fails on a busy machine is no
 * end of anything.
 */
function rules({ severity = 'warning', summary = 'it is slow' }: RuleText = {}): string {
  return `- alert: Slow
  expr: last_over_time(latency_ms[5m]) > 500
  for: 2s
  labels: {severity: ${severity}, service: checkout}
  annotations: {summary: '${summary}', value: '{{ $value }}'}
- alert: Full
  expr: last_over_time(disk_percent[5m]) > 90
  labels: {severity: critical, service: basket}
- alert: ZoneDown
  expr: last_over_time(zone_down[5m]) > 0
  labels: {severity: critical, service: zone}`;
}

await describeWith(
  ['prometheus'],
  'alerts whose Prometheus and Alertmanager are restarted, reloaded and silenced',
  () => {
    const shop = new HoldingShop();
    let app: RunningApp;
    let target: ScrapeTarget;
    let alertmanager: OwnAlertmanager;
    let prometheus: OwnPrometheus;

    beforeAll(async () => {
      await shop.start();
      const targetPort = await freePort();
      target = new ScrapeTarget(targetPort);
      await target.start();
      app = await RunningApp.start(
        { 'look.yaml': PLAYBOOK },
        `default_mode: auto\nexecutors: { api_call: { base_url: '${shop.url}', timeout: 20m } }\n`,
      );
      alertmanager = await OwnAlertmanager.open(`
route: {receiver: fixpoint, group_by: [service], group_wait: 1s, group_interval: 1s, repeat_interval: ${REPEAT_S}s}
inhibit_rules: [{source_matchers: ['alertname="ZoneDown"'], target_matchers: ['alertname=~"Slow|Full"']}]
receivers:
  - name: fixpoint
    webhook_configs:
      - url: ${app.url}/api/v1/webhooks/alertmanager
        http_config: { authorization: { type: Bearer, credentials: ${TOKEN} } }
`);
      prometheus = await OwnPrometheus.open([alertmanager.url], `127.0.0.1:${targetPort}`);
      prometheus.rules(rules());
      await alertmanager.start();
      await prometheus.start();
    });

    afterAll(async () => {
      await prometheus.remove();
      await alertmanager.remove();
      await target.stop();
      await app.stop();
      await shop.stop();
    });

    const eventually = <T>(what: string, condition: () => T | Promise<T>) => until(what, condition, PATIENCE_MS);
    const runs = (): Promise<RunHeader[]> => app.list<RunHeader>('/api/v1/runs');

    /** What came under a name so far, all of it decided, the oldest first. */
    async function heard(alert_name: string): Promise<StoredAlert[]> {
      const found = await app.list<StoredAlert>(`/api/v1/alerts?alert_name=${alert_name}`);
      if (found.some((alert) => alert.decision === null)) throw new Error('not all are decided');
      return found.toReversed();
    }

    /** What comes of `Slow` and `Full` after something was done: at least `count` of each. */
    async function heardAfter(what: string, act: () => Promise<unknown>, count = 2): Promise<StoredAlert[]> {
      const before = { Slow: (await heard('Slow')).length, Full: (await heard('Full')).length };
      await act();
      return eventually(`${count} deliveries of each after ${what}`, async () => {
        const slow = (await heard('Slow')).slice(before.Slow);
        const full = (await heard('Full')).slice(before.Full);
        return slow.length >= count && full.length >= count && [...slow, ...full];
      });
    }

    /** All of them are repeats which belong to the one run of their service. */
    async function expectRepeats(alerts: readonly StoredAlert[]): Promise<void> {
      const open = await runs();
      expect(open.map((run) => run.service_name).toSorted()).toEqual(['basket', 'checkout']);
      for (const alert of alerts) {
        const run = open.find(({ service_name }) => service_name === alert.service_name);
        expect(alert).toMatchObject({ status: 'firing', ends_at: null });
        expect(alert.decision).toMatchObject({ action: 'drop', reason: 'duplicate', run_id: run?.run_id });
      }
    }

    it('begin one run each, and go on in it through repeats', async () => {
      const fired = await heardAfter('they began to fire', async () => {
        target.gauges = { latency_ms: 900, disk_percent: 95, zone_down: 0 };
      });
      const first = (alert_name: string) => fired.find((alert) => alert.alert_name === alert_name);
      for (const name of ['Slow', 'Full']) expect(first(name)?.decision?.action).toBe('run');
      expect(first('Slow')).toMatchObject({ severity: 'warning', metric_value: 900, service_name: 'checkout' });
      await expectRepeats(fired.filter((alert) => alert !== first('Slow') && alert !== first('Full')));
    });

    it('are the same to an Alertmanager that was restarted, whether it knows what it had sent or not', async () => {
      const remembered = await heardAfter('a restart', async () => {
        await alertmanager.stop();
        await alertmanager.start();
      });
      await expectRepeats(remembered);

      const forgotten = await heardAfter('a crash that lost everything', async () => {
        await alertmanager.stop('SIGKILL');
        alertmanager.forget();
        await alertmanager.start();
      });
      await expectRepeats(forgotten);
    });

    it('are the same to a Prometheus that was restarted, also where their beginning has moved', async () => {
      await expectRepeats(
        await heardAfter('a restart of Prometheus', async () => {
          await prometheus.stop();
          await prometheus.start();
        }),
      );

      const began = (await heard('Full')).at(-1)?.timestamp ?? '';
      const after = await heardAfter('a restart of both, of which one forgot everything', async () => {
        await alertmanager.stop('SIGKILL');
        alertmanager.forget();
        await prometheus.stop('SIGKILL');
        await alertmanager.start();
        await prometheus.start();
      });
      await expectRepeats(after);
      // Nobody restores an alert without `for`: it says of itself that it began anew, and yet it is the one that lasts.
      const moved = after.filter((alert) => alert.alert_name === 'Full').at(-1)?.timestamp ?? '';
      expect(Date.parse(moved)).toBeGreaterThan(Date.parse(began));
    });

    it('are the same when their rule is reloaded with other words, and join the run when it makes another alert of them', async () => {
      const worded = await heardAfter('a reload', async () => {
        prometheus.rules(rules({ summary: 'it is very slow' }));
        await prometheus.reload();
        await eventually('the new words', async () => (await heard('Slow')).at(-1)?.description === 'it is very slow');
      });
      await expectRepeats(worded);

      // A label of its rule is part of an alert's identity: the old one ends, and the new one is of the same group and service.
      const old = (await heard('Slow')).at(-1);
      prometheus.rules(rules({ severity: 'critical' }));
      await prometheus.reload();
      const resolved = await eventually('the end of the old one', async () =>
        (await heard('Slow')).find((alert) => alert.status === 'resolved'),
      );
      const raised = (await heard('Slow')).filter(
        (alert) => alert.severity === 'critical' && alert.status === 'firing',
      );
      const [run, ...more] = (await runs()).filter(({ service_name }) => service_name === 'checkout');
      expect(more).toEqual([]);
      expect(resolved).toMatchObject({
        fingerprint: old?.fingerprint,
        decision: { action: 'drop', reason: 'resolved' },
      });
      expect(raised[0]?.fingerprint).not.toBe(old?.fingerprint);
      expect(raised[0]?.decision).toMatchObject({ action: 'join', run_id: run?.run_id });
      for (const { decision } of raised.slice(1))
        expect(decision).toMatchObject({ action: 'drop', reason: 'duplicate', run_id: run?.run_id });
      // It still fires, under another name: the run is not told that it is over.
      expect(run).toMatchObject({ state: 'running', alerts_resolved_at: null });
    });

    it('come back as repeats after Alertmanager silenced them, and after it inhibited them', async () => {
      const lift = await alertmanager.silence('service', 'checkout');
      await eventually('the silence', async () => (await alertmanager.states('alertname'))['Slow'] === 'suppressed');
      target.gauges = { ...target.gauges, zone_down: 1 };
      await eventually('the inhibition', async () => (await alertmanager.states('alertname'))['Full'] === 'suppressed');
      // A flush may have been under way; what is sent of the source says that later ones have passed.
      const passed = (await heard('ZoneDown')).length;
      await eventually('the source', async () => (await heard('ZoneDown')).length >= passed + 2);
      const quiet = [(await heard('Slow')).length, (await heard('Full')).length];
      await eventually('the source again', async () => (await heard('ZoneDown')).length >= passed + 4);
      expect([(await heard('Slow')).length, (await heard('Full')).length]).toEqual(quiet);

      const back = await heardAfter('both were lifted', async () => {
        await lift();
        target.gauges = { ...target.gauges, zone_down: 0 };
      });
      await expectRepeats(back);
    });

    it('end once, and each run hears of it once', async () => {
      target.gauges = { latency_ms: 100, disk_percent: 10, zone_down: 0 };
      const ended = await eventually('both ends', async () => {
        const found = [...(await heard('Slow')), ...(await heard('Full'))].filter(
          (alert) => alert.status === 'resolved',
        );
        return new Set(found.map((alert) => alert.fingerprint)).size === 3 && found;
      });
      for (const alert of ended) expect(alert.decision).toMatchObject({ action: 'drop', reason: 'resolved' });
      await eventually('the runs to hear of it', async () => (await runs()).every((run) => run.alerts_resolved_at));
      shop.release();
      await eventually('the runs to end', async () => (await runs()).every((run) => run.state === 'succeeded'));
      const all = await runs();
      expect(all).toHaveLength(2);
      for (const run of all) {
        const events = await app.list<StoredEvent>(`/api/v1/runs/${run.run_id}/events`);
        expect(events.filter((event) => event.type === 'alerts_resolved')).toHaveLength(1);
      }
      expect(await app.list('/api/v1/dead_letters')).toEqual([]);
    });
  },
);
