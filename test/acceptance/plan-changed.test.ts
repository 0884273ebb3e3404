import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startShop } from '../../src/demo/start-shop.js';
import type { Shop } from '../../src/demo/start-shop.js';
import type { Approval } from '../../src/domain/run/run.js';
import { systemClock } from '../../src/system-clock.js';
import { AppWorld } from '../helper/app-world.js';
import { TOKEN } from '../helper/fixpoint-process.js';
import { until } from '../helper/until.js';

const FILES = {
  'scale.yaml': `
playbook_id: PB-Scale
mode: auto
trigger_conditions: [{alert_name: Too_Slow}]
tasks:
  - id: more
    type: kubernetes_scale
    approval: {expires: 5m}
    timeout: 30s
    parameters: {service: "{{ alert.service_name }}", replicas_increase: 1, max_replicas: 6}
`,
};

/** The demo's shop speaks Kubernetes' own protocol over HTTP; nothing between the alert and its API server is replaced. */
describe('a plan that changes while its approval waits', { timeout: 60_000 }, () => {
  let shop: Shop;
  let world: AppWorld;
  beforeAll(async () => {
    shop = await startShop({ clock: systemClock, seed: 7 });
    const { kubernetes } = shop.addresses;
    const executor = `  kubernetes: {server: "${kubernetes}", token: "${shop.kubernetes_token}", namespace: default, poll_interval: 100ms}`;
    world = await AppWorld.open(FILES, '', executor);
  });
  afterAll(async () => {
    await world.close();
    await shop.stop();
  });

  /** What somebody else does meanwhile, in another terminal. */
  async function scaleByHand(service: string, replicas: number): Promise<void> {
    const answer = await fetch(`${deploymentOf(service)}/scale`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${shop.kubernetes_token}`, 'content-type': 'application/merge-patch+json' },
      body: JSON.stringify({ spec: { replicas } }),
    });
    expect(answer.status).toBe(200);
  }

  async function replicasOf(service: string): Promise<unknown> {
    const answer = await fetch(deploymentOf(service), {
      headers: { authorization: `Bearer ${shop.kubernetes_token}` },
    });
    return ((await answer.json()) as { spec: { replicas: unknown } }).spec.replicas;
  }

  function deploymentOf(service: string): string {
    return `${shop.addresses.kubernetes}/apis/apps/v1/namespaces/default/deployments/${service}`;
  }

  /** The question of a run that waits now, and is none of those that were answered. */
  function question(run_id: string, ...answered: readonly string[]): Promise<Approval> {
    return until('the question', async () => {
      const { items } = await world.call<{ items: Approval[] }>(`/api/v1/approvals?state=pending&run_id=${run_id}`);
      return items.find(({ approval_id }) => !answered.includes(approval_id));
    });
  }

  async function begin(service: string): Promise<string> {
    const [alert] = await world.post([{ labels: { alertname: 'Too_Slow', service } }], `group-${service}`);
    return alert?.decision?.run_id ?? '';
  }

  function approve(approval_id: string): Promise<Response> {
    return fetch(`${world.app.url}/api/v1/approvals/${approval_id}/approve`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}` },
    });
  }

  it('is asked about again; what was shown last is done, once', async () => {
    const run_id = await begin('payment-gateway');
    const first = await question(run_id);
    expect(first).toMatchObject({ plan: { from: 2, to: 3 } });
    expect(first.message).not.toContain('changed since');

    await scaleByHand('payment-gateway', 4);
    expect((await approve(first.approval_id)).status).toBe(200);
    const second = await question(run_id, first.approval_id);

    expect(second).toMatchObject({ plan: { from: 4, to: 5 }, state: 'pending' });
    expect(second.message).toContain('this has changed since it was approved');
    expect(second.plan_hash).not.toBe(first.plan_hash);
    expect(await replicasOf('payment-gateway')).toBe(4);

    const stale = await approve(first.approval_id);
    expect([stale.status, await stale.text()]).toEqual([409, expect.stringContaining('asked again since')]);
    expect(await replicasOf('payment-gateway')).toBe(4);

    expect((await approve(second.approval_id)).status).toBe(200);
    const run = await world.run(run_id);

    expect(run.steps[0]).toMatchObject({ state: 'succeeded', change: { from: 4, to: 5 } });
    expect(await replicasOf('payment-gateway')).toBe(5);
  });

  it('is not asked about again when nothing of it has changed', async () => {
    const run_id = await begin('order-service');
    const asked = await question(run_id);
    const before = Number(await replicasOf('order-service'));

    expect((await approve(asked.approval_id)).status).toBe(200);
    await world.run(run_id);

    expect(await replicasOf('order-service')).toBe(before + 1);
    const { items } = await world.call<{ items: Approval[] }>(`/api/v1/approvals?run_id=${run_id}`);
    expect(items.map(({ state }) => state)).toEqual(['approved']);
  });

  it('is not done at all when there is no room for it any more', async () => {
    const run_id = await begin('inventory-service');
    const asked = await question(run_id);

    await scaleByHand('inventory-service', 6);
    expect((await approve(asked.approval_id)).status).toBe(200);
    const run = await until('the end', async () => {
      const now = await world.call<{ state: string; steps: { change: unknown }[] }>(`/api/v1/runs/${run_id}`);
      return ['succeeded', 'failed', 'cancelled'].includes(now.state) && now;
    });

    expect(run.steps[0]?.change ?? null).toBeNull();
    expect(await replicasOf('inventory-service')).toBe(6);
  });
});
