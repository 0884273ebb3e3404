import { afterEach, describe, expect, it } from 'vitest';
import type { Incident, IncidentDetail } from '../../src/domain/incident/incident.js';
import { Random } from '../chaos/random.js';
import { alertmanagerBody } from '../helper/alertmanager-body.js';
import { aHome, FixpointProcess } from '../helper/fixpoint-process.js';
import type { Home } from '../helper/fixpoint-process.js';
import { freePort } from '../helper/loopback.js';
import { until } from '../helper/until.js';

/** Services that call one another from left to right: what fails together is one trouble. */
const ROOTS = [['web', 'orders', 'orders-db'], ['shop', 'cart', 'stock'], ['wiki'], ['mail'], ['search'], ['ads']];
const PODS = 3;
const SENDERS = 6;
const DEEDS = 25;
const KILLS = 4;
const PATIENCE_MS = 60_000;
/** A seed that ever failed is added here and stays. */
const SEEDS = [1, 20_261_122];

const RULES = 'rules:\n  - {rule_id: ACT, alert_name: Broken, playbook_id: PB-Rest}\n';
const PLAYBOOK = 'playbook_id: PB-Rest\nmode: auto\ntasks:\n  - {id: rest, type: wait, parameters: {duration: 50ms}}\n';
const CONFIG = `
flapping: {changes: 0}
report: {notify: []}
executors:
  topology:
    services:
      web: {downstream: [orders]}
      orders: {downstream: [orders-db]}
      shop: {downstream: [cart]}
      cart: {downstream: [stock]}
`;

interface Condition {
  readonly service: string;
  readonly labels: Record<string, string>;
  /** Where it is, by which its incident names it. */
  readonly host_ip: string;
  firing: boolean;
  /** How often it began to fire. */
  fired: number;
  startsAt: number;
}

/** Sends what one share of the conditions do, each body again and again until it is taken, as Alertmanager does. */
class Burst {
  readonly conditions: readonly Condition[];
  accepted = 0;
  #last = 0;
  readonly #url: () => string;

  constructor(url: () => string) {
    this.#url = url;
    this.conditions = ROOTS.flat().flatMap((service, row) =>
      Array.from({ length: PODS }, (_, pod) => {
        const host_ip = `10.0.${row}.${pod + 1}`;
        const labels = { alertname: 'Broken', service, instance: `${host_ip}:9100` };
        return { service, labels, host_ip, firing: false, fired: 0, startsAt: 0 };
      }),
    );
  }

  /** Instants that never go back, so that each firing is newer than the resolve before it. */
  #now(): number {
    this.#last = Math.max(this.#last + 1, Date.now());
    return this.#last;
  }

  async turn(some: readonly Condition[]): Promise<void> {
    for (const condition of some) {
      condition.firing = !condition.firing;
      if (!condition.firing) continue;
      condition.fired += 1;
      condition.startsAt = this.#now();
    }
    const alerts = some.map(({ labels, firing, startsAt }) => ({
      labels,
      status: firing ? ('firing' as const) : ('resolved' as const),
      startsAt: new Date(startsAt).toISOString(),
      ...(firing ? {} : { endsAt: new Date(this.#now()).toISOString() }),
    }));
    const body = JSON.stringify(alertmanagerBody(alerts, `{}:{service="${some[0]?.service ?? ''}"}`));
    const status = await until('an answer', () => this.#send(body), PATIENCE_MS);
    if (status !== 202) throw new Error(`a body of ${some.length} alerts was answered ${status}`);
    this.accepted += 1;
  }

  async #send(body: string): Promise<number> {
    const answer = await fetch(`${this.#url()}/api/v1/webhooks/alertmanager`, {
      method: 'POST',
      headers: { authorization: 'Bearer a-token-for-tests-only', 'content-type': 'application/json' },
      body,
    });
    await answer.arrayBuffer();
    // Not now: to be sent again, as when nobody answers.
    return answer.status === 503 ? 0 : answer.status;
  }
}

interface List {
  readonly items: readonly Incident[];
  readonly next_cursor: string | null;
}

describe.each(SEEDS)(
  'incidents of a service that is killed again and again (seed %i)',
  { timeout: 300_000 },
  (seed) => {
    let home: Home | null = null;
    let fixpoint: FixpointProcess | null = null;
    afterEach(async () => {
      await fixpoint?.kill();
      home?.remove();
    });

    async function allIncidents(): Promise<Incident[]> {
      const all: Incident[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const next: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const page: List = await fixpoint!.get<List>(`/api/v1/incidents?limit=200${next}`);
        all.push(...page.items);
        cursor = page.next_cursor;
      }
      return all;
    }

    it('are one for each trouble, have lost no alert, and are over when everything is', async () => {
      const random = new Random(seed);
      const PORT = String(await freePort());
      const here = aHome({ 'rules.yaml': RULES, 'rest.yaml': PLAYBOOK }, CONFIG);
      home = here;
      fixpoint = await FixpointProcess.start(here, { PORT });
      const burst = new Burst(() => `http://127.0.0.1:${PORT}`);

      // Each sender has conditions of its own, so that what it tells of one of them comes in order.
      const shares = Array.from({ length: SENDERS }, (_, share) =>
        burst.conditions.filter((_condition, index) => index % SENDERS === share),
      );
      let isOver = false;
      const sending = Promise.all(
        shares.map(async (share) => {
          for (let deed = 0; deed < DEEDS; deed++) {
            const { service } = random.pick(share);
            await burst.turn(share.filter((one) => one.service === service || random.chance(0.2)));
          }
        }),
      ).finally(() => (isOver = true));
      const between = Math.floor((SENDERS * DEEDS) / (KILLS + 1));
      for (let kill = 1; kill <= KILLS; kill++) {
        const from = kill * between + random.between(-between / 2, between / 2);
        await until('enough to be sent', () => isOver || burst.accepted >= from, PATIENCE_MS);
        await new Promise((resolve) => setTimeout(resolve, random.between(0, 40)));
        await fixpoint.kill();
        fixpoint = await FixpointProcess.start(here, { PORT });
      }
      await sending;

      for (const condition of burst.conditions) if (condition.firing) await burst.turn([condition]);
      await until(
        'everything to be decided',
        async () => (await fixpoint!.get<{ undecided: number }>('/api/v1/stats')).undecided === 0,
        PATIENCE_MS,
      );
      const incidents = await until(
        'all incidents to be over',
        async () => {
          const all = await allIncidents();
          return all.length > 0 && all.every(({ state }) => state === 'resolved') && all;
        },
        PATIENCE_MS,
      );

      const troubles = incidents.filter(({ merged_into }) => merged_into === null);
      for (const root of ROOTS) {
        const fired = burst.conditions.filter(({ service, fired }) => fired > 0 && root.includes(service));
        const own = troubles.filter(({ service_names }) => service_names.some((service) => root.includes(service)));
        expect(own).toHaveLength(fired.length === 0 ? 0 : 1);
        const [one] = own;
        if (!one) continue;
        const { alerts } = await fixpoint.get<IncidentDetail>(`/api/v1/incidents/${one.incident_id}`);
        expect(new Set(alerts.map(({ host_ip }) => host_ip))).toEqual(new Set(fired.map(({ host_ip }) => host_ip)));
        // What ends and begins anew before anybody looks is told by what it is then, so only the last firing is certain to be named by itself.
        const began = new Set(alerts.map(({ host_ip, started_at }) => `${host_ip ?? ''} ${started_at}`));
        for (const { host_ip, startsAt } of fired)
          expect(began).toContain(`${host_ip} ${new Date(startsAt).toISOString()}`);
        expect(one.alert_count).toBeLessThanOrEqual(fired.reduce((sum, condition) => sum + condition.fired, 0));
        expect(alerts.filter(({ resolved_at }) => resolved_at === null)).toEqual([]);
      }
    });
  },
);
