import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AT, aBatch, aDecision, aFreshAlert, ids } from '../../../test/helper/store-world.js';
import { SYSTEM_CLOCK } from '../../../test/helper/system-clock.js';
import type { Store } from '../../domain/store.js';
import { openStore } from '../open.js';

const directory = mkdtempSync(join(tmpdir(), 'fixpoint-alert-list-'));
let store: Store;

beforeAll(async () => {
  store = await openStore({
    ...{ url: null, directory, seed: null, migrations: 'migrations', clock: SYSTEM_CLOCK, ids, hears: false },
    onError: (error) => {
      throw error;
    },
  });
}, 60_000);
afterAll(async () => {
  await store?.stop();
  rmSync(directory, { recursive: true, force: true });
});

it('finds one among thousands by a label, thousands that have it, and values that JSON writes in its own way', async () => {
  const { triage, alerts } = store;
  const service_name = `alike-${ids.next()}`;
  const odd = ['"', '\\', 'a\nb', 'zażółć 支付', '🙂', '<&/>'];
  const made = Array.from({ length: 2_300 }, (_, n) =>
    aFreshAlert({
      alert_id: ids.next(),
      service_name,
      metric_value: n,
      fingerprint: ids.next(),
      labels: { service: service_name, fleet: 'all', odd: odd[n] ?? '', ...(n === 41 ? { alone: 'yes' } : {}) },
      received_at: AT,
    }),
  );
  for (let from = 0; from < made.length; from += 500)
    await triage.commit(
      aBatch({
        alerts: made.slice(from, from + 500).map((alert) => ({ alert, decision: aDecision() })),
      }),
    );
  async function found(...matchers: string[]): Promise<number[]> {
    const items: number[] = [];
    let cursor: string | null = null;
    do {
      const page = await alerts.list({ matchers }, { limit: 200, cursor });
      items.push(...page.items.map((alert) => alert.metric_value ?? -1));
      cursor = page.next_cursor;
    } while (cursor !== null);
    return items;
  }
  const own = `service="${service_name}"`;

  expect(await found(own, 'alone="yes"')).toEqual([41]);
  expect(await found(own, 'fleet="all"')).toEqual(made.map((_, n) => n).reverse());
  expect(await found(own, 'fleet="all"', 'alone!="yes"')).toHaveLength(2_299);
  expect(await found(own, 'alone=""')).toHaveLength(2_299);
  for (const [n, value] of odd.entries()) expect(await found(own, `odd=${JSON.stringify(value)}`)).toEqual([n]);
});
