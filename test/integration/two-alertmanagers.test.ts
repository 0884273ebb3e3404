import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { StoredAlert } from '../../src/domain/decision/alert-view.js';
import type { RunHeader } from '../../src/domain/run/run.js';
import { HoldingShop } from '../helper/holding-shop.js';
import { freePort } from '../helper/loopback.js';
import { OwnAlertmanager } from '../helper/own-monitoring.js';
import { RunningApp } from '../helper/running-app.js';
import { describeWith } from '../helper/servers.js';
import { TOKEN } from '../helper/fixpoint-process.js';
import { until } from '../helper/until.js';

/** The machine may be busy with other suites: how long is not what is tested here. */
const PATIENCE_MS = 120_000;
vi.setConfig({ testTimeout: 3 * PATIENCE_MS });

// A run stays open for as long as the test holds the answer of its step.
const PLAYBOOK = `
playbook_id: PB-Look
trigger_conditions: [{ alert_name: any }]
tasks:
  - { id: look, type: api_call, action: GET /look, timeout: 20m }
`;

/** Two of one service and one of another, all of one group. */
const ALERTS = [
  { service: 'checkout', instance: 'a:1' },
  { service: 'checkout', instance: 'b:1' },
  { service: 'basket', instance: 'c:1' },
];

await describeWith(['prometheus'], 'two Alertmanagers that are sent the same alerts', () => {
  const shop = new HoldingShop();
  let app: RunningApp;
  let pair: OwnAlertmanager[] = [];

  beforeEach(async () => {
    await shop.start();
    const config = `default_mode: auto
executors: { api_call: { base_url: '${shop.url}', timeout: 20m } }
`;
    app = await RunningApp.start({ 'look.yaml': PLAYBOOK }, config);
  });

  afterEach(async () => {
    await Promise.all(pair.map((alertmanager) => alertmanager.remove()));
    await app.stop();
    await shop.stop();
  });

  async function open(gossip: boolean): Promise<void> {
    const ports = gossip ? [await freePort(), await freePort()] : [];
    const config = `
global: { resolve_timeout: 1h }
route: { receiver: fixpoint, group_by: [alertname], group_wait: 1s, group_interval: 1s, repeat_interval: 2s }
receivers:
  - name: fixpoint
    webhook_configs:
      - url: ${app.url}/api/v1/webhooks/alertmanager
        http_config: { authorization: { type: Bearer, credentials: ${TOKEN} } }
`;
    pair = [await OwnAlertmanager.open(config, ports), await OwnAlertmanager.open(config, ports.toReversed())];
    await Promise.all(pair.map((alertmanager) => alertmanager.start()));
  }

  /** As a Prometheus does: every alert to each Alertmanager that it knows. */
  async function send(startsAt: number, endsAt?: number): Promise<void> {
    const alerts = ALERTS.map((labels) => ({
      labels: { alertname: 'Slow', severity: 'critical', ...labels },
      startsAt: new Date(startsAt).toISOString(),
      ...(endsAt === undefined ? {} : { endsAt: new Date(endsAt).toISOString() }),
    }));
    await Promise.all(pair.map((alertmanager) => alertmanager.post(alerts).catch(() => undefined)));
  }

  const eventually = <T>(what: string, condition: () => T | Promise<T>) => until(what, condition, PATIENCE_MS);
  const runs = (): Promise<RunHeader[]> => app.list<RunHeader>('/api/v1/runs');
  const alerts = async (status: string): Promise<StoredAlert[]> =>
    (await app.list<StoredAlert>(`/api/v1/alerts?status=${status}`)).toReversed();
  /** Which of the two a delivery came from. */
  const senderOf = (alert: StoredAlert): string | undefined => alert.links['alertmanager'];

  async function decided(status: string, atLeast: number, senders: number): Promise<StoredAlert[]> {
    return eventually(`${atLeast} ${status} deliveries of ${senders}`, async () => {
      const found = await alerts(status);
      const enough = found.length >= atLeast && new Set(found.map(senderOf)).size >= senders;
      return enough && found.every((alert) => alert.decision !== null) && found;
    });
  }

  /** Each condition began once, in the run of its service, and everything else about it was a repeat that names that run. */
  async function expectOneFateEach(of: readonly StoredAlert[]): Promise<void> {
    const open = await runs();
    expect(open.map((run) => run.service_name).toSorted()).toEqual(['basket', 'checkout']);
    for (const fingerprint of new Set(of.map((alert) => alert.fingerprint))) {
      const [first, ...later] = of.filter((alert) => alert.fingerprint === fingerprint);
      const run = open.find(({ service_name }) => service_name === first?.service_name);
      expect(['run', 'join']).toContain(first?.decision?.action);
      for (const alert of [first, ...later]) expect(alert?.decision?.run_id).toBe(run?.run_id);
      for (const { decision } of later) expect(decision).toMatchObject({ action: 'drop', reason: 'duplicate' });
    }
    expect(of.filter((alert) => alert.decision?.action === 'run')).toHaveLength(2);
    expect(of.filter((alert) => alert.decision?.action === 'join')).toHaveLength(1);
  }

  describe('and know nothing of one another', () => {
    it('begin one run for each service, whoever is first, and end it once', async () => {
      await open(false);
      const began = Date.now() - 60_000;
      await send(began);

      // Both have sent all three, and one of them again.
      const fired = await decided('firing', 9, 2);
      for (const url of new Set(fired.map(senderOf)))
        expect(new Set(fired.filter((alert) => senderOf(alert) === url).map((alert) => alert.fingerprint)).size).toBe(
          3,
        );
      await expectOneFateEach(fired);

      const ended = Date.now() - 1_000;
      await send(began, ended);
      const resolved = await decided('resolved', 6, 2);
      for (const alert of resolved) expect(alert.decision).toMatchObject({ action: 'drop', reason: 'resolved' });
      shop.release();
      await eventually('both runs to end', async () => (await runs()).every((run) => run.state === 'succeeded'));
      expect((await runs()).map((run) => run.outcome)).toEqual(['nothing_done', 'nothing_done']);

      // What fires anew is new to both of them, and one run more for each service.
      await send(Date.now() - 500);
      await eventually('the runs of the new occurrence', async () => (await runs()).length === 4);
      const known = fired.length;
      const anew = await eventually('all repeats', async () => {
        const found = (await alerts('firing')).slice(known).filter((alert) => Date.parse(alert.timestamp) > ended);
        return found.length >= 9 && new Set(found.map(senderOf)).size === 2 && found;
      });
      expect(anew.filter((alert) => alert.decision?.action === 'run')).toHaveLength(2);
      expect(await runs()).toHaveLength(4);
      expect(await app.list('/api/v1/dead_letters')).toEqual([]);
    });

    it('do not open again what the other one has said to be over', async () => {
      await open(false);
      const [first, second] = pair;
      const began = Date.now() - 60_000;
      await send(began);
      await decided('firing', 6, 2);
      shop.release();
      await eventually('both runs to end', async () => (await runs()).every((run) => run.state === 'succeeded'));

      // The second one is cut off from Prometheus: it goes on repeating what it was told.
      await second?.stop('SIGTERM');
      await first?.post(
        ALERTS.map((labels) => ({
          labels: { alertname: 'Slow', severity: 'critical', ...labels },
          startsAt: new Date(began).toISOString(),
          endsAt: new Date(Date.now() - 1_000).toISOString(),
        })),
      );
      await decided('resolved', 3, 1);
      const before = (await alerts('firing')).length;
      second?.forget();
      await second?.start();
      await second?.post(
        ALERTS.map((labels) => ({
          labels: { alertname: 'Slow', severity: 'critical', ...labels },
          startsAt: new Date(began).toISOString(),
        })),
      );
      const late = await eventually('what the second one still says', async () => {
        const found = (await alerts('firing')).slice(before);
        return found.length >= 6 && found.every((alert) => alert.decision !== null) && found;
      });
      for (const { decision } of late) expect(decision).toMatchObject({ action: 'drop', reason: 'resolved' });
      expect(await runs()).toHaveLength(2);
    });
  });

  describe('and are a pair that gossips', () => {
    it('begin one run for each service, also when the one that sent is killed and the other takes over', async () => {
      await open(true);
      const began = Date.now() - 60_000;
      await eventually('the two to know one another', async () => {
        const answer = await fetch(`${pair[0]?.url}/api/v2/status`);
        const { cluster } = (await answer.json()) as { cluster: { peers?: unknown[] } };
        return cluster.peers?.length === 2;
      });
      await send(began);
      const fired = await decided('firing', 6, 1);
      await expectOneFateEach(fired);

      const speaker = senderOf(fired[0]!);
      const other = pair.find((alertmanager) => new URL(alertmanager.url).port !== new URL(speaker ?? '').port);
      await pair.find((alertmanager) => alertmanager !== other)?.stop('SIGKILL');
      await eventually('the other one to send', async () =>
        (await alerts('firing')).some((a) => senderOf(a) !== speaker),
      );
      await expectOneFateEach(await decided('firing', fired.length + 3, 2));

      shop.release();
      await send(began, Date.now() - 1_000);
      const resolved = await decided('resolved', 3, 1);
      for (const alert of resolved) expect(alert.decision).toMatchObject({ action: 'drop', reason: 'resolved' });
      await eventually('both runs to end', async () => (await runs()).every((run) => run.state === 'succeeded'));
      expect(await runs()).toHaveLength(2);
    });
  });
});
