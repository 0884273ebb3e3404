import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/helper/fake-clock.js';
import { ids } from '../../../test/helper/store-world.js';
import { until } from '../../../test/helper/until.js';
import type { Db } from '../db.js';
import { migrate } from '../migrate.js';
import { openStore } from '../open.js';
import { openEmbedded } from './embedded.js';
import { GiveBack } from './give-back.js';

const MB = 1024 * 1024;
const PLENTY = async (): Promise<number> => 1e12;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fixpoint-give-back-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** Bytes of everything below a directory. */
function sizeOf(path: string): number {
  const entries = readdirSync(path, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  // A log file may be recycled meanwhile.
  return files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
}

describe('the room of removed rows', { timeout: 60_000 }, () => {
  let db: Db;
  beforeEach(async () => {
    db = await openEmbedded(directory, 'dist/seed');
    await migrate(db, 'migrations');
  });
  afterEach(() => db.stop());

  /** Rows of a little more than 1 KiB, the oldest first. */
  async function addLetters(from: number, count: number): Promise<void> {
    await db.query({
      text: `insert into dead_letters (dead_letter_id, source, received_at, reason, details, body)
        select lpad(i::text, 26, '0'), 'x', now(), repeat('r', 1000), '[]', '' from generate_series($1::int, $2::int) as i`,
      values: [from, from + count - 1],
    });
  }

  async function removeBelow(number: number): Promise<void> {
    await db.query({
      text: 'delete from dead_letters where dead_letter_id < $1',
      values: [String(number).padStart(26, '0')],
    });
    await db.script('vacuum dead_letters');
  }

  async function idsLeft(): Promise<unknown> {
    return db.query({ text: 'select count(*)::int4 as count, min(dead_letter_id) as first from dead_letters' });
  }

  it('is given back to the system when a table is mostly empty, also where the newest rows stand at its end', async () => {
    await addLetters(0, 50_000);
    await removeBelow(47_000);
    await db.script('checkpoint');
    const before = sizeOf(join(directory, 'pg', 'base'));
    const left = await idsLeft();
    const giveBack = new GiveBack(db, PLENTY);

    expect(await giveBack.next()).toBe('public.dead_letters');

    expect(before - sizeOf(join(directory, 'pg', 'base'))).toBeGreaterThan(45 * MB);
    expect(await idsLeft()).toEqual(left);
    expect(left).toEqual([{ count: 3_000, first: '47000'.padStart(26, '0') }]);
    expect(await giveBack.next()).toBeNull();
  });

  it('is kept for new rows in a table that is not mostly empty, that is small, or that would take long to write', async () => {
    const giveBack = new GiveBack(db, PLENTY);
    await addLetters(0, 10_000);
    await removeBelow(9_000);
    expect(await giveBack.next()).toBeNull();

    await addLetters(10_000, 50_000);
    await removeBelow(25_000);
    expect(await giveBack.next()).toBeNull();
  });

  it('is kept when the disk has no room to write the table anew', async () => {
    await addLetters(0, 50_000);
    await removeBelow(45_000);

    expect(await new GiveBack(db, async () => 20 * MB).next()).toBeNull();
    expect(await new GiveBack(db, PLENTY).next()).toBe('public.dead_letters');
  });

  it('is not asked for again and again of a table that does not get smaller', async () => {
    await addLetters(0, 50_000);
    await removeBelow(45_000);
    const asked: string[] = [];
    // A rewriting that changes nothing.
    const idle: Db = { ...db, script: async (sql) => void asked.push(sql) };
    const giveBack = new GiveBack(idle, PLENTY);

    expect(await giveBack.next()).toBe('public.dead_letters');
    expect(await giveBack.next()).toBeNull();
    expect(asked).toEqual(['vacuum full public.dead_letters', 'checkpoint']);
  });
});

it(
  'of the embedded store falls after much was pruned, by itself and in a quiet moment',
  { timeout: 120_000 },
  async () => {
    const clock = new FakeClock();
    const troubles: unknown[] = [];
    const store = await openStore({
      ...{ url: null, directory, seed: 'dist/seed', migrations: 'migrations', clock, ids, hears: false },
      onError: (error) => troubles.push(error),
    });
    try {
      const letter = { source: 'x', received_at: new Date(clock.now()).toISOString(), reason: 'r', details: [] };
      for (let i = 0; i < 48; i += 1) await store.deadLetters.add({ ...letter, body: randomBytes(MB) });
      const limits = { max_age_ms: null, max_count: null };
      const now = new Date(clock.now() + 7_200_000).toISOString();
      const policy = { alerts: limits, runs: limits, audit: limits, dead_letters: { max_age_ms: null, max_count: 2 } };
      // It pauses between its steps.
      const pruning = store.retention.prune(policy, now, new AbortController().signal);
      const pruned = await until('the pruning', async () => {
        await clock.advance(50);
        return Promise.race([pruning, new Promise<null>((resolve) => setImmediate(() => resolve(null)))]);
      });
      expect(pruned.dead_letters).toBe(46);
      const before = sizeOf(directory);

      await until(
        'the room to be given back',
        async () => {
          await clock.advance(30_000);
          // The database's log may have grown by a file of 16 MB.
          return before - sizeOf(directory) > 25 * MB;
        },
        60_000,
      );

      expect((await store.deadLetters.list({ limit: 10, cursor: null })).items).toHaveLength(2);
      expect(troubles).toEqual([]);
    } finally {
      await store.stop();
    }
  },
);
