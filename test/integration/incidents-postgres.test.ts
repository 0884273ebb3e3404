import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, expect, it } from 'vitest';
import { openStore } from '../../src/store/open.js';
import type { Store } from '../../src/domain/store.js';
import { incidentSuite } from '../contract/incident-suite.js';
import { Fates, incidentRules } from '../helper/incident-world.js';
import { describeWith, requireServer } from '../helper/servers.js';
import { ids } from '../helper/store-world.js';
import { SYSTEM_CLOCK } from '../helper/system-clock.js';

const name = `incidents_${randomBytes(6).toString('hex')}`;

async function baseUrl(): Promise<string> {
  return (await requireServer('postgres')).replace(/\/[^/]*$/, '');
}

async function admin(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: `${await baseUrl()}/postgres` });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

async function openAt(database: string): Promise<Store> {
  return openStore({
    url: `${await baseUrl()}/${database}`,
    directory: '',
    seed: null,
    migrations: 'migrations',
    clock: SYSTEM_CLOCK,
    ids,
    hears: true,
    onError: () => undefined,
  });
}

await describeWith(['postgres'], 'incidents on a real Postgres', () => {
  afterAll(() => admin(`drop database if exists ${name} with (force)`));

  incidentSuite('PostgreSQL', async () => {
    await admin(`create database ${name}`);
    return openAt(name);
  });

  it('keeps one incident for connected services while several processes decide, look and answer people', async () => {
    const several = `${name}_several`;
    await admin(`create database ${several}`);
    const stores = await Promise.all([openAt(several), openAt(several), openAt(several)]);
    const services = ['web', 'api', 'db', 'cache'];
    const rules = incidentRules({}, { web: ['api'], api: ['db', 'cache'] });
    const at = (): string => new Date().toISOString();
    const all = stores.map(async (store, index) => {
      const fates = new Fates(store);
      for (let turn = 0; turn < 10; turn++) {
        const service_name = services[(turn + index) % services.length]!;
        const alert = await fates.fires({ service_name, received_at: at() });
        await store.incidents.follow(rules, at());
        const page = await store.incidents.list({ state: 'open' }, { limit: 1, cursor: null }, at());
        const [open] = page.items;
        if (open && turn % 3 === 0)
          await store.incidents
            .act(open.incident_id, { type: 'acknowledge', by: 'ann', comment: null }, rules, at())
            .catch((error: unknown) => expect(error).toMatchObject({ code: 'conflict' }));
        await fates.resolves(alert);
      }
    });
    await Promise.all(all);
    const [first] = stores;
    while (await first.incidents.pending(at())) await first.incidents.follow(rules, at());
    const { items } = await first.incidents.list({}, { limit: 200, cursor: null }, at());
    expect(items.filter((incident) => incident.state !== 'resolved')).toEqual([]);
    expect(items.reduce((sum, incident) => sum + (incident.merged_into === null ? incident.alert_count : 0), 0)).toBe(
      30,
    );
    await Promise.all(stores.map((store) => store.stop()));
    await admin(`drop database ${several}`);
  });
});
