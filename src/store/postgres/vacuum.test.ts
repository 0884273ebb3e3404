import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Db } from '../db.js';
import { migrate } from '../migrate.js';
import { openEmbedded } from './embedded.js';
import { vacuumNext } from './vacuum.js';

const directory = mkdtempSync(join(tmpdir(), 'fixpoint-vacuum-'));
let db: Db;

beforeAll(async () => {
  db = await openEmbedded(directory, 'dist/seed');
  await migrate(db, 'migrations');
});
afterAll(async () => {
  await db.stop();
  rmSync(directory, { recursive: true });
});

async function addLetters(from: number, count: number): Promise<void> {
  await db.query({
    text: `insert into dead_letters (dead_letter_id, source, received_at, reason, details, body)
      select lpad(i::text, 26, '0'), 'x', now(), repeat('r', 500), '[]', '' from generate_series($1::int, $2::int) as i`,
    values: [from, from + count - 1],
  });
}

async function sizeOfLetters(): Promise<number> {
  const [row] = await db.query<{ size: number }>({ text: "select pg_relation_size('dead_letters') as size" });
  return row?.size ?? 0;
}

/** Vacuums whatever needs it; answers the tables. */
async function vacuumAll(): Promise<string[]> {
  // Counts come together for a second before they can be read; a test has no second.
  await db.query({ text: 'select pg_stat_force_next_flush()' });
  const tables: string[] = [];
  for (let table = await vacuumNext(db); table !== null && tables.length < 20; table = await vacuumNext(db))
    tables.push(table);
  return tables;
}

it('leaves tables alone in which little has happened', async () => {
  await addLetters(1, 1_000);
  await db.query({ text: 'delete from dead_letters where dead_letter_id <= $1', values: ['500'.padStart(26, '0')] });
  expect(await vacuumAll()).toEqual([]);
});

it('makes the room of removed rows usable again, so that the table does not grow for ever', async () => {
  await addLetters(1_001, 10_000);
  const full = await sizeOfLetters();
  for (let round = 1; round <= 3; round++) {
    await db.query({ text: 'delete from dead_letters' });
    expect(await vacuumAll()).toEqual(['public.dead_letters']);
    expect(await vacuumAll()).toEqual([]);
    await addLetters(round * 100_000, 10_000);
  }

  expect(await sizeOfLetters()).toBeLessThan(full * 1.2);
});

it('looks at what was only added, before so much has come together that it takes long', async () => {
  await addLetters(1_000_000, 20_000);
  expect(await vacuumAll()).toContain('public.dead_letters');
});
