import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, expect, it } from 'vitest';
import { openStore } from '../../src/store/open.js';
import type { StoreOptions } from '../../src/store/open.js';
import { exportStore, importStore } from '../../src/store/transfer.js';
import type { TransferCounts } from '../../src/store/transfer.js';
import { readLines, writeWholeFile } from '../../src/store/transfer-file.js';
import { answersOf, fillInstallation } from '../helper/an-installation.js';
import { describeWith } from '../helper/servers.js';
import { ids } from '../helper/store-world.js';
import { SYSTEM_CLOCK } from '../helper/system-clock.js';

const GO_ON = new AbortController().signal;
const prefix = `test_${randomBytes(6).toString('hex')}`;

await describeWith(['postgres'], 'moving an installation', ({ postgres }) => {
  const folder = mkdtempSync(join(tmpdir(), 'fixpoint-transfer-'));
  const base = postgres.replace(/\/[^/]*$/, '');
  const made: string[] = [];

  async function admin(sql: string): Promise<void> {
    const client = new pg.Client({ connectionString: `${base}/postgres` });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  }

  async function newDatabase(): Promise<string> {
    const name = `${prefix}_${made.length}`;
    await admin(`create database ${name}`);
    made.push(name);
    return `${base}/${name}`;
  }

  function at(place: { url: string } | { directory: string }): StoreOptions & { version: string } {
    return {
      url: null,
      directory: '',
      seed: 'dist/seed',
      migrations: 'migrations',
      clock: SYSTEM_CLOCK,
      ids,
      hears: true,
      version: '0.0.0-test',
      onError: () => undefined,
      ...place,
    };
  }

  async function answersAt(options: StoreOptions, first: typeof fillInstallation | null = null): Promise<unknown> {
    const store = await openStore(options);
    try {
      await first?.(store);
      return await answersOf(store);
    } finally {
      await store.stop();
    }
  }

  async function move(from: ReturnType<typeof at>, into: StoreOptions): Promise<TransferCounts> {
    const file = join(folder, `${ids.next()}.jsonl.gz`);
    const { counts } = await writeWholeFile(file, (write) => exportStore(from, write, GO_ON));
    expect((await importStore(into, readLines(file), GO_ON)).counts).toEqual(counts);
    return counts;
  }

  afterAll(async () => {
    rmSync(folder, { recursive: true });
    for (const name of made) await admin(`drop database if exists ${name} with (force)`);
  });

  it('takes an embedded one to Postgres and back, and every answer stays the same', async () => {
    const embedded = at({ directory: join(folder, 'first') });
    const answers = await answersAt(embedded, fillInstallation);
    const server = at({ url: await newDatabase() });
    const back = at({ directory: join(folder, 'second') });

    const counts = await move(embedded, server);
    expect(await answersAt(server)).toEqual(answers);
    expect(await move(server, back)).toEqual(counts);
    expect(await answersAt(back)).toEqual(answers);
  });

  it('exports one moment of a database that others go on working on, and says that they do', async () => {
    const busy = at({ url: await newDatabase() });
    const store = await openStore(busy);
    await fillInstallation(store);
    await store.runs.register(`${ids.next()}#1`, 3_600_000);
    const answers = await answersOf(store);
    const file = join(folder, 'busy.jsonl');
    const audit = { at: '2026-11-21T10:00:00.000Z', who: 'ann', what: 'x', target: null, details: {} };

    const { counts, at_work } = await writeWholeFile(file, (write) =>
      exportStore(
        busy,
        async (text) => {
          await store.audit.add({ ...audit, audit_id: ids.next() });
          await write(text);
        },
        GO_ON,
      ),
    );

    expect([at_work, counts.audit]).toEqual([1, 1]);
    const copy = at({ url: await newDatabase() });
    await importStore(copy, readLines(file), GO_ON);
    expect(await answersAt(copy)).toEqual(answers);
    await expect(importStore(busy, readLines(file), GO_ON)).rejects.toMatchObject({ code: 'conflict' });
    await store.stop();
  });

  it('refuses to export what is no Fixpoint or cannot be reached, without the password', async () => {
    const nothing = exportStore(at({ url: await newDatabase() }), () => Promise.resolve(), GO_ON);
    await expect(nothing).rejects.toMatchObject({ code: 'not_found' });
    const away = at({ url: 'postgres://someone:hunter2@127.0.0.1:1/nowhere' });
    const refused: unknown = await exportStore(away, () => Promise.resolve(), GO_ON).catch((error: unknown) => error);
    expect(String(refused)).toMatch(/127\.0\.0\.1:1\/nowhere.*DATABASE_URL/);
    expect(String(refused)).not.toContain('hunter2');
  });
});
