import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, expect, it } from 'vitest';
import { FixpointError } from '../../src/domain/errors.js';
import { openStore } from '../../src/store/open.js';
import { storeSuite } from '../contract/store-suite.js';
import { describeWith, requireServer } from '../helper/servers.js';
import { ids, realClock } from '../helper/store-world.js';

const name = `test_${randomBytes(6).toString('hex')}`;

async function admin(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: `${await baseUrl()}/postgres` });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

async function baseUrl(): Promise<string> {
  return (await requireServer('postgres')).replace(/\/[^/]*$/, '');
}

function openAt(url: string) {
  return openStore({
    url,
    directory: '',
    seed: null,
    migrations: 'migrations',
    clock: realClock,
    ids,
    hears: true,
    onError: () => undefined,
  });
}

await describeWith(['postgres'], 'the store on a real Postgres', () => {
  afterAll(() => admin(`drop database if exists ${name} with (force)`));

  storeSuite('PostgreSQL', async () => {
    await admin(`create database ${name}`);
    return openAt(`${await baseUrl()}/${name}`);
  });

  it('lets two processes start on the same empty database at once', async () => {
    const both = `${name}_both`;
    await admin(`create database ${both}`);
    const url = `${await baseUrl()}/${both}`;
    const stores = await Promise.all([openAt(url), openAt(url)]);
    await Promise.all(stores.map((store) => store.ready()));
    await Promise.all(stores.map((store) => store.stop()));
    await admin(`drop database ${both}`);
  });

  it('says clearly that a database cannot be reached, without its password', async () => {
    const error: unknown = await openAt('postgres://someone:hunter2@127.0.0.1:1/nowhere').catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(FixpointError);
    expect(String(error)).toMatch(/127\.0\.0\.1:1\/nowhere.*DATABASE_URL/);
    expect(String(error)).not.toContain('hunter2');
  });
});
