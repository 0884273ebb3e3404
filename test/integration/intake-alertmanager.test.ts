import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { RunHeader, StoredEvent } from '../../src/domain/run/run.js';
import type { StoredAlert } from '../../src/domain/decision/alert-view.js';
import { aHome, FixpointProcess, TOKEN } from '../helper/fixpoint-process.js';
import type { Home } from '../helper/fixpoint-process.js';
import { openLoopback } from '../helper/loopback.js';
import type { Loopback } from '../helper/loopback.js';
import { pointMonitoring, ScrapeTarget } from '../helper/real-monitoring.js';
import { describeWith } from '../helper/servers.js';
import { until } from '../helper/until.js';

/** The machine may be busy with other suites: how long is not what is tested here. */
const PATIENCE_MS = 240_000;
vi.setConfig({ testTimeout: 2 * PATIENCE_MS });
const SUITE = `intake-${process.pid}-${Date.now()}`;

// The run stays open for as long as the test holds the answer of its first step.
const PLAYBOOK = `
playbook_id: PB-Target-Down
trigger_conditions:
  - alert_name: TargetDown
    service_name: checkout
    severity: critical
tasks:
  - id: ask_checkout
    type: api_call
    action: GET /checkout
    timeout: 20m
  - id: ask_again
    type: api_call
    depends_on: [ask_checkout]
    action: GET /checkout/again
`;

function eventually<T>(what: string, condition: () => T | Promise<T>) {
  return until(what, condition, PATIENCE_MS);
}

/** The first alert of each fingerprint. */
function firstOfEach(alerts: readonly StoredAlert[]): StoredAlert[] {
  return alerts.filter((alert, index) => alerts.findIndex((each) => each.fingerprint === alert.fingerprint) === index);
}

interface List<T> {
  items: T[];
}

interface Page {
  readonly status: string;
  readonly alerts: readonly { readonly status: string; readonly labels: Readonly<Record<string, string>> }[];
}

await describeWith(['prometheus'], 'the alerts of a real Prometheus and Alertmanager', () => {
  const targets = [29_998, 29_997, 29_996, 29_995].map((port) => new ScrapeTarget(port));
  const [first, second, third, fourth] = targets;
  const held: ServerResponse[] = [];
  let holding = true;
  const checkout = createServer((request, response) => {
    if (request.url === '/checkout' && holding) held.push(response);
    else response.end('{}');
  });
  let pager: Loopback;
  let home: Home;
  let service: FixpointProcess;
  let restore: (() => Promise<void>) | null = null;

  beforeAll(async () => {
    await new Promise<void>((resolve) => checkout.listen(0, '127.0.0.1', resolve));
    pager = await openLoopback();
    await Promise.all(targets.map((target) => target.start()));
    const { port } = checkout.address() as AddressInfo;
    const config = `default_mode: auto\nexecutors:\n  api_call:\n    base_url: http://127.0.0.1:${port}\n    timeout: 20m\n`;
    home = aHome({ 'target-down.yaml': PLAYBOOK }, config);
    service = await FixpointProcess.start(home);
    restore = await pointMonitoring({
      fixpoint_url: service.url,
      token: TOKEN,
      pager_port: Number(new URL(pager.url).port),
      suite: SUITE,
      // Scrapes of the four targets are spread over a second; the group is to come whole.
      group_wait: '5s',
      repeat_interval: '5s',
    });
  });

  afterAll(async () => {
    await restore?.();
    await Promise.all(targets.map((target) => target.stop()));
    await service.stop();
    await pager.close();
    checkout.close();
    checkout.closeAllConnections();
    home.remove();
  });

  /** Every alert that was accepted so far, the oldest first. */
  async function alerts(): Promise<StoredAlert[]> {
    const all: StoredAlert[] = [];
    for (let cursor = ''; ;) {
      const page = await service.get<List<StoredAlert> & { next_cursor: string | null }>(
        `/api/v1/alerts?limit=200${cursor}`,
      );
      all.push(...page.items);
      if (page.next_cursor === null) return all.reverse();
      cursor = `&cursor=${page.next_cursor}`;
    }
  }

  function runs(): Promise<RunHeader[]> {
    return service.get<List<RunHeader>>('/api/v1/runs').then((list) => list.items);
  }

  async function metric(line: string): Promise<number> {
    const answer = await fetch(`${service.url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
    const found = (await answer.text()).split('\n').find((each) => each.startsWith(`${line} `));
    return found === undefined ? 0 : Number(found.slice(line.length + 1));
  }

  /** What the receiver beside Fixpoint was sent about this suite's alerts. */
  function pages(): Page[] {
    return pager.received.map(({ body }) => {
      const page = JSON.parse(body) as Page;
      return { ...page, alerts: page.alerts.filter((alert) => alert.labels['suite'] === SUITE) };
    });
  }

  function release(): void {
    holding = false;
    for (const response of held.splice(0)) response.end('{}');
  }

  it('takes a firing group of four alerts into one run, and its repeats are duplicates', async () => {
    await Promise.all(targets.map((target) => target.stop()));
    const four = await eventually('four alerts with their decisions', async () => {
      const found = firstOfEach(await alerts());
      return found.length === 4 && found.every((alert) => alert.decision !== null) && found;
    });

    expect(four.map((alert) => alert.host_ip)).toEqual(['127.0.0.1', '127.0.0.1', '127.0.0.1', '127.0.0.1']);
    expect(four.map((alert) => alert.labels['instance']).toSorted()).toEqual(
      ['29995', '29996', '29997', '29998'].map((port) => `127.0.0.1:${port}`),
    );
    expect(four[0]).toMatchObject({
      source_system: 'alertmanager',
      alert_name: 'TargetDown',
      severity: 'critical',
      status: 'firing',
      service_name: 'checkout',
      ends_at: null,
      labels: { job: 'checkout', env: 'test', team: 'payments', cluster: 'test-cluster', suite: SUITE },
      links: { runbook: 'https://runbooks.example.test/TargetDown' },
    });
    expect(new Set(four.map((alert) => alert.fingerprint)).size).toBe(4);
    expect(new Set(four.map((alert) => alert.group_key)).size).toBe(1);
    expect(four[0]?.group_key).toContain(`fixpoint-${SUITE}`);

    const [run, ...more] = await runs();
    expect(more).toEqual([]);
    expect(four.map((alert) => alert.decision?.action).toSorted()).toEqual(['join', 'join', 'join', 'run']);
    for (const alert of four)
      expect(alert.decision).toMatchObject({ run_id: run?.run_id, playbook_id: 'PB-Target-Down' });
    await eventually('the run to know of all four', async () => {
      const [now] = await runs();
      return now?.alert_ids.length === 4;
    });

    const repeats = await eventually('a repeat of all four', async () => {
      const later = (await alerts()).filter((alert) => four.every((each) => each.alert_id !== alert.alert_id));
      return firstOfEach(later).length === 4 && later;
    });
    for (const alert of repeats)
      expect(alert.decision).toMatchObject({ action: 'drop', reason: 'duplicate', run_id: run?.run_id });
    expect(await runs()).toHaveLength(1);
  });

  it('takes a mixed group apart: two have resolved, two go on firing in the same run', async () => {
    const [run] = await runs();
    await Promise.all([first?.start(), second?.start()]);
    const resolved = await eventually('two resolves', async () => {
      const found = (await alerts()).filter((alert) => alert.status === 'resolved');
      return found.length >= 2 && found;
    });

    expect(
      resolved
        .map((alert) => alert.labels['instance'])
        .slice(0, 2)
        .toSorted(),
    ).toEqual(['127.0.0.1:29997', '127.0.0.1:29998']);
    for (const alert of resolved) {
      expect(alert.decision).toMatchObject({ action: 'drop', reason: 'resolved', run_id: run?.run_id });
      expect(Date.parse(alert.ends_at ?? '')).toBeGreaterThan(Date.parse(alert.timestamp));
    }
    // The pager beside Fixpoint heard the same: one firing group with both kinds in it.
    const mixed = await eventually('the mixed group at the pager', () =>
      pages().find((page) => new Set(page.alerts.map((alert) => alert.status)).size === 2),
    );
    expect(mixed.status).toBe('firing');

    const [now, ...more] = await runs();
    expect(more).toEqual([]);
    expect(now).toMatchObject({ run_id: run?.run_id, alerts_resolved_at: null });
    expect(['pending', 'running']).toContain(now?.state);
  });

  it('ends the occurrence when all have resolved, and tells the run', async () => {
    await Promise.all([third?.start(), fourth?.start()]);
    const gone = await eventually('all four to have resolved', async () => {
      const found = (await alerts()).filter((alert) => alert.status === 'resolved');
      return new Set(found.map((alert) => alert.fingerprint)).size === 4 && found;
    });
    for (const alert of gone) expect(alert.decision).toMatchObject({ action: 'drop', reason: 'resolved' });

    const [run] = await eventually('the run to have heard of it', async () => {
      const list = await runs();
      return list[0]?.alerts_resolved_at !== null && list;
    });
    release();
    const ended = await eventually('the end of the run', async () => {
      const [now] = await runs();
      return now?.state === 'succeeded' && now;
    });
    expect(ended).toMatchObject({ run_id: run?.run_id, outcome: 'nothing_done' });
    const { items } = await service.get<List<StoredEvent>>(`/api/v1/runs/${ended.run_id}/events`);
    expect(items.filter((event) => event.type === 'alerts_resolved')).toHaveLength(1);
    expect(items.filter((event) => event.type === 'alert_joined')).toHaveLength(3);
    const every = await alerts();
    expect(every.filter((alert) => alert.decision === null)).toEqual([]);
    expect(await runs()).toHaveLength(1);
  });

  it('takes the same alerts firing anew for a new occurrence, with a run of its own', async () => {
    const [before] = await runs();
    const known = await alerts();
    holding = true;
    await Promise.all([first?.stop(), second?.stop()]);
    const again = await eventually('two alerts to fire anew', async () => {
      const found = (await alerts()).slice(known.length).filter((alert) => alert.status === 'firing');
      return new Set(found.map((alert) => alert.fingerprint)).size === 2 && found;
    });

    const list = await runs();
    expect(list).toHaveLength(2);
    const run = list.find((each) => each.run_id !== before?.run_id);
    const begun = again.filter((alert) => alert.decision?.reason !== 'duplicate');
    expect(begun.map((alert) => alert.decision?.action).toSorted()).toEqual(['join', 'run']);
    for (const alert of again) {
      expect(alert.decision).toMatchObject({ run_id: run?.run_id });
      const old = known.find((each) => each.fingerprint === alert.fingerprint);
      expect(alert.alert_id).not.toBe(old?.alert_id);
      expect(Date.parse(alert.timestamp)).toBeGreaterThan(Date.parse(old?.timestamp ?? ''));
    }
    expect(run).toMatchObject({ playbook_id: 'PB-Target-Down', service_name: 'checkout' });
  });

  it('says that a run did not fix what goes on firing after it, and starts no second one', async () => {
    const [run] = await runs();
    release();
    const ended = await eventually('the run to count as not fixed', async () => {
      const [now] = await runs();
      return now?.outcome === 'not_fixed' && now;
    });
    expect(ended).toMatchObject({ run_id: run?.run_id, state: 'succeeded' });
    expect(await runs()).toHaveLength(2);
  });

  it('counted what it took and what it decided, and refused nothing', async () => {
    await Promise.all([first?.start(), second?.start()]);
    const all = await eventually('the last two to have resolved', async () => {
      const found = await alerts();
      return found.filter((alert) => alert.status === 'resolved').length >= 6 && found;
    });

    expect(all.filter((alert) => alert.decision === null)).toEqual([]);
    expect(await metric('fixpoint_alerts_accepted_total{source="alertmanager"}')).toBeGreaterThanOrEqual(all.length);
    expect(await metric('fixpoint_alerts_decided_total{action="run",reason=""}')).toBe(2);
    expect(await metric('fixpoint_alerts_decided_total{action="join",reason=""}')).toBe(4);
    expect(await metric('fixpoint_alerts_decided_total{action="drop",reason="resolved"}')).toBeGreaterThanOrEqual(6);
    expect(await metric('fixpoint_alerts_decided_total{action="drop",reason="duplicate"}')).toBeGreaterThanOrEqual(4);
    expect((await service.get<List<unknown>>('/api/v1/dead_letters')).items).toEqual([]);
  });
});
